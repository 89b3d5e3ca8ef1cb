/*
 * What the facts about large memory in messages share.
 */
#ifndef TESTS_MACH_MEMORY_H
#define TESTS_MACH_MEMORY_H

#include <mach/mach.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t page_size(void);

/* A new region full of A; and gives it back. */
char *region_of(size_t size);
void free_region(void *address, size_t size);

/* Sends the memory to the port, of this task, and receives it. */
char *send_and_receive(mach_port_t port, void *address, size_t size);

/* The number of the file that Linux says is mapped there; 0 for none. */
uint32_t file_at(const void *address);

bool is_all(const char *bytes, size_t size, char byte);

/* Runs ACT in a forked child, and returns what it returns. */
int in_child(int (*act)(char *memory), char *memory);

#endif
