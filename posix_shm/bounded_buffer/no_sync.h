/*
 * The bounded buffer without what makes it one: nobody waits.
 */
#ifndef BOUNDED_BUFFER_NO_SYNC_H
#define BOUNDED_BUFFER_NO_SYNC_H

/*
 * Runs a producer and a consumer, two processes, over a small buffer in shared
 * memory with `in` and `out` but no waiting on full or empty, and counts what
 * became of the items. Returns EXIT_FAILURE: the items did not arrive.
 */
int run_without_sync(void);

#endif
