/*
 * A client of fig3_19_alpc_server that doesn't keep to the rules: what it sends
 * isn't what the layer would. After each attack the server must answer another
 * client, and hold no more than before.
 *
 * Usage:   alpc_hostile [--name=NAME] [--server=PID] [--fuzz=COUNT] [--seed=N]
 *
 * NAME is the server's, PID its process. With --fuzz it sends COUNT times packets
 * with random mistakes.
 */
#define _GNU_SOURCE /* memfd_create */
#include "tests/alpc_facts.h"
#include "windows_ipc/ntalpc/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static const struct choice options[] = {
    {'n', "name", "NAME", "the server's"},
    {'p', "server", "PID", "its process"},
    {'f', "fuzz", "COUNT", "send so many random packets"},
    {'r', "seed", "N", "of their random numbers (1)"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.19",
    .role = "hostile",
    .purpose = "A client that doesn't keep to the rules.",
    .example = "alpc_hostile --name=x --server=4711",
    .options = options,
};

static const char *name;
static size_t server;

/* ---- packets ---------------------------------------------------------------
 */

/* A request as the figure's server knows it. */
struct body {
	uint32_t technique, wishes;
	uint64_t length;
	PORT_DATA_INFORMATION where;
};

/* Sends SIZE bytes, and FDS descriptors with them. What the server has closed
 * can't be sent to. */
static bool
send_raw(int socket, const void *bytes, size_t size, const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec part = {(void *)(uintptr_t)bytes, size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (count > 0) {
		memset(&control, 0, sizeof control);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) != -1;
}

static int
connect_raw(void)
{
	static const struct deadline forever = {.forever = true};
	struct port_name parsed;
	int socket;

	need(name_parse(name_of(name), &parsed), "name_parse");
	need(name_connect(&parsed, &socket, &forever), "name_connect");
	return socket;
}

/* Connects and is accepted; NUMBER gets the connection's. */
static int
connect_accepted(uint32_t *number)
{
	int socket = connect_raw();
	struct packet packet = {.kind = PACKET_CONNECT};

	if (!send_raw(socket, &packet, sizeof packet, NULL, 0) ||
	    recv(socket, &packet, sizeof packet, 0) < (ssize_t)sizeof packet ||
	    packet.kind != PACKET_ACCEPTED)
		fatal("the server didn't accept");
	*number = packet.id;
	return socket;
}

/* ---- what must hold --------------------------------------------------------
 */

/* A well-behaved client's request. */
static void
check_service(void)
{
	HANDLE port = connect_to(name);
	union message message, answer;
	SIZE_T length = sizeof answer;
	struct body body = {0, 0, 0, {0}};

	ask_begin(&message.ask, 0, sizeof message.header + 16);
	memcpy(&message.header + 1, &body, 16);
	need(NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
		 &message.header, NULL, &answer.header, &length, NULL,
		 within(30000)),
	    "another client's request");
	need(NtClose(port), "NtClose");
}

static size_t
count_descriptors(void)
{
	char path[64];
	size_t count = 0;
	DIR *list;

	snprintf(path, sizeof path, "/proc/%zu/fd", server);
	list = opendir(path);
	if (!list)
		die("open %s", path);
	while (readdir(list))
		count++;
	closedir(list);
	return count;
}

static size_t
count_mappings(void)
{
	char path[64], line[512];
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%zu/maps", server);
	file = fopen(path, "r");
	if (!file)
		die("open %s", path);
	while (fgets(line, sizeof line, file))
		count += strstr(line, "memfd:") != NULL;
	fclose(file);
	return count;
}

/* The server has served, and has nothing left of anybody. It closes what a client
 * had when it receives next. */
static void
check_server(const char *attack, size_t descriptors)
{
	size_t now = 0, mapped = 0;

	for (int i = 0; i < 500; i++) {
		check_service();
		now = count_descriptors();
		mapped = count_mappings();
		if (now <= descriptors && mapped == 0)
			break;
		system_sleep(0.01);
	}
	fact(attack, now > descriptors ? now - descriptors : mapped, 0);
}

/* ---- attacks ---------------------------------------------------------------
 */

static void
say_nothing(void)
{
	close(connect_raw());
}

static void
begin_wrong(void)
{
	static unsigned char bytes[150000];
	static const size_t sizes[] = {1, 39, 40, 41, 65519, 65520, 150000};
	struct packet packet;

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		int socket = connect_raw();
		send_raw(socket, bytes, sizes[i], NULL, 0);
		close(socket);
	}
	for (uint32_t kind = 0; kind <= PACKET_KINDS; kind++) {
		int socket = connect_raw();
		packet = (struct packet){.kind = kind, .id = 1};
		send_raw(socket, &packet, sizeof packet, NULL, 0);
		send_raw(socket, &packet, sizeof packet, NULL, 0);
		close(socket);
	}
}

