#include "pipes/message.h"
#include "common/common.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_SIZE = 128 * 1024 };

static char *
allocate(size_t size)
{
	char *bytes = malloc(size);

	if (!bytes)
		die("malloc %zu bytes for the message", size);
	return bytes;
}

static struct message
message_from(const char *text, const char *ending)
{
	struct message message = {.input = !text || strcmp(text, "-") == 0};

	if (message.input) {
		narrate_input_is_data();
		message.buffer = allocate(BUFFER_SIZE);
	} else {
		size_t size = strlen(text) + strlen(ending) + 1;
		message.buffer = allocate(size);
		message.end = (size_t)snprintf(
		    message.buffer, size, "%s%s", text, ending);
	}
	return message;
}

struct message
message_of(const char *text)
{
	return message_from(text, "");
}

struct message
message_of_lines(const char *text)
{
	struct message message = message_from(text, "\n");

	message.lines = true;
	return message;
}

/* Reads what is there, behind what has not been sent yet. */
static void
read_on(struct message *message)
{
	size_t left = message->end - message->begin;
	ssize_t n;

	memmove(message->buffer, message->buffer + message->begin, left);
	message->begin = 0;
	message->end = left;
	do
		n = read(0, message->buffer + left, BUFFER_SIZE - left);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		die("read standard input");
	message->end += (size_t)n;
	message->input = n > 0;
}

/* How many bytes, of the SIZE at NEXT, are whole lines. */
static size_t
whole_lines(const char *next, size_t size)
{
	while (size > 0 && next[size - 1] != '\n')
		size--;
	return size;
}

/* Cuts the next piece from what has been read; its length is 0 when more has
 * to be read first. */
static void
cut_piece(struct message *message)
{
	size_t there = message->end - message->begin;

	message->bytes = message->buffer + message->begin;
	message->length = there;
	message->long_line = false;
	if (!message->lines)
		return;

	message->length =
	    whole_lines(message->bytes, there < PIPE_BUF ? there : PIPE_BUF);
	if (message->length > 0)
		return;
	const char *newline = memchr(message->bytes, '\n', there);
	message->long_line = there > PIPE_BUF;
	if (newline)
		message->length = (size_t)(newline - message->bytes) + 1;
	else if (message->long_line || !message->input)
		message->length = there;
}

bool
message_next(struct message *message)
{
	while (message->length == 0) {
		cut_piece(message);
		if (message->length > 0)
			break;
		if (!message->input)
			return false;
		read_on(message);
	}
	return true;
}

void
message_sent(struct message *message, ssize_t n)
{
	message->bytes += n;
	message->length -= (size_t)n;
	message->begin += (size_t)n;
}

void
message_free(struct message *message)
{
	free(message->buffer);
	*message = (struct message){.input = false};
}
