#define _GNU_SOURCE /* ppoll, MSG_CMSG_CLOEXEC */
#include "windows_ipc/ntalpc/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* A control message's room is a multiple of 8 bytes: two descriptors fit. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* ---- packets ------------------------------------------------------------ */

/* Takes the descriptor that came, and closes what else did. */
static int
take_descriptor(struct msghdr *message)
{
	int result = -1;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET ||
		    header->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(
			    &fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
			if (result == -1)
				result = fd;
			else
				close(fd);
		}
	}
	return result;
}

static bool
is_packet(const struct packet *packet, size_t size, int flags)
{
	return size >= sizeof *packet && !(flags & MSG_TRUNC) &&
	       packet->kind > 0 && packet->kind < PACKET_KINDS &&
	       packet->length <= LONGEST_DATA &&
	       size == sizeof *packet + packet->length;
}

enum received
wire_receive(int socket, struct parcel *parcel, bool waits)
{
	union control control;
	struct iovec parts[] = {{parcel->message, HEADER_SIZE + parcel->room},
	    {parcel->rest, LONGEST_DATA}};
	struct msghdr message = {.msg_iov = parts,
	    .msg_iovlen = 2,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	ssize_t n;

	if (!parcel->message)
		parts[0] = (struct iovec){&parcel->packet, HEADER_SIZE};
	parcel->fd = -1;
	do
		n = recvmsg(socket, &message,
		    (waits ? 0 : MSG_DONTWAIT) | MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? RECEIVED_NOTHING : RECEIVED_END;
	if (parcel->message)
		memcpy(&parcel->packet, parcel->message, HEADER_SIZE);
	if (message.msg_controllen > 0)
		parcel->fd = take_descriptor(&message);
	if (!is_packet(&parcel->packet, (size_t)n, message.msg_flags) ||
	    (parcel->fd != -1 && parcel->packet.kind != PACKET_SECTION)) {
		if (parcel->fd != -1)
			close(parcel->fd);
		return RECEIVED_END;
	}
	return RECEIVED;
}

void
parcel_copy(const struct parcel *parcel, void *to)
{
	size_t length = parcel->packet.length;
	size_t first = length < parcel->room ? length : parcel->room;

	if (first > 0)
		memmove(to, parcel->message + 1, first);
	if (length > first)
		memcpy((char *)to + first, parcel->rest, length - first);
}

bool
wire_send(int socket, const struct packet *packet, const void *data, int fd)
{
	union control control;
	struct iovec parts[] = {{(void *)(uintptr_t)packet, sizeof *packet},
	    {(void *)(uintptr_t)data, packet->length}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t n;

	if (fd != -1) {
		memset(&control, 0, sizeof control);
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	}
	do
		n = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n != -1;
}

/* ---- limits of time ----------------------------------------------------- */

enum { UNITS = 10 * 1000 * 1000, NANOSECONDS = 1000 * 1000 * 1000 };

struct deadline
deadline_of(const LARGE_INTEGER *timeout)
{
	const LONGLONG from_1601_to_1970 = 11644473600LL;
	struct deadline deadline = {.forever = !timeout};
	LONGLONG units, seconds;

	if (!timeout)
		return deadline;
	clock_gettime(CLOCK_MONOTONIC, &deadline.at);
	units = timeout->QuadPart;
	if (units > 0) { /* a point in time: how far is it from now? */
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		units = (now.tv_sec + from_1601_to_1970) * UNITS +
			now.tv_nsec / 100 - units;
		if (units > 0)
			units = 0;
	}
	/* the smallest number has no positive one */
	seconds = units / UNITS;
	deadline.at.tv_sec -= seconds;
	deadline.at.tv_nsec -= (units - seconds * UNITS) * 100;
	if (deadline.at.tv_nsec >= NANOSECONDS) {
		deadline.at.tv_nsec -= NANOSECONDS;
		deadline.at.tv_sec++;
	}
	return deadline;
}

const struct timespec *
deadline_left(const struct deadline *deadline, struct timespec *left)
{
	struct timespec now;

	if (deadline->forever)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	left->tv_sec = deadline->at.tv_sec - now.tv_sec;
	left->tv_nsec = deadline->at.tv_nsec - now.tv_nsec;
	if (left->tv_nsec < 0) {
		left->tv_nsec += NANOSECONDS;
		left->tv_sec--;
	}
	if (left->tv_sec < 0)
		left->tv_sec = left->tv_nsec = 0;
	return left;
}

NTSTATUS
wait_for(int fd, short events, int wake, const struct deadline *deadline)
{
	struct pollfd polls[] = {
	    {.fd = fd, .events = events}, {.fd = wake, .events = POLLIN}};
	struct timespec left;
	int n;

	do
		n = ppoll(polls, 2, deadline_left(deadline, &left), NULL);
	while (n == -1 && errno == EINTR);
	return n == 0 ? STATUS_TIMEOUT : STATUS_SUCCESS;
}
