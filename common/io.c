#include "common/io.h"
#include "common/system.h"

#include <errno.h>
#include <stdio.h>

bool
write_all(int fd, const void *bytes, size_t size)
{
	const char *next = bytes;

	while (size > 0) {
		long n = system_write(fd, next, size);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return false;
		next += n;
		size -= (size_t)n;
	}
	return true;
}

long long
read_all(int fd, void *bytes, size_t size)
{
	char *next = bytes;
	size_t have = 0;

	while (have < size) {
		long n = system_read(fd, next + have, size - have);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (long long)have;
}

char *
escape_controls(const char *text, char *buffer, size_t size)
{
	size_t n = 0;

	for (const char *c = text; *c && n + sizeof "\\xNN" <= size; c++) {
		unsigned char byte = (unsigned char)*c;
		if (byte < ' ' || byte == 0x7f)
			n += (size_t)snprintf(
			    buffer + n, size - n, "\\x%02x", byte);
		else
			buffer[n++] = *c;
	}
	buffer[n] = '\0';
	return buffer;
}
