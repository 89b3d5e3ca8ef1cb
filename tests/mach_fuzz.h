/*
 * The kernel in the fuzzer's process: what it asks of Linux is answered here,
 * so that many tasks can be played, and time doesn't pass by itself.
 */
#ifndef TESTS_MACH_FUZZ_H
#define TESTS_MACH_FUZZ_H

#include <stdbool.h>
#include <stdint.h>

#include "mach_msg/linux/kernel/task.h"

/* ---- Linux: mach_fuzz_linux.c ------------------------------------------- */

/* Processes that there may be, by number from 1. The last is the bootstrap
 * server, once the kernel has started it. */
enum { FUZZ_PROCESSES = 6 };

/* The kernel has just started. */
void fuzz_begin(void);

/* Every process dies and every connection ends, and the kernel has nothing left
 * of them. */
void fuzz_end(void);

/* Has the kernel take a connection from the process; returns its thread, or
 * null when the kernel has closed it. OTHER gets the other end. */
struct thread *fuzz_connect(pid_t pid, int *other);

/* Whether the kernel still has the connection, which was this thread's. */
bool fuzz_is_open(const struct thread *thread);

/* The kernel hears at its next turn that the thread's socket has been closed,
 * that it has rung, that the process has died. */
void fuzz_closed(struct thread *thread);
void fuzz_rang(struct thread *thread);
void fuzz_kill(pid_t pid);

/* So many milliseconds pass. */
void fuzz_pass(uint32_t milliseconds);

/* Of what the kernel asks Linux for, the one after so many more isn't to be
 * had; 0: everything is. */
void fuzz_shortage(unsigned after);

/* One turn of the kernel: events, calls, deadlines. */
void fuzz_turn(void);

/* Calls EACH with the processes that the kernel knows. */
void fuzz_each_process(void (*each)(const struct process *process));

/* ---- what has to be true: mach_fuzz_check.c ----------------------------- */

/* Every right is counted, every port has one holder of its receive right, and
 * nobody waits for what is there; else the fuzzer has a finding. */
void fuzz_check(void);

/* It has one unless HOLDS. */
void fuzz_expect(bool holds, const char *what);

#endif
