/*
 * A client of fig3_19_alpc_server that doesn't keep to the rules: what it sends
 * isn't what the layer would. After each attack the server must answer another
 * client, and hold no more than before.
 *
 * Usage:   alpc_hostile --name=NAME --server=PID [--fuzz=COUNT] [--seed=N]
 *          alpc_hostile --fuzz-client=COUNT [--seed=N]
 *
 * NAME is the server's, PID its process. With --fuzz it sends COUNT times
 * packets with random mistakes. With --fuzz-client it is a server that does so.
 */
#include "tests/alpc_raw.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct choice options[] = {
    {'n', "name", "NAME", "the server's"},
    {'p', "server", "PID", "its process"},
    {'f', "fuzz", "COUNT", "send so many random packets"},
    {'g', "fuzz-client", "COUNT", "be a server, and send a client some"},
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

/* A request as the figure's server knows it. */
struct body {
	uint32_t technique, wishes;
	uint64_t length;
	PORT_DATA_INFORMATION where;
};

/* ---- attacks ------------------------------------------------------------ */

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

/* Whether the server hangs up without a word. */
static bool
is_hung_up(int socket)
{
	char byte;

	return recv(socket, &byte, 1, 0) <= 0;
}

/* A request whose id isn't this connection's, or is none. */
static void
forge_ids(void)
{
	uint32_t number, other;
	int victim = connect_accepted(&other);

	for (uint32_t i = 0; i < 5; i++) {
		int socket = connect_accepted(&number);
		const uint32_t ids[] = {
		    0, other << 20 | 1, number << 20, 0xffffffff, 1};
		struct packet packet = {.kind = PACKET_REQUEST, .id = ids[i]};
		send_raw(socket, &packet, sizeof packet, NULL, 0);
		fact("a forged id", is_hung_up(socket), 1);
		close(socket);
	}
	close(victim);
}

/* The same id while the server asks back about the first. */
static void
repeat_id(void)
{
	struct {
		struct packet packet;
		uint32_t technique, wishes;
		uint64_t length;
	} request = {{.kind = PACKET_REQUEST, .length = 16}, 0, 1, 0};
	uint32_t number;
	int socket = connect_accepted(&number);
	char question[100];

	request.packet.id = number << 20 | 1;
	send_raw(socket, &request, sizeof request, NULL, 0);
	fact("the server asks back",
	    recv(socket, question, sizeof question, 0) > 0, 1);
	send_raw(socket, &request, sizeof request, NULL, 0);
	fact("an id that isn't answered yet", is_hung_up(socket), 1);
	close(socket);
}

/* More data is promised than comes, or less. */
static void
lie_about_length(void)
{
	unsigned char bytes[sizeof(struct packet) + 100] = {0};
	uint32_t number;

	for (uint16_t length = 0; length <= 200; length += 200) {
		int socket = connect_accepted(&number);
		struct packet packet = {.kind = PACKET_REQUEST,
		    .id = number << 20 | 1,
		    .length = length};
		memcpy(bytes, &packet, sizeof packet);
		send_raw(socket, bytes, sizeof bytes, NULL, 0);
		fact("a wrong length", is_hung_up(socket), 1);
		close(socket);
	}
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

/* ---- floods ------------------------------------------------------------- */

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

/* A process has so many connections and no more; another process has its own.
 */
static void
connect_many(void)
{
	enum { MANY = 600, ALLOWED = 128 };
	static struct pollfd sockets[MANY];
	int hung_up = 0, status = 1;
	pid_t other;

	for (int i = 0; i < MANY; i++)
		sockets[i] = (struct pollfd){.fd = connect_raw()};
	for (int i = ALLOWED; i < MANY; i++)
		hung_up += poll(&sockets[i], 1, 10000) == 1;
	fact(
	    "connections that are too many", (uint64_t)hung_up, MANY - ALLOWED);
	other = fork();
	if (other == -1)
		die("fork");
	if (other == 0) {
		check_service();
		_exit(0);
	}
	if (waitpid(other, &status, 0) == -1)
		die("waitpid");
	fact("another process's", (uint64_t)status, 0);
	for (int i = 0; i < MANY; i++)
		close(sockets[i].fd);
}

/* ---- all of them -------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(void);
} attacks[] = {
    {"a client that says nothing", say_nothing},
    {"a wrong beginning", begin_wrong},
    {"packets of a server's", be_server},
    {"forged ids", forge_ids},
    {"an id twice", repeat_id},
    {"lengths", lie_about_length},
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
	size_t count = 0, clients = 0, seed = 1;
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
		case 'g':
			clients =
			    parse_count("--fuzz-client", optarg, 1, INT_MAX);
			break;
		case 'r':
			seed = parse_count("--seed", optarg, 1, INT_MAX);
			break;
		}
	if (clients > 0) {
		fuzz_client(clients, seed);
		return facts_end();
	}
	if (!name || server == 0)
		usage_error("--name and --server are needed");
	setvbuf(stdout, NULL, _IOLBF, 0);
	check_service();
	size_t descriptors = count_descriptors();
	if (count > 0) {
		fuzz(count, seed);
		check_server("random mistakes", descriptors);
		return facts_end();
	}
	for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
		attacks[i].run();
		check_server(attacks[i].name, descriptors);
	}
	return facts_end();
}
