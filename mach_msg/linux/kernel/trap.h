/*
 * The kernel's entry: reads calls from connections, and answers them.
 */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include "mach_msg/linux/kernel/task.h"

/* Serves the thread's call if there is one; whether there was. */
bool trap_serve(struct thread *thread);

/* The thread has rung: it has called, or wants its call to end. */
void trap_rung(struct thread *thread);

/* What a trap gives back: the answer, and bytes, which are freed then. */
struct trap_reply {
	struct trap_answer answer;
	unsigned char *bytes;
};

#endif
