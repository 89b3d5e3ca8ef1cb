/*
 * A message's names become rights when it is sent, and names again, another
 * task's, when it is received.
 */
#include "mach_msg/linux/kernel/ipc_kmsg.h"

#include <string.h>

#include "mach_msg/linux/kernel/ipc_notify.h"
#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/ipc_space.h"

/* ---- copyin -------------------------------------------------------------- */

static bool
is_move(mach_msg_type_name_t disposition)
{
	return disposition == MACH_MSG_TYPE_MOVE_SEND ||
	       disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE;
}

static bool
is_send(mach_msg_type_name_t disposition)
{
	return disposition >= MACH_MSG_TYPE_MOVE_SEND &&
	       disposition <= MACH_MSG_TYPE_MAKE_SEND_ONCE;
}

static bool
header_is_valid(const mach_msg_header_t *header)
{
	mach_msg_bits_t bits = header->msgh_bits;

	if (bits & ~(MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK |
		       MACH_MSGH_BITS_VOUCHER_MASK | MACH_MSGH_BITS_COMPLEX))
		return false;
	if ((bits & MACH_MSGH_BITS_VOUCHER_MASK) && header->msgh_voucher_port)
		return false; /* there are no vouchers here */
	if (!is_send(MACH_MSGH_BITS_REMOTE(bits)))
		return false;
	return MACH_MSGH_BITS_LOCAL(bits)
		   ? is_send(MACH_MSGH_BITS_LOCAL(bits))
		   : header->msgh_local_port == MACH_PORT_NULL;
}

static mach_msg_return_t
copyin_header(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	mach_msg_header_t header;
	mach_msg_type_name_t to, reply;
	mach_port_name_t remote, local;

	memcpy(&header, kmsg->body, sizeof header);
	if (!header_is_valid(&header))
		return MACH_SEND_INVALID_HEADER;
	to = MACH_MSGH_BITS_REMOTE(header.msgh_bits);
	reply = MACH_MSGH_BITS_LOCAL(header.msgh_bits);
	remote = header.msgh_remote_port;
	local = header.msgh_local_port;
	if (!MACH_PORT_VALID(remote) ||
	    !ipc_right_copyin_check(space, remote, to, false))
		return MACH_SEND_INVALID_DEST;
	if (MACH_PORT_VALID(local) &&
	    !ipc_right_copyin_check(space, local, reply, true))
		return MACH_SEND_INVALID_REPLY;
	if (local == remote && is_move(to) && is_move(reply) &&
	    ipc_space_lookup(space, local)->urefs < 2)
		return MACH_SEND_INVALID_REPLY;

	/* of one name, the right that is moved away goes last */
	if (local == remote && is_move(to))
		kmsg->local = ipc_right_copyin(space, local, reply);
	kmsg->remote = ipc_right_copyin(space, remote, to);
	if (!MACH_PORT_VALID(local))
		kmsg->local = local == MACH_PORT_NULL ? NULL : IP_DEAD;
	else if (local != remote || !is_move(to))
		kmsg->local = ipc_right_copyin(space, local, reply);
	kmsg->bits = MACH_MSGH_BITS(ipc_right_copyin_type(to),
			 reply ? ipc_right_copyin_type(reply) : 0) |
		     (header.msgh_bits & MACH_MSGH_BITS_COMPLEX);
	return MACH_MSG_SUCCESS;
}

/* Writes the disposition, which stands at the same place in both descriptors
 * that have one. */
static void
set_disposition(
    const struct ipc_descriptor *descriptor, mach_msg_type_name_t disposition)
{
	mach_msg_port_descriptor_t port;

	memcpy(&port, descriptor->at, sizeof port);
	port.disposition = disposition & 0xff;
	memcpy(descriptor->at, &port, sizeof port);
}

static mach_msg_return_t
copyin_port(struct ipc_kmsg *kmsg, struct ipc_space *space,
    struct ipc_port **place, mach_msg_type_name_t disposition)
{
	mach_port_name_t name = (mach_port_name_t)(uintptr_t)*place;

	*place = name == MACH_PORT_NULL ? NULL : IP_DEAD;
	if (!MACH_PORT_VALID(name))
		return MACH_MSG_SUCCESS;
	if (!ipc_right_copyin_check(space, name, disposition, true)) {
		*place = NULL;
		return MACH_SEND_INVALID_RIGHT;
	}
	*place = ipc_right_copyin(space, name, disposition);
	if (disposition == MACH_MSG_TYPE_MOVE_RECEIVE &&
	    ipc_port_send_receive(*place, kmsg->remote))
		kmsg->circular = true;
	return MACH_MSG_SUCCESS;
}

