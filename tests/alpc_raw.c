#define _GNU_SOURCE /* memfd_create */
#include "tests/alpc_raw.h"
#include "windows_ipc/ntalpc/name.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

const char *name;
size_t server;

/* ---- packets ------------------------------------------------------------ */

bool
send_raw(
    int socket, const void *bytes, size_t size, const int *fds, size_t count)
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

int
connect_raw(void)
{
	static const struct deadline forever = {.forever = true};
	struct port_name parsed;
	int socket;

	need(name_parse(name_of(name), &parsed), "name_parse");
	need(name_connect(&parsed, &socket, &forever), "name_connect");
	return socket;
}

int
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

/* ---- what must hold ----------------------------------------------------- */

void
check_service(void)
{
	HANDLE port = connect_to(name);
	union message message, answer;
	SIZE_T length = sizeof answer;
	const uint64_t body[2] = {0}; /* the queue, no bytes */

	ask_begin(&message.ask, 0, sizeof message.header + 16);
	memcpy(&message.header + 1, body, sizeof body);
	need(NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
		 &message.header, NULL, &answer.header, &length, NULL,
		 within(30000)),
	    "another client's request");
	need(NtClose(port), "NtClose");
}

size_t
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

size_t
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

void
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

int
memory(size_t size, bool filled, int seals)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1 || ftruncate(fd, (off_t)size) == -1 ||
	    (filled && fallocate(fd, 0, 0, (off_t)size) == -1) ||
	    fcntl(fd, F_ADD_SEALS, seals) == -1)
		die("memfd_create");
	return fd;
}
