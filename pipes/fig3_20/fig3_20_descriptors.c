/*
 * Figure 3.20: the file descriptors of an ordinary pipe.
 *
 * Draws the figure from what the kernel says after each call: who holds which
 * end of the pipe after pipe(), after fork(), and after each close().
 *
 * Usage:   fig3_20_descriptors [--explain]
 *          fig3_20_descriptors --pid=PID      any process and its descendants
 * Parts:   pipes/ends.h looks, pipes/picture.h draws.
 *
 * Differs from the book because nothing is drawn that isn't so: descriptors
 * have their numbers, the pipe its inode, and what is closed is gone.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/common.h"
#include "pipes/child.h"
#include "pipes/ends.h"
#include "pipes/picture.h"

enum { READ_END = 0, WRITE_END = 1 };

static const struct choice options[] = {
    {'P', "pid", "PID", "draw that process's and its descendants' pipes"},
    {'q', "quiet", NULL, "don't draw: something else does (--pid)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"no-close", "nobody closes the end that it doesn't use",
	"The child still holds a write end of the pipe that it reads from: it "
	"would wait for its own end-of-file."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.20",
    .role = "parent",
    .purpose = "Figure 3.20: draws who holds which end of an ordinary pipe, "
	       "as the kernel\ntells it after each call.",
    .example = "sleep 9 | cat | cat & fig3_20_descriptors --pid=$$",
    .options = options,
    .defects = defects,
};

static bool quiet;
static int fd[2];       /* the pipe's ends, in both processes */
static pid_t pids[2];   /* the parent's and the child's, 0 before fork() */
static bool held[2][2]; /* by process and end: what should be open */

/* ---- taking turns ------------------------------------------------------- */

/* The two agree over a pair of sockets: a second pipe would be in the picture.
 * When one of them is gone, the other's read ends, and it ends too. */
static int to_parent, to_child;

/* The parent tells why there is no child any more; a child without a parent has
 * nobody to tell. */
static _Noreturn void
partner_lost(void)
{
	int status;

	if (getpid() != pids[0])
		_exit(EXIT_FAILURE);
	close(to_child);
	if (waitpid(pids[1], &status, 0) == -1)
		die("waitpid");
	(void)child_succeeded(status);
	exit(EXIT_FAILURE);
}

static void
pass_turn(int other)
{
	if (!write_all(other, "", 1))
		partner_lost();
}

static void
wait_for_turn(int other)
{
	char turn;

	if (read_all(other, &turn, 1) != 1)
		partner_lost();
}

/* ---- the drawing -------------------------------------------------------- */

/* Where the system doesn't tell, what this program has done is all there is to
 * draw. */
static void
ends_by_heart(struct ends *ends)
{
	for (int process = 0; process < 2; process++)
		for (int i = READ_END; i <= WRITE_END; i++)
			if (held[process][i])
				ends_add(
				    ends, &(struct end){.pid = pids[process],
					      .fd = fd[i],
					      .reads = i == READ_END,
					      .writes = i == WRITE_END,
					      .pipe = "the pipe"});
}

static void
draw_figure(const char *when)
{
	const struct named_end named[] = {
	    {"parent", "fd[0]", pids[0], fd[READ_END]},
	    {"parent", "fd[1]", pids[0], fd[WRITE_END]},
	    {"child", "fd[0]", pids[1], fd[READ_END]},
	    {"child", "fd[1]", pids[1], fd[WRITE_END]},
	};
	struct ends ends = {NULL, 0};

	if (quiet)
		return;
	if (!ends_visible())
		ends_by_heart(&ends);
	for (int process = 0; process < 2 && ends_visible(); process++)
		if (pids[process] && !ends_of_process(&ends, pids[process]))
			partner_lost();
	printf("%s%s\n", when,
	    ends_visible() ? "" : " (no /proc here: this is what should be)");
	picture_print(stdout, &ends, named, pids[1] ? 4 : 2, 80);
	if (!held[0][READ_END] && !held[0][WRITE_END] && !held[1][READ_END] &&
	    !held[1][WRITE_END])
		printf("the pipe is gone: nobody holds an end of it\n");
	printf("\n");
	if (fflush(stdout) != 0)
		die("write standard output");
	ends_free(&ends);
}

