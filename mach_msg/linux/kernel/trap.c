#define _GNU_SOURCE /* memfd_create */
#include "mach_msg/linux/kernel/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mach_msg/linux/kernel/calls.h"
#include "mach_msg/linux/kernel/mach_debug.h"
#include "mach_msg/linux/kernel/mach_msg.h"
#include "mach_msg/linux/kernel/mach_port.h"
#include "mach_msg/linux/kernel/memory.h"

/* ---- what goes out ------------------------------------------------------- */

/* A memfd with those bytes, sealed; -1 with errno set. */
static int
memfd_of(const unsigned char *bytes, size_t size)
{
	int memfd = memfd_create("mach", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;

	while (memfd != -1 && done < size) {
		ssize_t n = write(memfd, bytes + done, size - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(memfd);
			return -1;
		}
		done += (size_t)n;
	}
	if (memfd != -1 &&
	    fcntl(memfd, F_ADD_SEALS,
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == -1) {
		close(memfd);
		return -1;
	}
	return memfd;
}

static void
answer_with(struct thread *thread, struct trap_reply *reply)
{
	size_t size = (size_t)reply->answer.payload_size;
	struct trap_extent extent = {.size = size};
	struct iovec part = {reply->bytes, size};
	int memfd = -1;

	if (size > TRAP_INLINE_MAX) {
		memfd = memfd_of(reply->bytes, size);
		part = (struct iovec){&extent, sizeof extent};
		reply->answer.file_count = reply->answer.extent_count = 1;
		if (memfd == -1) {
			reply->answer = (struct trap_answer){
			    .result = KERN_RESOURCE_SHORTAGE};
			part.iov_len = 0;
		}
	}
	thread_answer(thread, &reply->answer, &part, 1, &memfd);
	if (memfd != -1)
		close(memfd);
	memory_free(reply->bytes);
}

/* Does the call; false when a library can't have made it. */
static bool
dispatch(struct thread *thread, struct request *request)
{
	const struct trap_call *call = &request->call;
	struct trap_reply reply = {.bytes = NULL};

	if (call->number == TRAP_SPACE_INFO) {
		if (calls_too_early(thread, TRAP_SPACE_INFO))
			return false; /* it was another call just now */
		thread_looks_on(thread);
		reply.answer.result = mach_debug_space_info(&reply);
		answer_with(thread, &reply);
		return true;
	}
	if (!thread->task) {
		if (call->number == TRAP_TASK)
			reply.answer.result =
			    task_begin(thread, &reply.answer.values[0]);
		else if (call->number == TRAP_THREAD)
			reply.answer.result = task_join(thread);
		else
			return false;
		answer_with(thread, &reply);
		return true;
	}
	if (call->number == TRAP_MACH_MSG)
		return mach_msg_overwrite_trap(thread, request);
	if (call->number <= TRAP_MACH_MSG || call->number >= TRAP_COUNT)
		return false;
	reply.answer.result =
	    mach_port_trap(thread, call->number, call->arguments, &reply);
	answer_with(thread, &reply);
	return true;
}

/* Whether it may take long: it has to do with all names of a task that has
 * many, or of all tasks. */
static bool
may_take_long(const struct thread *thread, uint32_t number)
{
	enum { MANY_NAMES = 16 << 10 };

	return number == TRAP_SPACE_INFO ||
	       (thread->task && thread->task->space->names > MANY_NAMES);
}

/* The processor's time that the kernel has had, in microseconds. */
static uint64_t
time_used(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* The same as dispatch(), but for what takes long. */
static bool
dispatch_timed(struct thread *thread, struct request *request)
{
	bool timed = may_take_long(thread, request->call.number);
	uint64_t begun = timed ? time_used() : 0;
	bool done = dispatch(thread, request);

	if (timed)
		calls_took(thread, request->call.number, time_used() - begun);
	return done;
}

static void
serve_call(struct thread *thread)
{
	static struct request request;

	if (!connection_take_call(&thread->connection, &request)) {
		thread_doom(thread);
		return;
	}
	if (request.files_lacking) {
		thread_answer_result(thread, MACH_SEND_NO_BUFFER);
		return;
	}
	if (!dispatch_timed(thread, &request))
		thread_doom(thread);
	for (uint32_t i = 0; i < request.call.file_count; i++)
		if (request.files[i] != -1)
			close(request.files[i]);
}

void
trap_serve(struct thread *thread)
{
	if (connection_has_call(&thread->connection))
		serve_call(thread);
	/* a signal may come before the kernel has seen the call */
	if (thread->state != THREAD_IDLE &&
	    connection_is_aborted(&thread->connection))
		mach_msg_abort(thread);
}
