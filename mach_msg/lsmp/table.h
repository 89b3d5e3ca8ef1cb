/*
 * What lsmp prints: a line for each task and beneath it one for each of its
 * names, with who holds the other side.
 */
#ifndef LSMP_TABLE_H
#define LSMP_TABLE_H

#include <stdio.h>

#include "mach_msg/lsmp/snapshot.h"

/* What to leave out. */
struct selection {
	uint32_t family; /* other processes than this and its descendants; 0:
			  * none */
	bool brief;      /* what each task has: its own port, the bootstrap
			  * port */
};

/* Prints the tasks that are left within 80 columns, with a heading; returns how
 * many, and prints nothing when that is 0. */
uint32_t table_print(FILE *file, const struct snapshot *snapshot,
    const struct selection *selection);

#endif
