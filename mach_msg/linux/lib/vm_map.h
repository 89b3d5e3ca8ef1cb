/*
 * The map of the task's memory that can travel: which addresses have what part
 * of which memory file. Other memory isn't in the map, and is copied.
 *
 * It is what Mach's map of virtual memory is, and the files are its memory
 * objects: a region that is sent again and again, and written to in between, is
 * made of the files of all these times, as Mach's is of a chain of shadow
 * objects.
 *
 * A program may unmap memory, or map something else there, and the map isn't
 * told: so the Linux kernel is asked what is there before anything is done
 * (vm_part.h).
 */
#ifndef MACH_LIB_VM_MAP_H
#define MACH_LIB_VM_MAP_H

#include "mach_msg/linux/lib/vm_file.h"

/* Whole pages, in one file. */
struct vm_extent {
	uintptr_t start, end;
	struct vm_file *file;
	uint64_t offset;
};

/* All extents, by their addresses. */
struct vm_map {
	struct vm_extent *extents;
	size_t count, room;
};

extern struct vm_map vm_map;

void vm_map_lock(void);
void vm_map_unlock(void);

/* The number of the extent that ADDRESS is in, or of the next one. */
size_t vm_map_find(uintptr_t address);

/* The range has the file's bytes from OFFSET on, whatever was there; the map
 * takes a reference. False when there is no memory to note that: nothing is
 * there then, as far as the map knows. */
bool vm_map_put(
    uintptr_t start, uintptr_t end, struct vm_file *file, uint64_t offset);

/* Nothing of the map's is there any more. */
void vm_map_forget(uintptr_t start, uintptr_t end);

#endif
