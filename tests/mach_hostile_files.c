/* What comes over the socket: memory files that nobody should map, for which
 * the sender is refused and nobody receives anything; and bytes that nobody
 * waits for. */
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS */
#include "tests/mach_hostile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 4096, SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };

static void
send_fds(const int *fds, size_t count)
{
	enum { MOST = 250 };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(MOST * sizeof(int))];
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
memfd_of(size_t size, unsigned flags, int seals)
{
	int fd =
	    memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

	if (fd == -1 || ftruncate(fd, (off_t)size) == -1 ||
	    fcntl(fd, F_ADD_SEALS, seals) == -1)
		die_child("memfd");
	return fd;
}

static int
memfd(size_t size, int seals)
{
	return memfd_of(size, 0, seals);
}

/* ---- one file ----------------------------------------------------------- */

/* A message with SIZE bytes out of line, that are where the extents say, COUNT
 * of them. */
static int
message_of(const struct trap_extent *extents, uint32_t count)
{
	size_t before = sizeof(mach_msg_header_t) + sizeof(mach_msg_body_t) +
			sizeof(mach_msg_ool_descriptor_t);
	int outcome;

	call.call.extent_count = count;
	call.call.payload_size = SIZE;
	memcpy(own.page->bytes + before, extents, count * sizeof *extents);
	outcome = descriptors(1, MACH_MSG_OOL_DESCRIPTOR, SIZE);
	if (outcome == ANSWERED &&
	    own.page->answer.result == MACH_SEND_INVALID_MEMORY)
		return REFUSED;
	return outcome;
}

/* It is in FD, from OFFSET on. */
static int
extent_of(int fd, uint64_t offset, uint64_t size)
{
	struct trap_extent extent = {.offset = offset, .size = size};

	call.call.file_count = 1;
	send_fds(&fd, 1);
	return message_of(&extent, 1);
}

static int
payload_in(int fd)
{
	return extent_of(fd, 0, SIZE);
}

static int
sound_file(void)
{
	return payload_in(memfd(SIZE, SEALS));
}

static int
file_that_is_written(void)
{
	return payload_in(memfd(SIZE, F_SEAL_SHRINK | F_SEAL_GROW));
}

static int
file_of_no_seals(void)
{
	return payload_in(memfd(SIZE, 0));
}

static int
file_that_shrinks(void)
{
	return payload_in(memfd(SIZE, F_SEAL_WRITE | F_SEAL_GROW));
}

static int
file_that_grows(void)
{
	return payload_in(memfd(SIZE, F_SEAL_WRITE | F_SEAL_SHRINK));
}

/* Its seals keep out new writers, and not the one that is there. */
static int
file_with_a_writer(void)
{
	int fd = memfd(SIZE, 0);

	if (mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) ==
		MAP_FAILED ||
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == -1)
		die_child("F_SEAL_FUTURE_WRITE");
	return payload_in(fd);
}

static int
short_file(void)
{
	return payload_in(memfd(SIZE - 1, SEALS));
}

static int
empty_file(void)
{
	return payload_in(memfd(0, SEALS));
}

/* Whoever reads it may find no huge page, and be killed. */
static int
file_of_huge_pages(void)
{
	return payload_in(memfd_of(2 << 20, MFD_HUGETLB, SEALS));
}

static int
pipe_as_file(void)
{
	return payload_in(own.pipe);
}

static int
socket_as_file(void)
{
	return payload_in(own.socket);
}

