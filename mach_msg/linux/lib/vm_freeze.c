#define _GNU_SOURCE /* MADV_DONTFORK */
#include "mach_msg/linux/lib/vm_freeze.h"

#include <stdio.h>
#include <sys/mman.h>

/* The extent's pages stay the file's, until somebody writes to one. */
static bool
freeze_extent(const struct vm_extent *extent, FILE *parts)
{
	uintptr_t at = extent->start;
	bool done = true;

	while (at < extent->end) {
		struct vm_part part = vm_part_at(parts, extent, at);
		uint64_t offset = extent->offset + (at - extent->start);
		if (part.is_there && part.is_shared &&
		    mmap((void *)at, part.end - at, part.protection,
			MAP_PRIVATE | MAP_FIXED, extent->file->fd,
			(off_t)offset) == MAP_FAILED)
			done = false;
		at = part.end;
	}
	return done;
}

bool
vm_freeze(struct vm_file *file, FILE *parts)
{
	bool done = vm_file_is_there(file);

	for (size_t i = 0; done && i < vm_map.count; i++)
		if (vm_map.extents[i].file == file)
			done = freeze_extent(&vm_map.extents[i], parts);
	file->frozen = done;
	return done;
}

/* Forgets where the extent isn't. */
static void
sweep_extent(struct vm_extent extent, FILE *parts)
{
	struct vm_part part;

	for (uintptr_t at = extent.start; at < extent.end; at = part.end) {
		part = vm_part_at(parts, &extent, at);
		if (!part.is_there)
			vm_map_forget(part.start, part.end);
	}
}

void
vm_sweep(void)
{
	enum { FEW = 16 };
	static unsigned next = FEW; /* at so many files */
	uintptr_t behind = 0;
	FILE *parts;

	if (vm_file_count() < next)
		return;
	parts = vm_parts_open();
	for (size_t i = 0; parts && i < vm_map.count; i = vm_map_find(behind)) {
		behind = vm_map.extents[i].end;
		sweep_extent(vm_map.extents[i], parts);
	}
	if (parts)
		fclose(parts);
	next = vm_file_count() < FEW / 2 ? FEW : 2 * vm_file_count();
	if (next > VM_FILES_MAX)
		next = VM_FILES_MAX;
}

/* What is there of the extent from START to END. */
static void
give_extent_back(
    const struct vm_extent *extent, uintptr_t start, uintptr_t end, FILE *parts)
{
	struct vm_part part;

	for (uintptr_t at = start; at < end; at = part.end) {
		part = vm_part_at(parts, extent, at);
		if (part.end > end)
			part.end = end;
		if (part.is_there && part.is_shared)
			madvise((void *)at, part.end - at, MADV_REMOVE);
	}
}

void
vm_give_back(uintptr_t start, uintptr_t end)
{
	FILE *parts = NULL;

	for (size_t i = vm_map_find(start);
	     i < vm_map.count && vm_map.extents[i].start < end; i++) {
		const struct vm_extent *extent = &vm_map.extents[i];
		if (extent->file->sealed ||
		    (extent->file->references == 1 && extent->start >= start &&
			extent->end <= end))
			continue; /* it can't be, or goes with the file */
		if (!parts)
			parts = vm_parts_open();
		if (parts)
			give_extent_back(extent,
			    extent->start > start ? extent->start : start,
			    extent->end < end ? extent->end : end, parts);
	}
	if (parts)
		fclose(parts);
}

void
vm_fork_prepare(void)
{
	FILE *parts = NULL;

	vm_map_lock();
	for (size_t i = 0; i < vm_map.count; i++) {
		struct vm_file *file = vm_map.extents[i].file;
		if (file->frozen)
			continue;
		if (!parts)
			parts = vm_parts_open();
		/* what can't be frozen the child doesn't get (vm.c) */
		if (parts)
			vm_freeze(file, parts);
	}
	if (parts)
		fclose(parts);
}

void
vm_fork_done(void)
{
	vm_map_unlock();
}
