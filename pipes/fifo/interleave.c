#include "pipes/fifo/interleave.h"
#include "common/common.h"
#include "pipes/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 2, LINES = 500, LONG_LINE = 3 * PIPE_BUF };

/* Writes lines of LENGTH bytes, each with one write, each of one letter. */
static _Noreturn void
write_lines(int fd, size_t length, char letter)
{
	char line[LONG_LINE];

	memset(line, letter, length - 1);
	line[length - 1] = '\n';
	for (int i = 0; i < LINES; i++)
		if (!write_all(fd, line, length))
			die_child("write to the FIFO");
	_exit(EXIT_SUCCESS);
}

/* Reads lines up to end-of-file; counts those that are not LENGTH times the
 * same letter. */
static int
count_torn(int fd, size_t length)
{
	FILE *fifo = fdopen(fd, "r");
	size_t in_line = 0;
	bool mixed = false;
	int first = 0, torn = 0;

	if (!fifo)
		die("fdopen");
	for (int c; (c = getc(fifo)) != EOF;) {
		if (in_line++ == 0)
			first = c;
		if (c != '\n') {
			mixed |= c != first;
			continue;
		}
		torn += mixed || in_line != length;
		mixed = false;
		in_line = 0;
	}
	fclose(fifo);
	return torn;
}

/* Returns how many lines of LENGTH bytes arrive torn. */
static int
torn_lines(const char *path, size_t length)
{
	pid_t children[WRITERS];
	int status;

	/* both ends before there are writers, so that the first of them can't
	 * be the last; and a name that is gone can't be left behind */
	if (mkfifo(path, 0600) == -1)
		die("mkfifo %s", path);
	int in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int out = open(path, O_WRONLY | O_CLOEXEC);
	unlink(path);
	if (in == -1 || out == -1 || fcntl(in, F_SETFL, 0) == -1)
		die("open %s", path);
	for (int i = 0; i < WRITERS; i++) {
		children[i] = fork();
		if (children[i] == -1)
			die("fork");
		if (children[i] == 0)
			write_lines(out, length, (char)('a' + i));
	}
	close(out);
	int torn = count_torn(in, length);
	for (int i = 0; i < WRITERS; i++) {
		if (waitpid(children[i], &status, 0) == -1)
			die("waitpid");
		if (!child_succeeded(status))
			exit(EXIT_FAILURE);
	}
	return torn;
}

int
run_interleave(const char *path)
{
	char own[PATH_MAX];

	snprintf(own, sizeof own, "%s-%ld", path, (long)getpid());
	int torn_short = torn_lines(own, PIPE_BUF);
	int torn_long = torn_lines(own, LONG_LINE);
	broke("interleave",
	    "%d of %d lines of %d bytes arrived torn; of %d lines of %d bytes "
	    "(PIPE_BUF), %d",
	    torn_long, WRITERS * LINES, LONG_LINE, WRITERS * LINES, PIPE_BUF,
	    torn_short);
	return EXIT_SUCCESS;
}
