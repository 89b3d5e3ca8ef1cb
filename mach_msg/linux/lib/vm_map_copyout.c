#define _GNU_SOURCE /* MAP_FIXED */
#include "mach_msg/linux/lib/vm_map_copy.h"

#include <sys/mman.h>
#include <unistd.h>

#include "mach_msg/linux/lib/connection.h"
#include "mach_msg/linux/lib/vm_freeze.h"

/* A piece of an extent of the answer's. */
struct piece {
	uint64_t offset, size;
	int fd;
};

/* The piece of at most SIZE bytes that the payload has from *OFFSET on, which
 * is counted from extent *NUMBER on, and moves behind it. */
static struct piece
next_piece(const struct trap_exchange *exchange, uint32_t *number,
    uint64_t *offset, uint64_t size)
{
	struct trap_extent extent = connection_extent(exchange, *number);
	struct piece piece;

	while (*offset >= extent.size) {
		*offset -= extent.size;
		extent = connection_extent(exchange, ++*number);
	}
	piece.fd = exchange->answer_files[extent.file];
	piece.offset = extent.offset + *offset;
	piece.size = extent.size - *offset;
	if (piece.size > size)
		piece.size = size;
	*offset += piece.size;
	return piece;
}

/* Whether each piece begins a page where the one before it ends one. */
static bool
fit_in_pages(const struct trap_exchange *exchange, uint64_t offset, size_t size,
    uint64_t page, uint64_t *first)
{
	uint32_t number = 0;
	uint64_t done = 0;

	while (done < size) {
		struct piece piece =
		    next_piece(exchange, &number, &offset, size - done);
		if (done == 0)
			*first = piece.offset;
		else if (piece.offset % page != 0 ||
			 (*first + done) % page != 0)
			return false;
		if (piece.fd == -1)
			return false;
		done += piece.size;
	}
	return true;
}

/* Maps the piece at AT, which lies in its page where the piece does, and notes
 * that in the task's map. */
static bool
map_piece(uintptr_t at, const struct piece *piece, uint64_t page)
{
	uint64_t before = piece->offset % page;
	uint64_t size = (before + piece->size + page - 1) / page * page;
	uintptr_t start = at - (uintptr_t)before;
	struct vm_file *file;

	if (mmap((void *)start, (size_t)size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_FIXED, piece->fd,
		(off_t)(piece->offset - before)) == MAP_FAILED)
		return false;
	file = vm_file_of(piece->fd);
	if (!file)
		return true; /* it will be copied when it is sent on */
	(void)vm_map_put(
	    start, start + (uintptr_t)size, file, piece->offset - before);
	vm_file_release(file);
	return true;
}

void *
vm_map_copyout(
    const struct trap_exchange *exchange, uint64_t offset, size_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), first = 0, whole;
	bool done = true;
	uint32_t number = 0;
	char *memory;

	if (!fit_in_pages(exchange, offset, size, page, &first))
		return NULL;
	whole = (first % page + size + page - 1) / page * page;
	memory = vm_reserve((size_t)whole, first - first % page);
	if (!memory)
		return NULL;
	vm_map_lock();
	vm_sweep();
	vm_map_forget((uintptr_t)memory, (uintptr_t)memory + (uintptr_t)whole);
	for (uint64_t at = 0; done && at < size;) {
		struct piece piece =
		    next_piece(exchange, &number, &offset, size - at);
		done = map_piece(
		    (uintptr_t)memory + (uintptr_t)(first % page + at), &piece,
		    page);
		at += piece.size;
	}
	if (!done) {
		vm_map_forget(
		    (uintptr_t)memory, (uintptr_t)memory + (uintptr_t)whole);
		munmap(memory, (size_t)whole);
	}
	vm_map_unlock();
	return done ? memory + first % page : NULL;
}
