/*
 * The bounded buffer itself: a ring of bytes in shared memory between one
 * producer and one consumer, in two processes or two threads.
 *
 * Each end counts the bytes that it has put in or taken out, ever, in a word
 * that only it writes; the book's `in` and `out` are these modulo the capacity.
 * Putting and taking are plain stores to memory. A system call happens only
 * when an end has to sleep (the buffer is empty, or full) and when it wakes a
 * sleeper: a POSIX semaphore is the sleeper's bell, no lock, so a process that
 * dies at any moment can't leave the other one locked out.
 *
 * Source: sem_overview(7), and the bounded buffer of the book's section 3.5.
 */
#ifndef BOUNDED_BUFFER_RING_H
#define BOUNDED_BUFFER_RING_H

#include <semaphore.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	RING_CAPACITY = 1 << 20, /* bytes: fits a core's second-level cache */
	CACHE_LINE = 64,
	RING_ALIGNMENT = 4096, /* copies from the kernel go fastest to a page */
};

enum ring_end_name { PRODUCER, CONSUMER };

/* What an end says of itself. */
enum ring_state { RING_WORKING, RING_DONE, RING_FAILED };

/* An end as the other one sees it. What is written often has cache lines of its
 * own, so that the ends don't take each other's away. */
struct ring_end {
	alignas(
	    CACHE_LINE) _Atomic uint64_t count; /* bytes put in, taken out */
	alignas(CACHE_LINE) _Atomic int asleep; /* or about to be */
	_Atomic int state;                      /* enum ring_state */
	sem_t bell;                             /* wakes this end */
};

struct ring {
	struct ring_end ends[2];
	alignas(RING_ALIGNMENT) unsigned char bytes[RING_CAPACITY];
};

/* An end as its own process holds it; private to it. */
struct ring_handle {
	struct ring *ring;
	enum ring_end_name name;
	uint64_t count;       /* its own count */
	uint64_t other_count; /* the other's, when last looked at */
	int spins;            /* looks at an empty or full ring before sleep */
	/* Whether the other end's process still lives; asked when a signal
	 * interrupts the sleep, so a timer bounds how late a death is noticed.
	 * Null: it lives as long as this one (a thread). */
	bool (*other_alive)(void *context);
	void *context;
	unsigned long system_calls; /* sem_wait and sem_post calls made */
};

/* Makes the ring empty and both ends working. Returns false with errno set
 * where process-shared semaphores don't exist (ENOSYS). */
bool ring_create(struct ring *ring);

/* Takes hold of one end. */
void ring_open(
    struct ring_handle *handle, struct ring *ring, enum ring_end_name name);

/*
 * Waits until the producer can put in, or the consumer take out, at least WANT
 * bytes (at most RING_CAPACITY), and returns how many it can: 0 when the other
 * end won't come any further: it is done, has failed, or its process is dead.
 * What is left in the ring when the producer is done comes first, also when it
 * is less than WANT.
 */
size_t ring_wait(struct ring_handle *handle, size_t want);

/* Where the next bytes are; *CONTIGUOUS of the AVAILABLE ones lie in a row. */
unsigned char *ring_place(
    const struct ring_handle *handle, size_t available, size_t *contiguous);

/* SIZE bytes at ring_place() have been put in or taken out: the other end sees
 * it, and is woken if it sleeps. */
void ring_advance(struct ring_handle *handle, size_t size);

/* Says that this end is done or has failed, and wakes the other. */
void ring_finish(struct ring_handle *handle, enum ring_state state);

/* What the other end says of itself. */
enum ring_state ring_other_state(const struct ring_handle *handle);

/* Waits until the other end is done or failed; returns which, or RING_WORKING
 * when its process died before it said so. */
enum ring_state ring_wait_for_end(struct ring_handle *handle);

/* Sleeps until this end's bell rings or a signal comes; rings the other end's
 * bell. For what the ends agree on beside the ring: a bell that nobody waits
 * for only makes the next sleep short. */
void ring_sleep(struct ring_handle *handle);
void ring_call(struct ring_handle *handle);

/*
 * One item of SIZE bytes, SIZE a divisor of RING_CAPACITY and the same for all
 * items: put in at the producer's end, taken out at the consumer's. False when
 * ring_wait() gives 0.
 */
static inline bool
ring_put(struct ring_handle *handle, const void *item, size_t size)
{
	uint64_t used = handle->count - handle->other_count;
	if (RING_CAPACITY - used < size && ring_wait(handle, size) == 0)
		return false;
	memcpy(handle->ring->bytes + handle->count % RING_CAPACITY, item, size);
	ring_advance(handle, size);
	return true;
}

static inline bool
ring_get(struct ring_handle *handle, void *item, size_t size)
{
	uint64_t there = handle->other_count - handle->count;
	if (there < size && ring_wait(handle, size) < size)
		return false;
	memcpy(item, handle->ring->bytes + handle->count % RING_CAPACITY, size);
	ring_advance(handle, size);
	return true;
}

#endif