static int
draw_family(const char *number)
{
	struct ends ends = {NULL, 0};
	char *end;
	long pid = strtol(number, &end, 10);

	if (pid <= 0 || pid > INT_MAX || *end)
		usage_error("--pid=%s: not a process's number", number);
	if (!ends_visible())
		fatal("--pid: this system has no /proc that could be asked");
	if (!ends_of_family(&ends, (pid_t)pid))
		die_next("give the number of a process of yours",
		    "read /proc/%ld/fd", pid);
	picture_print(stdout, &ends, NULL, 0, 80);
	ends_free(&ends);
	close_stdout();
	return EXIT_SUCCESS;
}

/* ---- the figure --------------------------------------------------------- */

static _Noreturn void
be_child(void)
{
	narrate_role("child");
	wait_for_turn(to_parent);
	if (!broken("no-close")) {
		step("write end", "The child only reads: it closes its copy of "
				  "the write end.");
		close(fd[WRITE_END]);
		returned("0");
	}
	pass_turn(to_parent);

	wait_for_turn(to_parent);
	step("read end", "The child has read all there was, and closes too.");
	close(fd[READ_END]);
	returned("0");
	pass_turn(to_parent);
	wait_for_turn(to_parent);
	_exit(EXIT_SUCCESS);
}

int
main(int argc, char *argv[])
{
	const char *family = NULL;
	int option, turns[2];

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'P':
			family = optarg;
			break;
		case 'q':
			quiet = true;
			break;
		}
	if (family)
		return draw_family(family);

	signal(SIGPIPE, SIG_IGN); /* a turn for a child that is gone */
	pids[0] = getpid();
	step("pipe", "Create the pipe. The kernel gives two descriptors: fd[0] "
		     "is the read end, fd[1] the write end.");
	if (pipe(fd) == -1)
		die("pipe");
	returned("fd[0] = %d, fd[1] = %d", fd[READ_END], fd[WRITE_END]);
	held[0][READ_END] = held[0][WRITE_END] = true;
	draw_figure("after pipe()");

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, turns) == -1)
		die("socketpair");
	to_child = turns[0];
	to_parent = turns[1];

	step("child", "Create the child. It inherits the parent's open files, "
		      "so it holds both ends as well.");
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		close(to_child);
		be_child();
	}
	close(to_parent);
	returned("%ld, the child", (long)child);
	pids[1] = child;
	held[1][READ_END] = held[1][WRITE_END] = true;
	draw_figure("after fork()");

	if (!broken("no-close")) {
		step("read end", "The parent only writes: it closes its copy "
				 "of the read end.");
		close(fd[READ_END]);
		returned("0");
		held[0][READ_END] = false;
		draw_figure("after the parent's close(fd[0])");
	}
	pass_turn(to_child);
	wait_for_turn(to_child);
	if (!broken("no-close")) {
		held[1][WRITE_END] = false;
		draw_figure("after the child's close(fd[1])");
	}

	step("write end", "The parent has written all it had. When the last "
			  "write end is closed, the reader sees end-of-file.");
	close(fd[WRITE_END]);
	returned("0");
	held[0][WRITE_END] = false;
	draw_figure("after the parent's close(fd[1])");
	broke("no-close", "the parent has closed its write end, and the pipe "
			  "still has one");

	pass_turn(to_child);
	wait_for_turn(to_child);
	held[1][READ_END] = false;
	draw_figure("after the child's close(fd[0])");
	pass_turn(to_child);
	if (waitpid(child, NULL, 0) == -1)
		die("waitpid");
	close_stdout();
	return EXIT_SUCCESS;
}
