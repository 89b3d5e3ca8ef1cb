#define _GNU_SOURCE /* struct ucred, pidfd_open */
#include "mach_msg/linux/kernel/linux_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

bool
linux_process_of(int socket, struct ipc_sender *peer)
{
	struct ucred who;
	socklen_t size = sizeof who;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == -1 ||
	    who.pid <= 0 || who.uid != geteuid())
		return false;
	*peer = (struct ipc_sender){who.pid, who.uid, who.gid};
	return true;
}

int
linux_process_open(int socket, pid_t pid)
{
	int fd;
	socklen_t size = sizeof fd;

	if (socket != -1 &&
	    getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0)
		return fd;
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

pid_t
linux_process_parent(pid_t pid)
{
	char path[32], line[512];
	const char *after_name = NULL;
	FILE *file;
	int parent = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(line, sizeof line, file))
		after_name = strrchr(line, ')');
	if (after_name)
		parent = (int)strtol(after_name + 4, NULL, 10); /* ") S 123" */
	fclose(file);
	return parent;
}
