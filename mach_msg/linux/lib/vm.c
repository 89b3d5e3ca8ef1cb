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
#include "mach_msg/linux/lib/vm_freeze.h"
#include "mach_msg/linux/lib/vm_map_copy.h"

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

void *
vm_reserve(size_t size, uint64_t offset)
{
	size_t more = size >= VM_HUGE_PAGE ? VM_HUGE_PAGE : 0, before;
	char *memory =
	    size > SIZE_MAX - more
		? MAP_FAILED
		: mmap(NULL, size + more, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (more == 0)
		return memory;
	before = (size_t)(offset - (uintptr_t)memory) % VM_HUGE_PAGE;
	if (before > 0)
		munmap(memory, before);
	if (before < more)
		munmap(memory + before + size, more - before);
	return memory + before;
}

/*
 * Memory in a file, so that it can travel by mapping it (vm_map.h): at WHERE,
 * where nothing is, or anywhere. Null when it can't be.
 */
static void *
allocate_in_file(void *where, size_t size)
{
	int flags = MAP_SHARED | (where ? MAP_FIXED_NOREPLACE : MAP_FIXED);
	void *place = where ? where : vm_reserve(size, 0);
	void *memory = MAP_FAILED;
	struct vm_file *file;

	if (!place)
		return NULL;
	vm_map_lock();
	vm_sweep();
	file = vm_file_create(size);
	if (file)
		memory = mmap(
		    place, size, PROT_READ | PROT_WRITE, flags, file->fd, 0);
	if (memory != MAP_FAILED) {
		(void)vm_map_put(
		    (uintptr_t)memory, (uintptr_t)memory + size, file, 0);
		/* a fork freezes it first (vm_freeze.h), which ends this; what
		 * can't be frozen a child had better not have at all */
		madvise(memory, size, MADV_DONTFORK);
		madvise(memory, size, MADV_HUGEPAGE);
	}
	if (file)
		vm_file_release(file);
	vm_map_unlock();
	if (memory != MAP_FAILED)
		return memory;
	if (!where)
		munmap(place, size);
	return NULL;
}

kern_return_t
mach_vm_allocate(
    vm_map_t target, mach_vm_address_t *address, mach_vm_size_t size, int flags)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	size_t whole = whole_pages((size_t)size);
	bool anywhere = flags & VM_FLAGS_ANYWHERE;
	void *memory = NULL, *where = NULL;

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
	if (whole >= VM_MAP_MIN)
		memory = allocate_in_file(where, whole);
	if (!memory) /* small, or there can be no file more */
		memory = mmap(where, whole, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS |
			(anywhere ? 0 : MAP_FIXED_NOREPLACE),
		    -1, 0);
	if (memory == MAP_FAILED)
		return anywhere || errno == EEXIST ? KERN_NO_SPACE
						   : KERN_INVALID_ADDRESS;
	*address = (uintptr_t)memory;
	return KERN_SUCCESS;
}

/* Unmaps whole pages; of a file that isn't sealed yet their memory goes, too.
 * False when there is no such range. */
static bool
deallocate(uintptr_t start, uintptr_t end)
{
	bool done;

	vm_map_lock();
	vm_give_back(start, end);
	done = munmap((void *)start, end - start) == 0;
	if (done)
		vm_map_forget(start, end);
	vm_map_unlock();
	return done;
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
	return whole > 0 && whole <= UINTPTR_MAX - first &&
		       deallocate(first, first + whole)
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
