/*
 * The part of bench_mach.c about memory that is out of line.
 */
#ifndef TESTS_BENCH_MACH_MEMORY_H
#define TESTS_BENCH_MACH_MEMORY_H

#include <mach/mach.h>

/*
 * Prints how long it takes to hand over memory to another task of this
 * processor, beside a pipe, a section and a copy. CLIENT is a port of this
 * task's with a send right.
 */
void bench_memory(mach_port_t client);

#endif
