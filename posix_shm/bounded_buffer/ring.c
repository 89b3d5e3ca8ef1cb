#include "posix_shm/bounded_buffer/ring.h"

#include <errno.h>
#include <unistd.h>

/* 25 ns each where it was measured, so some 40 us: longer than the other end
 * takes for a chunk when both are busy, shorter than a sleep and a wake-up. */
enum { SPINS = 1500 };

bool
ring_create(struct ring *ring)
{
	for (size_t i = 0; i < 2; i++) {
		struct ring_end *end = &ring->ends[i];
		atomic_init(&end->count, 0);
		atomic_init(&end->asleep, 0);
		atomic_init(&end->state, RING_WORKING);
		if (sem_init(&end->bell, 1, 0) == -1)
			return false;
	}
	return true;
}

void
ring_open(
    struct ring_handle *handle, struct ring *ring, enum ring_end_name name)
{
	/* With one processor the other end can't run while this one looks. */
	bool alone = sysconf(_SC_NPROCESSORS_ONLN) < 2;

	*handle = (struct ring_handle){
	    .ring = ring, .name = name, .spins = alone ? 0 : SPINS};
}

static struct ring_end *
own_end(const struct ring_handle *handle)
{
	return &handle->ring->ends[handle->name];
}

static struct ring_end *
other_end(const struct ring_handle *handle)
{
	return &handle->ring->ends[!handle->name];
}

/* Looks at the other end's count; returns how many bytes this end can put in or
 * take out. */
static size_t
available(struct ring_handle *handle)
{
	handle->other_count = atomic_load(&other_end(handle)->count);
	if (handle->name == CONSUMER)
		return handle->other_count - handle->count;
	return RING_CAPACITY - (handle->count - handle->other_count);
}

static void
pause_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

enum ring_state
ring_other_state(const struct ring_handle *handle)
{
	return (enum ring_state)atomic_load(&other_end(handle)->state);
}

static bool
other_alive(const struct ring_handle *handle)
{
	return !handle->other_alive || handle->other_alive(handle->context);
}

void
ring_sleep(struct ring_handle *handle)
{
	handle->system_calls++;
	sem_wait(&own_end(handle)->bell);
}

void
ring_call(struct ring_handle *handle)
{
	handle->system_calls++;
	sem_post(&other_end(handle)->bell);
}

static void
wake_other(struct ring_handle *handle)
{
	struct ring_end *other = other_end(handle);

	/* The exchange lets one ring of the bell answer one sleep. */
	if (atomic_load(&other->asleep) && atomic_exchange(&other->asleep, 0))
		ring_call(handle);
}

/*
 * Sleeps until the other end has moved: WANT bytes are available, or it isn't
 * working any more. Returns false when its process is dead.
 *
 * This end says that it is asleep and then looks once more; the other end moves
 * and then looks whether this one is asleep. All of it is sequentially
 * consistent, so one of the two sees the other: no wake-up is lost.
 */
static bool
sleep_until(struct ring_handle *handle, size_t want)
{
	struct ring_end *own = own_end(handle);

	for (;;) {
		atomic_store(&own->asleep, 1);
		if (available(handle) >= want ||
		    ring_other_state(handle) != RING_WORKING)
			break;
		handle->system_calls++;
		if (sem_wait(&own->bell) == -1 && errno == EINTR &&
		    !other_alive(handle))
			return false;
	}
	/* A bell that was rung in the meantime makes the next sleep one look
	 * shorter, no more. */
	atomic_store(&own->asleep, 0);
	return true;
}

size_t
ring_wait(struct ring_handle *handle, size_t want)
{
	size_t n = available(handle);

	for (int spin = 0; n < want && spin < handle->spins; spin++) {
		if (ring_other_state(handle) != RING_WORKING)
			break;
		pause_processor();
		n = available(handle);
	}
	if (n < want && !sleep_until(handle, want))
		return 0;
	n = available(handle);
	/* Nothing is taken from a consumer's end that is gone; what a producer
	 * left behind when it was done is still to be taken. */
	if (handle->name == PRODUCER &&
	    ring_other_state(handle) != RING_WORKING)
		return 0;
	return n;
}

unsigned char *
ring_place(const struct ring_handle *handle, size_t available_bytes,
    size_t *contiguous)
{
	size_t offset = handle->count % RING_CAPACITY;
	size_t to_the_end = RING_CAPACITY - offset;

	*contiguous =
	    available_bytes < to_the_end ? available_bytes : to_the_end;
	return handle->ring->bytes + offset;
}

void
ring_advance(struct ring_handle *handle, size_t size)
{
	handle->count += size;
	atomic_store(&own_end(handle)->count, handle->count);
	wake_other(handle);
}

void
ring_finish(struct ring_handle *handle, enum ring_state state)
{
	atomic_store(&own_end(handle)->state, state);
	wake_other(handle);
}

enum ring_state
ring_wait_for_end(struct ring_handle *handle)
{
	/* More than can ever be available: only the state ends this sleep. */
	while (ring_other_state(handle) == RING_WORKING)
		if (!sleep_until(handle, SIZE_MAX))
			break;
	return ring_other_state(handle);
}
