/*
 * Two-way communication over ordinary pipes: one for each direction.
 *
 * The parent sends a message to its child, which swaps the case of every letter
 * and sends it back; the parent prints the answer. Any amount of bytes goes
 * through, because the parent never waits in one pipe while the other is full.
 *
 * Usage:   two_way_pipes --message=Greetings
 *          two_way_pipes < FILE
 *
 * The book says that two-way communication takes two pipes, and has no program
 * for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/common.h"
#include "pipes/child.h"
#include "pipes/deadline.h"
#include "pipes/message.h"

enum { BUFFER_SIZE = 64 * 1024, READ_END = 0, WRITE_END = 1 };

/* The message of --break=deadlock: more than two pipes and a buffer hold. */
enum { TOO_MUCH = 1024 * 1024 };

static const struct choice options[] = {
    {'m', "message", "TEXT", "what to send; without it, standard input"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"deadlock", "write all, then read: each waits for the other",
	"The parent waits for the child to read, the child for the parent to "
	"read, and neither does: a deadlock. The cure is to do what is "
	"possible, and to wait for both at once with poll()."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "two-way-pipes",
    .role = "parent",
    .purpose = "Two-way communication takes two ordinary pipes: the parent "
	       "sends, its child swaps\nthe case of every letter and sends it "
	       "back, the parent prints it.",
    .example = "two_way_pipes --explain --message='Hello World!'",
    .options = options,
    .defects = defects,
};

/* ---- the child ---------------------------------------------------------- */

/* In ASCII a letter's case is one bit. */
static void
swap_case(unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char place = (unsigned char)((bytes[i] | 0x20) - 'a');
		bytes[i] ^= (unsigned char)((place < 26) << 5);
	}
}

static _Noreturn void
child(int there, int back)
{
	static unsigned char buffer[BUFFER_SIZE];
	ssize_t n;

	narrate_role("child");
	signal(SIGPIPE, SIG_DFL); /* without a parent it has nothing to do */
	for (bool first = true;; first = false) {
		if (first)
			step("pipe there", "Read what the parent has sent.");
		n = read(there, buffer, sizeof buffer);
		if (n == -1)
			die_child("read from the parent");
		returned("%zd byte%s", n, plural(n));
		if (n == 0)
			break;
		swap_case(buffer, (size_t)n);
		if (first)
			step("pipe back", "Send it back, each letter in its "
					  "other case.");
		if (!write_all(back, buffer, (size_t)n))
			die_child("write to the parent");
		returned("%zd byte%s", n, plural(n));
	}
	close(there);
	close(back);
	_exit(EXIT_SUCCESS);
}

/* ---- the parent --------------------------------------------------------- */

/* Sends as much of the message as the pipe takes now. When the child is gone,
 * there is no more to send: its status will tell why. */
static void
send_some(int there, struct message *message)
{
	static bool told;

	if (!told)
		step("pipe there", "There is room: send what fits.");
	ssize_t n = write(there, message->bytes, message->length);
	told = true;
	if (n == -1 && errno == EPIPE)
		message_free(message);
	else if (n == -1 && errno != EAGAIN)
		die("write to the child");
	returned("%zd byte%s", n, plural(n));
	if (n > 0)
		message_sent(message, n);
}

/* Prints what is there of the answer; false when it has ended. */
static bool
print_some(int back)
{
	static char buffer[BUFFER_SIZE];
	static bool told;

	if (!told)
		step("pipe back", "Something came back: read what is there.");
	ssize_t n = read(back, buffer, sizeof buffer);
	told = true;
	if (n == -1)
		die("read from the child");
	returned("%zd byte%s", n, plural(n));
	if (n > 0 && !write_all(1, buffer, (size_t)n))
		die("write standard output");
	return n > 0;
}

/* Sends the message and prints what comes back, until the child closes its end
 * of the second pipe. Never waits for one thing while another could be done. */
