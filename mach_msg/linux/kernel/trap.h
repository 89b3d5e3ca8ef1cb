/*
 * The kernel's entry: reads calls from connections, and answers them.
 */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include "mach_msg/linux/kernel/task.h"

/* Serves the thread's call, or ends the one that it waits in, if it wants that.
 */
void trap_serve(struct thread *thread);

/* What a trap gives back: the answer, and bytes, which are freed then. */
struct trap_reply {
	struct trap_answer answer;
	unsigned char *bytes;
};

#endif
