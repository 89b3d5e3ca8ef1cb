/* Memory of the calling task, in whole pages. */
#ifndef MACH_VM_MAP_H
#define MACH_VM_MAP_H

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/vm_statistics.h>
#include <mach/vm_types.h>

/*
 * Makes SIZE bytes of memory, rounded up to whole pages and filled with zeros,
 * and puts the address into *ADDRESS: with VM_FLAGS_ANYWHERE wherever there is
 * room, with VM_FLAGS_FIXED at *ADDRESS, rounded down to a page. Memory that is
 * to be sent out of line and large is best made so: it can be mapped instead of
 * copied. TARGET_TASK is mach_task_self(). A SIZE of 0 makes nothing and puts a
 * 0 there.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_ADDRESS (it can't be there), KERN_NO_SPACE
 * (something is there, or there is no room), KERN_INVALID_ARGUMENT (the task,
 * or flags that there aren't).
 *
 * Source: Mach's vm_allocate.
 */
kern_return_t vm_allocate(
    vm_map_t target_task, vm_address_t *address, vm_size_t size, int flags);

/*
 * Frees all pages that the SIZE bytes at ADDRESS touch: what vm_allocate()
 * made, what came out of line in a message, what mach_port_names() listed.
 *
 * Returns KERN_SUCCESS (also where nothing was), KERN_INVALID_ARGUMENT (the
 * task, or there is no such range).
 *
 * Source: Mach's vm_deallocate.
 */
kern_return_t vm_deallocate(
    vm_map_t target_task, vm_address_t address, vm_size_t size);

#endif
