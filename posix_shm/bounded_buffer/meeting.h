/*
 * How two processes that know only a name meet over a shared-memory object,
 * whichever comes first, and how each knows that the other is alive.
 *
 * Each holds a record lock (fcntl(2)) on a byte of the object that stands for
 * its role. The kernel drops a process's locks when the process ends, however
 * it ends, and doesn't confuse it with a later one of the same number: a peer
 * whose lock is gone is dead, and an object that nobody holds a lock on is a
 * dead run's. The second to come unlinks the name before it joins: from then on
 * the memory lives as long as the two processes and not longer.
 */
#ifndef BOUNDED_BUFFER_MEETING_H
#define BOUNDED_BUFFER_MEETING_H

#include "posix_shm/bounded_buffer/ring.h"

#include <sys/types.h>

/* What the object holds. */
struct shared {
	uint64_t magic;              /* that it is such an object */
	_Atomic int both_here;       /* set by the second to come */
	pid_t pids[2];               /* by role; to tell a person who it was */
	_Atomic uint64_t input_size; /* the producer's, 0 if not known */
	struct ring ring;
};

struct meeting {
	const char *name;
	int fd; /* open as long as the process lives: it holds the lock */
	enum ring_end_name role;
	struct shared *shared;
	struct ring_handle ring; /* this process's end of it */
};

/*
 * Meets a process of the same user and the other role under NAME; waits for it
 * at most SECONDS. Ends the program with an error when it doesn't come, when
 * the role is taken, or when the object is another's or no bounded buffer.
 * Needs a timer that interrupts it (start_ticking).
 */
void meet(struct meeting *meeting, const char *name, enum ring_end_name role,
    double seconds);

/* Gives up the mapping and the role's lock; the peer takes that for a death
 * unless it has been told (ring_finish) that this side is done. */
void leave(struct meeting *meeting);

/* Whether the peer's process lives. CONTEXT is a struct meeting, as ring_handle
 * hands it over. */
bool peer_alive(void *context);

/* "producer" or "consumer". */
const char *role_name(enum ring_end_name role);

/*
 * From here on a signal that does nothing interrupts this process's system
 * calls ten times a second (EINTR), however they block, so that each can look
 * whether the peer lives. ticks() counts them.
 */
void start_ticking(void);
int ticks(void);
enum { TICKS_PER_SECOND = 10 };

#endif
