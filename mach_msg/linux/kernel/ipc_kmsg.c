#include "mach_msg/linux/kernel/ipc_kmsg.h"

#include <string.h>

#include "mach_msg/linux/kernel/ipc_notify.h"
#include "mach_msg/linux/kernel/ipc_space.h"
#include "mach_msg/linux/kernel/memory.h"

/* ---- descriptors --------------------------------------------------------- */

uint32_t
ipc_kmsg_descriptor_count(const unsigned char *body)
{
	mach_msg_body_t head;

	memcpy(&head, body + sizeof(mach_msg_header_t), sizeof head);
	return head.msgh_descriptor_count;
}

bool
ipc_kmsg_descriptor(unsigned char *body, uint32_t size, uint32_t *offset,
    struct ipc_descriptor *descriptor)
{
	mach_msg_port_descriptor_t port;
	mach_msg_ool_ports_descriptor_t out_of_line;
	uint32_t there = size - *offset;

	if (there < sizeof port)
		return false;
	*descriptor = (struct ipc_descriptor){.at = body + *offset};
	memcpy(&port, descriptor->at, sizeof port);
	descriptor->type = port.type;
	descriptor->disposition = port.disposition;
	if (port.type == MACH_MSG_PORT_DESCRIPTOR) {
		descriptor->ports = 1;
		*offset += (uint32_t)sizeof port;
		return true;
	}
	if (port.type > MACH_MSG_OOL_PORTS_DESCRIPTOR ||
	    there < sizeof out_of_line)
		return false;
	memcpy(&out_of_line, descriptor->at, sizeof out_of_line);
	if (port.type == MACH_MSG_OOL_DESCRIPTOR)
		descriptor->bytes = out_of_line.count;
	else
		descriptor->ports = out_of_line.count;
	*offset += (uint32_t)sizeof out_of_line;
	return true;
}

/* ---- the parts ----------------------------------------------------------- */

/* Counts the ports that the message carries; false when the parts' sizes don't
 * fit the descriptors. */
static bool
measure(const struct trap_call *call, unsigned char *body, uint32_t *port_count)
{
	uint32_t size = call->arguments[MSG_SEND_SIZE], offset, left;
	uint64_t payload = size - call->body_size, names = 0, ports = 0;
	struct ipc_descriptor descriptor;
	mach_msg_header_t header;

	memcpy(&header, body, sizeof header);
	if (header.msgh_bits & MACH_MSGH_BITS_COMPLEX) {
		if (call->body_size < sizeof(mach_msg_base_t))
			return false;
		offset = sizeof(mach_msg_base_t);
		for (left = ipc_kmsg_descriptor_count(body); left > 0; left--) {
			if (!ipc_kmsg_descriptor(
				body, call->body_size, &offset, &descriptor))
				return false;
			ports += descriptor.ports;
			payload += descriptor.bytes;
			if (descriptor.type == MACH_MSG_OOL_PORTS_DESCRIPTOR)
				names += descriptor.ports;
		}
	}
	*port_count = (uint32_t)ports;
	return names * sizeof(mach_port_name_t) == call->names_size &&
	       payload == call->payload_size;
}

/* How much memory a message and its parts take, in one piece. */
static size_t
kmsg_bytes(uint32_t body_size, uint32_t port_count, uint32_t object_count,
    size_t payload_size)
{
	return sizeof(struct ipc_kmsg) +
	       port_count * sizeof(struct ipc_port *) +
	       object_count * sizeof(struct vm_object *) + body_size +
	       payload_size;
}

/* Finds the parts' places in it. */
static void
kmsg_init(struct ipc_kmsg *kmsg, uint32_t body_size, uint32_t port_count,
    uint32_t object_count)
{
	list_init(&kmsg->link);
	kmsg->port_count = port_count;
	kmsg->ports = (struct ipc_port **)(void *)(kmsg + 1);
	kmsg->objects = (struct vm_object **)(void *)(kmsg->ports + port_count);
	kmsg->body_size = body_size;
	kmsg->body = (unsigned char *)(kmsg->objects + object_count);
	kmsg->payload = kmsg->body + body_size;
}

/* Puts each array's names where its ports will be: the last name first, since a
 * port is larger. */
