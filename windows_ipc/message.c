#include "windows_ipc/message.h"
#include "common/common.h"

#include <stdlib.h>
#include <string.h>

enum { AT_FIRST = 64 * 1024, AT_MOST = 1024 * 1024 * 1024 };

static char *
resize(char *bytes, size_t size)
{
	bytes = realloc(bytes, size);
	if (!bytes)
		fatal("no memory for %zu bytes", size);
	return bytes;
}

/* All that standard input gives. */
static struct message
read_input(void)
{
	HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
	struct message message = {NULL, 0};
	DWORD room = 0, n = 1;

	narrate_input_is_data();
	while (n > 0) {
		if (message.length == room) {
			if (room == AT_MOST)
				fatal("standard input: more than 1 GiB");
			room = room ? 2 * room : AT_FIRST;
			message.bytes = resize(message.bytes, room);
		}
		if (!ReadFile(input, message.bytes + message.length,
			room - message.length, &n, NULL)) {
			if (GetLastError() != ERROR_BROKEN_PIPE)
				die("read standard input");
			n = 0; /* its writer has closed */
		}
		message.length += n;
	}
	message.bytes = resize(message.bytes, (size_t)message.length + 1);
	message.bytes[message.length] = '\0';
	return message;
}

struct message
message_of(const char *text)
{
	if (strcmp(text, "-") == 0)
		return read_input();

	size_t length = strlen(text);
	struct message message = {resize(NULL, length + 1), (DWORD)length};
	memcpy(message.bytes, text, length + 1);
	return message;
}
