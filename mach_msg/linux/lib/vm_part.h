/*
 * What the Linux kernel says is at an extent's addresses.
 */
#ifndef MACH_LIB_VM_PART_H
#define MACH_LIB_VM_PART_H

#include <stdio.h>

#include "mach_msg/linux/lib/vm_map.h"

/* A part of an extent that is alike in all this. */
struct vm_part {
	uintptr_t start, end;
	bool is_there;  /* it has the file's bytes, as the map says */
	bool is_shared; /* what is written there goes to the file */
	int protection; /* as for mmap(2) */
};

/* The task's mappings, for these two; null when they can't be read. Close it
 * with fclose(3). */
FILE *vm_parts_open(void);

/* The part of the extent that begins at AT, an address in it. */
struct vm_part vm_part_at(
    FILE *parts, const struct vm_extent *extent, uintptr_t at);

/* Whole pages. */
struct vm_run {
	uintptr_t start, end;
	int protection;
};

/*
 * Adds the pages of the part that the task has written to since its mapping is
 * private to the COUNT that RUNS has, at most MOST. Returns how many it has
 * then; MOST + 1 when there are more, or when they can't be told.
 */
size_t vm_part_written(
    const struct vm_part *part, struct vm_run *runs, size_t count, size_t most);

#endif
