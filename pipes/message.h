/*
 * What a program sends: a text of the command line, or its standard input, in
 * pieces for write().
 *
 *     while (message_next(&message)) {
 *             ssize_t n = write(fd, message.bytes, message.length);
 *             if (n == -1)
 *                     die("write");
 *             message_sent(&message, n);
 *     }
 */
#ifndef PIPES_MESSAGE_H
#define PIPES_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct message {
	const char *bytes; /* the next piece, LENGTH bytes of it; none: 0 */
	size_t length;
	bool input;     /* more may come from standard input */
	bool lines;     /* pieces are whole lines where that is possible */
	bool long_line; /* the piece is of a line that is too long for it */
	char *buffer;   /* what has been read is from BEGIN to END */
	size_t begin, end;
};

/* The message TEXT, or all that standard input will give when TEXT is "-" or
 * null, in pieces as large as they come. */
struct message message_of(const char *text);

/*
 * The same as lines, TEXT as one. A piece is as many whole lines as fit into
 * PIPE_BUF bytes: a pipe takes so much in one go, and what other writers write
 * comes before or behind it (pipe(7)). Of a line that is longer it is all that
 * is there, and LONG_LINE is set. What stands behind the last newline is a line
 * too.
 */
struct message message_of_lines(const char *text);

/*
 * Whether there is something left to send; reads on when nothing is, and waits
 * for input only then. Dies when standard input can't be read.
 */
bool message_next(struct message *message);

/* N bytes of the piece have been sent. */
void message_sent(struct message *message, ssize_t n);

/* Forgets the rest and gives the memory back. */
void message_free(struct message *message);

#endif
