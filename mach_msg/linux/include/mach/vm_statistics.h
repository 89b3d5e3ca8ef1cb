/* Where new memory is to be: for vm_allocate() and mach_vm_allocate(). */
#ifndef MACH_VM_STATISTICS_H
#define MACH_VM_STATISTICS_H

#define VM_FLAGS_FIXED 0x0    /* at the address that is given */
#define VM_FLAGS_ANYWHERE 0x1 /* wherever there is room */

#endif
