/* The special ports of a task. */
#ifndef MACH_TASK_H
#define MACH_TASK_H

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/task_special_ports.h>

/*
 * Puts a send right to the task's special port WHICH (TASK_BOOTSTRAP_PORT) into
 * *SPECIAL_PORT; MACH_PORT_NULL when it is unset. The right is the caller's:
 * one more reference.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_ARGUMENT (there is no such special port),
 * KERN_INVALID_TASK (TASK is no task's port, mach_task_self() or another's),
 * KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE, KERN_FAILURE (the kernel has ended).
 *
 * Source: Mach's task_get_special_port.
 */
kern_return_t task_get_special_port(
    task_inspect_t task, int which_port, mach_port_t *special_port);

/*
 * Makes the port that SPECIAL_PORT names the task's special port WHICH, and
 * that of the children that it has from then on. SPECIAL_PORT is a send right,
 * and stays the caller's; MACH_PORT_NULL unsets. The variable bootstrap_port
 * stays as it is.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_ARGUMENT (there is no such special port,
 * or it can't be set), KERN_INVALID_TASK (TASK is no task's port),
 * KERN_INVALID_CAPABILITY (SPECIAL_PORT is no send right), KERN_FAILURE (the
 * kernel has ended).
 *
 * Source: Mach's task_set_special_port.
 */
kern_return_t task_set_special_port(
    task_t task, int which_port, mach_port_t special_port);

#endif
