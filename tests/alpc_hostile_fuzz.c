#define _GNU_SOURCE /* F_SEAL_SHRINK */
#include "tests/alpc_raw.h"
#include "windows_ipc/ntalpc/name.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

void
fuzz(size_t count, uint64_t seed)
{
	static unsigned char bytes[1000];
	int fd = memory(65536, true, F_SEAL_SHRINK | F_SEAL_GROW);
	struct pollfd answer = {.events = POLLIN};

	state = seed;
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

/* ---- a server ----------------------------------------------------------- */

static int listener, section;

/* Accepts a client and sends it what it didn't ask for. */
static void *
serve_randomly(void *unused)
{
	unsigned char bytes[1000];
	struct packet packet = {
	    .kind = PACKET_ACCEPTED, .id = 1, .view_size = 0xffef};
	int socket = accept(listener, NULL, NULL);

	if (socket == -1)
		die("accept");
	recv(socket, bytes, sizeof bytes, 0);
	if (random_number(10) > 0)
		send_raw(socket, &packet, sizeof packet, NULL, 0);
	for (uint32_t i = random_number(20); i > 0; i--) {
		size_t size = make_packet(bytes, 1);
		if (!send_raw(
			socket, bytes, size, &section, random_number(3) == 0))
			break;
	}
	close(socket);
	return unused;
}

/* Whatever comes, its calls return. */
static void
be_client(void)
{
	static union message answer;
	struct attributes attributes;
	struct ask ask;
	SIZE_T length = sizeof answer;
	HANDLE port;

	if (NtAlpcConnectPort(&port, name_of("fuzz"), NULL, NULL, 0, NULL, NULL,
		NULL, NULL, NULL, within(10000)) != STATUS_SUCCESS)
		return;
	attributes_begin(&attributes);
	ask_begin(&ask, ECHO, sizeof ask);
	while (ask_for(port, &ask, &attributes, &answer) == STATUS_SUCCESS)
		;
	while (NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &answer.header,
		   &length, NULL, within(10000)) == STATUS_SUCCESS)
		length = sizeof answer;
	need(NtClose(port), "NtClose");
}

void
fuzz_client(size_t count, uint64_t seed)
{
	struct port_name parsed;
	size_t descriptors;
	pthread_t thread;

	state = seed;
	server = GetCurrentProcessId(); /* whose descriptors are counted */
	section = memory(65536, true, F_SEAL_SHRINK | F_SEAL_GROW);
	need(name_parse(name_of("fuzz"), &parsed), "name_parse");
	need(name_listen(&parsed, &listener), "name_listen");
	descriptors = count_descriptors();
	for (size_t i = 0; i < count; i++) {
		if (pthread_create(&thread, NULL, serve_randomly, NULL) != 0)
			fatal("pthread_create failed");
		be_client();
		pthread_join(thread, NULL);
	}
	fact("no descriptor is left", count_descriptors(), descriptors);
	fact("no mapping", count_mappings(), 0);
	name_remove(&parsed);
	close(listener);
	close(section);
}
