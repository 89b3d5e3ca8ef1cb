/*
 * The things that a port can stand for, each under a name of its own so that a
 * prototype says what it wants. All are ports.
 */
#ifndef MACH_MACH_TYPES_H
#define MACH_MACH_TYPES_H

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/port.h>
#include <mach/std_types.h>
#include <mach/task_special_ports.h>
#include <mach/vm_types.h>

/* A task: mach_task_self(), or another task's own port that came in a
 * message. */
typedef mach_port_t task_t;
typedef mach_port_t task_name_t;
typedef mach_port_t task_read_t;
typedef mach_port_t task_inspect_t;

/* A task's names of ports; the task's own port again. */
typedef mach_port_t ipc_space_t;
typedef mach_port_t ipc_space_read_t;
typedef mach_port_t ipc_space_inspect_t;

typedef mach_port_t thread_t;
typedef mach_port_t host_t;

#define TASK_NULL ((task_t)0)
#define IPC_SPACE_NULL ((ipc_space_t)0)
#define THREAD_NULL ((thread_t)0)
#define HOST_NULL ((host_t)0)

#endif
