/*
 * What the figure's client sends: a text, so many bytes, or a file.
 */
#ifndef FIG3_19_PAYLOAD_H
#define FIG3_19_PAYLOAD_H

#include <stddef.h>

struct payload {
	unsigned char *bytes; /* LENGTH of them, for free(3) */
	size_t length;
};

/* The text without the zero at its end, or, when it is "-", standard input. */
struct payload payload_of_text(const char *text);

/* SIZE bytes, the same each time; a usage error when that is more than LONGEST
 * (figure.h). */
struct payload payload_of_size(size_t size);

/* The file's bytes. */
struct payload payload_of_file(const char *name);

#endif