/* Packets that only a server sends, and lengths that lie. */
static void
be_server(void)
{
	uint32_t number;

	for (uint32_t kind = 0; kind < 2 * PACKET_KINDS; kind++) {
		int socket = connect_accepted(&number);
		struct packet packet = {.kind = kind % PACKET_KINDS,
		    .id = number << 20 | 1,
		    .length = kind < PACKET_KINDS ? 0 : 1000};
		send_raw(socket, &packet, sizeof packet, NULL, 0);
		close(socket);
	}
}

static void
forge_ids(void)
{
	uint32_t number, other;
	int victim = connect_accepted(&other);

	for (uint32_t i = 0; i < 6; i++) {
		int socket = connect_accepted(&number);
		const uint32_t ids[] = {0, other << 20 | 1, number << 20,
		    0xffffffff, 1, number << 20 | 7};
		struct packet packet = {.kind = PACKET_REQUEST, .id = ids[i]};
		send_raw(socket, &packet, sizeof packet, NULL, 0);
		send_raw(socket, &packet, sizeof packet, NULL, 0);
		packet.kind = PACKET_CANCEL;
		send_raw(socket, &packet, sizeof packet, NULL, 0);
		packet.kind = PACKET_ANSWER;
		packet.callback = i;
		send_raw(socket, &packet, sizeof packet, NULL, 0);
		close(socket);
	}
	close(victim);
}

static void
declare_wrong(void)
{
	static const uint16_t offsets[] = {1, 39, 40, 48, 55, 56, 80, 0xffff};
	struct {
		struct packet packet;
		struct body body;
	} message;
	uint32_t number;

	for (size_t i = 0; i < 2 * sizeof offsets / sizeof offsets[0]; i++) {
		int socket = connect_accepted(&number);
		memset(&message, 0xff, sizeof message);
		message.packet = (struct packet){.kind = PACKET_REQUEST,
		    .id = number << 20 | 1,
		    .length = sizeof message.body,
		    .data_info = offsets[i / 2]};
		message.body.technique = 2;
		message.body.wishes = 0;
		message.body.where.CountDataEntries = i % 2 ? 1 : 0xffffffff;
		send_raw(socket, &message, sizeof message, NULL, 0);
		recv(socket, &message, sizeof message, 0);
		close(socket);
	}
}

/* ---- sections --------------------------------------------------------------
 */

static int
memory(size_t size, bool filled, unsigned seals)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1 || ftruncate(fd, (off_t)size) == -1 ||
	    (filled && fallocate(fd, 0, 0, (off_t)size) == -1) ||
	    fcntl(fd, F_ADD_SEALS, seals) == -1)
		die("memfd_create");
	return fd;
}

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

static void
send_sections(void)
{
	enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW };
	int pair[2];

	if (pipe(pair) == -1)
		die("pipe");
	close(pair[1]);
	try_section("a right section", memory(65536, true, SEALS), 65536, 0,
	    100, true);
	try_section("none", -1, 65536, 0, 100, false);
	try_section("one that may shrink", memory(65536, true, 0), 65536, 0,
	    100, false);
	try_section("one that is shorter", memory(65536, true, SEALS), 131072,
	    0, 100, false);
	try_section("one without memory", memory(65536, false, SEALS), 65536,
	    0, 100, false);
	try_section("of nothing", memory(65536, true, SEALS), 0, 0, 0, false);
	try_section("of more than there is", memory(65536, true, SEALS),
	    (uint64_t)1 << 62, 0, 100, false);
	try_section("one that can't be written",
	    memory(65536, true, SEALS | F_SEAL_WRITE), 65536, 0, 100, false);
	try_section("a pipe", pair[0], 65536, 0, 100, false);
	try_section("a device", open("/dev/zero", O_RDWR | O_CLOEXEC), 65536,
	    0, 100, false);
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
static void
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

