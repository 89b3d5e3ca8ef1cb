/*
 * Pages that were written to since they were sent: before they are sent again
 * they are copied into a file of their own, which is the task's memory from
 * then on, so that the next time they needn't be.
 */
#ifndef MACH_LIB_VM_RENEW_H
#define MACH_LIB_VM_RENEW_H

#include "mach_msg/linux/lib/vm_part.h"

/* So many extents may lie in what is sent at once, and so many files: when they
 * are more, all of it is copied into one. */
enum { VM_EXTENTS_MAX = 512, VM_CHAIN_MAX = 32 };

/* What has to be copied, one run behind the other in the file. */
struct vm_renewal {
	struct vm_run runs[VM_EXTENTS_MAX / 2];
	size_t count;
	struct vm_file *file; /* null if there is nothing */
};

/*
 * Prepares whole pages of the map for being sent: freezes and seals their
 * files, and copies what was written to since. Under the map's lock. False when
 * they can't be mapped: they aren't all in the map, or the program has changed
 * what is there.
 */
bool vm_renew(
    uintptr_t start, uintptr_t end, FILE *parts, struct vm_renewal *renewal);

/* Gives the file back. */
void vm_renewal_end(struct vm_renewal *renewal);

/* The file and the offset in it that AT is at, of pages that are prepared, and
 * where the next begins: at END or before. */
uintptr_t vm_renewed(const struct vm_renewal *renewal, uintptr_t at,
    uintptr_t end, struct vm_file **file, uint64_t *offset);

#endif
