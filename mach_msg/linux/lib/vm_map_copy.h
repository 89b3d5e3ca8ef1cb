/*
 * Memory on its way into a message: the extents of a trap's payload, and the
 * files that they are in.
 */
#ifndef MACH_LIB_VM_MAP_COPY_H
#define MACH_LIB_VM_MAP_COPY_H

#include <mach/mach.h>

#include "mach_msg/linux/lib/vm_map.h"
#include "mach_msg/linux/trap.h"

/*
 * From so many bytes on memory is mapped and not copied, where it can be. What
 * `make bench-mach` says of a smaller number here: to map 64 KiB that are read
 * takes 0.8 of the time of a copy, 128 KiB 0.7, 256 KiB 0.6 and 4 MiB 0.35. But
 * each page that either of the two writes to afterwards is copied all the same.
 */
enum { VM_MAP_MIN = 256 << 10 };

struct vm_map_copy {
	uint64_t size; /* bytes, all together */
	uint32_t extent_count, file_count;
	struct trap_extent extents[TRAP_EXTENTS_MAX];
	int fds[TRAP_FILES_MAX];
	struct vm_file *files[TRAP_FILES_MAX]; /* null: the copied bytes' */
	uint64_t copied;                       /* bytes in that */
};

/* An empty one; null when there is no memory. */
struct vm_map_copy *vm_map_copy_create(void);

/*
 * Adds SIZE bytes at ADDRESS: maps them if they are many, the task's map has
 * them and COPY doesn't say MACH_MSG_PHYSICAL_COPY; else copies them. Returns
 * MACH_MSG_SUCCESS, MACH_SEND_INVALID_MEMORY (they aren't there) or
 * MACH_SEND_NO_BUFFER. Source: Mach's vm_map_copyin.
 */
mach_msg_return_t vm_map_copyin(struct vm_map_copy *copy, const void *address,
    size_t size, mach_msg_copy_options_t option);

/* All is added: nobody can change it any more. */
mach_msg_return_t vm_map_copy_seal(struct vm_map_copy *copy);

/* The end; null is nothing. */
void vm_map_copy_free(struct vm_map_copy *copy);

/*
 * The other way: new memory of this task's with SIZE bytes of the answer's
 * payload from OFFSET on, mapped, at an address that lies in its page where the
 * sender's did. Null when they can't be mapped: then they can be copied.
 * Source: Mach's vm_map_copyout.
 */
struct trap_exchange;
void *vm_map_copyout(
    const struct trap_exchange *exchange, uint64_t offset, size_t size);

#endif
