#define _GNU_SOURCE /* makedev */
#include "mach_msg/linux/lib/vm_part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- mappings ------------------------------------------------------------ */

struct mapping {
	uintptr_t start, end;
	uint64_t offset;
	ino_t number;
	dev_t device;
	bool is_shared;
	int protection;
};

FILE *
vm_parts_open(void)
{
	return fopen("/proc/self/maps", "re");
}

/*
 * PROCMAP_QUERY of Linux 6.11: asks for one mapping. Older headers don't have
 * it (include/uapi/linux/fs.h).
 */
struct query {
	uint64_t size, flags, address, start, end, mapping_flags, page_size;
	uint64_t offset, number;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name, build_id;
};

enum { QUERY_READABLE = 1, QUERY_WRITABLE = 2, QUERY_EXECUTABLE = 4 };
enum { QUERY_SHARED = 8, QUERY_COVERING_OR_NEXT = 16 };

/* The mapping that has AT or is the next. Returns 0, or -1 with errno set. */
static int
query_mapping(FILE *parts, uintptr_t at, struct mapping *mapping)
{
	struct query query = {.size = sizeof query,
	    .flags = QUERY_COVERING_OR_NEXT,
	    .address = at};
	uint64_t flags;

	if (ioctl(fileno(parts), _IOWR('f', 17, struct query), &query) == -1)
		return -1;
	flags = query.mapping_flags;
	*mapping = (struct mapping){.start = (uintptr_t)query.start,
	    .end = (uintptr_t)query.end,
	    .offset = query.offset,
	    .number = query.number,
	    .device = makedev(query.major, query.minor),
	    .is_shared = flags & QUERY_SHARED,
	    .protection = (flags & QUERY_READABLE ? PROT_READ : 0) |
			  (flags & QUERY_WRITABLE ? PROT_WRITE : 0) |
			  (flags & QUERY_EXECUTABLE ? PROT_EXEC : 0)};
	return 0;
}

/* The same by reading them all. */
static bool
read_mapping(FILE *parts, uintptr_t at, struct mapping *mapping)
{
	char line[512], kind[5];
	unsigned major, minor;
	uint64_t number;

	rewind(parts);
	while (fgets(line, sizeof line, parts)) {
		/* NOLINTNEXTLINE(cert-err34-c): the kernel writes numbers */
		if (sscanf(line,
			"%" SCNxPTR "-%" SCNxPTR " %4s %" SCNx64
			" %x:%x %" SCNu64,
			&mapping->start, &mapping->end, kind, &mapping->offset,
			&major, &minor, &number) != 7 ||
		    mapping->end <= at)
			continue;
		mapping->number = number;
		mapping->device = makedev(major, minor);
		mapping->is_shared = kind[3] == 's';
		mapping->protection = (kind[0] == 'r' ? PROT_READ : 0) |
				      (kind[1] == 'w' ? PROT_WRITE : 0) |
				      (kind[2] == 'x' ? PROT_EXEC : 0);
		return true;
	}
	return false;
}

struct vm_part
vm_part_at(FILE *parts, const struct vm_extent *extent, uintptr_t at)
{
	struct vm_part part = {.start = at, .end = extent->end};
	const struct vm_file *file = extent->file;
	struct mapping mapping;
	bool found = query_mapping(parts, at, &mapping) == 0;

	if (!found && errno != ENOENT)
		found = read_mapping(parts, at, &mapping);
	if (!found || mapping.start >= extent->end)
		return part;
	if (mapping.start > at) {
		part.end = mapping.start;
		return part;
	}
	if (mapping.end < part.end)
		part.end = mapping.end;
	part.is_shared = mapping.is_shared;
	part.protection = mapping.protection;
	part.is_there = mapping.number == file->number &&
			mapping.device == file->device &&
			mapping.offset + (at - mapping.start) ==
			    extent->offset + (at - extent->start);
	return part;
}

/* ---- pages that were written to ----------------------------------------- */

/* Bits of a page's word in /proc/self/pagemap: in memory, in swap space, and
 * whether it is the file's page. */
static const uint64_t PRESENT = UINT64_C(1) << 63, SWAPPED = UINT64_C(1) << 62;
static const uint64_t OF_FILE = UINT64_C(1) << 61;

static bool
is_own(uint64_t word)
{
	return (word & (PRESENT | SWAPPED)) && !(word & OF_FILE);
}

/* Adds a page: to the last run, or as a new one. */
static size_t
add_page(const struct vm_part *part, uintptr_t at, size_t page,
    struct vm_run *runs, size_t count, size_t most)
{
	if (count > 0 && runs[count - 1].end == at &&
	    runs[count - 1].protection == part->protection) {
		runs[count - 1].end += page;
		return count;
	}
	if (count < most)
		runs[count] = (struct vm_run){at, at + page, part->protection};
	return count + 1;
}

size_t
vm_part_written(
    const struct vm_part *part, struct vm_run *runs, size_t count, size_t most)
{
	uint64_t words[1024];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uintptr_t at = part->start;

	if (fd == -1)
		return most + 1;
	while (at < part->end && count <= most) {
		size_t n = (part->end - at) / page;
		if (n > sizeof words / sizeof words[0])
			n = sizeof words / sizeof words[0];
		if (pread(fd, words, n * sizeof words[0],
			(off_t)(at / page * sizeof words[0])) !=
		    (ssize_t)(n * sizeof words[0]))
			count = most + 1;
		for (size_t i = 0; i < n && count <= most; i++, at += page)
			if (is_own(words[i]))
				count =
				    add_page(part, at, page, runs, count, most);
	}
	close(fd);
	return count;
}
