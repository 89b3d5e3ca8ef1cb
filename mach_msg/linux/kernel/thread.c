/* Threads: their connections, waits, deadlines and answers. */
#define _GNU_SOURCE /* struct ucred */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mach_msg/linux/kernel/mach_msg.h"
#include "mach_msg/linux/kernel/memory.h"
#include "mach_msg/linux/kernel/task.h"
#include "mach_msg/linux/kernel/trap.h"

/* Threads that were answered since the kernel slept: those that it looks at,
 * and how many calls it serves so before it looks at the others again. */
enum { AWAITED_MAX = 16, TURNS = 64 };

static struct link awaited = {&awaited, &awaited};
static unsigned awaited_count;

/* Threads with a deadline, the next one first. */
static struct link timers = {&timers, &timers};
static struct link doomed = {&doomed, &doomed};

static void
thread_ended(struct source *socket)
{
	thread_doom(list_element(socket, struct thread, socket));
}

static void
thread_rang(struct source *bell)
{
	trap_rung(list_element(bell, struct thread, bell));
}

void
thread_accept(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;
	struct thread *thread;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == -1 ||
	    peer.pid <= 0 || peer.uid != geteuid()) {
		close(fd);
		return;
	}
	thread = memory_get(sizeof *thread);
	if (!connection_open(&thread->connection, fd)) {
		free(thread);
		return;
	}
	thread->socket = (struct source){fd, thread_ended};
	thread->bell = (struct source){thread->connection.bell, thread_rang};
	thread->owner = (struct ipc_sender){peer.pid, peer.uid, peer.gid};
	list_init(&thread->link);
	list_init(&thread->doom);
	list_init(&thread->awaited);
	list_init(&thread->wait);
	list_init(&thread->timer);
	/* of the socket its end, which is always told; the bell isn't read, but
	 * each time that it rings is an edge */
	if (!kernel_watch(&thread->socket, 0) ||
	    !kernel_watch(&thread->bell, EPOLLIN | EPOLLET)) {
		connection_close(&thread->connection);
		free(thread);
	}
}

/* ---- calls that come without a ring ---------------------------------------
 */

/*
 * An answer lets the thread that it wakes run first where they share a
 * processor (step_aside() in mach_kernel.c). When the kernel goes on, the
 * thread has often called again: to look is cheaper than to sleep and be woken.
 */

static struct thread *
awaited_at(struct link *place)
{
	return list_element(place, struct thread, awaited);
}

/* Whether the thread's next call is looked for. */
static bool
await(struct thread *thread)
{
	if (thread->doomed)
		return false;
	if (list_empty(&thread->awaited)) {
		if (awaited_count == AWAITED_MAX)
			return false;
		awaited_count++;
		list_insert(&awaited, &thread->awaited);
	}
	return true;
}

static void
await_no_more(struct thread *thread)
{
	if (!list_empty(&thread->awaited))
		awaited_count--;
	list_remove(&thread->awaited);
}

/* Serves each that has called; how many there were. */
static unsigned
look_around(void)
{
	unsigned served = 0;

	for (unsigned i = awaited_count; i > 0 && awaited_count > 0; i--) {
		struct thread *thread = awaited_at(awaited.next);
		await_no_more(thread);
		if (trap_serve(thread)) /* awaited again when it is answered */
			served++;
		else
			await(thread);
	}
	return served;
}

/* They are to ring from now on; false when one has called already. */
static bool
ask_all_to_ring(void)
{
	list_for_each(at, &awaited)
	    connection_ask_to_ring(&awaited_at(at)->connection);
	list_for_each(at, &awaited)
	{
		if (connection_has_call(&awaited_at(at)->connection))
			return false;
	}
	while (!list_empty(&awaited))
		await_no_more(awaited_at(awaited.next));
	return true;
}

bool
thread_serve_awaited(void)
{
	for (unsigned turns = 0; turns < TURNS; turns++) {
		unsigned served = look_around();
		if (served == 0 && ask_all_to_ring())
			return !list_empty(&doomed);
		turns += served;
	}
	return true;
}

/* ---- the end ------------------------------------------------------------- */

void
thread_doom(struct thread *thread)
{
	if (thread->doomed)
		return;
	thread->doomed = true;
	await_no_more(thread);
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
	await_no_more(thread);
	kernel_unwatch(&thread->bell);
	connection_close(&thread->connection);
	if (kmsg)
		ipc_kmsg_destroy(kmsg);
	if (task && task->first == thread)
		task_terminate(task);
	free(thread);
}

void
thread_end_doomed(void)
{
	/* each takes itself out of the list */
	while (!list_empty(&doomed))
		thread_end(list_element(doomed.next, struct thread, doom));
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

void
thread_answer(struct thread *thread, struct trap_answer *answer,
    const struct iovec *parts, size_t count, int memfd)
{
	bool awaits = await(thread);

	/* a task that doesn't read its answers has broken the rules */
	if (!connection_answer(
		&thread->connection, answer, parts, count, memfd, !awaits))
		thread_doom(thread);
}

void
thread_answer_result(struct thread *thread, kern_return_t result)
{
	struct trap_answer answer = {.result = result};

	thread_answer(thread, &answer, NULL, 0, -1);
}
