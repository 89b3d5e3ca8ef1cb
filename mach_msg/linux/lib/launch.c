/*
 * Finding the kernel: the run directory, its socket, and the kernel's start
 * when nobody listens there.
 */
#define _GNU_SOURCE /* O_PATH, pipe2 */
#include "mach_msg/linux/lib/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { READY_FD = 3, ATTEMPTS = 5 };

static int
complain(const char *what, const char *object)
{
	fprintf(stderr, "mach: %s %s: %s\n", what, object, strerror(errno));
	return -1;
}

/* ---- the run directory --------------------------------------------------- */

void
mach_run_directory(char *path, size_t size)
{
	const char *own = getenv("MACH_RUN_DIR");
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (own && *own)
		snprintf(path, size, "%s", own);
	else if (runtime && *runtime)
		snprintf(path, size, "%s/mach", runtime);
	else
		snprintf(path, size, "/tmp/mach-%ld", (long)geteuid());
}

/* Opens it; -1 when it isn't this user's alone. */
static int
open_directory(const char *path)
{
	struct stat status;
	int fd;

	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return complain("open", path);
	if (fstat(fd, &status) == -1 || status.st_uid != geteuid() ||
	    (status.st_mode & 077) != 0) {
		fprintf(stderr,
		    "mach: %s is not a directory of this user's alone (mode "
		    "0700); set MACH_RUN_DIR to one that is\n",
		    path);
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- the socket ---------------------------------------------------------- */

static int
try_connect(int directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	/* by the descriptor, since a socket's path has to be short */
	snprintf(address.sun_path, sizeof address.sun_path,
	    "/proc/self/fd/%d/kernel", directory);
	while (connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
		if (errno != EINTR) {
			int error = errno;
			close(fd);
			errno = error;
			return -1;
		}
	return fd;
}

/* The kernel's program: $MACH_KERNEL, else mach_kernel beside this one. */
static bool
name_kernel(char *path, size_t size)
{
	const char *given = getenv("MACH_KERNEL");
	ssize_t n;
	char *slash;

	if (given && *given)
		return (size_t)snprintf(path, size, "%s", given) < size;
	n = readlink("/proc/self/exe", path, size - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	if ((size_t)(slash - path) + sizeof "/mach_kernel" > size)
		return false;
	memcpy(slash, "/mach_kernel", sizeof "/mach_kernel");
	return true;
}

/* Starts the program with the pipe's end as its descriptor READY_FD, and with
 * the signals as they are by default. */
static int
spawn_kernel(char *program, char *directory, int ready, pid_t *pid)
{
	char number[] = {'0' + READY_FD, '\0'};
	char *arguments[] = {program, directory, number, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(
	    &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_adddup2(&actions, ready, READY_FD);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(
		    &actions, fd, "/dev/null", O_RDWR, 0);
	error = posix_spawn(
	    pid, program, &actions, &attributes, arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Starts the kernel and waits until it listens. */
static bool
start_kernel(char *directory)
{
	char program[4096], byte;
	int ends[2], moved, error = EMFILE;
	pid_t pid = 0;
	ssize_t n;

	if (!name_kernel(program, sizeof program) ||
	    pipe2(ends, O_CLOEXEC) == -1)
		return complain("start", "mach_kernel") == 0;
	/* READY_FD itself would stay closed on exec, and 0 to 2 be replaced */
	moved = fcntl(ends[1], F_DUPFD_CLOEXEC, READY_FD + 1);
	close(ends[1]);
	if (moved != -1) {
		error = spawn_kernel(program, directory, moved, &pid);
		close(moved);
	}
	if (error != 0) {
		errno = error;
		complain("start", program);
		close(ends[0]);
		return false;
	}
	do
		n = read(ends[0], &byte, 1);
	while (n == -1 && errno == EINTR);
	close(ends[0]);
	/* its child lives on; who ignores SIGCHLD has no child to wait for */
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (n != 1)
		fprintf(stderr, "mach: %s did not start in %s\n", program,
		    directory);
	return n == 1;
}

/* Nobody listens: whoever gets the lock first starts the kernel. */
static int
connect_or_start(int directory, char *path)
{
	int lock =
	    openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int fd;

	if (lock == -1)
		return complain("open the lock in", path);
	while (flock(lock, LOCK_EX) == -1)
		if (errno != EINTR) {
			complain("lock", path);
			close(lock);
			return -1;
		}
	fd = try_connect(directory);
	if (fd == -1 && start_kernel(path)) {
		fd = try_connect(directory);
		if (fd == -1)
			complain("connect to the kernel in", path);
	}
	close(lock);
	return fd;
}

int
mach_kernel_connect(void)
{
	char path[4096];
	int directory, fd;

	mach_run_directory(path, sizeof path);
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return complain("mkdir", path);
	directory = open_directory(path);
	if (directory == -1)
		return -1;
	fd = try_connect(directory);
	if (fd == -1)
		fd = connect_or_start(directory, path);
	close(directory);
	return fd;
}

int
mach_kernel_find(char *directory, size_t size)
{
	struct stat status;
	int opened, fd;

	mach_run_directory(directory, size);
	if (lstat(directory, &status) == -1 && errno == ENOENT)
		return -1;
	opened = open_directory(directory);
	if (opened == -1)
		return -2;
	fd = try_connect(opened);
	close(opened);
	return fd;
}
