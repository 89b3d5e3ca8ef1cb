/*
 * vm_allocate() and vm_deallocate() with addresses and sizes of 64 bits on
 * every processor. What they do and return is the same.
 */
#ifndef MACH_MACH_VM_H
#define MACH_MACH_VM_H

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/vm_statistics.h>
#include <mach/vm_types.h>

/* Makes SIZE bytes of memory: vm_allocate(). Source: Mach's
 * mach_vm_allocate. */
kern_return_t mach_vm_allocate(vm_map_t target, mach_vm_address_t *address,
    mach_vm_size_t size, int flags);

/* Frees SIZE bytes: vm_deallocate(). Source: Mach's mach_vm_deallocate. */
kern_return_t mach_vm_deallocate(
    vm_map_t target, mach_vm_address_t address, mach_vm_size_t size);

#endif
