/* Threads: their connections, waits, deadlines and answers. */
#define _GNU_SOURCE /* struct ucred */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mach_msg/linux/kernel/mach_msg.h"
#include "mach_msg/linux/kernel/memory.h"
#include "mach_msg/linux/kernel/task.h"
#include "mach_msg/linux/kernel/trap.h"

/* Threads with a deadline, the next one first. */
static struct link timers = {&timers, &timers};
static struct link doomed = {&doomed, &doomed};

/* The one that was answered last; null when it has been served since. */
static struct thread *answered;

void
thread_accept(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;
	int room = 2 * TRAP_DATAGRAM_MAX;
	struct thread *thread;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == -1 ||
	    peer.pid <= 0 || peer.uid != geteuid() ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == -1) {
		close(fd);
		return;
	}
	thread = memory_get(sizeof *thread);
	thread->source = (struct source){fd, trap_ready};
	thread->owner = (struct ipc_sender){peer.pid, peer.uid, peer.gid};
	list_init(&thread->link);
	list_init(&thread->doom);
	list_init(&thread->wait);
	list_init(&thread->timer);
	if (!kernel_watch(&thread->source)) {
		close(fd);
		free(thread);
	}
}

/* ---- the end ------------------------------------------------------------- */

void
thread_doom(struct thread *thread)
{
	if (thread->doomed)
		return;
	thread->doomed = true;
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
	if (answered == thread)
		answered = NULL;
	close(thread->source.fd);
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

bool
thread_serve_answered(void)
{
	struct thread *thread = answered;

	answered = NULL;
	return thread && trap_serve(thread);
}

/* ---- answers ------------------------------------------------------------- */

void
thread_answer(struct thread *thread, struct trap_answer *answer,
    struct iovec *parts, size_t count, int memfd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof memfd)];
	} control;
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};

	parts[0] = (struct iovec){answer, sizeof *answer};
	answer->in_memfd = memfd != -1;
	if (memfd != -1) {
		memset(&control, 0, sizeof control);
		control.header.cmsg_len = CMSG_LEN(sizeof memfd);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.header), &memfd, sizeof memfd);
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
	}
	/* a task that doesn't read its answers has broken the rules */
	if (sendmsg(thread->source.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    -1)
		thread_doom(thread);
	else
		answered = thread;
}

void
thread_answer_result(struct thread *thread, kern_return_t result)
{
	struct trap_answer answer = {.result = result};
	struct iovec parts[1];

	thread_answer(thread, &answer, parts, 1, -1);
}
