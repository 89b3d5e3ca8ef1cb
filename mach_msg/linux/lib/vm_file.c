#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS, MADV_HUGEPAGE */
#include "mach_msg/linux/lib/vm_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct vm_file *files;
static unsigned count;

/* The file, which has the descriptor from here on; null, and it is closed, when
 * there is no memory. */
static struct vm_file *
add(int fd, const struct stat *status)
{
	struct vm_file *file = calloc(1, sizeof *file);

	if (!file) {
		close(fd);
		return NULL;
	}
	file->fd = fd;
	file->device = status->st_dev;
	file->number = status->st_ino;
	file->references = 1;
	file->next = files;
	files = file;
	count++;
	return file;
}

struct vm_file *
vm_file_create(uint64_t size)
{
	struct rlimit limit;
	struct stat status;
	int fd;

	/* beyond that limit ftruncate(2) would end the program */
	if (count >= VM_FILES_MAX || size > INT64_MAX ||
	    getrlimit(RLIMIT_FSIZE, &limit) == -1 || size > limit.rlim_cur)
		return NULL;
	fd = memfd_create("mach memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return NULL;
	if (ftruncate(fd, (off_t)size) == -1 || fstat(fd, &status) == -1) {
		close(fd);
		return NULL;
	}
	return add(fd, &status);
}

struct vm_file *
vm_file_of(int fd)
{
	struct vm_file *file = files;
	struct stat status;

	if (fstat(fd, &status) == -1)
		return NULL;
	while (file &&
	       (file->number != status.st_ino || file->device != status.st_dev))
		file = file->next;
	if (file) {
		file->references++;
		return file;
	}
	if (count >= VM_FILES_MAX)
		return NULL;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd == -1)
		return NULL;
	file = add(fd, &status);
	if (file)
		file->frozen = file->sealed = true;
	return file;
}

bool
vm_file_is_there(const struct vm_file *file)
{
	struct stat status;

	return fstat(file->fd, &status) == 0 && status.st_ino == file->number &&
	       status.st_dev == file->device;
}

static bool
fill_by_write(int fd, uint64_t offset, const char *from, size_t size)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, from, size, (off_t)offset);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

bool
vm_file_fill(
    const struct vm_file *file, uint64_t offset, const void *from, size_t size)
{
	void *to;

	if (size < VM_HUGE_PAGE)
		return fill_by_write(file->fd, offset, from, size);
	/* write(2) makes no huge pages */
	to = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd,
	    (off_t)offset);
	if (to == MAP_FAILED)
		return fill_by_write(file->fd, offset, from, size);
	madvise(to, size, MADV_HUGEPAGE);
	memcpy(to, from, size);
	munmap(to, size);
	return true;
}

bool
vm_file_seal(struct vm_file *file)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;

	if (!file->sealed)
		file->sealed = fcntl(file->fd, F_ADD_SEALS, seals) == 0;
	return file->sealed;
}

void
vm_file_release(struct vm_file *file)
{
	struct vm_file **place = &files;

	if (--file->references > 0)
		return;
	while (*place != file)
		place = &(*place)->next;
	*place = file->next;
	count--;
	if (vm_file_is_there(file))
		close(file->fd);
	free(file);
}

unsigned
vm_file_count(void)
{
	return count;
}
