/*
 * A clock that all tasks of the host share.
 */
#ifndef MACH_MSG_CLOCK_H
#define MACH_MSG_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some moment, never going back. Ends the program when there
 * is no such clock. Source: clock_gettime(2), CLOCK_MONOTONIC. */
int64_t clock_now(void);

/* Puts it into *BEGAN. Where a step() announces a call, the clock is started
 * between the two: a person who is asked for Enter isn't timed. */
void clock_start(int64_t *began);

#endif
