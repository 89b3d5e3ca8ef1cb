#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS */
#include "mach_msg/linux/lib/vm_map_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mach_msg/linux/lib/vm_renew.h"

/* What the copied bytes may need after all else. */
enum { SPARE = 2 };

struct vm_map_copy *
vm_map_copy_create(void)
{
	struct vm_map_copy *copy = malloc(sizeof *copy);

	if (copy) {
		copy->size = copy->copied = 0;
		copy->extent_count = copy->file_count = 0;
	}
	return copy;
}

/* ---- files and extents --------------------------------------------------- */

/* The number of the file, which is added if need be; of that of the copied
 * bytes for null. TRAP_FILES_MAX when it isn't there, and there is no room. */
static uint32_t
number_of(struct vm_map_copy *copy, struct vm_file *file)
{
	uint32_t number = 0;

	while (number < copy->file_count && copy->files[number] != file)
		number++;
	if (number < copy->file_count || !file)
		return number < copy->file_count ? number : TRAP_FILES_MAX;
	if (number + SPARE > TRAP_FILES_MAX)
		return TRAP_FILES_MAX;
	copy->files[number] = file;
	copy->fds[number] = file->fd;
	copy->file_count++;
	file->references++;
	return number;
}

/* Adds an extent, or makes the last one longer. */
static void
add_extent(
    struct vm_map_copy *copy, uint32_t file, uint64_t offset, uint64_t size)
{
	struct trap_extent *last = &copy->extents[copy->extent_count];

	copy->size += size;
	if (copy->extent_count > 0 && last[-1].file == file &&
	    last[-1].offset + last[-1].size == offset) {
		last[-1].size += size;
		return;
	}
	*last =
	    (struct trap_extent){.offset = offset, .size = size, .file = file};
	copy->extent_count++;
}

/* ---- memory that is mapped ----------------------------------------------- */

/* Adds what lies at AT up to END, all of it prepared; false when there is no
 * room for all: then nothing is added. */
static bool
add_mapped(struct vm_map_copy *copy, uintptr_t at, uintptr_t end,
    const struct vm_renewal *renewal)
{
	uint32_t extents = copy->extent_count, files = copy->file_count;
	struct trap_extent last = {.size = 0};
	uint64_t size = copy->size, offset;
	struct vm_file *file;

	if (extents > 0)
		last = copy->extents[extents - 1]; /* it may get longer */
	while (at < end) {
		uintptr_t next = vm_renewed(renewal, at, end, &file, &offset);
		uint32_t number = number_of(copy, file);
		if (number == TRAP_FILES_MAX ||
		    copy->extent_count + SPARE >= TRAP_EXTENTS_MAX)
			break;
		add_extent(copy, number, offset, next - at);
		at = next;
	}
	if (at == end)
		return true;
	while (copy->file_count > files)
		vm_file_release(copy->files[--copy->file_count]);
	if (extents > 0)
		copy->extents[extents - 1] = last;
	copy->extent_count = extents;
	copy->size = size;
	return false;
}

/* Whether the bytes could be mapped, and have been added. */
static bool
map_in(struct vm_map_copy *copy, uintptr_t address, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = address & ~(page - 1), end = address + size;
	struct vm_renewal renewal;
	FILE *parts = NULL;
	size_t number;
	bool done;

	if (end > UINTPTR_MAX - page || end < address)
		return false;
	vm_map_lock();
	number = vm_map_find(start);
	done = number < vm_map.count && vm_map.extents[number].start <= start &&
	       (parts = vm_parts_open()) &&
	       vm_renew(start, (end + page - 1) & ~(page - 1), parts, &renewal);
	if (parts)
		fclose(parts);
	if (done) {
		done = add_mapped(copy, address, end, &renewal);
		vm_renewal_end(&renewal);
	}
	vm_map_unlock();
	return done;
}

/* ---- bytes that are copied ----------------------------------------------- */

/* The number of the file that they go to. */
static uint32_t
number_of_copied(struct vm_map_copy *copy)
{
	uint32_t number = number_of(copy, NULL);
	int fd;

	if (number < TRAP_FILES_MAX)
		return number;
	fd = memfd_create("mach_msg", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return TRAP_FILES_MAX;
	number = copy->file_count++;
	copy->files[number] = NULL;
	copy->fds[number] = fd;
	return number;
}

static mach_msg_return_t
copy_in(struct vm_map_copy *copy, const char *from, size_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint32_t number = number_of_copied(copy);
	size_t left = size;

	if (number == TRAP_FILES_MAX)
		return MACH_SEND_NO_BUFFER;
	/* the receiver can map whole pages, and needn't copy them again */
	if (size >= VM_MAP_MIN && copy->extent_count + SPARE < TRAP_EXTENTS_MAX)
		copy->copied = (copy->copied + page - 1) & ~(page - 1);
	while (left > 0) {
		ssize_t n = pwrite(copy->fds[number], from, left,
		    (off_t)(copy->copied + (size - left)));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == -1 && errno == EFAULT
				   ? MACH_SEND_INVALID_MEMORY
				   : MACH_SEND_NO_BUFFER;
		from += n;
		left -= (size_t)n;
	}
	add_extent(copy, number, copy->copied, size);
	copy->copied += size;
	return MACH_MSG_SUCCESS;
}

/* ---- both ---------------------------------------------------------------- */

mach_msg_return_t
vm_map_copyin(struct vm_map_copy *copy, const void *address, size_t size,
    mach_msg_copy_options_t option)
{
	if (size >= VM_MAP_MIN && option != MACH_MSG_PHYSICAL_COPY &&
	    map_in(copy, (uintptr_t)address, size))
		return MACH_MSG_SUCCESS;
	return copy_in(copy, address, size);
}

mach_msg_return_t
vm_map_copy_seal(struct vm_map_copy *copy)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	uint32_t number = number_of(copy, NULL);

	return number == TRAP_FILES_MAX ||
		       fcntl(copy->fds[number], F_ADD_SEALS, seals) == 0
		   ? MACH_MSG_SUCCESS
		   : MACH_SEND_NO_BUFFER;
}

void
vm_map_copy_free(struct vm_map_copy *copy)
{
	if (!copy)
		return;
	vm_map_lock();
	for (uint32_t i = 0; i < copy->file_count; i++)
		if (copy->files[i])
			vm_file_release(copy->files[i]);
		else
			close(copy->fds[i]);
	vm_map_unlock();
	free(copy);
}
