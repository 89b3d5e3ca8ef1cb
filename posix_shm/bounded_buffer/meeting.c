#include "posix_shm/bounded_buffer/meeting.h"
#include "common/common.h"
#include "posix_shm/object.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static const uint64_t MAGIC = 0x72656666756264; /* "dbuffer", and its layout */

/* The bytes of the object whose locks say something. */
enum lock_byte {
	LOCK_PRODUCER = PRODUCER,
	LOCK_CONSUMER = CONSUMER,
	LOCK_DOOR
};

const char *
role_name(enum ring_end_name role)
{
	return role == PRODUCER ? "producer" : "consumer";
}

/* ---- the timer ----------------------------------------------------------- */

static volatile sig_atomic_t tick_count;

static void
tick(int sig)
{
	(void)sig;
	tick_count++;
}

int
ticks(void)
{
	return tick_count;
}

void
start_ticking(void)
{
	/* No SA_RESTART: to interrupt is what it is for. It repeats, so a tick
	 * that comes just before a call blocks is followed by another. */
	struct sigaction action = {.sa_handler = tick};
	const struct timeval period = {.tv_usec = 1000000 / TICKS_PER_SECOND};
	const struct itimerval timer = {period, period};

	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Whether SECONDS have gone by since the tick START. */
static bool
over(int start, double seconds)
{
	return ticks() - start > seconds * TICKS_PER_SECOND;
}

/* ---- locks --------------------------------------------------------------- */

static struct flock
lock_of(enum lock_byte byte, short type)
{
	return (struct flock){
	    .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
}

/* Takes the lock on BYTE if nobody else has it. */
static bool
try_lock(int fd, enum lock_byte byte, const char *name)
{
	struct flock lock = lock_of(byte, F_WRLCK);

	if (fcntl(fd, F_SETLK, &lock) == 0)
		return true;
	if (errno != EACCES && errno != EAGAIN)
		die("fcntl F_SETLK %s", name);
	return false;
}

static void
unlock(int fd, enum lock_byte byte)
{
	struct flock lock = lock_of(byte, F_UNLCK);

	fcntl(fd, F_SETLK, &lock);
}

/* The process that holds the lock on BYTE, 0 when none does. */
static pid_t
lock_holder(int fd, enum lock_byte byte)
{
	struct flock lock = lock_of(byte, F_WRLCK);

	if (fcntl(fd, F_GETLK, &lock) == -1 || lock.l_type == F_UNLCK)
		return 0;
	/* a process in another process namespace has no number here */
	return lock.l_pid > 0 ? lock.l_pid : -1;
}

bool
peer_alive(void *context)
{
	const struct meeting *meeting = context;

	return lock_holder(meeting->fd, (enum lock_byte) !meeting->role) != 0;
}

/* ---- meeting ------------------------------------------------------------- */

/* Whether the name has been taken away from the object. */
static bool
unlinked(const struct meeting *meeting)
{
	struct stat status;

	if (fstat(meeting->fd, &status) == -1)
		die("fstat %s", meeting->name);
	return status.st_nlink == 0;
}

/* Refuses an object under the name that isn't one of these. */
static void
check_kind(const struct meeting *meeting)
{
	uint64_t magic = 0;
	size_t size = own_object_size(meeting->fd, meeting->name);

	if (size == 0)
		return; /* new, or its maker died at once */
	if (size != sizeof(struct shared) ||
	    pread(meeting->fd, &magic, sizeof magic, 0) != sizeof magic ||
	    (magic != 0 && magic != MAGIC))
		fatal("%s is something else than a bounded buffer; choose "
		      "another --name",
		    meeting->name);
}

/* Takes the role's lock, with the door's held, and sees who else is here.
 * Returns whether this process is the first. */
static bool
take_role(struct meeting *meeting)
{
	enum lock_byte mine = (enum lock_byte)meeting->role;
	enum lock_byte theirs = (enum lock_byte) !meeting->role;

	check_kind(meeting);
	if (!try_lock(meeting->fd, mine, meeting->name))
		fatal("another %s (process %ld) waits on %s; choose another "
		      "--name",
		    role_name(meeting->role),
		    (long)lock_holder(meeting->fd, mine), meeting->name);
	bool first = lock_holder(meeting->fd, theirs) == 0;
	if (first)
		object_unfinished(meeting->name, meeting->fd);
	return first;
}

/*
 * Opens the object under the name, or creates it, and enters by its door: the
 * lock that one process at a time holds while it looks who is there. The object
 * may lose its name to a pair that meets at this moment: then the next object
 * of the name is looked at. Returns whether this process is the first.
 */
static bool
enter(struct meeting *meeting, double seconds)
{
	const char *name = meeting->name;
	sigset_t ending, before;

	/* Until it is known who is the first, nobody can say whether a process
	 * that is told to end has to remove the object. */
	sigemptyset(&ending);
	sigaddset(&ending, SIGHUP);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	for (int start = ticks(); !over(start, seconds);) {
		sigprocmask(SIG_BLOCK, &ending, &before);
		int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
		if (fd == -1 && errno == EACCES)
			die_next(advice_on_access(), "shm_open %s", name);
		if (fd == -1)
			die("shm_open %s", name);
		own_object_size(fd, name);
		meeting->fd = fd;
		bool inside =
		    try_lock(fd, LOCK_DOOR, name) && !unlinked(meeting);
		bool first = inside && take_role(meeting);
		if (!inside)
			close(fd);
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (inside)
			return first;
		system_sleep(0.001);
	}
	fatal("%s is held by another process that doesn't go on; choose "
	      "another --name",
	    name);
}

static struct shared *
map(const struct meeting *meeting)
{
	step(meeting->name, "Map it: from here on the other process is a few "
			    "bytes of memory away.");
	void *address = mmap(NULL, sizeof(struct shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED, meeting->fd, 0);
	if (address == MAP_FAILED)
		die("mmap %s", meeting->name);
	returned("%p", address);
	return address;
}

static void
open_ring(struct meeting *meeting)
{
	ring_open(&meeting->ring, &meeting->shared->ring, meeting->role);
	meeting->ring.other_alive = peer_alive;
	meeting->ring.context = meeting;
}

/* The first to come: makes the object what it should be, whatever a dead run
 * left in it. */
static void
prepare(struct meeting *meeting)
{
	if (ftruncate(meeting->fd, 0) == -1)
		die("ftruncate %s", meeting->name);
	step(meeting->name,
	    "Give it a size and, unlike ftruncate, the memory for it: a full "
	    "memory file system is an error now and not a SIGBUS later.");
	while ((errno = posix_fallocate(
		    meeting->fd, 0, sizeof(struct shared))) == EINTR)
		; /* a tick came */
	if (errno != 0)
		die("posix_fallocate %s", meeting->name);
	returned("0");
	meeting->shared = map(meeting);
	step(meeting->name, "Make the ring empty, and a process-shared "
			    "semaphore for each end to sleep on.");
	bool made = ring_create(&meeting->shared->ring);
	if (!made)
		die("sem_init in %s", meeting->name);
	returned("true");
	meeting->shared->pids[meeting->role] = getpid();
	atomic_init(&meeting->shared->both_here, 0);
	meeting->shared->magic = MAGIC;
}

/* The second to come: takes the name away, then tells the first. Should this
 * process die in between, the first sees that the name is gone. */
static void
join(struct meeting *meeting)
{
	meeting->shared = map(meeting);
	step(meeting->name, "Both are here, so the name has done its work. "
			    "Whoever dies from now on, nothing stays.");
	/* the first may have given up at this moment, and taken it away */
	if (shm_unlink(meeting->name) == -1 && errno != ENOENT)
		die("shm_unlink %s", meeting->name);
	returned("the name is gone");
	open_ring(meeting);
	meeting->shared->pids[meeting->role] = getpid();
	atomic_store(&meeting->shared->both_here, 1);
	ring_call(&meeting->ring);
}

/* The first to come waits for the second. */
static void
await(struct meeting *meeting, double seconds)
{
	const char *other = role_name(!meeting->role);
	const char *name = meeting->name;
	bool told = false;
	int start = ticks();

	open_ring(meeting);
	while (!atomic_load(&meeting->shared->both_here)) {
		if (over(start, seconds))
			fatal("no %s came to %s in %g seconds; start one: "
			      "%s %s --name=%s",
			    other, name, seconds, program_name,
			    meeting->role == PRODUCER ? "consume" : "produce",
			    name);
		if (unlinked(meeting) && !peer_alive(meeting) &&
		    !atomic_load(&meeting->shared->both_here))
			fatal("a %s came to %s and died", other, name);
		if (!told && over(start, 1) && system_is_terminal(2)) {
			remark("waiting for a %s on %s", other, name);
			told = true;
		}
		ring_sleep(&meeting->ring);
	}
}

void
meet(struct meeting *meeting, const char *name, enum ring_end_name role,
    double seconds)
{
	*meeting = (struct meeting){.name = name, .role = role};

	step(name, "Open the object under the name, or create it: either "
		   "process may come first. Its record locks tell who is here; "
		   "the kernel drops a process's locks when it ends, however "
		   "it ends.");
	bool first = enter(meeting, seconds);
	if (!first) {
		returned("a %s is here", role_name(!role));
		join(meeting);
		unlock(meeting->fd, LOCK_DOOR);
		return;
	}
	returned("nobody is here");
	prepare(meeting);
	unlock(meeting->fd, LOCK_DOOR);
	step(name, "Sleep on a semaphore until a %s comes.", role_name(!role));
	await(meeting, seconds);
	object_finished();
	returned("a %s is here", role_name(!role));
}

void
leave(struct meeting *meeting)
{
	munmap(meeting->shared, sizeof *meeting->shared);
	close(meeting->fd);
}
