#include "mach_msg/lsmp/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/common.h"

/* ---- the answer ---------------------------------------------------------- */

/* All that the kernel has told; false when it has ended. */
static bool
ask(struct connection *connection, struct trap_answer *answer, void **bytes)
{
	struct trap_exchange exchange;
	size_t size;

	connection_prepare(connection, &exchange, TRAP_SPACE_INFO);
	if (!connection_exchange(&exchange))
		return false;
	*answer = exchange.answer;
	if (answer->result != KERN_SUCCESS)
		fatal("the Mach kernel has no memory for the list");
	size = (size_t)answer->payload_size;
	*bytes = malloc(size + 1);
	if (!*bytes)
		die("malloc");
	if (!connection_read(&exchange, 0, *bytes, size))
		die("read what the Mach kernel tells");
	connection_close_files(&exchange);
	return true;
}

/* ---- programs ------------------------------------------------------------ */

/* The name of the program that the process runs, at most PROGRAM_SIZE - 1
 * bytes. */
static void
name_program(uint32_t pid, char *program)
{
	char link[32], path[4096];
	const char *name = "?";
	char *deleted, *slash;
	ssize_t n;

	snprintf(link, sizeof link, "/proc/%u/exe", pid);
	n = readlink(link, path, sizeof path - 1);
	if (n > 0) {
		path[n] = '\0';
		deleted = strstr(path, " (deleted)");
		if (deleted)
			*deleted = '\0';
		slash = strrchr(path, '/');
		name = slash ? slash + 1 : path;
	}
	escape_controls(name, program, PROGRAM_SIZE);
}

bool
snapshot_take(struct connection *connection, struct snapshot *snapshot)
{
	struct trap_answer answer = {0};

	if (!ask(connection, &answer, &snapshot->bytes))
		return false;
	snapshot->task_count = answer.values[INFO_TASKS];
	snapshot->name_count = answer.values[INFO_NAMES];
	snapshot->member_count = answer.values[INFO_MEMBERS];
	snapshot->tasks = snapshot->bytes;
	snapshot->names =
	    (const void *)(snapshot->tasks + snapshot->task_count);
	snapshot->members =
	    (const void *)(snapshot->names + snapshot->name_count);
	snapshot->programs =
	    malloc((snapshot->task_count + 1) * sizeof *snapshot->programs);
	if (!snapshot->programs)
		die("malloc");
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		name_program(snapshot->tasks[i].pid, snapshot->programs[i]);
	return true;
}

void
snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->programs);
	free(snapshot->bytes);
}

/* ---- families ------------------------------------------------------------ */

/* The process's parent; 0 when there is none, or the process is gone. */
static uint32_t
parent_of(uint32_t pid)
{
	char path[32], line[512];
	const char *after_name = NULL;
	uint32_t parent = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(line, sizeof line, file))
		after_name = strrchr(line, ')');
	if (after_name)
		parent = (uint32_t)strtoul(after_name + 4, NULL, 10);
	fclose(file);
	return parent;
}

bool
is_of_family(uint32_t pid, uint32_t ancestor)
{
	while (pid != 0 && pid != ancestor)
		pid = parent_of(pid);
	return pid != 0;
}
