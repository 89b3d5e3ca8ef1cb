/*
 * Figures 3.21 and 3.22: an ordinary pipe from a parent to its child.
 *
 * The parent creates the pipe and the child, and writes a message; the child
 * reads it, up to end-of-file, and prints it. Each closes the end that it does
 * not use.
 *
 * Usage:   fig3_21_ordinary_pipe [--message=TEXT]
 * Parts:   experiments.h, what goes wrong at a pipe's limits.
 *
 * Differs from the book because every call is checked, the child reads to
 * end-of-file instead of once, needs no zero byte to be sent, ends its line,
 * and the parent waits for it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/common.h"
#include "pipes/child.h"
#include "pipes/deadline.h"
#include "pipes/fig3_21/experiments.h"
#include "pipes/message.h"

enum { BUFFER_SIZE = 25, READ_END = 0, WRITE_END = 1 };

/* So many reads are narrated; then the others are like them. */
enum { NARRATED_READS = 2 };

static const struct choice options[] = {
    {'m', "message", "TEXT",
	"what to write (Greetings); - takes standard input"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"no-close", "leave the unused ends open: no end-of-file",
	"A pipe ends when its last write end is closed, and the child itself "
	"holds one. Without a limit it would wait for ever, and its parent "
	"for it."},
    {"no-wait", "the parent doesn't wait: the child's line comes late",
	"The figure's parent ends without waitpid. Who comes first is chance; "
	"here the child was held back to lose the race."},
    {"no-reader", "write to a pipe that nobody reads: SIGPIPE and EPIPE",
	"Nobody could ever read what is written. The signal ends a program "
	"that didn't ask for the error."},
    {"short-read", "read once, as the book does: half a message",
	"read() returns what is there. A pipe carries bytes, not messages: "
	"only end-of-file, or a length, tells that all has come."},
    {"full-pipe", "write more than the pipe holds: the writer blocks",
	"A pipe's buffer is bounded. The writer has to wait until the reader "
	"has made room."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.21",
    .role = "parent",
    .purpose = "Figures 3.21 and 3.22: a parent writes a message into an "
	       "ordinary pipe, its child\nreads and prints it.",
    .example = "fig3_21_ordinary_pipe --explain --message=Greetings",
    .options = options,
    .defects = defects,
};

/* Keeps the child back until its parent has ended, two seconds at most. */
static void
lose_the_race(pid_t parent)
{
	for (int i = 0; i < 200 && getppid() == parent; i++)
		system_sleep(0.01);
	broke("no-wait", "%s before the child printed its line",
	    getppid() == parent ? "the parent had not ended"
				: "the parent had ended");
}

static _Noreturn void
child(const int fd[2], pid_t parent)
{
	char buffer[BUFFER_SIZE];
	ssize_t n = 1;

	narrate_role("child");
	if (!broken("no-close")) {
		step("write end", "The child only reads: it closes its copy of "
				  "the write end. As long as it held one, "
				  "there would be no end-of-file.");
		if (close(fd[WRITE_END]) == -1)
			die_child("close the write end");
		returned("0");
	}
	if (broken("no-wait"))
		lose_the_race(parent);
	if (broken("no-close"))
		deadline_set(2);

	printf("read ");
	for (int reads = 0; n > 0; reads++) {
		if (reads < NARRATED_READS)
			step("read end",
			    "Read what is there, at most %d "
			    "bytes; wait while there is nothing.",
			    BUFFER_SIZE);
		n = read(fd[READ_END], buffer, BUFFER_SIZE);
		if (n == -1 && errno == EINTR && deadline_passed())
			break;
		if (n == -1)
			die_child("read from the pipe");
		if (broken("no-close"))
			deadline_set(0.25);
		returned("%zd%s", n,
		    n == 0   ? ": end-of-file"
		    : n == 1 ? " byte"
			     : " bytes");
		if (fwrite(buffer, 1, (size_t)n, stdout) != (size_t)n)
			die_child("write standard output");
	}
	printf("\n");
	close_stdout();
	if (n == -1)
		broke("no-close", "the message is here, but no end-of-file "
				  "came within a quarter of a second");
	close(fd[READ_END]);
	_exit(EXIT_SUCCESS);
}

int
main(int argc, char *argv[])
{
	const char *text = "Greetings";
	int option, fd[2], status;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'm':
			text = optarg;
			break;
		}
	if (broken("no-reader"))
		return run_no_reader();
	if (broken("short-read"))
		return run_short_read();
	if (broken("full-pipe"))
		return run_full_pipe();
	struct message message = message_of(text);
	signal(SIGPIPE, SIG_IGN); /* write returns EPIPE instead */

	step("pipe", "Create the pipe, before the child: so it inherits both "
		     "ends.");
	if (pipe(fd) == -1)
		die("pipe");
	returned("fd[0] = %d, fd[1] = %d", fd[READ_END], fd[WRITE_END]);

	pid_t parent = getpid();
	step("child", "Create the child. From here on there are two "
		      "processes, and each holds both ends.");
	pid_t pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0)
		child(fd, parent);
	returned("%ld, the child", (long)pid);

	if (!broken("no-close")) {
		step("read end", "The parent only writes: it closes its copy "
				 "of the read end.");
		if (close(fd[READ_END]) == -1)
			die("close the read end");
		returned("0");
	}

	ssize_t n = 0;
	while (n != -1 && message_next(&message)) {
		step("write end", "Write the message. The kernel keeps the "
				  "bytes until they are read.");
		/* with its own read end open it would never hear that the
		 * child has given up */
		deadline_set(broken("no-close") ? 0.25 : NO_DEADLINE);
		n = write(fd[WRITE_END], message.bytes, message.length);
		if (n == -1)
			break;
		returned("%zd byte%s", n, plural(n));
		message_sent(&message, n);
	}
	int error = n == -1 ? errno : 0;
	deadline_clear();
	message_free(&message);

	step("write end", "Close the last write end: when the child has read "
			  "all, its next read returns 0.");
	if (close(fd[WRITE_END]) == -1)
		die("close the write end");
	returned("0");

	if (broken("no-wait"))
		return EXIT_SUCCESS;
	step("child", "Wait for the child, so that its line comes before the "
		      "parent's end.");
	if (waitpid(pid, &status, 0) == -1)
		die("waitpid");
	returned("status %d", status);
	if (!child_succeeded(status))
		return EXIT_FAILURE;
	errno = error;
	if (error)
		die("write to the pipe");
	return EXIT_SUCCESS;
}
