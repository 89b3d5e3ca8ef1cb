/*
 * Which pages of a task's memory another task has mapped, too, and which frames
 * of the machine's memory they are.
 */
#ifndef OUT_OF_LINE_PAGES_H
#define OUT_OF_LINE_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* Pages: all of a region; those that this task has in memory; and those of them
 * that another task has mapped, too. */
struct pages {
	uint64_t all, present, shared;
	uint64_t known; /* 0 where the system doesn't tell */
	/* the number of the first page's frame, and a sum that depends on all
	 * of them and their order; 0 when only root is told */
	uint64_t frame, frames;
};

/*
 * The pages that the SIZE bytes at ADDRESS lie in. A page that was mapped and
 * never touched isn't present: read it first. Ends the program when the system
 * doesn't tell what it should.
 *
 * Source: on Linux, /proc/self/pagemap, which says of each page whether it is
 * mapped once (Documentation/admin-guide/mm/pagemap.rst), which its owner may
 * read, and which frame it is in, which is for root.
 */
struct pages pages_of(const void *address, size_t size);

#endif
