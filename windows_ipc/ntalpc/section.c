#define _GNU_SOURCE /* memfd_create, fallocate */
#include "windows_ipc/ntalpc/section.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { GRANULARITY = 64 * 1024, PAGE = 4096 };

static atomic_uint last_number;

static size_t
round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

/* ---- own sections ------------------------------------------------------- */

/* A memory file of SIZE bytes, all of them there, and sealed: who gets it needs
 * not fear that it shrinks (SIGBUS). Source: memfd_create(2), fcntl(2). */
static int
new_memory(size_t size)
{
	int fd = memfd_create("alpc-section", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error;

	if (fd == -1)
		return -1;
	do /* a signal undoes it */
		error = fallocate(fd, 0, 0, (off_t)size);
	while (error == -1 && errno == EINTR);
	if (error == -1 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ==
		-1) {
		close(fd);
		return -1;
	}
	return fd;
}

static unsigned char *
map(int fd, size_t size)
{
	unsigned char *base =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (base == MAP_FAILED)
		return NULL;
	/* what a child had would keep the memory */
	madvise(base, size, MADV_DONTFORK);
	return base;
}

NTSTATUS
section_create(struct sections *sections, const struct section_limits *limits,
    size_t size, ALPC_HANDLE *handle, size_t *actual)
{
	struct section *section;

	if (size == 0 || size > SIZE_MAX / 2)
		return STATUS_INVALID_PARAMETER;
	size = round_up(size, GRANULARITY);
	if (size > limits->section || size > limits->total - sections->total)
		return STATUS_SECTION_TOO_BIG;
	if (sections->count == MOST_SECTIONS)
		return STATUS_INSUFFICIENT_RESOURCES;
	section = calloc(1, sizeof *section);
	if (!section)
		return STATUS_NO_MEMORY;
	section->fd = new_memory(size);
	section->base = section->fd == -1 ? NULL : map(section->fd, size);
	if (!section->base) {
		if (section->fd != -1)
			close(section->fd);
		free(section);
		return STATUS_NO_MEMORY;
	}
	section->size = size;
	section->number = atomic_fetch_add(&last_number, 1) + 1;
	sections->section[sections->count++] = section;
	sections->total += size;
	*handle = (ALPC_HANDLE)(ULONG_PTR)section->number;
	*actual = size;
	return STATUS_SUCCESS;
}

static void
section_free(struct section *section)
{
	munmap(section->base, section->size);
	close(section->fd);
	free(section);
}

static struct section *
find(const struct sections *sections, ALPC_HANDLE handle)
{
	for (size_t i = 0; i < sections->count; i++)
		if ((ULONG_PTR)handle == sections->section[i]->number)
			return sections->section[i];
	return NULL;
}

bool
section_delete(struct sections *sections, ALPC_HANDLE handle, uint32_t *number)
{
	struct section *section = find(sections, handle);
	size_t i = 0;

	if (!section)
		return false;
	while (sections->section[i] != section)
		i++;
	sections->section[i] = sections->section[--sections->count];
	sections->total -= section->size;
	*number = section->number;
	section_free(section);
	return true;
}

void
sections_free(struct sections *sections)
{
	for (size_t i = 0; i < sections->count; i++)
		section_free(sections->section[i]);
	sections->count = 0;
}

/* The first part of SIZE bytes that no view has: the place in views, or -1. */
static ptrdiff_t
find_gap(const struct section *section, size_t size, size_t *offset)
{
	size_t end = 0;

	for (size_t i = 0; i < section->view_count; i++) {
		if (section->views[i].offset - end >= size) {
			*offset = end;
			return (ptrdiff_t)i;
		}
		end = section->views[i].offset + section->views[i].size;
	}
	*offset = end;
	return section->size - end >= size ? (ptrdiff_t)section->view_count
					   : -1;
}

NTSTATUS
section_view(struct sections *sections, const struct section_limits *limits,
    ALPC_DATA_VIEW_ATTR *view)
{
	struct section *section = find(sections, view->SectionHandle);
	size_t size = view->ViewSize, offset;

	if (!section)
		return STATUS_INVALID_HANDLE;
	if (size == 0)
		return STATUS_INVALID_PARAMETER;
	if (size > limits->view || size > section->size)
		return STATUS_INVALID_VIEW_SIZE;
	if (section->view_count == MOST_VIEWS)
		return STATUS_INSUFFICIENT_RESOURCES;
	size = round_up(size, PAGE);
	ptrdiff_t at = find_gap(section, size, &offset);
	if (at < 0)
		return STATUS_INVALID_VIEW_SIZE;
	struct view *place = &section->views[at];
	memmove(place + 1, place,
	    (section->view_count - (size_t)at) * sizeof *place);
	*place = (struct view){offset, size};
	section->view_count++;
	view->ViewBase = section->base + offset;
	view->ViewSize = size;
	return STATUS_SUCCESS;
}

/* The view of SECTION in which BASE lies; null when it is in none. */
static const struct view *
view_at(const struct section *section, const void *base)
{
	uintptr_t offset = (uintptr_t)base - (uintptr_t)section->base;

	for (size_t i = 0; i < section->view_count; i++)
		if (offset - section->views[i].offset < section->views[i].size)
			return &section->views[i];
	return NULL;
}

bool
section_unview(struct sections *sections, const void *base)
{
	for (size_t i = 0; i < sections->count; i++) {
		struct section *section = sections->section[i];
		const struct view *view = view_at(section, base);
		if (!view || section->base + view->offset != base)
			continue;
		size_t at = (size_t)(view - section->views);
		section->view_count--;
		memmove(&section->views[at], &section->views[at + 1],
		    (section->view_count - at) * sizeof *view);
		return true;
	}
	return false;
}

const struct section *
section_of(const struct sections *sections, const ALPC_DATA_VIEW_ATTR *view,
    uint64_t *offset)
{
	const struct section *section = find(sections, view->SectionHandle);
	const struct view *part;

	part = section ? view_at(section, view->ViewBase) : NULL;
	if (!part)
		return NULL;
	*offset = (uintptr_t)view->ViewBase - (uintptr_t)section->base;
	return view->ViewSize <= part->offset + part->size - *offset ? section
								     : NULL;
}

/* ---- the peer's --------------------------------------------------------- */

/* Whether the file has SIZE bytes, its owner has paid for each, and it can't
 * lose them: only a sealed memory file can say so. One of huge pages can't: its
 * owner may punch a hole, and who reads there gets SIGBUS when the system has
 * no huge page left. Source: fcntl(2), fallocate(2), hugetlbpage.rst of Linux.
 */
static bool
is_sound(int fd, uint64_t size)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat status;
	struct statfs system;

	return seals != -1 && (seals & F_SEAL_SHRINK) &&
	       fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC &&
	       fstat(fd, &status) == 0 && status.st_size >= 0 &&
	       (uint64_t)status.st_size >= size &&
	       (uint64_t)status.st_blocks * 512 >= size;
}

