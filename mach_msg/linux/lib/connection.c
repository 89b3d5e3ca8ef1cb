/*
 * One connection to the kernel (trap.h): a call is put into the page, and the
 * answer comes out of it.
 */
#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC, MADV_DONTFORK */
#include "mach_msg/linux/lib/connection.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- descriptors --------------------------------------------------------- */

/* Sends descriptors, COUNT of them, and a byte, since they need one. An error
 * is found by the wait for the answer. */
static void
send_descriptors(int socket, const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(TRAP_FILES_MAX * sizeof *fds)];
	} control;
	struct iovec part = {"", 1};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = CMSG_SPACE(count * sizeof *fds)};

	memset(&control, 0, sizeof control);
	control.header.cmsg_len = CMSG_LEN(count * sizeof *fds);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.header), fds, count * sizeof *fds);
	while (sendmsg(socket, &message, MSG_NOSIGNAL) == -1 && errno == EINTR)
		;
}

/* Receives COUNT descriptors and the kernel's version, 0 from a kernel that has
 * none; false when they aren't so many: this process has no room for them, or
 * the kernel has ended. */
static bool
receive_descriptors(int socket, int *fds, size_t count, uint32_t *version)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(TRAP_FILES_MAX * sizeof(int))];
	} control;
	struct iovec part = {version, sizeof *version};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = CMSG_SPACE(count * sizeof *fds)};
	const struct cmsghdr *header;
	size_t n = 0;
	ssize_t length;

	while ((length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) == -1)
		if (errno != EINTR)
			return false;
	if (length != sizeof *version)
		*version = 0;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		n = (header->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
	if (n > count)
		n = count;
	if (n > 0)
		memcpy(fds, CMSG_DATA(header), n * sizeof *fds);
	for (size_t i = 0; n < count && i < n; i++)
		close(fds[i]);
	return n == count;
}

/* ---- beginning and end --------------------------------------------------- */

/* Whether the kernel is of this version; else says so. */
static bool
is_same_version(int socket, uint32_t version)
{
	struct ucred peer = {.pid = 0};
	socklen_t size = sizeof peer;
	char directory[4096];

	if (version == TRAP_VERSION)
		return true;
	getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	mach_run_directory(directory, sizeof directory);
	fprintf(stderr,
	    "mach: %s/kernel: the Mach kernel there (process %d) has version "
	    "%u of the trap protocol, and this program version %u; end the "
	    "other programs: the kernel ends two seconds after the last\n",
	    directory, (int)peer.pid, version, (unsigned)TRAP_VERSION);
	return false;
}

bool
connection_open(struct connection *connection, int socket)
{
	int fds[TRAP_FDS];
	uint32_t version = TRAP_VERSION;
	bool whole = receive_descriptors(socket, fds, TRAP_FDS, &version);
	void *page;

	if (!is_same_version(socket, version)) {
		for (size_t i = 0; whole && i < TRAP_FDS; i++)
			close(fds[i]);
		close(socket);
		errno = EPROTO;
		return false;
	}
	if (!whole) {
		close(socket);
		errno = EIO;
		return false;
	}
	page = mmap(NULL, sizeof *connection->page, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fds[TRAP_FD_PAGE], 0);
	close(fds[TRAP_FD_PAGE]);
	connection->socket = socket;
	connection->bell = fds[TRAP_FD_BELL];
	connection->pipe = fds[TRAP_FD_PIPE];
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
	close(connection->bell);
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
	memset(exchange, 0, offsetof(struct trap_exchange, answer_files));
	exchange->connection = connection;
	exchange->bytes = connection ? connection->page->bytes : NULL;
	exchange->call.number = number;
}

/* Has the kernel look at the page. */
static void
ring(const struct connection *connection)
{
	while (eventfd_write(connection->bell, 1) == -1 && errno == EINTR)
		;
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
			ring(connection);
		}
	}
	return n == 1;
}

static bool
call_and_wait(struct trap_exchange *exchange)
{
	struct connection *connection = exchange->connection;
	struct trap_page *page = connection->page;
	uint32_t state = TRAP_CALLED, version;

	page->call = exchange->call;
	atomic_store(&page->aborted, 0);
	if (exchange->call.file_count > 0)
		send_descriptors(connection->socket, exchange->files,
		    exchange->call.file_count);
	/* the kernel says that it is to be rung, and then looks at the state;
	 * in the other order here, so that one of both sees the other's */
	atomic_store(&page->state, TRAP_CALLED);
	if (atomic_load(&page->ring))
		ring(connection);
	if (atomic_compare_exchange_strong(
		&page->state, &state, TRAP_WAITING) &&
	    !sleep_until_answered(connection, exchange->interruptible))
		return false;
	exchange->answer = page->answer;
	if (exchange->answer.file_count > 0 &&
	    !receive_descriptors(connection->socket, exchange->answer_files,
		exchange->answer.file_count, &version))
		/* whoever reads them is told */
		for (uint32_t i = 0; i < exchange->answer.file_count; i++)
			exchange->answer_files[i] = -1;
	return true;
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

/* ---- the answer's payload ------------------------------------------------ */

/* It is behind the other parts, or the extents are. */
static const unsigned char *
payload_of(const struct trap_exchange *exchange)
{
	const struct trap_answer *answer = &exchange->answer;

	return exchange->bytes + answer->body_size + answer->names_size +
	       answer->trailer_size;
}

struct trap_extent
connection_extent(const struct trap_exchange *exchange, uint32_t number)
{
	struct trap_extent extent;

	memcpy(&extent, payload_of(exchange) + number * sizeof extent,
	    sizeof extent);
	return extent;
}

static bool
read_file(int fd, uint64_t offset, char *to, size_t size)
{
	while (size > 0) {
		ssize_t n = pread(fd, to, size, (off_t)offset);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

bool
connection_read(const struct trap_exchange *exchange, uint64_t offset, void *to,
    size_t size)
{
	char *at = to;

	if (exchange->answer.file_count == 0) {
		memcpy(to, payload_of(exchange) + offset, size);
		return true;
	}
	for (uint32_t i = 0; size > 0; i++) {
		struct trap_extent extent = connection_extent(exchange, i);
		size_t part = size;
		if (offset >= extent.size) {
			offset -= extent.size;
			continue;
		}
		if (part > extent.size - offset)
			part = (size_t)(extent.size - offset);
		if (!read_file(exchange->answer_files[extent.file],
			extent.offset + offset, at, part))
			return false;
		at += part;
		size -= part;
		offset = 0;
	}
	return true;
}

void
connection_close_files(struct trap_exchange *exchange)
{
	for (uint32_t i = 0; i < exchange->answer.file_count; i++)
		if (exchange->answer_files[i] != -1)
			close(exchange->answer_files[i]);
	exchange->answer.file_count = 0;
}
