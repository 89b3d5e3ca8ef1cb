#define _GNU_SOURCE /* F_GETPIPE_SZ */

#include "pipes/fig3_21/experiments.h"
#include "common/common.h"
#include "pipes/child.h"
#include "pipes/deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_END = 0, WRITE_END = 1 };

/* ---- no-reader ---------------------------------------------------------- */

static volatile sig_atomic_t broken_pipes;

static void
count_signal(int sig)
{
	(void)sig;
	broken_pipes++;
}

/* How a process ends that writes to FD and doesn't handle SIGPIPE. */
static int
status_of_careless_writer(int fd)
{
	int status;
	pid_t child = fork();

	if (child == -1)
		die("fork");
	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		if (write(fd, "Greetings", 9) == -1)
			_exit(EXIT_FAILURE);
		_exit(EXIT_SUCCESS);
	}
	if (waitpid(child, &status, 0) == -1)
		die("waitpid");
	return status;
}

int
run_no_reader(void)
{
	int fd[2];

	if (pipe(fd) == -1)
		die("pipe");
	close(fd[READ_END]);
	int status = status_of_careless_writer(fd[WRITE_END]);

	signal(SIGPIPE, count_signal);
	step("write end", "Write, though nobody holds the read end.");
	ssize_t n = write(fd[WRITE_END], "Greetings", 9);
	int error = errno;
	char reason[128];
	broke("no-reader",
	    "write returned %zd, %s, and SIGPIPE came %d time%s; a process "
	    "that doesn't handle it was %s",
	    n, describe_error(error, reason, sizeof reason), (int)broken_pipes,
	    broken_pipes == 1 ? "" : "s",
	    WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE
		? "ended by it, without a word"
		: "not ended by it");
	errno = error;
	die("write to the pipe");
}

/* ---- short-read --------------------------------------------------------- */

/* Returns when the pipe is empty, or its reader is gone. */
static void
wait_until_empty(int fd, pid_t reader)
{
	siginfo_t ended = {.si_pid = 0};
	int there = 1;

	while (ioctl(fd, FIONREAD, &there) == 0 && there > 0 &&
	       waitid(P_PID, (id_t)reader, &ended,
		   WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       ended.si_pid == 0)
		system_sleep(0.001);
}

static _Noreturn void
read_once(const int fd[2])
{
	char buffer[25], rest[25];
	ssize_t n, more = 0;

	narrate_role("child");
	close(fd[WRITE_END]);
	step("read end", "Read once, with room for %zu bytes.", sizeof buffer);
	n = read(fd[READ_END], buffer, sizeof buffer);
	if (n == -1)
		die_child("read from the pipe");
	returned("%zd byte%s", n, plural(n));
	printf("read %.*s\n", (int)n, buffer);
	close_stdout();

	for (ssize_t late = 1; late > 0; more += late)
		if ((late = read(fd[READ_END], rest, sizeof rest)) == -1)
			die_child("read from the pipe");
	broke("short-read",
	    "the first read returned %zd byte%s, %zd more came "
	    "later",
	    n, plural(n), more);
	_exit(EXIT_SUCCESS);
}

int
run_short_read(void)
{
	int fd[2], status;

	signal(SIGPIPE, SIG_IGN); /* write returns EPIPE instead */
	if (pipe(fd) == -1)
		die("pipe");
	step("write end", "Write the first half of the message.");
	if (!write_all(fd[WRITE_END], "Greet", 5))
		die("write to the pipe");
	returned("5 bytes");
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0)
		read_once(fd);
	wait_until_empty(fd[WRITE_END], child);
	close(fd[READ_END]);
	step("write end", "The child has read. Write the other half.");
	bool sent = write_all(fd[WRITE_END], "ings", 4);
	returned(sent ? "4 bytes" : "the child has gone");
	close(fd[WRITE_END]);
	if (waitpid(child, &status, 0) == -1)
		die("waitpid");
	return child_succeeded(status) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- full-pipe ---------------------------------------------------------- */

/* Writes single bytes until no more fit; returns how many did. */
static long
fill(int fd)
{
	long bytes = 0;
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		die("fcntl the write end");
	while (write(fd, "", 1) == 1)
		bytes++;
	if (errno != EAGAIN)
		die("write to the pipe");
	if (fcntl(fd, F_SETFL, flags) == -1)
		die("fcntl the write end");
	return bytes;
}

int
run_full_pipe(void)
{
	char page[PIPE_BUF];
	int fd[2];

	if (pipe(fd) == -1)
		die("pipe");
	long capacity = fill(fd[WRITE_END]);

	step("write end", "The pipe is full. Write one byte more.");
	deadline_set(0.25);
	ssize_t n = write(fd[WRITE_END], "", 1);
	deadline_clear();
	if (n == -1 && !deadline_passed())
		die("write to the pipe");
	returned("%zd", n);

	long long taken = read_all(fd[READ_END], page, sizeof page);
	if (taken == -1)
		die("read from the pipe");
	long more = fill(fd[WRITE_END]);

	char told[48] = "";
#ifdef F_GETPIPE_SZ
	snprintf(told, sizeof told, " (the kernel says %d)",
	    fcntl(fd[WRITE_END], F_GETPIPE_SZ));
#endif
	broke("full-pipe",
	    "%ld bytes went in%s; the next write %s; when %lld bytes had been "
	    "read, %ld more went in",
	    capacity, told,
	    n == -1 ? "was still blocked after a quarter of a second"
		    : "didn't block",
	    taken, more);
	return EXIT_SUCCESS;
}