static void
spread_names(struct ipc_kmsg *kmsg, const unsigned char *names)
{
	uint32_t offset = sizeof(mach_msg_base_t), n = 0, left;
	struct ipc_descriptor descriptor = {.ports = 0};

	if (!(kmsg->bits & MACH_MSGH_BITS_COMPLEX))
		return;
	for (left = ipc_kmsg_descriptor_count(kmsg->body); left > 0; left--) {
		if (!ipc_kmsg_descriptor(
			kmsg->body, kmsg->body_size, &offset, &descriptor))
			return; /* measured before: there are all */
		for (uint32_t i = 0; i < descriptor.ports; i++, n++) {
			const unsigned char *name = descriptor.at;
			mach_port_name_t value;
			if (descriptor.type == MACH_MSG_OOL_PORTS_DESCRIPTOR) {
				name = names;
				names += sizeof value;
			}
			memcpy(&value, name, sizeof value);
			kmsg->ports[n] = (struct ipc_port *)(uintptr_t)value;
		}
	}
}

/* Whether the extents lie in their files, and are the payload together. */
static bool
extents_are_sound(const struct ipc_kmsg *kmsg)
{
	const unsigned char *at = kmsg->payload;
	uint64_t left = kmsg->payload_size;
	struct trap_extent extent;

	for (uint32_t i = 0; i < kmsg->extent_count; i++) {
		memcpy(&extent, at, sizeof extent);
		at += sizeof extent;
		if (extent.file >= kmsg->object_count || extent.size == 0 ||
		    extent.size > left)
			return false;
		const struct vm_object *object = kmsg->objects[extent.file];
		if (extent.offset > object->size ||
		    extent.size > object->size - extent.offset)
			return false;
		left -= extent.size;
	}
	return left == 0;
}

/* Takes the files, which the payload has extents of. */
static mach_msg_return_t
take_files(
    struct ipc_kmsg *kmsg, struct request *request, struct ledger *ledger)
{
	uint32_t count = request->call.file_count;
	mach_msg_return_t result = MACH_MSG_SUCCESS;

	while (result == MACH_MSG_SUCCESS && kmsg->object_count < count) {
		int fd = request->files[kmsg->object_count];
		request->files[kmsg->object_count] = -1; /* it is taken */
		result = vm_object_take(
		    fd, ledger, &kmsg->objects[kmsg->object_count]);
		kmsg->object_count += result == MACH_MSG_SUCCESS;
	}
	if (result == MACH_MSG_SUCCESS && count > 0 && !extents_are_sound(kmsg))
		result = MACH_SEND_INVALID_MEMORY;
	return result;
}

bool
ipc_kmsg_create(struct request *request, const struct ipc_sender *sender,
    struct ledger *ledger, struct ipc_kmsg **place, mach_msg_return_t *result)
{
	const struct trap_call *call = &request->call;
	unsigned char *bytes = request->bytes, *names = bytes + call->body_size;
	size_t payload = call->file_count > 0
			     ? call->extent_count * sizeof(struct trap_extent)
			     : (size_t)call->payload_size;
	struct ipc_kmsg *kmsg;
	mach_msg_header_t header;
	uint32_t ports = 0;

	if (!measure(call, bytes, &ports))
		return false;
	kmsg = memory_get(ledger,
	    kmsg_bytes(call->body_size, ports, call->file_count, payload));
	*result = MACH_SEND_NO_BUFFER;
	if (!kmsg)
		return true;
	kmsg_init(kmsg, call->body_size, ports, call->file_count);
	memcpy(kmsg->body, bytes, call->body_size);
	memcpy(&header, bytes, sizeof header);
	kmsg->bits = header.msgh_bits;
	kmsg->id = header.msgh_id;
	kmsg->size = call->arguments[MSG_SEND_SIZE];
	kmsg->sender = *sender;
	kmsg->payload_size = call->payload_size;
	kmsg->extent_count = call->extent_count;
	memcpy(kmsg->payload, names + call->names_size, payload);
	*result = take_files(kmsg, request, ledger);
	if (*result != MACH_MSG_SUCCESS) {
		ipc_kmsg_free(kmsg);
		return true;
	}
	spread_names(kmsg, names);
	*place = kmsg;
	return true;
}

struct ipc_kmsg *
ipc_kmsg_from_kernel(const mach_msg_header_t *header, size_t size,
    struct ipc_port *remote, struct ipc_port *port)
{
	const struct ipc_space *space = remote->object.space;
	struct ipc_kmsg *kmsg = memory_need(space ? space->ledger : NULL,
	    kmsg_bytes((uint32_t)size, port != NULL, 0, 0));

