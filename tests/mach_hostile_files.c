/* What comes over the socket: descriptors that aren't what they have to be, and
 * bytes that nobody waits for. */
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS */
#include "tests/mach_hostile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* More can't go with one message on Linux. */
enum { DESCRIPTORS_MAX = 253 };

static void
send_fds(const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	} control = {
	    .header = {CMSG_LEN(count * sizeof *fds), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec part = {"", 1};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = CMSG_SPACE(count * sizeof *fds)};

	memcpy(CMSG_DATA(&control.header), fds, count * sizeof *fds);
	if (sendmsg(own.socket, &message, MSG_NOSIGNAL) != 1)
		die_child("sendmsg");
}

static int
memfd(size_t size, int seals)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1 || ftruncate(fd, (off_t)size) == -1 ||
	    fcntl(fd, F_ADD_SEALS, seals) == -1)
		die_child("memfd");
	return fd;
}

static int
memfd_flag_of_two(void)
{
	call.call.in_memfd = 2;
	return as_it_should_be();
}

/* The message has 4,096 bytes in a memfd, which is FD. */
static int
payload_in(int fd)
{
	call.call.in_memfd = 1;
	call.call.payload_size = 4096;
	if (fd != -1)
		send_fds(&fd, 1);
	return descriptors(1, MACH_MSG_OOL_DESCRIPTOR, 4096);
}

static int
sound_memfd(void)
{
	return payload_in(
	    memfd(4096, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
}

static int
no_memfd(void)
{
	return payload_in(-1);
}

static int
pipe_as_memfd(void)
{
	return payload_in(own.pipe);
}

static int
unsealed_memfd(void)
{
	return payload_in(memfd(4096, F_SEAL_SHRINK | F_SEAL_GROW));
}

static int
short_memfd(void)
{
	return payload_in(
	    memfd(4095, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
}

static int
two_descriptors(void)
{
	int sound = memfd(4096, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
	int fds[2] = {sound, sound};

	send_fds(fds, 2);
	return payload_in(-1);
}

static int
many_descriptors(void)
{
	int sound = memfd(4096, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
	int fds[DESCRIPTORS_MAX];

	for (int i = 0; i < DESCRIPTORS_MAX; i++)
		fds[i] = sound;
	send_fds(fds, DESCRIPTORS_MAX);
	return payload_in(-1);
}

/* As much as there is room for; the kernel waits for none. */
static int
garbage_in_socket(void)
{
	char bytes[4096];
	size_t size = 0;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)rand();
	while (send(own.socket, bytes, size % sizeof bytes,
		   MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
		size += 509;
	return size > 0 ? as_it_should_be() : NEITHER;
}

static int
garbage_for_memfd(void)
{
	if (send(own.socket, "garbage", 7, MSG_NOSIGNAL) != 7)
		die_child("send");
	return payload_in(-1);
}

/* Others than pipes that have no seals. */
static int
no_files_as_memfd(void)
{
	static const char *const paths[] = {
	    "/dev/zero", "/proc/self/exe", "/proc/self/mem", "/", NULL};
	int fd = own.socket;

	for (size_t i = 0; payload_in(fd) == DROPPED; i++) {
		if (!paths[i])
			return DROPPED;
		connection_close(&own, false);
		become_task();
		fd = open(paths[i], O_CLOEXEC | (i == 3 ? O_PATH : O_RDONLY));
		if (fd == -1)
			die_child("open %s", paths[i]);
	}
	return ANSWERED;
}

const struct rule hostile_files[] = {
    {"memfd flag of two", memfd_flag_of_two, DROPPED},
    {"sound memfd", sound_memfd, ANSWERED},
    {"no memfd", no_memfd, DROPPED},
    {"pipe as memfd", pipe_as_memfd, DROPPED},
    {"no files as memfd", no_files_as_memfd, DROPPED},
    {"unsealed memfd", unsealed_memfd, DROPPED},
    {"short memfd", short_memfd, DROPPED},
    {"two descriptors", two_descriptors, DROPPED},
    {"253 descriptors", many_descriptors, DROPPED},
    {"garbage in the socket", garbage_in_socket, ANSWERED},
    {"garbage for a memfd", garbage_for_memfd, DROPPED},
    {NULL, NULL, 0},
};
