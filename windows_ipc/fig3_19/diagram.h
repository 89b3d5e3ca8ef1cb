/*
 * Figure 3.19, drawn from the objects that the two processes have.
 */
#ifndef FIG3_19_DIAGRAM_H
#define FIG3_19_DIAGRAM_H

#include "windows_ipc/fig3_19/figure.h"

#include <stdio.h>

/* What the client has, and its last reply, in which the server says what it
 * has. */
struct diagram {
	const char *name; /* the connection port's */
	HANDLE port;      /* the client communication port */
	HANDLE section;   /* null: none */
	size_t section_size;
	const void *view; /* where it is mapped here */
	enum technique technique;
	const struct reply *reply;
};

void diagram_print(FILE *file, const struct diagram *diagram);

#endif
