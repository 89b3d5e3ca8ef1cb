#define _GNU_SOURCE /* F_GET_SEALS, MSG_CMSG_CLOEXEC */
#include "mach_msg/linux/kernel/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mach_msg/linux/kernel/mach_msg.h"
#include "mach_msg/linux/kernel/mach_port.h"
#include "mach_msg/linux/kernel/memory.h"

/* ---- what comes in ------------------------------------------------------- */

/* A datagram as it came. */
struct request {
	struct trap_call call;
	unsigned char bytes[TRAP_DATAGRAM_MAX];
};

/* Whether the payload's memfd can't change any more and is as long as it says.
 */
static bool
memfd_is_sound(int memfd, uint64_t size)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int has = fcntl(memfd, F_GET_SEALS);
	struct stat status;

	return has != -1 && (has & seals) == seals &&
	       fstat(memfd, &status) == 0 && status.st_size >= 0 &&
	       (uint64_t)status.st_size == size;
}

/* Whether the parts' sizes make up the datagram of SIZE bytes. */
static bool
parts_are_sound(const struct trap_call *call, size_t size, int memfd)
{
	uint32_t send_size = call->arguments[MSG_SEND_SIZE];
	uint32_t body = send_size < TRAP_BODY_MAX ? send_size : TRAP_BODY_MAX;
	uint64_t payload = call->in_memfd ? 0 : call->payload_size;

	if (call->in_memfd > 1 || (call->in_memfd == 1) != (memfd != -1) ||
	    call->payload_size > INT64_MAX)
		return false;
	if (call->number != TRAP_MACH_MSG ||
	    !(call->arguments[MSG_OPTION] & MACH_SEND_MSG))
		return size == sizeof *call && memfd == -1;
	return call->body_size == body && body >= sizeof(mach_msg_header_t) &&
	       send_size % 4 == 0 && send_size <= TRAP_MESSAGE_MAX &&
	       call->names_size <= TRAP_NAMES_MAX &&
	       call->names_size % sizeof(mach_port_name_t) == 0 &&
	       payload <= TRAP_INLINE_MAX &&
	       size == sizeof *call + body + call->names_size + payload &&
	       (memfd == -1 || memfd_is_sound(memfd, call->payload_size));
}

/* The descriptor that came along, or -1; -2 when there were others, which are
 * closed. */
static int
descriptor_of(struct msghdr *message)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);
	int fds[8], result = -1;
	size_t count;

	if (!control)
		return message->msg_flags & MSG_CTRUNC ? -2 : -1;
	count = (control->cmsg_len - CMSG_LEN(0)) / sizeof fds[0];
	memcpy(fds, CMSG_DATA(control), count * sizeof fds[0]);
	if (count == 1 && !(message->msg_flags & MSG_CTRUNC))
		return fds[0];
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	result = -2;
	return result;
}

/* Reads one call; false when the connection has ended or broken the rules. No
 * call: a size of 0. */
static bool
read_request(
    struct thread *thread, struct request *request, size_t *size, int *memfd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {request, sizeof *request};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	ssize_t n = recvmsg(
	    thread->source.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*size = 0;
	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	*memfd = descriptor_of(&message);
	*size = (size_t)n;
	if (n == 0 || *memfd == -2)
		return false;
	if (!(message.msg_flags & MSG_TRUNC) && *size >= sizeof request->call &&
	    parts_are_sound(&request->call, *size, *memfd))
		return true;
	if (*memfd != -1)
		close(*memfd);
	return false;
}

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
	struct iovec parts[2];
	int memfd = -1;

	if (size > TRAP_INLINE_MAX) {
		memfd = memfd_of(reply->bytes, size);
		if (memfd == -1) {
			reply->answer = (struct trap_answer){
			    .result = KERN_RESOURCE_SHORTAGE};
			size = 0;
		}
	}
	parts[1] = (struct iovec){reply->bytes, memfd == -1 ? size : 0};
	thread_answer(thread, &reply->answer, parts, 2, memfd);
	if (memfd != -1)
		close(memfd);
	free(reply->bytes);
}

/* Does the call; false when a library can't have made it. */
static bool
dispatch(struct thread *thread, struct request *request, int memfd)
{
	const struct trap_call *call = &request->call;
	struct trap_reply reply = {.bytes = NULL};

	if (call->number == TRAP_ABORT) {
		if (thread->state != THREAD_IDLE)
			mach_msg_abort(thread);
		return true;
	}
	if (thread->state != THREAD_IDLE)
		return false;
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
		return mach_msg_overwrite_trap(
		    thread, call, request->bytes, memfd);
	if (call->number <= TRAP_MACH_MSG || call->number >= TRAP_COUNT)
		return false;
	reply.answer.result =
	    mach_port_trap(thread, call->number, call->arguments, &reply);
	answer_with(thread, &reply);
	return true;
}

bool
trap_serve(struct thread *thread)
{
	static struct request request;
	size_t size;
	int memfd = -1;

	if (thread->doomed)
		return false;
	if (!read_request(thread, &request, &size, &memfd)) {
		thread_doom(thread);
		return false;
	}
	if (size > 0 && !dispatch(thread, &request, memfd)) {
		if (memfd != -1)
			close(memfd);
		thread_doom(thread);
	}
	return size > 0;
}

void
trap_ready(struct source *source)
{
	trap_serve((struct thread *)(void *)source);
}
