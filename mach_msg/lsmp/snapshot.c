#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC */
#include "mach_msg/lsmp/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/common.h"
#include "mach_msg/linux/trap.h"

/* ---- the answer ---------------------------------------------------------- */

static bool
send_call(int fd)
{
	const struct trap_call call = {.number = TRAP_SPACE_INFO};
	ssize_t n;

	do
		n = send(fd, &call, sizeof call, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == sizeof call;
}

/* Reads the answer into ANSWER and BYTES; *MEMFD is where its payload is
 * instead, or -1. */
static bool
receive_answer(
    int fd, struct trap_answer *answer, unsigned char *bytes, int *memfd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof *memfd)];
	} control;
	struct iovec parts[] = {
	    {answer, sizeof *answer}, {bytes, TRAP_INLINE_MAX}};
	struct msghdr message = {.msg_iov = parts,
	    .msg_iovlen = 2,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	const struct cmsghdr *header;
	ssize_t n;

	do
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	*memfd = -1;
	if (n < (ssize_t)sizeof *answer)
		return false;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(memfd, CMSG_DATA(header), sizeof *memfd);
	return true;
}

/* All that the kernel has told; false when it has ended. */
static bool
ask(int fd, struct trap_answer *answer, void **bytes)
{
	int memfd;
	size_t size;
	bool whole = true;

	*bytes = malloc(TRAP_INLINE_MAX);
	if (!*bytes)
		die("malloc");
	if (!send_call(fd) || !receive_answer(fd, answer, *bytes, &memfd)) {
		free(*bytes);
		return false;
	}
	if (memfd == -1)
		return true;
	size = (size_t)answer->payload_size;
	free(*bytes);
	*bytes = malloc(size);
	if (!*bytes)
		die("malloc");
	whole = pread(memfd, *bytes, size, 0) == (ssize_t)size;
	if (!whole)
		die("read what the Mach kernel tells");
	close(memfd);
	return true;
}

/* ---- programs ------------------------------------------------------------ */

/* The name of the program that the process runs, at most PROGRAM_SIZE - 1
 * bytes. */
static void
name_program(uint32_t pid, char *program)
{
	char link[32], path[4096];
	const char *name = "?";
	char *deleted, *slash;
	ssize_t n;

	snprintf(link, sizeof link, "/proc/%u/exe", pid);
	n = readlink(link, path, sizeof path - 1);
	if (n > 0) {
		path[n] = '\0';
		deleted = strstr(path, " (deleted)");
		if (deleted)
			*deleted = '\0';
		slash = strrchr(path, '/');
		name = slash ? slash + 1 : path;
	}
	escape_controls(name, program, PROGRAM_SIZE);
}

bool
snapshot_take(int fd, struct snapshot *snapshot)
{
	struct trap_answer answer = {0};

	if (!ask(fd, &answer, &snapshot->bytes))
		return false;
	snapshot->task_count = answer.values[INFO_TASKS];
	snapshot->name_count = answer.values[INFO_NAMES];
	snapshot->member_count = answer.values[INFO_MEMBERS];
	snapshot->tasks = snapshot->bytes;
	snapshot->names =
	    (const void *)(snapshot->tasks + snapshot->task_count);
	snapshot->members =
	    (const void *)(snapshot->names + snapshot->name_count);
	snapshot->programs =
	    malloc((snapshot->task_count + 1) * sizeof *snapshot->programs);
	if (!snapshot->programs)
		die("malloc");
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		name_program(snapshot->tasks[i].pid, snapshot->programs[i]);
	return true;
}

void
snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->programs);
	free(snapshot->bytes);
}

/* ---- families ------------------------------------------------------------ */

/* The process's parent; 0 when there is none, or the process is gone. */
static uint32_t
parent_of(uint32_t pid)
{
	char path[32], line[512];
	const char *after_name = NULL;
	uint32_t parent = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(line, sizeof line, file))
		after_name = strrchr(line, ')');
	if (after_name)
		parent = (uint32_t)strtoul(after_name + 4, NULL, 10);
	fclose(file);
	return parent;
}

bool
is_of_family(uint32_t pid, uint32_t ancestor)
{
	while (pid != 0 && pid != ancestor)
		pid = parent_of(pid);
	return pid != 0;
}
