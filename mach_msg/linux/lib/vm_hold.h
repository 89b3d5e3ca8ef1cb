/*
 * Holding what other threads write to some pages while those are copied and
 * another mapping is put in their place: no write may be lost in between.
 */
#ifndef MACH_LIB_VM_HOLD_H
#define MACH_LIB_VM_HOLD_H

#include <signal.h>

#include "mach_msg/linux/lib/vm_part.h"

struct vm_hold {
	int fd; /* -1: there is nobody else */
	sigset_t signals;
};

/*
 * From here on whoever writes to these pages waits. False when that can't be:
 * the system doesn't let this user, or this thread itself runs on a stack
 * there. Until vm_hold_end() the caller must not write to them either, nor wait
 * for another thread.
 */
bool vm_hold_begin(
    struct vm_hold *hold, const struct vm_run *runs, size_t count);

/* They go on, with what is mapped there now. */
void vm_hold_end(struct vm_hold *hold, const struct vm_run *runs, size_t count);

#endif
