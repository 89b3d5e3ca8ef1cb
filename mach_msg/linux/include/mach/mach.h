/*
 * Mach's interprocess communication, all of it but the bootstrap service
 * (servers/bootstrap.h).
 *
 * These headers are for Linux: macOS has its own of the same names, and a
 * program that includes them means either system's. What they declare has
 * macOS's names, types and numbers.
 */
#ifndef MACH_MACH_H
#define MACH_MACH_H

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/mach_error.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_traps.h>
#include <mach/mach_types.h>
#include <mach/mach_vm.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>
#include <mach/notify.h>
#include <mach/port.h>
#include <mach/std_types.h>
#include <mach/task.h>
#include <mach/task_special_ports.h>
#include <mach/vm_map.h>
#include <mach/vm_statistics.h>
#include <mach/vm_types.h>

#endif
