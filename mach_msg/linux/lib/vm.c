/* Memory of the calling task: on Linux, mappings of its process. */
#define _GNU_SOURCE /* MAP_FIXED_NOREPLACE, pthread_getattr_np, syscall */
#include <mach/mach.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mach_msg/linux/lib/connection.h"

/* SIZE in whole pages; 0 when there is no such size. */
static size_t
whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return size > SIZE_MAX - page ? 0 : (size + page - 1) & ~(page - 1);
}

/* ---- addresses that may be wrong ----------------------------------------- */

/* Most messages lie on the stack, and then need no system call: what is between
 * a called function's frame and the stack's end is in use. */
static bool
on_stack(uintptr_t at, uintptr_t end)
{
	static _Thread_local uintptr_t first, last; /* of this thread's */
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	pthread_attr_t attributes;
	void *address;
	size_t size;

	if (last == 0) {
		last = 1; /* unless it can be learned: no stack */
		if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
			pthread_attr_getstack(&attributes, &address, &size);
			first = (uintptr_t)address;
			last = first + size;
			pthread_attr_destroy(&attributes);
		}
	}
	/* a coroutine or a signal handler may run on another stack */
	return here >= first && here <= at && at <= end && end <= last;
}

/*
 * rt_sigprocmask(2) takes a set of 8 bytes from the one address, and puts one
 * at the other: of all system calls that touch memory for nothing else it costs
 * least. There is no way -1 to change signals, so none is changed. An address
 * of 0 would be no set at all.
 */
enum { WORD = 8 };

static bool
word_readable(uintptr_t word)
{
	return word != 0 &&
	       (syscall(SYS_rt_sigprocmask, -1, word, NULL, WORD) == 0 ||
		   errno != EFAULT);
}

static bool
word_writable(uintptr_t word)
{
	return word != 0 &&
	       syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, word, WORD) == 0;
}

/* A page is there as a whole or not at all: a word in each is enough. */
static bool
is_there(uintptr_t at, size_t size, bool to_write)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), end = at + size;
	bool there = end >= at;

	if (on_stack(at, end))
		return true;
	for (; there && at < end; at = (at | (page - 1)) + 1)
		there = to_write
			    ? word_writable(at + WORD <= end ? at : end - WORD)
			    : word_readable(at & ~(uintptr_t)(WORD - 1));
	return there;
}

bool
vm_readable(const void *address, size_t size)
{
	return is_there((uintptr_t)address, size, false);
}

bool
vm_writable(void *address, size_t size)
{
	return is_there((uintptr_t)address, size, true);
}

/* ---- new memory ---------------------------------------------------------- */

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
	if (address)
		munmap(address, whole_pages(size));
}

kern_return_t
mach_vm_allocate(
    vm_map_t target, mach_vm_address_t *address, mach_vm_size_t size, int flags)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	size_t whole = whole_pages((size_t)size);
	bool anywhere = flags & VM_FLAGS_ANYWHERE;
	void *memory, *where = NULL;

	if (target != mach_task_self() || target == MACH_PORT_NULL ||
	    (flags & ~VM_FLAGS_ANYWHERE))
		return KERN_INVALID_ARGUMENT;
	if (size == 0) {
		*address = 0;
		return KERN_SUCCESS;
	}
	if (whole == 0)
		return KERN_NO_SPACE;
	if (!anywhere) {
		where = (void *)((uintptr_t)*address & ~(page - 1));
		if (!where)
			return KERN_INVALID_ADDRESS;
	}
	memory = mmap(where, whole, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | (anywhere ? 0 : MAP_FIXED_NOREPLACE),
	    -1, 0);
	if (memory == MAP_FAILED)
		return anywhere || errno == EEXIST ? KERN_NO_SPACE
						   : KERN_INVALID_ADDRESS;
	*address = (uintptr_t)memory;
	return KERN_SUCCESS;
}

kern_return_t
mach_vm_deallocate(
    vm_map_t target, mach_vm_address_t address, mach_vm_size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t offset = (uintptr_t)address & (page - 1);
	uintptr_t first = (uintptr_t)address - offset;
	size_t whole;

	if (target != mach_task_self() || target == MACH_PORT_NULL ||
	    size > SIZE_MAX - page)
		return KERN_INVALID_ARGUMENT;
	if (size == 0)
		return KERN_SUCCESS;
	whole = whole_pages((size_t)size + offset);
	return whole > 0 && munmap((void *)first, whole) == 0
		   ? KERN_SUCCESS
		   : KERN_INVALID_ARGUMENT;
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
