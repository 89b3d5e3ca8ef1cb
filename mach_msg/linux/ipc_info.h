/*
 * What the kernel tells of all its tasks to who looks on (TRAP_SPACE_INFO): no
 * task, only a connection, so that a look changes nothing.
 *
 * The answer's values are the lengths of three arrays, and what the kernel has
 * in all; the bytes are the arrays, one after the other. It is all of one
 * moment.
 *
 * Source: after macOS's mach_port_space_info() and its ipc_info_name_t, which
 * tell one task's names to whom has a right to that task.
 */
#ifndef MACH_LINUX_IPC_INFO_H
#define MACH_LINUX_IPC_INFO_H

#include <stdint.h>

/* The answer's values. */
enum {
	INFO_TASKS,
	INFO_NAMES,
	INFO_MEMBERS,
	INFO_PORTS, /* dead ones too, to which somebody has a right yet */
	INFO_BYTES, /* of memory in use, or nearly so; modulo 2^32 */
};

struct ipc_info_task {
	uint32_t pid;
	uint32_t names; /* how many of the next array are its, in its order */
	uint32_t bootstrap;     /* number of its bootstrap port */
	uint32_t own_bootstrap; /* that, where the kernel has a right to it
				 * for the task; 0: the common one */
};

/* What a name stands for. */
enum ipc_info_kind {
	INFO_DEAD_NAME,
	INFO_SET,
	INFO_PORT,        /* a task has its receive right */
	INFO_PORT_MOVING, /* the receive right is in a message */
	INFO_PORT_TASK,   /* a task's own port: the kernel receives */
	INFO_PORT_KERNEL, /* another that the kernel receives from */
};

/* A port or set has the same number in every task. 0 is none. */
struct ipc_info_name {
	uint32_t name;   /* mach_port_name_t */
	uint32_t type;   /* MACH_PORT_TYPE_* with the bits of requests */
	uint32_t urefs;  /* of a send or send-once right, or a dead name */
	uint32_t kind;   /* enum ipc_info_kind; the rest is 0 for a dead name */
	uint32_t object; /* number of the port or set */
	uint32_t notify; /* number of the port that is notified of the name */
	uint32_t receivers; /* threads that are blocked receiving */
	/* of a port alone */
	uint32_t senders;           /* threads that are blocked sending */
	uint32_t messages, limit;   /* of the queue */
	uint32_t srights, sorights; /* that exist, wherever they are */
	uint32_t no_senders, port_destroyed; /* ports notified of these */
	uint32_t pid;                        /* the task's, INFO_PORT_TASK */
};

/* A port in a set. */
struct ipc_info_member {
	uint32_t port, set; /* numbers */
};

#endif
