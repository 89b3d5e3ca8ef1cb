#define _GNU_SOURCE /* F_SEAL_SHRINK, fallocate */
#include "tests/alpc_raw.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sends a section and a request with a view of it; what came back, 0 if the
 * server has hung up. */
static ssize_t
use_section(int socket, uint32_t number, const int *fds, size_t count,
    uint64_t size, uint64_t offset, uint64_t view)
{
	struct packet section = {
	    .kind = PACKET_SECTION, .section = 9, .view_size = size};
	struct {
		struct packet packet;
		uint32_t technique, wishes;
		uint64_t length;
	} request = {{.kind = PACKET_REQUEST,
			 .id = number << 20 | 1,
			 .length = 16,
			 .section = 9,
			 .view_offset = offset,
			 .view_size = view},
	    1, 0, view < 100 ? view : 100};
	char answer[200];

	send_raw(socket, &section, sizeof section, fds, count);
	send_raw(socket, &request, sizeof request, NULL, 0);
	return recv(socket, answer, sizeof answer, 0);
}

/* One descriptor that isn't what it should be, or a view that lies outside. */
static void
try_section(const char *what, int fd, uint64_t size, uint64_t offset,
    uint64_t view, bool served)
{
	uint32_t number;
	int socket = connect_accepted(&number);
	ssize_t n = use_section(
	    socket, number, &fd, fd == -1 ? 0 : 1, size, offset, view);

	fact(what, n > 0, served);
	close(socket);
	if (fd != -1)
		close(fd);
}

void
send_sections(void)
{
	enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW };
	int pair[2];

	if (pipe(pair) == -1)
		die("pipe");
	close(pair[1]);
	try_section(
	    "a right section", memory(65536, true, SEALS), 65536, 0, 100, true);
	try_section("none", -1, 65536, 0, 100, false);
	try_section("one that may shrink", memory(65536, true, 0), 65536, 0,
	    100, false);
	try_section("one that is shorter", memory(65536, true, SEALS), 131072,
	    0, 100, false);
	try_section("one without memory", memory(65536, false, SEALS), 65536, 0,
	    100, false);
	try_section("of nothing", memory(65536, true, SEALS), 0, 0, 0, false);
	try_section("of more than there is", memory(65536, true, SEALS),
	    (uint64_t)1 << 62, 0, 100, false);
	try_section("one that can't be written",
	    memory(65536, true, SEALS | F_SEAL_WRITE), 65536, 0, 100, false);
	try_section("a pipe", pair[0], 65536, 0, 100, false);
	try_section("a device", open("/dev/zero", O_RDWR | O_CLOEXEC), 65536, 0,
	    100, false);
	try_section("a file", open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
	    4096, 0, 100, false);
	try_section("a view past the end", memory(65536, true, SEALS), 65536,
	    65500, 100, false);
	try_section("a view outside", memory(65536, true, SEALS), 65536,
	    (uint64_t)-50, 100, false);
	try_section("a view of 2^64 bytes", memory(65536, true, SEALS), 65536,
	    0, (uint64_t)-1, false);
}

/* It can't be shrunk any more when it has been sent; holes read as zeros. */
void
shrink_section(void)
{
	uint32_t number;
	int socket = connect_accepted(&number);
	int fd = memory(65536, true, F_SEAL_SHRINK | F_SEAL_GROW);

	fact("it is served",
	    use_section(socket, number, &fd, 1, 65536, 0, 100) > 0, 1);
	fact("then it can't shrink", ftruncate(fd, 0) == -1 && errno == EPERM,
	    1);
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 65536);
	close(fd);
	close(socket);
}

void
send_many_descriptors(void)
{
	uint32_t number;
	int socket = connect_accepted(&number), fds[4];
	struct packet packet = {.kind = PACKET_MESSAGE, .id = number << 20 | 1};

	for (int i = 0; i < 4; i++)
		fds[i] = memory(65536, true, F_SEAL_SHRINK);
	use_section(socket, number, fds, 4, 65536, 0, 100);
	close(socket);
	socket = connect_accepted(&number);
	packet.id = number << 20 | 1;
	send_raw(socket, &packet, sizeof packet, fds, 1);
	close(socket);
	socket = connect_accepted(&number);
	for (uint32_t i = 1; i < 100; i++) {
		packet = (struct packet){
		    .kind = PACKET_SECTION, .section = i, .view_size = 65536};
		if (!send_raw(socket, &packet, sizeof packet, fds, 1))
			break;
	}
	close(socket);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}
