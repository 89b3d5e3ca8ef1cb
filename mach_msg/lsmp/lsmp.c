/*
 * lsmp: lists the tasks, their names, and what these stand for.
 *
 * For each task its names, and for each name the port or set, the rights, the
 * notifications asked for, the user references, how many messages its queue
 * has and takes, who is blocked there, and who holds the other side. It asks
 * the Mach kernel and is no task itself: a look changes nothing.
 *
 * Usage:   lsmp [--pid=PID] [--brief]
 *          lsmp --watch              live, for a second window
 * Parts:   lsmp/snapshot.h asks, lsmp/table.h prints, lsmp/screen.h draws.
 *
 * After macOS's lsmp(1), which shows the same of macOS's tasks.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/common.h"
#include "mach_msg/linux/lib/connection.h"
#include "mach_msg/lsmp/screen.h"
#include "mach_msg/lsmp/table.h"

static const struct choice options[] = {
    {'p', "pid", "PID", "only that process and its descendants"},
    {'B', "brief", NULL, "without the rights that each task is born with"},
    {'w', "watch", NULL, "again whenever something has changed"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "lsmp",
    .role = "lsmp",
    .purpose = "Lists the Mach tasks of this user: their port names, rights, "
	       "queues, and who\nholds the other side.",
    .example = "lsmp --watch --brief",
    .options = options,
};

static struct selection selection;
static char directory[4096]; /* the kernel's */

/* Connects to the kernel; false when none runs. */
static bool
find_kernel(struct connection *connection)
{
	int fd = mach_kernel_find(directory, sizeof directory);

	bool open = fd >= 0 && connection_open(connection, fd);

	if (fd == -2 || (fd >= 0 && !open && errno == EPROTO))
		exit(EXIT_FAILURE); /* the reason has been said */
	return open;
}

/* Prints the table, or that there is none, on FILE; returns how many tasks
 * there are, -1 when the kernel has ended. */
static int
print_tasks(FILE *file, struct connection *connection)
{
	struct snapshot snapshot;
	uint32_t shown;

	if (!snapshot_take(connection, &snapshot))
		return -1;
	shown = table_print(file, &snapshot, &selection);
	snapshot_free(&snapshot);
	return (int)shown;
}

/* Draws the tasks again whenever they have changed, for good. */
static _Noreturn void
watch(void)
{
	const double pause = 0.1;
	struct connection connection;
	bool connected = false;
	char *text;
	size_t size;

	screen_begin();
	for (;;) {
		FILE *file = open_memstream(&text, &size);
		if (!file)
			die("open_memstream");
		if (!connected)
			connected = find_kernel(&connection);
		int tasks = connected ? print_tasks(file, &connection) : -1;
		if (tasks == -1 && connected) {
			connection_close(&connection, false);
			connected = false;
		}
		if (tasks == -1)
			fprintf(file, "(no Mach kernel runs now)\n");
		else if (tasks == 0)
			fprintf(file, "(no task now)\n");
		if (fclose(file) != 0)
			die("open_memstream");
		screen_draw(text);
		free(text);
		system_sleep(pause);
	}
}

/* Prints them once. */
static void
list(void)
{
	struct connection connection;
	int tasks = -1;

	step("kernel", "Connect to the Mach kernel, if one runs. A task begins "
		       "by its first call, so that this is none.");
	if (find_kernel(&connection)) {
		returned("%d, a file descriptor", connection.socket);
		step("kernel", "Ask for every task's names, and print them.");
		tasks = print_tasks(stdout, &connection);
		connection_close(&connection, false);
	}
	if (tasks == -1)
		fatal("no Mach kernel runs in %s; the first task starts it: "
		      "fig3_18_server",
		    directory);
	if (tasks == 0 && selection.family)
		fatal("--pid=%u: neither this process nor a descendant is a "
		      "task",
		    selection.family);
	if (tasks == 0)
		fatal("the Mach kernel in %s has no task now", directory);
	returned("%d of them", tasks);
}

int
main(int argc, char *argv[])
{
	bool live = false;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'p':
			selection.family =
			    (uint32_t)parse_count("--pid", optarg, 1, INT_MAX);
			break;
		case 'B':
			selection.brief = true;
			break;
		case 'w':
			live = true;
			break;
		}
	if (live)
		watch();
	list();
	close_stdout();
	return EXIT_SUCCESS;
}
