/*
 * A memory file that messages have out-of-line data in (trap.h). It is the
 * sender's memory, and stays in being while the kernel holds it, whatever
 * becomes of the sender: so the sender's ledger is charged with all of the
 * file, once, in however many messages the file is.
 */
#ifndef KERNEL_VM_OBJECT_H
#define KERNEL_VM_OBJECT_H

#include <mach/message.h>
#include <stdint.h>
#include <sys/types.h>

#include "mach_msg/linux/kernel/list.h"
#include "mach_msg/linux/kernel/memory.h"

struct vm_object {
	struct link link;
	struct ledger *ledger;
	dev_t device;
	ino_t number;
	int fd;
	uint32_t references;
	uint64_t size; /* bytes */
};

/*
 * The object of the file FD, which is the object's from here on, or is closed;
 * *OBJECT has a reference more. Returns MACH_MSG_SUCCESS,
 * MACH_SEND_INVALID_MEMORY (it is no file in memory, or somebody could still
 * write to it, or make it smaller or larger), MACH_SEND_NO_BUFFER (the ledger
 * has no room for it).
 */
mach_msg_return_t vm_object_take(
    int fd, struct ledger *ledger, struct vm_object **object);

/* Gives a reference back; with the last one the file is closed. */
void vm_object_release(struct vm_object *object);

#endif