	if (!kmsg)
		return NULL;
	kmsg_init(kmsg, (uint32_t)size, port != NULL, 0);
	memcpy(kmsg->body, header, size);
	kmsg->bits = header->msgh_bits;
	kmsg->id = header->msgh_id;
	kmsg->size = (mach_msg_size_t)size;
	kmsg->remote = remote;
	if (port)
		kmsg->ports[0] = port;
	return kmsg;
}

void
ipc_kmsg_free(struct ipc_kmsg *kmsg)
{
	for (uint32_t i = 0; i < kmsg->object_count; i++)
		vm_object_release(kmsg->objects[i]);
	memory_free(kmsg);
}

void
ipc_kmsg_unkeep(struct ipc_kmsg *kmsg)
{
	struct ipc_kept *kept = kmsg->kept;

	if (!kept)
		return;
	kmsg->kept = NULL;
	if (kept->space)
		ipc_space_lookup(kept->space, kept->name)->kept = NULL;
	ipc_notify_send_possible(kept->notify, kept->name);
	memory_free(kept);
}

/* ---- the end ------------------------------------------------------------- */

void
ipc_kmsg_release_body(struct ipc_kmsg *kmsg)
{
	struct ipc_descriptor descriptor;
	uint32_t offset = sizeof(mach_msg_base_t), n = 0;

	while (
	    n < kmsg->port_count && ipc_kmsg_descriptor(kmsg->body,
					kmsg->body_size, &offset, &descriptor))
		for (uint32_t i = 0; i < descriptor.ports; i++)
			if (n < kmsg->port_count)
				ipc_port_release_right(
				    kmsg->ports[n++], descriptor.disposition);
}

void
ipc_kmsg_destroy(struct ipc_kmsg *kmsg)
{
	/* A right's end may destroy a queue with further messages, and so on:
	 * they wait here, so that the stack doesn't grow with them. */
	static struct link doomed = {&doomed, &doomed};
	static bool busy;

	list_insert(&doomed, &kmsg->link);
	if (busy)
		return;
	busy = true;
	while (!list_empty(&doomed)) {
		kmsg = list_element(doomed.next, struct ipc_kmsg, link);
		list_remove(&kmsg->link);
		ipc_kmsg_unkeep(kmsg);
		ipc_port_release_right(
		    kmsg->local, MACH_MSGH_BITS_LOCAL(kmsg->bits));
		ipc_kmsg_release_body(kmsg);
		/* the last, as it may keep the port that it goes to in being */
		ipc_port_release_right(
		    kmsg->remote, MACH_MSGH_BITS_REMOTE(kmsg->bits));
		ipc_kmsg_free(kmsg);
	}
	busy = false;
}

/* ---- trailers ------------------------------------------------------------ */

uint32_t
ipc_kmsg_trailer_size(mach_msg_option_t option)
{
	switch (((uint32_t)option >> 24) & 0xf) {
	case MACH_RCV_TRAILER_NULL:
		return sizeof(mach_msg_trailer_t);
	case MACH_RCV_TRAILER_SEQNO:
		return offsetof(mach_msg_security_trailer_t, msgh_sender);
	case MACH_RCV_TRAILER_SENDER:
		return sizeof(mach_msg_security_trailer_t);
	case MACH_RCV_TRAILER_AUDIT:
		return sizeof(mach_msg_audit_trailer_t);
	case MACH_RCV_TRAILER_CTX:
		return offsetof(mach_msg_mac_trailer_t, msgh_ad);
	default:
		return sizeof(mach_msg_max_trailer_t);
	}
}

void
ipc_kmsg_trailer(const struct ipc_kmsg *kmsg, const struct ipc_port *port,
    mach_port_seqno_t seqno, uint32_t size, mach_msg_max_trailer_t *trailer)
{
	const struct ipc_sender *sender = &kmsg->sender;

	*trailer = (mach_msg_max_trailer_t){
	    .msgh_trailer_size = size,
	    .msgh_seqno = seqno,
	    .msgh_sender = {{sender->uid, sender->gid}},
	    /* audit, effective and real user and group; process; session;
	     * version of the process */
	    .msgh_audit = {{sender->uid, sender->uid, sender->gid, sender->uid,
		sender->gid, (unsigned)sender->pid, 0, 0}},
	    .msgh_context = port->context,
	};
}
