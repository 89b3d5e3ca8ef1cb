/*
 * The parts of a message (trap.h), put together from the sender's memory and
 * laid out in the receiver's.
 */
#ifndef MACH_LIB_GATHER_H
#define MACH_LIB_GATHER_H

#include <sys/uio.h>

#include "mach_msg/linux/lib/connection.h"
#include "mach_msg/linux/lib/vm_map_copy.h"

/* What has to be given back when the trap is done. */
struct gathered {
	struct iovec *taken; /* memory that the sender gives away */
	size_t taken_count;
	struct vm_map_copy *copy; /* the payload's files; or null */
};

/*
 * Puts the parts of the message MSG of SIZE bytes into the exchange. Returns
 * MACH_MSG_SUCCESS, or the error that a message has which can't be sent:
 * nothing is to be given back then.
 */
mach_msg_return_t gather(const mach_msg_header_t *msg, mach_msg_size_t size,
    struct trap_exchange *exchange, struct gathered *gathered);

/* Gives it back; the memory that the sender gives away goes too if the message
 * was SENT. */
void gather_end(struct gathered *gathered, bool sent);

/*
 * Lays the message that came out at MSG, which has room for it, with new memory
 * for what is out of line. Returns RESULT; or instead of MACH_MSG_SUCCESS
 * MACH_RCV_BODY_ERROR where memory was lacking for a part, or
 * MACH_RCV_INVALID_DATA where MSG can't be written to: the message is destroyed
 * then.
 */
mach_msg_return_t scatter(const struct trap_exchange *exchange,
    mach_msg_header_t *msg, mach_msg_return_t result);

/* Calls EACH for every descriptor of the message, which has SIZE bytes in a
 * row; stops when it returns another thing than MACH_MSG_SUCCESS, and returns
 * that. MACH_SEND_MSG_TOO_SMALL when they don't lie in it,
 * MACH_SEND_INVALID_TYPE when one is unknown. */
mach_msg_return_t each_descriptor(void *msg, mach_msg_size_t size,
    mach_msg_return_t (*each)(
	mach_msg_type_descriptor_t *descriptor, void *context),
    void *context);

#endif
