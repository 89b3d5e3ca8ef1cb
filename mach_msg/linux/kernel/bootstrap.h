/*
 * The bootstrap port and the server behind it. The port is there from the
 * start; the program bootstrap_server is started when somebody first sends to
 * it, and gets its receive right. What is sent before waits in the queue.
 */
#ifndef KERNEL_BOOTSTRAP_H
#define KERNEL_BOOTSTRAP_H

#include "mach_msg/linux/kernel/ipc_port.h"

struct task;

/* A new send right to it; null when there is no memory. */
struct ipc_port *bootstrap_port_send(void);

/* It, without a right to it; null when there is none yet. */
const struct ipc_port *bootstrap_port_now(void);

/* Somebody has sent to PORT: when it is the bootstrap port, its server is
 * needed now. If it can't be started the port dies. */
void bootstrap_needed(const struct ipc_port *port);

/* A task began: the bootstrap server gets the receive right. The kernel doesn't
 * stay for that task. */
void bootstrap_task_began(struct task *task);

/* The kernel ends. */
void bootstrap_end(void);

#endif
