#define _GNU_SOURCE /* F_GET_SEALS, memfd_create, pipe2 */
#include "mach_msg/linux/kernel/connection.h"

#include <fcntl.h>
#include <mach/mach.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- descriptors --------------------------------------------------------- */

/* Sends descriptors, COUNT of them, and the version, since they need a byte. */
static bool
send_descriptors(int socket, const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(TRAP_FDS * sizeof(int))];
	} control;
	uint32_t version = TRAP_VERSION;
	struct iovec part = {&version, sizeof version};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = CMSG_SPACE(count * sizeof *fds)};

	memset(&control, 0, sizeof control);
	control.header.cmsg_len = CMSG_LEN(count * sizeof *fds);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.header), fds, count * sizeof *fds);
	return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       sizeof version;
}

/* Receives the descriptor that was sent before the call that it belongs to; -1
 * when the kernel has none left. False when the thread has sent something else,
 * or nothing. */
static bool
receive_descriptor(int socket, int *fd)
{
	enum { MOST = CMSG_SPACE(sizeof(int)) / sizeof(int) };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};

	const struct cmsghdr *header;
	int fds[MOST];
	size_t count = 0;

	*fd = -1;
	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == -1)
		return false;
	header = CMSG_FIRSTHDR(&message);
	if (header)
		count = (header->cmsg_len - CMSG_LEN(0)) / sizeof fds[0];
	memcpy(fds, CMSG_DATA(&control.header), count * sizeof fds[0]);
	if (count == 1 && !(message.msg_flags & MSG_CTRUNC)) {
		*fd = fds[0];
		return true;
	}
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	return count == 0 && (message.msg_flags & MSG_CTRUNC);
}

/* ---- beginning and end --------------------------------------------------- */

static void
close_if_open(int fd)
{
	if (fd != -1)
		close(fd);
}

/* Makes the page; its descriptor, or -1. */
static int
make_page(struct connection *connection)
{
	int fd = memfd_create("mach page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *page = MAP_FAILED;

	if (fd == -1)
		return -1;
	if (ftruncate(fd, sizeof *connection->page) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ==
		0)
		page = mmap(NULL, sizeof *connection->page,
		    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED) {
		close(fd);
		return -1;
	}
	connection->page = page;
	atomic_store(&connection->page->ring, 1);
	return fd;
}

bool
connection_open(struct connection *connection, int socket)
{
	int ends[2] = {-1, -1}, fds[TRAP_FDS];
	bool sent;

	*connection = (struct connection){.socket = socket};
	/* a thread that doesn't read must not keep the kernel; and a user has
	 * so many pages for pipes, of which each byte's would take sixteen */
	sent = pipe2(ends, O_CLOEXEC) == 0 &&
	       fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(ends[1], F_SETPIPE_SZ, 1) != -1;
	connection->pipe = ends[1];
	connection->bell = eventfd(0, EFD_CLOEXEC);
	fds[TRAP_FD_PAGE] = make_page(connection);
	fds[TRAP_FD_BELL] = connection->bell;
	fds[TRAP_FD_PIPE] = ends[0];
	sent = sent && send_descriptors(socket, fds, TRAP_FDS);
	close_if_open(fds[TRAP_FD_PAGE]);
	close_if_open(ends[0]);
	if (!sent)
		connection_close(connection);
	return sent;
}

void
connection_close(struct connection *connection)
{
	close(connection->socket);
	close_if_open(connection->bell);
	close_if_open(connection->pipe);
	if (connection->page)
		munmap(connection->page, sizeof *connection->page);
}

/* ---- calls --------------------------------------------------------------- */

bool
connection_has_call(const struct connection *connection)
{
	uint32_t state = atomic_load(&connection->page->state);

	return !connection->taken &&
	       (state == TRAP_CALLED || state == TRAP_WAITING);
}

uint32_t
connection_number(const struct connection *connection)
{
	const volatile struct trap_page *page = connection->page;

	return page->call.number;
}

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

/* Whether the parts' sizes are such as a library would send; SIZE gets their
 * sum. */
static bool
parts_are_sound(const struct trap_call *call, size_t *size)
{
	uint32_t send_size = call->arguments[MSG_SEND_SIZE];
	uint32_t body = send_size < TRAP_BODY_MAX ? send_size : TRAP_BODY_MAX;
	uint64_t payload = call->in_memfd ? 0 : call->payload_size;

	*size = 0;
	if (call->payload_size > INT64_MAX)
		return false;
	if (call->number != TRAP_MACH_MSG ||
	    !(call->arguments[MSG_OPTION] & MACH_SEND_MSG))
		return call->body_size == 0 && call->names_size == 0 &&
		       call->payload_size == 0 && !call->in_memfd;
	if (call->body_size != body || body < sizeof(mach_msg_header_t) ||
	    send_size % 4 != 0 || send_size > TRAP_MESSAGE_MAX ||
	    call->names_size > TRAP_NAMES_MAX ||
	    call->names_size % sizeof(mach_port_name_t) != 0 ||
	    payload > TRAP_INLINE_MAX)
		return false;
	/* the same, with a trailer, will be an answer */
	*size = (size_t)(body + call->names_size + payload);
	return *size <= TRAP_BYTES_MAX - TRAP_TRAILER_MAX;
}

bool
connection_take_call(
    struct connection *connection, struct request *request, int *memfd)
{
	const struct trap_page *page = connection->page;
	size_t size;

	connection->taken = true;
	*memfd = -1;
	/* the fences keep the compiler from reading the page once more where
	 * the copy is meant */
	memcpy(&request->call, &page->call, sizeof request->call);
	atomic_signal_fence(memory_order_acq_rel);
	if (!parts_are_sound(&request->call, &size))
		return false;
	memcpy(request->bytes, page->bytes, size);
	atomic_signal_fence(memory_order_acq_rel);
	if (!request->call.in_memfd)
		return true;
	if (!receive_descriptor(connection->socket, memfd))
		return false;
	if (*memfd == -1 || memfd_is_sound(*memfd, request->call.payload_size))
		return true;
	close(*memfd);
	*memfd = -1;
	return false;
}

bool
connection_is_aborted(const struct connection *connection)
{
	return connection->taken && atomic_load(&connection->page->aborted);
}

/* ---- answers ------------------------------------------------------------- */

bool
connection_answer(struct connection *connection, struct trap_answer *answer,
    const struct iovec *parts, size_t count, int memfd, bool ring)
{
	struct trap_page *page = connection->page;
	size_t done = 0;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].iov_len > sizeof page->bytes - done)
			return false;
		if (parts[i].iov_len > 0)
			memcpy(page->bytes + done, parts[i].iov_base,
			    parts[i].iov_len);
		done += parts[i].iov_len;
	}
	answer->in_memfd = memfd != -1;
	page->answer = *answer;
	if (memfd != -1 && !send_descriptors(connection->socket, &memfd, 1))
		return false;
	connection->taken = false;
	atomic_store(&page->ring, ring);
	if (atomic_exchange(&page->state, TRAP_ANSWERED) != TRAP_WAITING)
		return true;
	/* a pipe that is full is one that the thread doesn't read */
	return write(connection->pipe, "", 1) == 1;
}

void
connection_ask_to_ring(struct connection *connection)
{
	atomic_store(&connection->page->ring, 1);
}
