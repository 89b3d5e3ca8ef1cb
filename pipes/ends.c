#include "pipes/ends.h"
#include "common/common.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
ends_visible(void)
{
	return access("/proc/self/fd", R_OK | X_OK) == 0;
}

bool
same_pipe(const struct end *a, const struct end *b)
{
	return a->device == b->device && a->inode == b->inode;
}

void
ends_add(struct ends *ends, const struct end *end)
{
	struct end *more =
	    realloc(ends->end, (ends->count + 1) * sizeof *ends->end);

	if (!more)
		die("realloc");
	ends->end = more;
	ends->end[ends->count++] = *end;
}

void
ends_free(struct ends *ends)
{
	free(ends->end);
	*ends = (struct ends){NULL, 0};
}

/* Reads a file of /proc, at most SIZE - 1 bytes, and ends it with a zero;
 * returns how many, 0 when there is no such process any more. */
static size_t
read_proc(pid_t pid, const char *file, char *bytes, size_t size)
{
	char path[64];
	long long n = 0;

	snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		n = read_all(fd, bytes, size - 1);
		close(fd);
	}
	if (n < 0)
		n = 0;
	bytes[n] = '\0';
	return (size_t)n;
}

/* The program's name as it was called: the last component of argv[0], or what
 * the kernel calls a process that has none. */
static void
name_process(pid_t pid, char *name, size_t size)
{
	char words[512];

	if (read_proc(pid, "cmdline", words, sizeof words) == 0 || !*words) {
		size_t n = read_proc(pid, "comm", words, sizeof words);
		if (n > 0 && words[n - 1] == '\n')
			words[n - 1] = '\0';
	}
	words[strcspn(words, ":")] = '\0'; /* "sshd: user@pts/0" */
	char *last = strrchr(words, '/');
	snprintf(name, size, "%.*s", (int)size - 1,
	    last && last[1] ? last + 1 : words);
}

/* Names come from whoever gave them: no control character gets out of here. */
static void
make_printable(char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			*name = '?';
}

static int
compare_descriptors(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Appends PID's descriptor FD when it is one of a pipe. DIRECTORY is open on
 * /proc/PID/fd. */
static void
add_descriptor(
    struct ends *ends, int directory, const char *process, pid_t pid, int fd)
{
	struct end end = {.pid = pid, .fd = fd};
	struct stat pipe, link;
	char number[16];

	/* The link's target tells which pipe it is, the permissions of the link
	 * itself how it is open. */
	snprintf(number, sizeof number, "%d", fd);
	if (fstatat(directory, number, &pipe, 0) == -1 ||
	    !S_ISFIFO(pipe.st_mode) ||
	    fstatat(directory, number, &link, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	snprintf(end.process, sizeof end.process, "%s", process);
	end.reads = (link.st_mode & S_IRUSR) != 0;
	end.writes = (link.st_mode & S_IWUSR) != 0;
	end.device = pipe.st_dev;
	end.inode = pipe.st_ino;

	char target[sizeof end.pipe];
	ssize_t n = readlinkat(directory, number, target, sizeof target - 1);
	target[n > 0 ? n : 0] = '\0';
	if (target[0] == '/')
		snprintf(end.pipe, sizeof end.pipe, "%s", target);
	else
		snprintf(end.pipe, sizeof end.pipe, "pipe %llu",
		    (unsigned long long)pipe.st_ino);
	make_printable(end.process);
	make_printable(end.pipe);
	ends_add(ends, &end);
}

bool
ends_of_process(struct ends *ends, pid_t pid)
{
	char path[64], process[sizeof ends->end->process];
	int *fds = NULL;
	size_t count = 0;

	snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
	DIR *directory = opendir(path);
	if (!directory)
		return false;
	for (struct dirent *entry; (entry = readdir(directory));) {
		int *more = realloc(fds, (count + 1) * sizeof *fds);
		if (!more)
			die("realloc");
		fds = more;
		if (entry->d_name[0] != '.')
			fds[count++] = atoi(entry->d_name);
	}
	name_process(pid, process, sizeof process);
	if (count > 0)
		qsort(fds, count, sizeof *fds, compare_descriptors);
	for (size_t i = 0; i < count; i++)
		add_descriptor(ends, dirfd(directory), process, pid, fds[i]);
	closedir(directory);
	free(fds);
	return true;
}

/* PID's parent, 0 when there is no such process. */
static pid_t
parent_of(pid_t pid)
{
	char stat[512];
	long parent = 0;

	/* "PID (NAME) STATE PARENT ...", and NAME may hold ") " */
	read_proc(pid, "stat", stat, sizeof stat);
	char *behind_name = strrchr(stat, ')');
	if (!behind_name || sscanf(behind_name, ") %*c %ld", &parent) != 1)
		return 0;
	return (pid_t)parent;
}

struct relation {
	pid_t child, parent;
};

static void
add_children(struct ends *ends, pid_t parent, const struct relation *relations,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (relations[i].parent == parent) {
			(void)ends_of_process(ends, relations[i].child);
			add_children(
			    ends, relations[i].child, relations, count);
		}
}

bool
ends_of_family(struct ends *ends, pid_t pid)
{
	struct relation *relations = NULL;
	size_t count = 0;

	if (!ends_of_process(ends, pid))
		return false;
	DIR *directory = opendir("/proc");
	if (!directory)
		return false;
	for (struct dirent *entry; (entry = readdir(directory));) {
		pid_t child = (pid_t)atol(entry->d_name);
		pid_t parent = child > 0 ? parent_of(child) : 0;
		if (parent <= 0)
			continue;
		struct relation *more =
		    realloc(relations, (count + 1) * sizeof *relations);
		if (!more)
			die("realloc");
		relations = more;
		relations[count++] = (struct relation){child, parent};
	}
	closedir(directory);
	add_children(ends, pid, relations, count);
	free(relations);
	return true;
}