static int
program_as_file(void)
{
	return payload_in(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
}

static int
memory_as_file(void)
{
	return payload_in(open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
}

static int
path_as_file(void)
{
	return payload_in(open("/", O_PATH | O_CLOEXEC));
}

static int
device_as_file(void)
{
	return payload_in(open("/dev/zero", O_RDWR | O_CLOEXEC));
}

/* ---- extents ------------------------------------------------------------ */

static int
part_of_a_file(void)
{
	return extent_of(memfd(3 * SIZE, SEALS), 2 * SIZE, SIZE);
}

static int
extent_behind_the_end(void)
{
	return extent_of(memfd(SIZE, SEALS), 1, SIZE);
}

static int
extent_beyond_all(void)
{
	return extent_of(memfd(SIZE, SEALS), UINT64_MAX - SIZE + 1, SIZE);
}

static int
extent_too_short(void)
{
	return extent_of(memfd(SIZE, SEALS), 0, SIZE - 1);
}

static int
extent_too_long(void)
{
	return extent_of(memfd(2 * SIZE, SEALS), 0, SIZE + 1);
}

static int
extent_of_nothing(void)
{
	return extent_of(memfd(SIZE, SEALS), 0, 0);
}

/* Two extents of a file of SIZE bytes. */
static int
two_extents(const struct trap_extent *extents)
{
	int fd = memfd(SIZE, SEALS);

	call.call.file_count = 1;
	send_fds(&fd, 1);
	return message_of(extents, 2);
}

static int
halves(void)
{
	static const struct trap_extent extents[] = {
	    {.size = SIZE / 2}, {.offset = SIZE / 2, .size = SIZE / 2}};

	return two_extents(extents);
}

/* Their sum is what it should be, in 64 bits. */
static int
sum_around(void)
{
	static const struct trap_extent extents[] = {
	    {.size = UINT64_MAX - 95}, {.size = SIZE + 96}};

	return two_extents(extents);
}

static int
extent_of_no_file(void)
{
	static const struct trap_extent extents[] = {
	    {.size = SIZE / 2}, {.size = SIZE / 2, .file = 1}};

	return two_extents(extents);
}

/* ---- counts ------------------------------------------------------------- */

/* So many files are said to come, of which COUNT do. */
static int
files(uint32_t said, size_t count)
{
	struct trap_extent extent = {.size = SIZE};
	int fd = memfd(SIZE, SEALS), fds[250];

	for (size_t i = 0; i < count; i++)
		fds[i] = fd;
	call.call.file_count = said;
	if (count > 0)
		send_fds(fds, count);
	return message_of(&extent, said > 0);
}

static int
most_files(void)
{
	return files(TRAP_FILES_MAX, TRAP_FILES_MAX);
}

static int
too_many_files(void)
{
	return files(TRAP_FILES_MAX + 1, TRAP_FILES_MAX + 1);
}

static int
files_beyond_all(void)
{
	return files(1u << 31, 1);
}

static int
more_files_than_said(void)
{
	return files(1, 2);
}

static int
many_more_files_than_said(void)
{
	return files(1, 250);
}

static int
fewer_files_than_said(void)
{
	return files(2, 1);
}

static int
no_file_comes(void)
{
	return files(1, 0);
}

static int
extents_of_no_files(void)
{
	call.call.file_count = 0;
	return message_of(&(struct trap_extent){.size = SIZE}, 1);
}

static int
extents_beyond_all(void)
{
	int fd = memfd(SIZE, SEALS);

	call.call.file_count = 1;
	call.call.extent_count = UINT32_MAX;
	call.call.payload_size = SIZE;
	send_fds(&fd, 1);
	return descriptors(1, MACH_MSG_OOL_DESCRIPTOR, SIZE);
}

static int
files_of_another_trap(void)
{
	int fd = memfd(SIZE, SEALS);

	call.call.number = TRAP_REPLY_PORT;
	call.call.body_size = 0;
	call.call.file_count = 1;
	send_fds(&fd, 1);
	return as_it_should_be();
}

/* ---- bytes -------------------------------------------------------------- */

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
garbage_for_a_file(void)
{
	if (send(own.socket, "garbage", 7, MSG_NOSIGNAL) != 7)
		die_child("send");
	return files(1, 0);
}

const struct rule hostile_files[] = {
    {"a sound file", sound_file, ANSWERED},
    {"a file that is written to", file_that_is_written, REFUSED},
    {"a file of no seals", file_of_no_seals, REFUSED},
    {"a file that shrinks", file_that_shrinks, REFUSED},
    {"a file that grows", file_that_grows, REFUSED},
    {"a file with a writer", file_with_a_writer, REFUSED},
    {"a short file", short_file, REFUSED},
    {"an empty file", empty_file, REFUSED},
    {"a file of huge pages", file_of_huge_pages, REFUSED},
    {"a pipe as file", pipe_as_file, REFUSED},
    {"a socket as file", socket_as_file, REFUSED},
    {"a program as file", program_as_file, REFUSED},
    {"a process's memory as file", memory_as_file, REFUSED},
    {"a path as file", path_as_file, REFUSED},
    {"a device as file", device_as_file, REFUSED},
    {"a part of a file", part_of_a_file, ANSWERED},
    {"an extent behind the end", extent_behind_the_end, REFUSED},
    {"an extent beyond all", extent_beyond_all, REFUSED},
    {"an extent that is too short", extent_too_short, REFUSED},
    {"an extent that is too long", extent_too_long, REFUSED},
    {"an extent of nothing", extent_of_nothing, REFUSED},
    {"two halves", halves, ANSWERED},
    {"a sum that goes around", sum_around, REFUSED},
    {"an extent of no file", extent_of_no_file, REFUSED},
    {"as many files as can be", most_files, ANSWERED},
    {"too many files", too_many_files, DROPPED},
    {"files beyond all", files_beyond_all, DROPPED},
    {"more files than said", more_files_than_said, DROPPED},
    {"many more files than said", many_more_files_than_said, DROPPED},
    {"fewer files than said", fewer_files_than_said, DROPPED},
    {"no file comes", no_file_comes, DROPPED},
    {"extents of no files", extents_of_no_files, DROPPED},
    {"extents beyond all", extents_beyond_all, DROPPED},
    {"files of another trap", files_of_another_trap, DROPPED},
    {"garbage in the socket", garbage_in_socket, ANSWERED},
    {"garbage for a file", garbage_for_a_file, DROPPED},
    {NULL, NULL, 0},
};
