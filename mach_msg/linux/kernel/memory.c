#include "mach_msg/linux/kernel/memory.h"

#include <stdlib.h>

void *
memory_get(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

void *
memory_resize(void *memory, size_t size)
{
	memory = realloc(memory, size);
	if (!memory)
		abort();
	return memory;
}
