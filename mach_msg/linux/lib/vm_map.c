#include "mach_msg/linux/lib/vm_map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct vm_map vm_map;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
vm_map_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
vm_map_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

size_t
vm_map_find(uintptr_t address)
{
	size_t low = 0, high = vm_map.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (vm_map.extents[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Makes room for one extent at NUMBER. */
static bool
insert(size_t number, struct vm_extent extent)
{
	struct vm_extent *at;

	if (vm_map.count == vm_map.room) {
		size_t room = vm_map.room ? 2 * vm_map.room : 16;
		void *more = realloc(vm_map.extents, room * sizeof extent);
		if (!more)
			return false;
		vm_map.extents = more;
		vm_map.room = room;
	}
	at = &vm_map.extents[number];
	memmove(at + 1, at, (vm_map.count - number) * sizeof extent);
	*at = extent;
	vm_map.count++;
	extent.file->references++;
	return true;
}

static void
take_out(size_t number)
{
	struct vm_extent *at = &vm_map.extents[number];

	vm_file_release(at->file);
	vm_map.count--;
	memmove(at, at + 1, (vm_map.count - number) * sizeof *at);
}

void
vm_map_forget(uintptr_t start, uintptr_t end)
{
	size_t number = vm_map_find(start);

	while (number < vm_map.count && vm_map.extents[number].start < end) {
		struct vm_extent *at = &vm_map.extents[number], rest = *at;
		bool before = at->start<start, behind = at->end> end;
		rest.start = end;
		rest.offset += end - at->start;
		if (before)
			at->end = start;
		if (before && behind)
			(void)insert(number + 1, rest);
		else if (behind)
			*at = rest;
		if (before || behind)
			number++;
		else
			take_out(number);
	}
}

bool
vm_map_put(
    uintptr_t start, uintptr_t end, struct vm_file *file, uint64_t offset)
{
	struct vm_extent extent = {start, end, file, offset};

	file->references++; /* it may be there already, in the same place */
	vm_map_forget(start, end);
	file->references--;
	return insert(vm_map_find(start), extent);
}