static struct import *
find_import(struct exchange *exchange, uint32_t number)
{
	for (size_t i = 0; i < exchange->import_count; i++)
		if (exchange->import[i].number == number &&
		    !exchange->import[i].gone)
			return &exchange->import[i];
	return NULL;
}

bool
import_add(struct exchange *exchange, const struct section_limits *limits,
    const struct packet *packet, int fd)
{
	uint64_t size = packet->view_size;
	struct import *import = &exchange->import[exchange->import_count];
	unsigned char *base = NULL;

	if (fd == -1)
		return false;
	if (size > 0 && size <= limits->section &&
	    size <= limits->total - exchange->total && packet->section != 0 &&
	    exchange->import_count < MOST_SECTIONS &&
	    !find_import(exchange, packet->section) && is_sound(fd, size))
		base = map(fd, size);
	close(fd);
	if (!base)
		return false;
	*import = (struct import){packet->section, false, base, size, 0};
	exchange->import_count++;
	exchange->total += size;
	return true;
}

static void
import_free(struct exchange *exchange, struct import *import)
{
	munmap(import->base, import->size);
	exchange->total -= import->size;
	*import = exchange->import[--exchange->import_count];
}

void
import_gone(struct exchange *exchange, uint32_t number)
{
	struct import *import = find_import(exchange, number);

	if (!import)
		return;
	import->gone = true;
	if (import->views == 0)
		import_free(exchange, import);
}

void *
import_view(struct exchange *exchange, const struct packet *packet)
{
	struct import *import = find_import(exchange, packet->section);

	if (!import || packet->view_size == 0 ||
	    packet->view_offset > import->size ||
	    packet->view_size > import->size - packet->view_offset)
		return NULL;
	import->views++;
	return import->base + packet->view_offset;
}

bool
import_unview(struct exchange *exchange, const void *base)
{
	for (size_t i = 0; i < exchange->import_count; i++) {
		struct import *import = &exchange->import[i];
		if ((uintptr_t)base - (uintptr_t)import->base >= import->size ||
		    import->views == 0)
			continue;
		if (--import->views == 0 && import->gone)
			import_free(exchange, import);
		return true;
	}
	return false;
}

void
imports_free(struct exchange *exchange)
{
	while (exchange->import_count > 0)
		import_free(exchange, &exchange->import[0]);
}
