#define _GNU_SOURCE /* O_PATH */
#include "windows_ipc/ntalpc/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

/* ---- a name as a file --------------------------------------------------- */

/* Appends one byte, with an escape unless it can stand in a file's name. */
static bool
add_byte(struct port_name *name, size_t *length, unsigned byte)
{
	char text[4];
	bool plain = (byte >= 'a' && byte <= 'z') ||
		     (byte >= 'A' && byte <= 'Z') ||
		     (byte >= '0' && byte <= '9') ||
		     (byte && strchr("-_ ", (int)byte)) || byte >= 0x80 ||
		     (byte == '.' && *length > 0);

	snprintf(text, sizeof text, plain ? "%c" : "%%%02X", byte);
	if (*length + strlen(text) > LONGEST_NAME)
		return false;
	memcpy(name->file + *length, text, strlen(text) + 1);
	*length += strlen(text);
	return true;
}

/* Appends a character in UTF-8. */
static bool
add_character(struct port_name *name, size_t *length, unsigned c)
{
	if (c < 0x80)
		return add_byte(name, length, c);
	if (c < 0x800)
		return add_byte(name, length, 0xc0 | c >> 6) &&
		       add_byte(name, length, 0x80 | (c & 0x3f));
	if (c < 0x10000)
		return add_byte(name, length, 0xe0 | c >> 12) &&
		       add_byte(name, length, 0x80 | (c >> 6 & 0x3f)) &&
		       add_byte(name, length, 0x80 | (c & 0x3f));
	return add_byte(name, length, 0xf0 | c >> 18) &&
	       add_byte(name, length, 0x80 | (c >> 12 & 0x3f)) &&
	       add_byte(name, length, 0x80 | (c >> 6 & 0x3f)) &&
	       add_byte(name, length, 0x80 | (c & 0x3f));
}

NTSTATUS
name_parse(const UNICODE_STRING *text, struct port_name *name)
{
	size_t count = text->Length / sizeof(WCHAR), length = 0;
	const WCHAR *units = text->Buffer;

	if (count == 0 || !units || units[0] != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	if (count == 1)
		return STATUS_OBJECT_NAME_INVALID;
	for (size_t i = 1; i < count; i++) {
		unsigned c = units[i];
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < count &&
		    units[i + 1] >= 0xdc00 && units[i + 1] < 0xe000)
			c = 0x10000 + ((c - 0xd800) << 10) +
			    (units[++i] - 0xdc00u);
		else if (c >= 0xd800 && c < 0xe000)
			return STATUS_OBJECT_NAME_INVALID;
		if (!add_character(name, &length, c))
			return STATUS_OBJECT_NAME_INVALID;
	}
	return STATUS_SUCCESS;
}

/* ---- the directory ------------------------------------------------------ */

static void
name_directory(char *path, size_t size)
{
	const char *own = getenv("ALPC_RUN_DIR");
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (own && *own)
		snprintf(path, size, "%s", own);
	else if (runtime && *runtime)
		snprintf(path, size, "%s/alpc", runtime);
	else
		snprintf(path, size, "/tmp/alpc-%ld", (long)geteuid());
}

/* Opens it, made if need be; -1 when it isn't this user's alone. */
static int
open_directory(void)
{
	char path[PATH_MAX];
	struct stat status;
	int fd;

	name_directory(path, sizeof path);
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, &status) == -1 || status.st_uid != geteuid() ||
	    (status.st_mode & 077) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
lock_directory(int directory)
{
	while (flock(directory, LOCK_EX) == -1 && errno == EINTR)
		;
}

/* ---- sockets ------------------------------------------------------------ */

static struct sockaddr_un
address_of(int directory, const char *file)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof address.sun_path,
	    "/proc/self/fd/%d/%.80s", directory, file);
	return address;
}

/* Removes the file unless somebody is bound to it. A socket of another type
 * tells that without being accepted: EPROTOTYPE. The directory is locked. */
static void
remove_if_dead(int directory, const char *file)
{
	struct sockaddr_un address = address_of(directory, file);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == -1 &&
	    errno == ECONNREFUSED)
		unlinkat(directory, file, 0);
	close(fd);
}

static void
sweep_all(int directory)
{
	int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = again == -1 ? NULL : fdopendir(again);
	const struct dirent *entry;

	if (!list) {
		if (again != -1)
			close(again);
		return;
	}
	while ((entry = readdir(list)) != NULL)
		if (entry->d_type == DT_SOCK &&
		    strlen(entry->d_name) <= LONGEST_NAME)
			remove_if_dead(directory, entry->d_name);
	closedir(list);
}

static int
new_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

NTSTATUS
name_listen(const struct port_name *name, int *result)
{
	int directory = open_directory(), fd;
	NTSTATUS status = STATUS_SUCCESS;

	if (directory == -1)
		return STATUS_ACCESS_DENIED;
	fd = new_socket();
	if (fd == -1) {
		close(directory);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	struct sockaddr_un address = address_of(directory, name->file);
	lock_directory(directory);
	sweep_all(directory);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) == -1)
		status = errno == EADDRINUSE ? STATUS_OBJECT_NAME_COLLISION
					     : STATUS_ACCESS_DENIED;
	else if (listen(fd, BACKLOG) == -1)
		status = STATUS_INSUFFICIENT_RESOURCES;
	close(directory); /* and with it the lock */
	if (status != STATUS_SUCCESS)
		close(fd);
	*result = fd;
	return status;
}

void
name_remove(const struct port_name *name)
{
	int directory = open_directory();

	if (directory == -1)
		return;
	unlinkat(directory, name->file, 0);
	close(directory);
}

/* A server that accepts nobody has a full backlog, in which connect waits. */
static void
limit_connecting(int fd, const struct deadline *deadline)
{
	struct timespec left;
	struct timeval limit = {.tv_sec = 0};

	if (!deadline_left(deadline, &left))
		return;
	limit.tv_sec = left.tv_sec;
	limit.tv_usec = left.tv_nsec / 1000 + 1;
	if (limit.tv_usec >= 1000000)
		limit.tv_usec = 999999;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

NTSTATUS
name_connect(
    const struct port_name *name, int *result, const struct deadline *deadline)
{
	int directory = open_directory(), fd, error = 0;

	if (directory == -1)
		return STATUS_ACCESS_DENIED;
	fd = new_socket();
	if (fd == -1) {
		close(directory);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	struct sockaddr_un address = address_of(directory, name->file);
	limit_connecting(fd, deadline);
	while (connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
		if (errno != EINTR) {
			error = errno;
			break;
		}
	close(directory);
	if (error == 0) {
		*result = fd;
		return STATUS_SUCCESS;
	}
	close(fd);
	if (error == ECONNREFUSED)
		name_sweep(name);
	if (error == EAGAIN)
		return STATUS_TIMEOUT;
	return error == ENOENT || error == ECONNREFUSED || error == EPROTOTYPE
		   ? STATUS_OBJECT_NAME_NOT_FOUND
		   : STATUS_ACCESS_DENIED;
}

void
name_sweep(const struct port_name *name)
{
	int directory = open_directory();

	if (directory == -1)
		return;
	lock_directory(directory);
	remove_if_dead(directory, name->file);
	close(directory);
}
