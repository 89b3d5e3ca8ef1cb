/*
 * Which threads have called. A thread rings; but one that was just answered is
 * looked at instead, for as long as the kernel doesn't sleep: where it shares a
 * processor with the kernel, the answer lets it run (step_aside() in
 * mach_kernel.c), and it has often called again when the kernel goes on. To
 * look costs less than to sleep and be woken.
 */
#ifndef KERNEL_CALLS_H
#define KERNEL_CALLS_H

#include "mach_msg/linux/kernel/task.h"

/* The thread is about to be answered. Whether it will be looked at then, and
 * needn't ring. */
bool calls_await(struct thread *thread);

/* The thread has rung. */
void calls_rung(struct thread *thread);

/* Nothing more of the thread's is served. */
void calls_forget(struct thread *thread);

/* Looks whether there are calls. If not, every thread rings when it calls next,
 * and the kernel may sleep. */
bool calls_are_there(void);

/* Serves the calls that were there, and those of the threads that have rung. */
void calls_serve(void);

/* A call of the thread's has taken the kernel so long. Where that is long, the
 * task isn't served again until nine times as long has passed: the others have
 * that time. After a look at all tasks nobody looks until then. */
void calls_took(
    const struct thread *thread, uint32_t number, uint64_t microseconds);

/* Whether that has not yet passed for such a call. */
bool calls_too_early(const struct thread *thread, uint32_t number);

/* How long the kernel may sleep, in milliseconds, if it may WAIT so long, -1:
 * for good; until somebody has rested who has called. */
int calls_wait(int wait);

#endif
