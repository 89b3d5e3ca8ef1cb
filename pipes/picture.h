/*
 * Figure 3.20 drawn from what processes hold: a box for each process with a
 * cell for each of its descriptors, a double line for each pipe beneath them.
 */
#ifndef PIPES_PICTURE_H
#define PIPES_PICTURE_H

#include "pipes/ends.h"

#include <stdio.h>

/* A descriptor that a program knows by name, to be drawn as that name and as
 * closed where its process doesn't hold it (any more). */
struct named_end {
	const char *process; /* "parent" */
	const char *name;    /* "fd[0]" */
	pid_t pid;
	int fd;
};

/*
 * Prints the picture on FILE, within COLUMNS columns; where it is wider than
 * that, without the pipes that have an end elsewhere; and where that is too
 * wide as well, a list of all. NAMED, of NAMED_COUNT, says what to call
 * descriptors, in the order of drawing; a process that has none there is drawn
 * behind those that have, its descriptors as "fd NUMBER".
 */
void picture_print(FILE *file, const struct ends *ends,
    const struct named_end named[], size_t named_count, int columns);

/* Whether the locale's characters are UTF-8's; else lines are drawn in ASCII.
 */
bool locale_is_utf8(void);

#endif
