/*
 * The memory that travels, at either end.
 */
#ifndef OUT_OF_LINE_MEMORY_H
#define OUT_OF_LINE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whole pages of this task's, zero, for SIZE bytes; and gives them back. They
 * end the program when it can't be. */
void *memory_new(size_t size);
void memory_free(void *memory, size_t size);

/* How many of the SIZE bytes aren't BYTE: all of them are read. */
uint64_t memory_others(const char *memory, size_t size, char byte);

/*
 * For --break=naive-map: a file in memory of SIZE bytes that has no name any
 * more, as a descriptor; and its bytes, mapped so that what is written is seen
 * by who maps it, too (SHARED), or is not.
 */
int memory_file(size_t size);
void *memory_map_file(int file, size_t size, bool shared);

#endif