static void
exchange(int there, int back, struct message *message)
{
	enum { BACK, THERE, INPUT, EVENTS };
	bool open = true, answering = true;

	/* a write that doesn't fit shall send a part, and not wait */
	if (fcntl(there, F_SETFL, O_NONBLOCK) == -1)
		die("fcntl the write end");
	while (answering) {
		bool sending = message->length > 0 ||
			       (!message->input && message_next(message));
		if (open && !sending && !message->input) {
			step("pipe there", "All is sent: close the write end, "
					   "and the child sees end-of-file.");
			close(there);
			returned("0");
			open = false;
		}
		struct pollfd events[EVENTS] = {
		    [BACK] = {.fd = back, .events = POLLIN},
		    [THERE] = {.fd = sending ? there : -1, .events = POLLOUT},
		    [INPUT] = {.fd = !sending && message->input ? 0 : -1,
			.events = POLLIN},
		};
		if (poll(events, EVENTS, -1) == -1)
			die("poll");
		if (events[INPUT].revents)
			message_next(message);
		if (events[THERE].revents)
			send_some(there, message);
		if (events[BACK].revents)
			answering = print_some(back);
	}
}

/* ---- --break=deadlock --------------------------------------------------- */

/* Bytes that wait in a pipe to be read. */
static int
bytes_in(int fd)
{
	int bytes = 0;

	if (ioctl(fd, FIONREAD, &bytes) == -1)
		die("ioctl FIONREAD");
	return bytes;
}

/* What seems simplest: write all, then read the answer. Ended after a
 * quarter of a second, in which nothing moves. */
static void
write_all_then_read(int there, int back)
{
	static char buffer[TOO_MUCH];
	ssize_t n;

	memset(buffer, 'x', sizeof buffer);
	step("pipe there", "Send the whole message, then read the answer.");
	deadline_set(0.25);
	n = write(there, buffer, sizeof buffer);
	deadline_clear();
	returned("%zd byte%s", n, plural(n));
	broke("deadlock",
	    "after a quarter of a second only %zd of %d bytes are sent: the "
	    "parent waits in write(), with %d bytes in the pipe to the child; "
	    "the child waits in write() too, with %d bytes in the pipe back, "
	    "which nobody reads",
	    n, TOO_MUCH, bytes_in(there), bytes_in(back));
	close(there);
	while (read(back, buffer, sizeof buffer) > 0)
		; /* lets the child go on, and end */
}

int
main(int argc, char *argv[])
{
	const char *text = NULL;
	int option, there[2], back[2], status;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'm':
			text = optarg;
			break;
		}
	struct message message = message_of(broken("deadlock") ? "" : text);
	signal(SIGPIPE, SIG_IGN); /* write returns EPIPE instead */

	step("pipe there", "A pipe carries bytes in one direction: this one "
			   "from the parent to the child,");
	if (pipe(there) == -1)
		die("pipe");
	returned(
	    "read end %d, write end %d", there[READ_END], there[WRITE_END]);
	step("pipe back", "and this one from the child to the parent.");
	if (pipe(back) == -1)
		die("pipe");
	returned("read end %d, write end %d", back[READ_END], back[WRITE_END]);

	step("child", "Create the child. Each process keeps two of the four "
		      "ends and closes the others.");
	pid_t pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0) {
		close(there[WRITE_END]);
		close(back[READ_END]);
		child(there[READ_END], back[WRITE_END]);
	}
	close(there[READ_END]);
	close(back[WRITE_END]);
	returned("%ld, the child", (long)pid);

	if (broken("deadlock"))
		write_all_then_read(there[WRITE_END], back[READ_END]);
	else
		exchange(there[WRITE_END], back[READ_END], &message);
	close(back[READ_END]);
	message_free(&message);
	if (waitpid(pid, &status, 0) == -1)
		die("waitpid");
	if (!child_succeeded(status))
		return EXIT_FAILURE;
	close_stdout();
	return EXIT_SUCCESS;
}
