/*
 * The numbers that Mach's other types are made of. natural_t and integer_t have
 * 32 bits on a 64-bit processor too: they are what ports, counts and sizes in
 * messages are made of.
 */
#ifndef MACH_MACHINE_VM_TYPES_H
#define MACH_MACHINE_VM_TYPES_H

#include <stdint.h>

typedef unsigned int natural_t;
typedef int integer_t;

/* An address or a size in this process. */
typedef uintptr_t vm_offset_t;
typedef uintptr_t vm_size_t;

/* An address or a size in any task: 64 bits whatever the processor. */
typedef uint64_t mach_vm_address_t;
typedef uint64_t mach_vm_offset_t;
typedef uint64_t mach_vm_size_t;

/* What mach_port_set_context() keeps with a port: room for a pointer. */
typedef vm_offset_t mach_port_context_t;

#endif
