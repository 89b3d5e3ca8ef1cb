#include "mach_msg/out_of_line/memory.h"
#include "mach_msg/mach_result.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

void *
memory_new(size_t size)
{
	vm_address_t address = 0;
	kern_return_t result =
	    vm_allocate(mach_task_self(), &address, size, VM_FLAGS_ANYWHERE);

	if (result != KERN_SUCCESS)
		mach_die(result, "vm_allocate of %zu bytes", size);
	return (void *)address;
}

void
memory_free(void *memory, size_t size)
{
	kern_return_t result =
	    vm_deallocate(mach_task_self(), (vm_address_t)memory, size);

	if (result != KERN_SUCCESS)
		mach_die(result, "vm_deallocate of %zu bytes", size);
}

uint64_t
memory_others(const char *memory, size_t size, char byte)
{
	uint64_t others = 0;

	for (size_t i = 0; i < size; i++)
		others += memory[i] != byte;
	return others;
}

int
memory_file(size_t size)
{
	char name[32];

	snprintf(name, sizeof name, "/out-of-line-%ld", system_pid());
	int file = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
	if (file == -1)
		die("shm_open %s", name);
	if (shm_unlink(name) == -1)
		die("shm_unlink %s", name);
	if (ftruncate(file, (off_t)size) == -1)
		die("ftruncate %s to %zu bytes", name, size);
	return file;
}

void *
memory_map_file(int file, size_t size, bool shared)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    shared ? MAP_SHARED : MAP_PRIVATE, file, 0);

	if (memory == MAP_FAILED)
		die("mmap of %zu bytes", size);
	return memory;
}
