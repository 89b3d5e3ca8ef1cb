/* What the kernel asks of Linux (mach_kernel.c, linux_process.c), made up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mach_msg/linux/kernel/bootstrap.h"
#include "mach_msg/linux/kernel/calls.h"
#include "mach_msg/linux/kernel/linux_process.h"
#include "tests/mach_fuzz.h"

enum { SOURCES = 64, DESCRIPTORS = 128 };

/* What the kernel watches, and what of it has happened. */
static struct watched {
	struct source *source;
	pid_t pid;   /* it is this process's end; 0 */
	bool server; /* as its starter watches it */
	bool happened;
} watched[SOURCES];

static uint64_t now;
static unsigned failing;
static pid_t connecting;
static struct thread *accepted;
static unsigned descriptors; /* that are the fuzzer's own */
static bool dead[FUZZ_PROCESSES + 1];
static struct {
	pid_t pid;
	bool server;
} process_of[DESCRIPTORS]; /* that the kernel has opened */

/* ---- memory ---------------------------------------------------------------
 * The kernel's objects are compiled with these in the places of calloc and so
 * on (tests/room.mk). */

void *fuzz_calloc(size_t count, size_t size);
void *fuzz_malloc(size_t size);
void *fuzz_realloc(void *memory, size_t size);

void
fuzz_shortage(unsigned after)
{
	failing = after;
}

static bool
fails(void)
{
	return failing > 0 && --failing == 0;
}

void *
fuzz_calloc(size_t count, size_t size)
{
	return fails() ? NULL : calloc(count, size);
}

void *
fuzz_malloc(size_t size)
{
	return fails() ? NULL : malloc(size);
}

void *
fuzz_realloc(void *memory, size_t size)
{
	return fails() ? NULL : realloc(memory, size);
}

/* ---- mach_kernel.c ------------------------------------------------------ */

uint64_t
kernel_now(void)
{
	return now;
}

void
fuzz_pass(uint32_t milliseconds)
{
	now += milliseconds;
}

static struct watched *
find(const struct source *source)
{
	for (size_t i = 0; i < SOURCES; i++)
		if (watched[i].source == source)
			return &watched[i];
	return NULL;
}

bool
kernel_watch(struct source *source, uint32_t events)
{
	struct watched *place = find(NULL);

	fuzz_expect(place != NULL, "room for a source");
	if (!place || fails())
		return false;
	*place = (struct watched){.source = source};
	if (events == 0) /* a thread's socket */
		accepted = list_element(source, struct thread, socket);
	if (events == EPOLLIN) {
		place->pid = process_of[source->fd].pid;
		place->server = process_of[source->fd].server;
	}
	return true;
}

void
kernel_unwatch(const struct source *source)
{
	struct watched *place = find(source);

	if (place)
		*place = (struct watched){.source = NULL};
}

pid_t
kernel_start_program(const char *name)
{
	(void)name;
	if (fails() || dead[FUZZ_PROCESSES]) {
		errno = ENOMEM;
		return -1;
	}
	return FUZZ_PROCESSES;
}

void
kernel_end_program(pid_t pid)
{
	fuzz_kill(pid);
}

/* ---- linux_process.c ---------------------------------------------------- */

bool
linux_process_of(int socket, struct ipc_sender *peer)
{
	(void)socket;
	*peer = (struct ipc_sender){connecting, 1000, 1000};
	return true;
}

int
linux_process_open(int socket, pid_t pid)
{
	int fd = fails() ? -1 : eventfd(dead[pid], EFD_CLOEXEC);

	fuzz_expect(fd < DESCRIPTORS, "a small descriptor");
	if (fd != -1) {
		process_of[fd].pid = pid;
		process_of[fd].server = socket == -1;
	}
	return fd;
}

/* Each has been forked by the first. */
pid_t
linux_process_parent(pid_t pid)
{
	return pid > 1 ? 1 : 0;
}

/* ---- processes and connections ------------------------------------------ */

struct thread *
fuzz_connect(pid_t pid, int *other)
{
	int ends[2];

	fuzz_expect(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, ends) == 0,
	    "a socket");
	dead[pid] = false; /* another one with its number */
	connecting = pid;
	accepted = NULL;
	thread_accept(ends[0]);
	*other = ends[1];
	return accepted && find(&accepted->socket) ? accepted : NULL;
}

static void
happens(const struct source *source)
{
	struct watched *place = find(source);

	if (place)
		place->happened = true;
}

void
fuzz_closed(struct thread *thread)
{
	happens(&thread->socket);
}

void
fuzz_rang(struct thread *thread)
{
	happens(&thread->bell);
}

void
fuzz_kill(pid_t pid)
{
	dead[pid] = true;
	for (size_t i = 0; i < SOURCES; i++)
		if (watched[i].source && watched[i].pid == pid) {
			watched[i].happened = true;
			eventfd_write(watched[i].source->fd, 1);
		}
}

bool
fuzz_is_open(const struct thread *thread)
{
	return find(&thread->socket) != NULL;
}

void
fuzz_each_process(void (*each)(const struct process *process))
{
	for (size_t i = 0; i < SOURCES; i++)
		if (watched[i].source && watched[i].pid != 0 &&
		    !watched[i].server)
			each((const void *)watched[i].source);
}

/* ---- the kernel's turns ------------------------------------------------- */

/* As run() in mach_kernel.c. */
void
fuzz_turn(void)
{
	struct source *batch[SOURCES];
	size_t n = 0;

	calls_are_there();
	for (size_t i = 0; i < SOURCES; i++)
		if (watched[i].source && watched[i].happened) {
			watched[i].happened = false;
			batch[n++] = watched[i].source;
		}
	for (size_t i = 0; i < n; i++)
		batch[i]->ready(batch[i]);
	thread_end_doomed();
	calls_serve();
	thread_check_deadlines();
	thread_end_doomed();
}

static unsigned
open_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

void
fuzz_begin(void)
{
	signal(SIGPIPE, SIG_IGN); /* as mach_kernel.c does */
	descriptors = open_descriptors();
	failing = 0;
	for (pid_t pid = 0; pid <= FUZZ_PROCESSES; pid++)
		dead[pid] = false;
}

void
fuzz_end(void)
{
	failing = 0;
	for (pid_t pid = 1; pid <= FUZZ_PROCESSES; pid++)
		fuzz_kill(pid);
	fuzz_turn();
	thread_end_strangers();
	bootstrap_end();
	fuzz_expect(task_count == 0, "no task is left");
	for (size_t i = 0; i < SOURCES; i++)
		fuzz_expect(!watched[i].source, "nothing is watched");
	fuzz_expect(
	    open_descriptors() == descriptors, "no descriptor is left open");
}