static void
send_many_descriptors(void)
{
	uint32_t number;
	int socket = connect_accepted(&number), fds[4];
	struct packet packet = {
	    .kind = PACKET_MESSAGE, .id = number << 20 | 1};

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

/* ---- floods ----------------------------------------------------------------
 */

/* Sends requests and reads no answer, until the server has had enough. */
static void
flood(void)
{
	static struct {
		struct packet packet;
		uint32_t technique, wishes;
		uint64_t length;
	} request;
	uint32_t number;
	int socket = connect_accepted(&number);
	size_t sent = 0;

	for (; sent < 200000; sent++) {
		request.packet = (struct packet){.kind = PACKET_MESSAGE,
		    .id = number << 20 | (uint32_t)(sent % 0xffff + 1),
		    .length = 16};
		if (!send_raw(socket, &request, sizeof request, NULL, 0))
			break;
		if (sent % 20000 == 0)
			check_service();
	}
	fact("a flood is ended", sent < 200000, 1);
	close(socket);
}

static void
connect_many(void)
{
	enum { MANY = 600 };
	static int sockets[MANY];

	for (int i = 0; i < MANY; i++)
		sockets[i] = connect_raw();
	for (int i = 0; i < MANY; i++)
		close(sockets[i]);
}

/* ---- random mistakes -------------------------------------------------------
 */

static uint64_t state = 1;

/* xorshift64*, by Marsaglia and Vigna. */
static uint32_t
random_number(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717u) >> 33) % below;
}

/* A packet that is almost right. */
static size_t
make_packet(unsigned char *bytes, uint32_t number)
{
	struct packet packet = {.kind = random_number(PACKET_KINDS + 1),
	    .id = number << 20 | (random_number(300) + 1),
	    .callback = random_number(3),
	    .section = random_number(4),
	    .length = (uint16_t)random_number(200),
	    .data_info = (uint16_t)(random_number(2) ? 0 : random_number(260)),
	    .view_offset = random_number(2) ? 0 : random_number(70000),
	    .view_size = random_number(70000)};
	size_t size = sizeof packet + packet.length;

	for (size_t i = sizeof packet; i < size; i++)
		bytes[i] = (unsigned char)random_number(256);
	if (packet.length >= 16) { /* a figure's request, often */
		uint32_t words[4] = {random_number(4), random_number(8) & ~1u,
		    random_number(300), 0};
		memcpy(bytes + sizeof packet, words, sizeof words);
	}
	memcpy(bytes, &packet, sizeof packet);
	for (uint32_t flips = random_number(3); flips > 0; flips--)
		bytes[random_number((uint32_t)size)] ^=
		    (unsigned char)(1 << random_number(8));
	return random_number(20) ? size : random_number((uint32_t)size + 50);
}

static void
fuzz(size_t count)
{
	static unsigned char bytes[1000];
	int fd = memory(65536, true, F_SEAL_SHRINK | F_SEAL_GROW);
	struct pollfd answer = {.events = POLLIN};

	for (size_t i = 0; i < count; i++) {
		uint32_t number;
		int socket = connect_accepted(&number);
		for (uint32_t j = random_number(20); j > 0; j--) {
			size_t size = make_packet(bytes, number);
			if (!send_raw(socket, bytes, size, &fd,
				random_number(3) == 0))
				break;
		}
		answer.fd = socket;
		if (poll(&answer, 1, 0) == 1)
			recv(socket, bytes, sizeof bytes, MSG_DONTWAIT);
		close(socket);
		if (i % 100 == 0)
			check_service();
	}
	close(fd);
}

/* ---- all of them -----------------------------------------------------------
 */

static const struct {
	const char *name;
	void (*run)(void);
} attacks[] = {
    {"a client that says nothing", say_nothing},
    {"a wrong beginning", begin_wrong},
    {"packets of a server's", be_server},
    {"forged ids", forge_ids},
    {"entries out of range", declare_wrong},
    {"sections that are none", send_sections},
    {"a section shrunk after sending", shrink_section},
    {"descriptors", send_many_descriptors},
    {"a flood", flood},
    {"600 connections", connect_many},
};

int
main(int argc, char *argv[])
{
	size_t count = 0;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			name = optarg;
			break;
		case 'p':
			server = parse_count("--server", optarg, 1, INT_MAX);
			break;
		case 'f':
			count = parse_count("--fuzz", optarg, 1, INT_MAX);
			break;
		case 'r':
			state = parse_count("--seed", optarg, 1, INT_MAX);
			break;
		}
	if (!name || server == 0)
		usage_error("--name and --server are needed");
	setvbuf(stdout, NULL, _IOLBF, 0);
	check_service();
	size_t descriptors = count_descriptors();
	if (count > 0) {
		fuzz(count);
		check_server("random mistakes", descriptors);
		return facts_end();
	}
	for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
		attacks[i].run();
		check_server(attacks[i].name, descriptors);
	}
	return facts_end();
}
