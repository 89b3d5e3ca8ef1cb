#define _GNU_SOURCE /* memfd_create, pipe2 */
#include "mach_msg/linux/kernel/connection.h"

#include <fcntl.h>
#include <mach/mach.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- descriptors --------------------------------------------------------- */

/* Sends descriptors, COUNT of them, and the version, since they need a byte. */
static bool
send_descriptors(int socket, const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(TRAP_FILES_MAX * sizeof(int))];
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

/* Receives the descriptors that were sent before the call that they belong to,
 * COUNT of them; fewer when the kernel has no more left, and then none:
 * LACKING. False when the thread has sent something else, or nothing. */
static bool
receive_descriptors(int socket, int *fds, size_t count, bool *lacking)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(TRAP_FILES_MAX * sizeof(int))];
	} control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	const struct cmsghdr *header;
	/* their room is a multiple of 8 bytes: one more may come */
	int came[TRAP_FILES_MAX + 1];
	size_t n = 0;

	*lacking = false;
	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == -1)
		return false;
	header = CMSG_FIRSTHDR(&message);
	if (header)
		n = (header->cmsg_len - CMSG_LEN(0)) / sizeof *came;
	memcpy(came, CMSG_DATA(&control.header), n * sizeof *came);
	if (n == count && !(message.msg_flags & MSG_CTRUNC)) {
		memcpy(fds, came, n * sizeof *fds);
		return true;
	}
	for (size_t i = 0; i < n; i++)
		close(came[i]);
	*lacking = n < count && (message.msg_flags & MSG_CTRUNC);
	return *lacking;
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

/* Whether the parts' sizes are such as a library would send; SIZE gets their
 * sum. */
static bool
parts_are_sound(const struct trap_call *call, size_t *size)
{
	uint32_t send_size = call->arguments[MSG_SEND_SIZE];
	uint32_t body = send_size < TRAP_BODY_MAX ? send_size : TRAP_BODY_MAX;
	uint64_t payload = call->payload_size;

	*size = 0;
	if (call->number != TRAP_MACH_MSG ||
	    !(call->arguments[MSG_OPTION] & MACH_SEND_MSG))
		return call->body_size == 0 && call->names_size == 0 &&
		       payload == 0 && call->file_count == 0 &&
		       call->extent_count == 0;
	if ((call->file_count == 0) != (call->extent_count == 0) ||
	    call->file_count > TRAP_FILES_MAX ||
	    call->extent_count > TRAP_EXTENTS_MAX)
		return false;
	if (call->file_count > 0)
		payload = call->extent_count * sizeof(struct trap_extent);
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
connection_take_call(struct connection *connection, struct request *request)
{
	const struct trap_page *page = connection->page;
	size_t size;

	connection->taken = true;
	request->files_lacking = false;
	/* the fences keep the compiler from reading the page once more where
	 * the copy is meant */
	memcpy(&request->call, &page->call, sizeof request->call);
	atomic_signal_fence(memory_order_acq_rel);
	if (!parts_are_sound(&request->call, &size))
		return false;
	memcpy(request->bytes, page->bytes, size);
	atomic_signal_fence(memory_order_acq_rel);
	return request->call.file_count == 0 ||
	       receive_descriptors(connection->socket, request->files,
		   request->call.file_count, &request->files_lacking);
}

bool
connection_is_aborted(const struct connection *connection)
{
	return connection->taken && atomic_load(&connection->page->aborted);
}

/* ---- answers ------------------------------------------------------------- */

bool
connection_answer(struct connection *connection,
    const struct trap_answer *answer, const struct iovec *parts, size_t count,
    const int *files, bool ring)
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
	page->answer = *answer;
	if (answer->file_count > 0 &&
	    !send_descriptors(connection->socket, files, answer->file_count))
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
