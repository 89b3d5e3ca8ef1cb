/* Memory of the calling task: on Linux, mappings of its process. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_FIXED_NOREPLACE */
#include <mach/mach.h>

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mach_msg/linux/lib/connection.h"

/* SIZE in whole pages; 0 when there is no such size. */
static size_t
whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return size > SIZE_MAX - page ? 0 : (size + page - 1) & ~(page - 1);
}

void *
vm_pages(size_t size)
{
	size_t whole = whole_pages(size);
	void *memory = MAP_FAILED;

	if (whole > 0)
		memory = mmap(NULL, whole, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void
vm_pages_free(void *address, size_t size)
{
	if (size > 0)
		munmap(address, whole_pages(size));
}

kern_return_t
mach_vm_allocate(
    vm_map_t target, mach_vm_address_t *address, mach_vm_size_t size, int flags)
{
	size_t whole = whole_pages((size_t)size);
	int how = MAP_PRIVATE | MAP_ANONYMOUS;
	void *memory;

	if (target != mach_task_self() || target == MACH_PORT_NULL)
		return KERN_INVALID_ARGUMENT;
	if (size == 0) {
		*address = 0;
		return KERN_SUCCESS;
	}
	if (whole == 0)
		return KERN_NO_SPACE;
	if (!(flags & VM_FLAGS_ANYWHERE))
		how |= MAP_FIXED_NOREPLACE;
	memory =
	    mmap(flags & VM_FLAGS_ANYWHERE ? NULL : (void *)(uintptr_t)*address,
		whole, PROT_READ | PROT_WRITE, how, -1, 0);
	if (memory == MAP_FAILED)
		return errno == EINVAL ? KERN_INVALID_ADDRESS : KERN_NO_SPACE;
	*address = (uintptr_t)memory;
	return KERN_SUCCESS;
}

kern_return_t
mach_vm_deallocate(
    vm_map_t target, mach_vm_address_t address, mach_vm_size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = (uintptr_t)address & ~(page - 1);
	size_t whole = whole_pages((size_t)size + ((uintptr_t)address - first));

	if (target != mach_task_self() || target == MACH_PORT_NULL)
		return KERN_INVALID_ARGUMENT;
	if (size == 0)
		return KERN_SUCCESS;
	return whole > 0 && munmap((void *)first, whole) == 0
		   ? KERN_SUCCESS
		   : KERN_INVALID_ADDRESS;
}

kern_return_t
vm_allocate(
    vm_map_t target_task, vm_address_t *address, vm_size_t size, int flags)
{
	mach_vm_address_t where = *address;
	kern_return_t result =
	    mach_vm_allocate(target_task, &where, size, flags);

	if (result == KERN_SUCCESS)
		*address = (vm_address_t)where;
	return result;
}

kern_return_t
vm_deallocate(vm_map_t target_task, vm_address_t address, vm_size_t size)
{
	return mach_vm_deallocate(target_task, address, size);
}
