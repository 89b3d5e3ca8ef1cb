/* Threads: their connections, waits, deadlines and answers. */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mach_msg/linux/kernel/calls.h"
#include "mach_msg/linux/kernel/linux_process.h"
#include "mach_msg/linux/kernel/mach_msg.h"
#include "mach_msg/linux/kernel/memory.h"
#include "mach_msg/linux/kernel/task.h"

/* Threads with a deadline, the next one first. */
static struct link timers = {&timers, &timers};
static struct link doomed = {&doomed, &doomed};

/* Its process has ended, or closed it. */
static void
thread_ended(struct source *source)
{
	struct thread *thread = list_element(source, struct thread, socket);
	struct task *task = thread->task;

	thread_doom(thread);
	/* nobody's trap comes between a task's end and its rights' */
	if (task && task->first == thread)
		task_terminate(task);
}

static void
thread_rang(struct source *source)
{
	calls_rung(list_element(source, struct thread, bell));
}

/* ---- strangers ----------------------------------------------------------- */

/* Those that are of no task: who has just come, or only looks on. The one that
 * has been silent the longest is the first. */
static struct link strangers = {&strangers, &strangers};
static unsigned strangers_count;

/* So many may be there; of the kernel's descriptors they have no more than a
 * quarter. */
enum { STRANGERS_MAX = 1000 };

static unsigned
strangers_max(void)
{
	static unsigned max;
	struct rlimit limit;

	if (max == 0) {
		max = STRANGERS_MAX;
		if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
		    limit.rlim_cur / 4 / CONNECTION_DESCRIPTORS < max)
			max = (unsigned)limit.rlim_cur / 4 /
			      CONNECTION_DESCRIPTORS;
	}
	return max;
}

static void
become_stranger(struct thread *thread)
{
	list_insert(&strangers, &thread->link);
	strangers_count++;
}

static void
no_stranger(struct thread *thread)
{
	if (thread->task || list_empty(&thread->link))
		return;
	list_remove(&thread->link);
	strangers_count--;
}

/* Whoever comes too often loses its own connections first: nobody else's that
 * only looks on. */
static void
make_room_for(pid_t newcomer)
{
	struct link *silent = strangers.next;

	if (strangers_count < strangers_max() || list_empty(&strangers))
		return;
	list_for_each(at, &strangers)
	{
		if (list_element(at, struct thread, link)->owner.pid ==
		    newcomer) {
			silent = at;
			break;
		}
	}
	thread_doom(list_element(silent, struct thread, link));
}

void
thread_looks_on(struct thread *thread)
{
	if (thread->task)
		return;
	no_stranger(thread);
	become_stranger(thread);
}

void
thread_join(struct thread *thread, struct task *task)
{
	no_stranger(thread);
	thread->task = task;
	list_insert(&task->threads, &thread->link);
}

/* ---- the beginning ------------------------------------------------------- */

void
thread_accept(int fd)
{
	struct ipc_sender peer;
	struct thread *thread;

	if (!linux_process_of(fd, &peer)) {
		close(fd);
		return;
	}
	thread = memory_get(NULL, sizeof *thread);
	if (!thread) {
		close(fd);
		return;
	}
	if (!connection_open(&thread->connection, fd)) {
		memory_free(thread);
		return;
	}
	thread->socket = (struct source){fd, thread_ended};
	thread->bell = (struct source){thread->connection.bell, thread_rang};
	thread->owner = peer;
	list_init(&thread->link);
	list_init(&thread->doom);
	list_init(&thread->awaited);
	list_init(&thread->calling);
	list_init(&thread->wait);
	list_init(&thread->timer);
	/* of the socket its end, which is always told; the bell isn't read, but
	 * each time that it rings is an edge */
	if (!kernel_watch(&thread->socket, 0) ||
	    !kernel_watch(&thread->bell, EPOLLIN | EPOLLET)) {
		kernel_unwatch(&thread->socket);
		connection_close(&thread->connection);
		memory_free(thread);
		return;
	}
	make_room_for(peer.pid);
	become_stranger(thread);
}

/* ---- the end ------------------------------------------------------------- */

void
thread_doom(struct thread *thread)
{
	if (thread->doomed)
		return;
	thread->doomed = true;
	calls_forget(thread);
	no_stranger(thread);
	thread_unblock(thread);
	list_insert(&doomed, &thread->doom);
}

static void
thread_end(struct thread *thread)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it follows no lists */
	struct ipc_kmsg *kmsg = thread->kmsg;
	struct task *task = thread->task;

	thread_unblock(thread);
	thread->kmsg = NULL;
	list_remove(&thread->link);
	list_remove(&thread->doom);
	kernel_unwatch(&thread->socket);
	kernel_unwatch(&thread->bell);
	connection_close(&thread->connection);
	ledger_give_descriptors(thread->ledger, CONNECTION_DESCRIPTORS, 0);
	if (kmsg)
		ipc_kmsg_destroy(kmsg);
	if (task && task->first == thread)
		task_terminate(task);
	memory_free(thread);
}

void
thread_end_doomed(void)
{
	/* each takes itself out of the list */
	while (!list_empty(&doomed))
		thread_end(list_element(doomed.next, struct thread, doom));
}

void
thread_end_strangers(void)
{
	/* each takes itself out of the list */
	while (!list_empty(&strangers))
		thread_doom(list_element(strangers.next, struct thread, link));
	thread_end_doomed();
}

/* ---- waiting ------------------------------------------------------------- */

void
thread_block(struct thread *thread, enum thread_state state,
    struct link *waiters, bool timed, mach_msg_timeout_t timeout)
{
	struct link *place = &timers;

	thread->state = state;
	list_insert(waiters, &thread->wait);
	if (!timed)
		return;
	/* one more, since the present one has begun: no wait ends early */
	thread->deadline = kernel_now() + timeout + 1;
	while (place->previous != &timers &&
	       list_element(place->previous, struct thread, timer)->deadline >
		   thread->deadline)
		place = place->previous;
	list_insert(place, &thread->timer);
}

void
thread_unblock(struct thread *thread)
{
	thread->state = THREAD_IDLE;
	list_remove(&thread->wait);
	list_remove(&thread->timer);
}

int
thread_next_deadline(void)
{
	uint64_t now, deadline;

	if (list_empty(&timers))
		return -1;
	now = kernel_now();
	deadline = list_element(timers.next, struct thread, timer)->deadline;
	if (deadline <= now)
		return 0;
	return deadline - now > 1000000 ? 1000000 : (int)(deadline - now);
}

void
thread_check_deadlines(void)
{
	while (!list_empty(&timers)) {
		struct thread *thread =
		    list_element(timers.next, struct thread, timer);
		if (thread->deadline > kernel_now())
			break;
		mach_msg_timed_out(thread);
	}
}

/* ---- answers ------------------------------------------------------------- */

void
thread_answer(struct thread *thread, const struct trap_answer *answer,
    const struct iovec *parts, size_t count, const int *files)
{
	bool rings = !calls_await(thread);

	/* a task that doesn't read its answers has broken the rules */
	if (!connection_answer(
		&thread->connection, answer, parts, count, files, rings))
		thread_doom(thread);
}

void
thread_answer_result(struct thread *thread, kern_return_t result)
{
	struct trap_answer answer = {.result = result};

	thread_answer(thread, &answer, NULL, 0, NULL);
}
