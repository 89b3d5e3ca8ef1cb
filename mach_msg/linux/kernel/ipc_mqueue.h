/*
 * A port's message queue: what waits in it, and the threads that wait for it,
 * to put a message in or to take one out.
 */
#ifndef KERNEL_IPC_MQUEUE_H
#define KERNEL_IPC_MQUEUE_H

#include "mach_msg/linux/kernel/ipc_port.h"

struct thread;

/* Whether a message sent by a send right has to wait. */
bool ipc_mqueue_full(const struct ipc_port *port);

/* Gives the message to a thread that waits for one, or puts it last in the
 * queue, limit or not. */
void ipc_mqueue_put(struct ipc_port *port, struct ipc_kmsg *kmsg);

/* Takes out the port's first message, which is there, and lets a blocked sender
 * have its place. */
struct ipc_kmsg *ipc_mqueue_take(struct ipc_port *port);

/* The first message, or null. */
struct ipc_kmsg *ipc_mqueue_first(const struct ipc_port *port);

/* Changes the limit; a larger one lets blocked senders in. */
void ipc_mqueue_set_limit(struct ipc_port *port, mach_port_msgcount_t limit);

/* Every thread that is blocked receiving from the object gets
 * MACH_RCV_PORT_DIED. */
void ipc_mqueue_wake_receivers(struct ipc_object *object);

/* The port has died: its messages are destroyed, also those of senders that
 * were blocked; for these the send has succeeded. */
void ipc_mqueue_destroy(struct ipc_port *port);

#endif
