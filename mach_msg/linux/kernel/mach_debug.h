/*
 * What the kernel tells of all its tasks to who looks on.
 */
#ifndef KERNEL_MACH_DEBUG_H
#define KERNEL_MACH_DEBUG_H

#include "mach_msg/linux/kernel/trap.h"

/* TRAP_SPACE_INFO: every task's names, and what they stand for (ipc_info.h).
 * Changes nothing that a task could notice. */
kern_return_t mach_debug_space_info(struct trap_reply *reply);

#endif
