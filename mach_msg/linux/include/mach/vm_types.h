/* Addresses, sizes, and the names of tasks' memory. */
#ifndef MACH_VM_TYPES_H
#define MACH_VM_TYPES_H

#include <mach/machine/vm_types.h>
#include <mach/port.h>

typedef vm_offset_t vm_address_t;
typedef vm_offset_t *pointer_t;

/* A task's memory. Its name is the task's own: mach_task_self(). */
typedef mach_port_t vm_map_t;
typedef mach_port_t vm_map_read_t;
typedef mach_port_t vm_map_inspect_t;
typedef mach_port_t vm_task_entry_t;

#define VM_MAP_NULL ((vm_map_t)0)

#endif
