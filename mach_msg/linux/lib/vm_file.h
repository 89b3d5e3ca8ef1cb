/*
 * Memory files: memfds that have memory of the task's which can travel in
 * messages. The task writes to a new one by a shared mapping. Before it is sent
 * it is frozen: all mappings of it are private from then on, so that what is
 * written later goes to pages of the task's own; and sealed, so that nobody can
 * change it any more, which who receives it can rely on.
 *
 * All of this is called under the map's lock (vm_map.h).
 */
#ifndef MACH_LIB_VM_FILE_H
#define MACH_LIB_VM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Files that a task may have at once; memory beyond them is copied. A process
 * has few descriptors, commonly 1,024, and most are the program's. */
enum { VM_FILES_MAX = 256 };

/* From this size on the Linux kernel can use huge pages, at addresses and
 * offsets that are multiples of it. */
enum { VM_HUGE_PAGE = 2 << 20 };

struct vm_file {
	struct vm_file *next; /* of all */
	dev_t device;
	ino_t number;
	int fd;
	unsigned references;
	bool frozen, sealed;
	unsigned round; /* when it was last counted: vm_renew.c */
};

/* A new file of SIZE bytes, all zero, with one reference; null when there can't
 * be one. */
struct vm_file *vm_file_create(uint64_t size);

/* The file that FD, which stays the caller's, is a descriptor of, sealed, with
 * one reference more; null when there are too many. */
struct vm_file *vm_file_of(int fd);

/* Whether its descriptor is still there: a program may close what it doesn't
 * know, and open another file by the same number. */
bool vm_file_is_there(const struct vm_file *file);

/* Puts SIZE bytes at FROM, which can't be wrong, into it at OFFSET; false when
 * the machine has no memory for them. */
bool vm_file_fill(
    const struct vm_file *file, uint64_t offset, const void *from, size_t size);

/* Seals it, whose mappings are private; false when it is still written to. */
bool vm_file_seal(struct vm_file *file);

/* Gives one reference back. */
void vm_file_release(struct vm_file *file);

/* How many there are. */
unsigned vm_file_count(void);

#endif
