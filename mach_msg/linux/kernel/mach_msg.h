/*
 * mach_msg in the kernel: the trap that sends, receives, or does both, and how
 * a blocked thread goes on.
 */
#ifndef KERNEL_MACH_MSG_H
#define KERNEL_MACH_MSG_H

#include "mach_msg/linux/kernel/task.h"

/* The trap. Files of the request that it takes are -1 there then. False when
 * the parts don't fit one another. */
bool mach_msg_overwrite_trap(struct thread *thread, struct request *request);

/* The thread, which isn't blocked, receives, or blocks to. */
void mach_msg_receive(struct thread *thread);

/* Gives the message, which is in no queue, to a thread that is blocked to
 * receive; false when the thread has no room for it and wants it kept: it was
 * told, and isn't blocked any more. */
bool mach_msg_receive_now(
    struct thread *thread, struct ipc_port *port, struct ipc_kmsg *kmsg);

/* The thread's message has been sent: it goes on to receive, or returns. */
void mach_msg_sent(struct thread *thread);

/* The thread, which isn't blocked any more, returns this. */
void mach_msg_return(struct thread *thread, mach_msg_return_t result);

/* The thread's timeout has passed; a signal came and ends the wait if the
 * thread's options say so. */
void mach_msg_timed_out(struct thread *thread);
void mach_msg_abort(struct thread *thread);

#endif
