/*
 * The part of macOS's calls for virtual memory that the programs use, for `make
 * check-macos` alone: zig's package has them in its libSystem, and no header
 * that declares them.
 */
#ifndef MACH_MACH_VM_H
#define MACH_MACH_VM_H

#include <mach/mach.h>

kern_return_t mach_vm_allocate(vm_map_t target, mach_vm_address_t *address,
    mach_vm_size_t size, int flags);

kern_return_t mach_vm_deallocate(
    vm_map_t target, mach_vm_address_t address, mach_vm_size_t size);

#endif
