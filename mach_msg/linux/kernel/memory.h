/*
 * Memory that is there or the kernel isn't: it can't go on without its tables.
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include <stddef.h>

/* Zeroed memory; ends the kernel when there is none. */
void *memory_get(size_t size);

/* As realloc(3); ends the kernel when there is no memory. */
void *memory_resize(void *memory, size_t size);

#endif
