/*
 * A FIFO's writer: a pipe with a name, so that the reader needs to be no
 * relative.
 *
 * Creates the FIFO where there is none, opens it for writing, and writes its
 * standard input into it. Any number of writers may do that at once: each line
 * of at most PIPE_BUF bytes arrives whole.
 *
 * Usage:   fifo_writer [--name=PATH] < FILE
 * Partner: fifo_reader, in another terminal, before or after.
 * Parts:   pipes/message.h, which bytes one write takes; interleave.h, what
 *          happens to longer lines.
 *
 * The book names the calls, and has no program for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/common.h"
#include "pipes/deadline.h"
#include "pipes/fifo/fifo.h"
#include "pipes/fifo/interleave.h"
#include "pipes/message.h"

/* So many writes are narrated; then the others are like them. */
enum { NARRATED_WRITES = 2 };

static const struct choice options[] = {
    {'n', "name", "PATH", "the FIFO (fifo-UID in $TMPDIR or /tmp)"},
    {'m', "message", "TEXT", "one line to write; without it, standard input"},
    {'w', "wait", "SECONDS", "wait that long for a reader (60)"},
    {'a', "alone", NULL, "the only writer: write more than PIPE_BUF at once"},
    {'r', "remove", NULL, "remove the FIFO's name at the end"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"interleave", "two writers, lines longer than PIPE_BUF: torn",
	"A longer write goes into the pipe in parts, as room comes up, and "
	"the other writer's parts in between."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "fifo",
    .role = "writer",
    .purpose = "A FIFO is a pipe with a name: writes lines into it, whole, for "
	       "fifo_reader to\nread. There may be several writers.",
    .example = "fifo_writer --message=Greetings & fifo_reader",
    .options = options,
    .defects = defects,
};

int
main(int argc, char *argv[])
{
	const char *path = default_fifo();
	const char *text = NULL;
	bool unwanted = false, alone = false;
	double wait = 60;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			path = optarg;
			break;
		case 'm':
			text = optarg;
			break;
		case 'w':
			wait = parse_seconds("--wait", optarg);
			break;
		case 'a':
			alone = true;
			break;
		case 'r':
			unwanted = true;
			break;
		}
	if (broken("interleave"))
		return run_interleave(path);
	struct message message =
	    alone ? message_of(text) : message_of_lines(text);
	signal(SIGPIPE, SIG_IGN); /* write returns EPIPE instead */

	step(path, "Create the FIFO. It is a name in the file system: whoever "
		   "may open it can communicate, related or not.");
	int created = mkfifo(path, 0600);
	if (created == -1 && errno != EEXIST)
		die("mkfifo %s", path);
	returned(created == 0 ? "0" : "-1, EEXIST: it is there already");
	check_fifo(path, -1);
	if (unwanted)
		remove_at_end(path);

	step(path, "Open it like a file. open() waits until another process "
		   "opens the read end.");
	deadline_set(wait);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		open_failed(path, "reader", wait);
	returned("%d", fd);
	deadline_clear();
	check_fifo(path, fd);

	bool told = false;
	for (int writes = 0; message_next(&message); writes++) {
		if (message.long_line && !told)
			remark("a line is longer than PIPE_BUF, %d bytes: "
			       "where there are other writers, theirs may "
			       "come in between",
			    PIPE_BUF);
		told = told || message.long_line;
		if (writes < NARRATED_WRITES)
			step(path, "Write whole lines, at most PIPE_BUF bytes "
				   "at once: other writers' come before or "
				   "behind, never in between.");
		ssize_t n = write(fd, message.bytes, message.length);
		if (n == -1 && errno == EPIPE)
			die_next("the reader has gone; what it had not read "
				 "is lost",
			    "write %s", path);
		if (n == -1)
			die("write %s", path);
		returned("%zd byte%s", n, plural(n));
		message_sent(&message, n);
	}

	step(path, "Close. When the last writer has, the reader sees "
		   "end-of-file. The FIFO's name stays.");
	if (close(fd) == -1)
		die("close %s", path);
	returned("0");
	message_free(&message);
	return EXIT_SUCCESS;
}
