/*
 * Memory that isn't written to the task's files any more: before it is sent,
 * and before a fork, since parent and child would share it.
 */
#ifndef MACH_LIB_VM_FREEZE_H
#define MACH_LIB_VM_FREEZE_H

#include "mach_msg/linux/lib/vm_part.h"

/* All mappings of the file become private, where they are; under the map's
 * lock. False when that can't be. */
bool vm_freeze(struct vm_file *file, FILE *parts);

/* Forgets what the program has unmapped without telling, once there are many
 * files: they would keep the memory; under the map's lock. */
void vm_sweep(void);

/* The range is about to be unmapped: what it has of files that others still
 * have a part of, and that aren't sealed, gives its pages back; under the map's
 * lock. */
void vm_give_back(uintptr_t start, uintptr_t end);

/* Around a fork: takes the map's lock, and freezes all that is in the map. */
void vm_fork_prepare(void);
void vm_fork_done(void);

#endif
