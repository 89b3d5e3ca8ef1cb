/*
 * The kernel's entry: reads calls from connections, and answers them.
 */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include "mach_msg/linux/kernel/task.h"

/* Serves the thread's call, or its connection's end; whether there was a call.
 */
bool trap_serve(struct thread *thread);

/* A thread's connection has something to read, or has ended. */
void trap_ready(struct source *source);

/* What a trap gives back: the answer, and bytes, which are freed then. */
struct trap_reply {
	struct trap_answer answer;
	unsigned char *bytes;
};

#endif
