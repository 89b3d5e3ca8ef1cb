/*
 * A limit for a system call that may block for ever.
 *
 * Source: setitimer(2), signal(7): a handler without SA_RESTART makes a blocked
 * call return EINTR.
 */
#ifndef PIPES_DEADLINE_H
#define PIPES_DEADLINE_H

#include <stdbool.h>

/*
 * From SECONDS on, blocking calls of this process return EINTR: the one that is
 * blocked then, and each later one within a hundredth of a second, until
 * deadline_clear(). A deadline of 0 seconds is past at once, NO_DEADLINE never.
 * One at a time.
 *
 * Where a step() announces the call, the deadline is set between the two: a
 * person who is asked for Enter has all the time there is.
 */
#define NO_DEADLINE (-1.0)

void deadline_set(double seconds);
void deadline_clear(void);

/* Whether the time is over: then EINTR means that. */
bool deadline_passed(void);

#endif
