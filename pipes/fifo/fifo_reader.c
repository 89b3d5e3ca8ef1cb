/*
 * A FIFO's reader: prints what writers write into a pipe that has a name.
 *
 * Creates the FIFO where there is none, opens it for reading, and copies what
 * comes to its standard output until the last writer has closed its end.
 *
 * Usage:   fifo_reader [--name=PATH] [--keep]
 * Partner: fifo_writer, in other terminals, before or after.
 *
 * The book names the calls, and has no program for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/common.h"
#include "pipes/deadline.h"
#include "pipes/fifo/fifo.h"

enum { BUFFER_SIZE = 64 * 1024 };

/* So many reads are narrated; then the others are like them. */
enum { NARRATED_READS = 2 };

static const struct choice options[] = {
    {'n', "name", "PATH", "the FIFO (fifo-UID in $TMPDIR or /tmp)"},
    {'w', "wait", "SECONDS", "wait that long for a writer (60)"},
    {'k', "keep", NULL, "stay for more writers, until none writes for --wait"},
    {'r', "remove", NULL, "remove the FIFO's name at the end"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "fifo",
    .role = "reader",
    .purpose = "A FIFO is a pipe with a name: prints what fifo_writer writes "
	       "into it, until the\nlast writer has gone.",
    .example = "fifo_reader & fifo_writer --message=Greetings",
    .options = options,
};

int
main(int argc, char *argv[])
{
	static char buffer[BUFFER_SIZE];
	const char *path = default_fifo();
	bool keep = false, unwanted = false;
	double wait = 60;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			path = optarg;
			break;
		case 'w':
			wait = parse_seconds("--wait", optarg);
			break;
		case 'k':
			keep = true;
			break;
		case 'r':
			unwanted = true;
			break;
		}
	signal(SIGPIPE, SIG_IGN); /* write says EPIPE, and why */

	step(path, "Create the FIFO, unless a writer has done so.");
	int created = mkfifo(path, 0600);
	if (created == -1 && errno != EEXIST)
		die("mkfifo %s", path);
	returned(created == 0 ? "0" : "-1, EEXIST: it is there already");
	check_fifo(path, -1);
	if (unwanted)
		remove_at_end(path);

	step(path, "Open it like a file. open() waits until another process "
		   "opens the write end.");
	deadline_set(wait);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		open_failed(path, "writer", wait);
	returned("%d", fd);
	deadline_clear();
	check_fifo(path, fd);

	int own_write_end = -1;
	if (keep) {
		step(path, "Hold a write end too: then the last writer is "
			   "never gone, and there is no end-of-file.");
		own_write_end = open(path, O_WRONLY | O_CLOEXEC);
		if (own_write_end == -1)
			die("open %s", path);
		returned("%d", own_write_end);
	}

	double silence = keep ? wait : NO_DEADLINE;
	ssize_t n = 1;
	for (int reads = 0; n > 0; reads++) {
		if (reads < NARRATED_READS)
			step(path, "Read what is there; wait while there is "
				   "nothing and somebody could still write.");
		deadline_set(silence);
		n = read(fd, buffer, sizeof buffer);
		if (n == -1 && errno == EINTR && deadline_passed())
			break;
		if (n == -1)
			die("read %s", path);
		returned("%zd%s", n,
		    n == 0   ? ": end-of-file"
		    : n == 1 ? " byte"
			     : " bytes");
		deadline_clear();
		if (!write_all(1, buffer, (size_t)n))
			die("write standard output");
	}

	step(path, "Close. The FIFO's name stays until somebody removes it.");
	if (close(fd) == -1)
		die("close %s", path);
	returned("0");
	close_stdout();
	return EXIT_SUCCESS;
}
