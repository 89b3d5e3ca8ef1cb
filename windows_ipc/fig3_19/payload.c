#include "windows_ipc/fig3_19/payload.h"
#include "windows_ipc/fig3_19/figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_FIRST = 64 * 1024 };

static unsigned char *
resize(unsigned char *bytes, size_t size)
{
	bytes = realloc(bytes, size ? size : 1);
	if (!bytes)
		fatal("no memory for %zu bytes", size);
	return bytes;
}

static struct payload
read_stream(FILE *stream, const char *name)
{
	struct payload payload = {NULL, 0};
	size_t room = 0, n = 1;

	while (n > 0) {
		if (payload.length == room) {
			room = room ? 2 * room : AT_FIRST;
			payload.bytes = resize(payload.bytes, room);
		}
		n = fread(payload.bytes + payload.length, 1,
		    room - payload.length, stream);
		payload.length += n;
		if (payload.length > LONGEST)
			fatal("%s: more than %d bytes", name, LONGEST);
	}
	if (ferror(stream))
		die("read %s", name);
	return payload;
}

struct payload
payload_of_text(const char *text)
{
	struct payload payload;

	if (strcmp(text, "-") == 0) {
		narrate_input_is_data();
		return read_stream(stdin, "standard input");
	}
	payload.length = strlen(text);
	payload.bytes = resize(NULL, payload.length);
	memcpy(payload.bytes, text, payload.length);
	return payload;
}

struct payload
payload_of_size(size_t size)
{
	struct payload payload = {NULL, size};

	if (size > LONGEST)
		usage_error("--size=%zu: more than %d bytes", size, LONGEST);
	payload.bytes = resize(NULL, size);
	for (size_t i = 0; i < size; i++)
		payload.bytes[i] = (unsigned char)(i * 2654435761u >> 24);
	return payload;
}

struct payload
payload_of_file(const char *name)
{
	FILE *stream = fopen(name, "rb");

	if (!stream)
		die("open %s", name);
	struct payload payload = read_stream(stream, name);
	fclose(stream);
	return payload;
}
