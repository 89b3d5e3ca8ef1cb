/*
 * One connection to the kernel (trap.h): a call is put into the page, and the
 * answer comes out of it.
 */
#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC, MADV_DONTFORK */
#include "mach_msg/linux/lib/connection.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the socket ---------------------------------------------------------- */

/* Sends a byte, which rings; and a descriptor, if it isn't -1. An error is
 * found by the wait for the answer. */
static void
ring(const struct connection *connection, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof fd)];
	} control;
	struct iovec part = {"", 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd != -1) {
		memset(&control, 0, sizeof control);
		control.header.cmsg_len = CMSG_LEN(sizeof fd);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
	}
	while (sendmsg(connection->socket, &message, MSG_NOSIGNAL) == -1 &&
	       errno == EINTR)
		;
}

/* Receives COUNT descriptors, at most two, by one message; false when it isn't
 * such a one, or the kernel has ended. */
static bool
receive_descriptors(int socket, int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	const struct cmsghdr *header;
	int got[2];
	size_t n = 0;

	while (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == -1)
		if (errno != EINTR)
			return false;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		n = (header->cmsg_len - CMSG_LEN(0)) / sizeof got[0];
	memcpy(got, CMSG_DATA(&control.header), n * sizeof got[0]);
	for (size_t i = 0; n != count && i < n; i++)
		close(got[i]); /* this process has no room for the others */
	if (n == count)
		memcpy(fds, got, sizeof got[0] * count);
	return n == count;
}

/* ---- beginning and end --------------------------------------------------- */

bool
connection_open(struct connection *connection, int socket)
{
	int fds[2];
	void *page;

	if (!receive_descriptors(socket, fds, 2)) {
		close(socket);
		return false;
	}
	page = mmap(NULL, sizeof *connection->page, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fds[0], 0);
	close(fds[0]);
	connection->socket = socket;
	connection->pipe = fds[1];
	connection->page = page == MAP_FAILED ? NULL : page;
	if (!connection->page) {
		connection_close(connection, false);
		return false;
	}
	madvise(page, sizeof *connection->page, MADV_DONTFORK);
	return true;
}

void
connection_close(struct connection *connection, bool forked)
{
	if (connection->socket == -1)
		return;
	close(connection->socket);
	close(connection->pipe);
	if (connection->page && !forked)
		munmap(connection->page, sizeof *connection->page);
	connection->socket = -1;
	connection->page = NULL;
}

/* ---- a call and its answer ----------------------------------------------- */

void
connection_prepare(struct connection *connection,
    struct trap_exchange *exchange, enum trap_number number)
{
	memset(exchange, 0, sizeof *exchange);
	exchange->connection = connection;
	exchange->bytes = connection ? connection->page->bytes : NULL;
	exchange->call.number = number;
	exchange->memfd = -1;
	exchange->answer_memfd = -1;
}

/* Waits for the byte that says that the answer is there; false at the kernel's
 * end. A signal that ends the wait is told the kernel: if it has answered
 * already, that answer counts. */
static bool
sleep_until_answered(struct connection *connection, bool interruptible)
{
	char byte;
	ssize_t n;

	while ((n = read(connection->pipe, &byte, 1)) == -1) {
		if (errno != EINTR)
			return false;
		if (interruptible) {
			atomic_store(&connection->page->aborted, 1);
			ring(connection, -1);
		}
	}
	return n == 1;
}

static bool
call_and_wait(struct trap_exchange *exchange)
{
	struct connection *connection = exchange->connection;
	struct trap_page *page = connection->page;
	uint32_t state = TRAP_CALLED;

	exchange->call.in_memfd = exchange->memfd != -1;
	page->call = exchange->call;
	atomic_store(&page->aborted, 0);
	if (exchange->memfd != -1)
		ring(connection, exchange->memfd);
	/* the kernel says that it is to be rung, and then looks at the state;
	 * in the other order here, so that one of both sees the other's */
	atomic_store(&page->state, TRAP_CALLED);
	if (atomic_load(&page->ring))
		ring(connection, -1);
	if (atomic_compare_exchange_strong(
		&page->state, &state, TRAP_WAITING) &&
	    !sleep_until_answered(connection, exchange->interruptible))
		return false;
	exchange->answer = page->answer;
	return !exchange->answer.in_memfd ||
	       receive_descriptors(
		   connection->socket, &exchange->answer_memfd, 1);
}

bool
connection_exchange(struct trap_exchange *exchange)
{
	int state;
	bool done;

	/* a thread that is cancelled must not leave an answer behind */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	done = call_and_wait(exchange);
	pthread_setcancelstate(state, NULL);
	return done;
}
