#include "mach_msg/out_of_line/pages.h"
#include "common/common.h"

#ifdef __linux__

#include <fcntl.h>
#include <unistd.h>

/* Bits of a page's word. */
static const uint64_t PRESENT = UINT64_C(1) << 63;
static const uint64_t MAPPED_ONCE = UINT64_C(1) << 56;
static const uint64_t FRAME = (UINT64_C(1) << 55) - 1;

/* Counts the page, whose word this is. */
static void
count_page(struct pages *pages, uint64_t word)
{
	uint64_t frame = word & FRAME;

	if (!(word & PRESENT))
		return;
	if (pages->present++ == 0)
		pages->frame = frame;
	pages->frames = pages->frames * 31 + frame;
	if (!(word & MAPPED_ONCE))
		pages->shared++;
}

struct pages
pages_of(const void *address, size_t size)
{
	static uint64_t words[8192];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t first = (uintptr_t)address / page;
	uint64_t end = ((uintptr_t)address + size + page - 1) / page;
	struct pages pages = {.all = end - first, .known = 1};
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		die("open /proc/self/pagemap");
	while (first < end) {
		size_t count = sizeof words / sizeof *words;
		if (count > end - first)
			count = (size_t)(end - first);
		ssize_t n = pread(fd, words, count * sizeof *words,
		    (off_t)(first * sizeof *words));
		if (n != (ssize_t)(count * sizeof *words))
			die("read /proc/self/pagemap");
		for (size_t i = 0; i < count; i++)
			count_page(&pages, words[i]);
		first += count;
	}
	close(fd);
	return pages;
}

#else

struct pages
pages_of(const void *address, size_t size)
{
	(void)address;
	(void)size;
	return (struct pages){.known = 0};
}

#endif
