/*
 * The traps that only look at a name space and its ports, or set a port's
 * attributes.
 */
#ifndef KERNEL_MACH_PORT_INFO_H
#define KERNEL_MACH_PORT_INFO_H

#include "mach_msg/linux/kernel/trap.h"

/* As mach_port_trap(), for a space. */
kern_return_t mach_port_info_trap(struct ipc_space *space, uint32_t number,
    const uint32_t *arguments, struct trap_reply *reply);

#endif
