#define _GNU_SOURCE /* MAP_FIXED */
#include "mach_msg/linux/lib/vm_renew.h"

#include <sys/mman.h>

#include "mach_msg/linux/lib/vm_freeze.h"
#include "mach_msg/linux/lib/vm_hold.h"

enum { RUNS_MAX = VM_EXTENTS_MAX / 2 };

/* ---- what is to be copied ------------------------------------------------ */

/* Adds what was written to of the extent, or ALL of it. False when it can't be
 * mapped. */
static bool
look_at_extent(const struct vm_extent *extent, FILE *parts, bool all,
    struct vm_renewal *renewal)
{
	struct vm_file *file = extent->file;
	bool fresh = !file->frozen;
	struct vm_part part;

	if (!vm_file_is_there(file) || (fresh && !vm_freeze(file, parts)) ||
	    !vm_file_seal(file))
		return false;
	for (uintptr_t at = extent->start; at < extent->end; at = part.end) {
		part = vm_part_at(parts, extent, at);
		if (!part.is_there || part.is_shared ||
		    !(part.protection & PROT_READ))
			return false;
		if (all && renewal->count < RUNS_MAX)
			renewal->runs[renewal->count] = (struct vm_run){
			    part.start, part.end, part.protection};
		if (all)
			renewal->count++;
		else if (!fresh)
			renewal->count = vm_part_written(
			    &part, renewal->runs, renewal->count, RUNS_MAX);
	}
	return true;
}

/* The same of the range; EXTENTS and FILES get the number of what is there. */
static bool
look_at(uintptr_t start, uintptr_t end, FILE *parts, bool all,
    struct vm_renewal *renewal, size_t *extents, size_t *files)
{
	static unsigned round;

	*renewal = (struct vm_renewal){.count = 0};
	*extents = *files = 0;
	round++;
	for (uintptr_t at = start; at < end; ++*extents) {
		size_t number = vm_map_find(at);
		if (number == vm_map.count || vm_map.extents[number].start > at)
			return false;
		struct vm_extent extent = vm_map.extents[number];
		extent.offset += at - extent.start;
		extent.start = at;
		if (extent.end > end)
			extent.end = end;
		if (!look_at_extent(&extent, parts, all, renewal))
			return false;
		*files += extent.file->round != round;
		extent.file->round = round;
		at = extent.end;
	}
	return true;
}

/* ---- the copy ------------------------------------------------------------ */

static size_t
size_of(const struct vm_run *run)
{
	return run->end - run->start;
}

/* Puts the runs into the file. */
static bool
fill(const struct vm_renewal *renewal)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < renewal->count; i++) {
		const struct vm_run *run = &renewal->runs[i];
		if (!vm_file_fill(renewal->file, offset, (void *)run->start,
			size_of(run)))
			return false;
		offset += size_of(run);
	}
	return true;
}

/* Maps the file in place of the runs; returns how many are. */
static size_t
map(const struct vm_renewal *renewal)
{
	uint64_t offset = 0;
	size_t done = 0;

	for (; done < renewal->count; done++) {
		const struct vm_run *run = &renewal->runs[done];
		if (mmap((void *)run->start, size_of(run), run->protection,
			MAP_PRIVATE | MAP_FIXED, renewal->file->fd,
			(off_t)offset) == MAP_FAILED)
			break;
		offset += size_of(run);
	}
	return done;
}

/* The map has the first COUNT runs in the file. */
static void
note(const struct vm_renewal *renewal, size_t count)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < count; i++) {
		const struct vm_run *run = &renewal->runs[i];
		(void)vm_map_put(run->start, run->end, renewal->file, offset);
		offset += size_of(run);
	}
}

/* Copies the runs. Where others can't be held meanwhile, only the message gets
 * the copy, and this memory stays as it is. */
static bool
copy_runs(struct vm_renewal *renewal)
{
	struct vm_hold hold;
	uint64_t size = 0;
	size_t mapped = 0;
	bool held, done;

	for (size_t i = 0; i < renewal->count; i++)
		size += size_of(&renewal->runs[i]);
	renewal->file = vm_file_create(size);
	if (!renewal->file)
		return false;
	held = vm_hold_begin(&hold, renewal->runs, renewal->count);
	done = fill(renewal);
	if (held && done)
		mapped = map(renewal);
	if (held)
		vm_hold_end(&hold, renewal->runs, renewal->count);
	note(renewal, mapped);
	renewal->file->frozen = true;
	if (done && vm_file_seal(renewal->file))
		return true;
	vm_renewal_end(renewal);
	return false;
}

bool
vm_renew(
    uintptr_t start, uintptr_t end, FILE *parts, struct vm_renewal *renewal)
{
	size_t extents, files;

	if (!look_at(start, end, parts, false, renewal, &extents, &files))
		return false;
	if (extents + 2 * renewal->count > VM_EXTENTS_MAX ||
	    files > VM_CHAIN_MAX) {
		if (!look_at(
			start, end, parts, true, renewal, &extents, &files) ||
		    renewal->count > RUNS_MAX)
			return false;
	}
	return renewal->count == 0 || copy_runs(renewal);
}

void
vm_renewal_end(struct vm_renewal *renewal)
{
	if (renewal->file)
		vm_file_release(renewal->file);
	renewal->file = NULL;
}

uintptr_t
vm_renewed(const struct vm_renewal *renewal, uintptr_t at, uintptr_t end,
    struct vm_file **file, uint64_t *offset)
{
	const struct vm_run *run = renewal->runs;
	const struct vm_run *last = run + renewal->count;
	const struct vm_extent *extent;
	uint64_t before = 0;

	for (; run < last && run->end <= at; run++)
		before += size_of(run);
	if (run < last && run->start <= at) {
		*file = renewal->file;
		*offset = before + (at - run->start);
		return run->end < end ? run->end : end;
	}
	extent = &vm_map.extents[vm_map_find(at)];
	*file = extent->file;
	*offset = extent->offset + (at - extent->start);
	if (run < last && run->start < end)
		end = run->start;
	return extent->end < end ? extent->end : end;
}
