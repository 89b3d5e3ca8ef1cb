/*
 * The traps that a task's calls mach_port_*() and task_*_special_port() end in.
 */
#ifndef KERNEL_MACH_PORT_H
#define KERNEL_MACH_PORT_H

#include "mach_msg/linux/kernel/trap.h"

/* Does the trap of that number; fills in what it gives back but for the result,
 * which it returns. KERN_NOT_SUPPORTED for a number that is none of them. */
kern_return_t mach_port_trap(struct thread *thread, uint32_t number,
    const uint32_t *arguments, struct trap_reply *reply);

#endif
