/*
 * What a task knows without asking: itself, and where to look services up.
 *
 * On macOS both are variables that are set before main(). Here they are asked
 * for when they are first used, so that a program that uses no Mach pays
 * nothing. The macros let them be written the same.
 */
#ifndef MACH_MACH_INIT_H
#define MACH_MACH_INIT_H

#include <mach/mach_traps.h>
#include <mach/mach_types.h>

/*
 * The calling task's name for itself; it isn't freed. The first call makes this
 * process a task, and again the first one in a forked child: a child has no
 * name that its parent has. Returns MACH_PORT_NULL when that can't be done; the
 * calls that are given it then return KERN_INVALID_TASK.
 *
 * Source: Mach's mach_task_self; section 3.7.2 of the book passes it to
 * mach_port_allocate().
 */
mach_port_t mach_task_self_get(void);

#define mach_task_self() mach_task_self_get()
#define current_task() mach_task_self()

/*
 * Where bootstrap_port stands: the task's bootstrap port, a send right, when it
 * is first asked for, and what was last assigned to it from then on. Never a
 * null pointer; the port is MACH_PORT_NULL when the task has none. Source: the
 * variable bootstrap_port on macOS; the book's bootstrap server, section 3.7.2.
 */
mach_port_t *mach_bootstrap_port_place(void);

#define bootstrap_port (*mach_bootstrap_port_place())

#endif