static mach_msg_return_t
copyin_body(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	mach_msg_return_t result = MACH_MSG_SUCCESS;
	uint32_t offset = sizeof(mach_msg_base_t), n = 0;
	struct ipc_descriptor descriptor;

	for (uint32_t left = ipc_kmsg_descriptor_count(kmsg->body);
	     left > 0 && result == MACH_MSG_SUCCESS; left--) {
		ipc_kmsg_descriptor(
		    kmsg->body, kmsg->body_size, &offset, &descriptor);
		if (descriptor.type == MACH_MSG_OOL_DESCRIPTOR)
			continue;
		if (descriptor.disposition < MACH_MSG_TYPE_MOVE_RECEIVE ||
		    descriptor.disposition > MACH_MSG_TYPE_MAKE_SEND_ONCE)
			result = MACH_SEND_INVALID_TYPE;
		for (uint32_t i = 0;
		     result == MACH_MSG_SUCCESS && i < descriptor.ports;
		     i++, n++)
			result = copyin_port(kmsg, space, &kmsg->ports[n],
			    descriptor.disposition);
		set_disposition(
		    &descriptor, ipc_right_copyin_type(descriptor.disposition));
	}
	if (result != MACH_MSG_SUCCESS)
		kmsg->port_count = n;
	return result;
}

mach_msg_return_t
ipc_kmsg_copyin(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	mach_msg_return_t result = copyin_header(kmsg, space);

	if (result != MACH_MSG_SUCCESS) {
		ipc_kmsg_free(kmsg);
		return result;
	}
	if (kmsg->bits & MACH_MSGH_BITS_COMPLEX)
		result = copyin_body(kmsg, space);
	else
		kmsg->port_count = 0;
	if (result != MACH_MSG_SUCCESS)
		ipc_kmsg_destroy(kmsg);
	return result;
}

/* ---- copyout ------------------------------------------------------------- */

/* Why a name could not be given, as bits of a code. */
static mach_msg_return_t
shortage(kern_return_t result)
{
	switch (result) {
	case KERN_NO_SPACE:
		return MACH_MSG_IPC_SPACE;
	case KERN_RESOURCE_SHORTAGE:
		return MACH_MSG_IPC_KERNEL;
	default:
		return MACH_MSG_SUCCESS;
	}
}

/* Returns the bits of what was lacking. */
static mach_msg_return_t
copyout_body(struct ipc_kmsg *kmsg, struct ipc_space *space,
    unsigned char *names, uint32_t *names_size)
{
	mach_msg_return_t lacking = MACH_MSG_SUCCESS;
	uint32_t offset = sizeof(mach_msg_base_t), n = 0;
	struct ipc_descriptor descriptor;
	mach_port_name_t name;

	for (uint32_t left = ipc_kmsg_descriptor_count(kmsg->body); left > 0;
	     left--) {
		ipc_kmsg_descriptor(
		    kmsg->body, kmsg->body_size, &offset, &descriptor);
		for (uint32_t i = 0; i < descriptor.ports; i++, n++) {
			lacking |= shortage(ipc_right_copyout(space,
			    kmsg->ports[n], descriptor.disposition, &name));
			if (descriptor.type == MACH_MSG_PORT_DESCRIPTOR) {
				memcpy(descriptor.at, &name, sizeof name);
				continue;
			}
			memcpy(names + *names_size, &name, sizeof name);
			*names_size += (uint32_t)sizeof name;
		}
	}
	return lacking;
}

/* Returns the bits of what was lacking. */
static mach_msg_return_t
copyout_header(
    struct ipc_kmsg *kmsg, struct ipc_space *space, const struct ipc_port *port)
{
	mach_msg_type_name_t to = MACH_MSGH_BITS_REMOTE(kmsg->bits);
	mach_msg_type_name_t reply = MACH_MSGH_BITS_LOCAL(kmsg->bits);
	mach_msg_header_t header = {
	    .msgh_size = kmsg->size, .msgh_id = kmsg->id};
	mach_msg_return_t lacking;
	mach_port_name_t local;

	lacking =
	    shortage(ipc_right_copyout(space, kmsg->local, reply, &local));
	if (port) { /* the receiver sees the ends from its side */
		header.msgh_bits = MACH_MSGH_BITS(reply, to);
		header.msgh_remote_port = local;
		header.msgh_local_port = port->object.name;
	} else {
		header.msgh_bits = MACH_MSGH_BITS(to, reply);
		header.msgh_local_port = local;
		lacking |= shortage(ipc_right_copyout(
		    space, kmsg->remote, to, &header.msgh_remote_port));
	}
	if (port && lacking)
		header.msgh_size = sizeof header; /* no more is received */
	else
		header.msgh_bits |= kmsg->bits & MACH_MSGH_BITS_COMPLEX;
	memcpy(kmsg->body, &header, sizeof header);
	return lacking;
}

mach_msg_return_t
ipc_kmsg_copyout(struct ipc_kmsg *kmsg, struct ipc_space *space,
    const struct ipc_port *port, unsigned char *names, uint32_t *names_size)
{
	bool complex = kmsg->bits & MACH_MSGH_BITS_COMPLEX;
	mach_msg_return_t lacking = MACH_MSG_SUCCESS;
	mach_msg_return_t result = copyout_header(kmsg, space, port);

	*names_size = 0;
	if (port && result) {
		ipc_kmsg_release_body(kmsg);
		result |= MACH_RCV_HEADER_ERROR;
	} else if (complex) {
		lacking = copyout_body(kmsg, space, names, names_size);
		result |= lacking;
		if (port && lacking)
			result |= MACH_RCV_BODY_ERROR;
	}
	if (port &&
	    MACH_MSGH_BITS_REMOTE(kmsg->bits) == MACH_MSG_TYPE_PORT_SEND)
		ipc_port_release_send(kmsg->remote);
	else if (port)
		ipc_notify_done(kmsg->remote);
	return result;
}
