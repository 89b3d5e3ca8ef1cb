#include "mach_msg/linux/kernel/mach_port_info.h"

#include <string.h>

#include "mach_msg/linux/kernel/ipc_mqueue.h"
#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/memory.h"

/* Gives back COUNT numbers; returns where to write them, or null. */
static uint32_t *
reply_with(struct trap_reply *reply, uint32_t count)
{
	reply->bytes = memory_get(NULL, count * sizeof(uint32_t));
	if (reply->bytes)
		reply->answer.payload_size = count * sizeof(uint32_t);
	return (uint32_t *)(void *)reply->bytes;
}

/* All names, and then their types. */
static kern_return_t
port_names(struct ipc_space *space, struct trap_reply *reply)
{
	uint32_t count = space->names, n = 0;
	uint32_t *names = reply_with(reply, 2 * count);

	if (!names)
		return KERN_RESOURCE_SHORTAGE;
	for (uint32_t i = 1; i < space->size && n < count; i++) {
		const struct ipc_entry *entry =
		    space->table[i]
			? ipc_space_lookup(space, space->table[i]->name)
			: NULL;
		if (!entry)
			continue;
		names[n] = entry->name;
		names[count + n++] = ipc_right_type(entry);
	}
	return KERN_SUCCESS;
}

static kern_return_t
set_status(const struct ipc_entry *entry, struct trap_reply *reply)
{
	uint32_t count = 0, *names;

	if (entry->type != MACH_PORT_TYPE_PORT_SET)
		return KERN_INVALID_RIGHT;
	list_for_each(at, &entry->is.pset->members) count++;
	names = reply_with(reply, count);
	if (!names)
		return KERN_RESOURCE_SHORTAGE;
	list_for_each(at, &entry->is.pset->members) *names++ =
	    list_element(at, struct ipc_member, in_pset)->port->object.name;
	return KERN_SUCCESS;
}

static void
receive_status(const struct ipc_port *port, uint32_t *values)
{
	mach_port_status_t status = {
	    .mps_seqno = port->mqueue.seqno,
	    .mps_mscount = port->mscount,
	    .mps_qlimit = port->mqueue.limit,
	    .mps_msgcount = port->mqueue.count,
	    .mps_sorights = port->sorights,
	    .mps_srights = port->srights > 0,
	    .mps_pdrequest = port->pdrequest != NULL,
	    .mps_nsrequest = port->nsrequest != NULL,
	};

	list_for_each(at, &port->members) status.mps_pset++;
	memcpy(values, &status, sizeof status);
}

static kern_return_t
get_attributes(const struct ipc_port *port, uint32_t flavor, uint32_t *values)
{
	switch (flavor) {
	case MACH_PORT_LIMITS_INFO:
		values[0] = port->mqueue.limit;
		return KERN_SUCCESS;
	case MACH_PORT_RECEIVE_STATUS:
		receive_status(port, values);
		return KERN_SUCCESS;
	case MACH_PORT_DNREQUESTS_SIZE:
		list_for_each(at, &port->requests) values[0]++;
		return KERN_SUCCESS;
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

static kern_return_t
set_attributes(struct ipc_port *port, uint32_t flavor, uint32_t limit)
{
	if (flavor != MACH_PORT_LIMITS_INFO)
		return KERN_INVALID_ARGUMENT;
	if (limit > MACH_PORT_QLIMIT_MAX)
		return KERN_INVALID_VALUE;
	ipc_mqueue_set_limit(port, limit);
	return KERN_SUCCESS;
}

/* Gives back the number, size and id of a message in the queue, and its
 * trailer. */
static kern_return_t
peek(const struct ipc_port *port, uint32_t type, uint32_t seqno,
    struct trap_reply *reply)
{
	uint32_t *values = reply->answer.values, n = port->mqueue.seqno;
	uint32_t size = ipc_kmsg_trailer_size((mach_msg_option_t)type);
	const struct ipc_kmsg *kmsg;
	mach_msg_max_trailer_t trailer;

	if (seqno == 0)
		seqno = n;
	list_for_each(at, &port->mqueue.messages)
	{
		if (n++ != seqno)
			continue;
		kmsg = list_element(at, struct ipc_kmsg, link);
		values[0] = seqno;
		values[1] = kmsg->size;
		values[2] = (uint32_t)kmsg->id;
		ipc_kmsg_trailer(kmsg, port, seqno, size, &trailer);
		reply->bytes = memory_get(NULL, size);
		if (!reply->bytes)
			return KERN_RESOURCE_SHORTAGE;
		reply->answer.payload_size = size;
		memcpy(reply->bytes, &trailer, size);
		return KERN_SUCCESS;
	}
	return KERN_FAILURE;
}

kern_return_t
mach_port_info_trap(struct ipc_space *space, uint32_t number, const uint32_t *a,
    struct trap_reply *reply)
{
	uint32_t *values = reply->answer.values;
	struct ipc_entry *entry;
	struct ipc_port *port;

	if (number == TRAP_PORT_NAMES)
		return port_names(space, reply);
	entry = ipc_space_lookup(space, a[1]);
	if (!entry)
		return KERN_INVALID_NAME;
	if (number == TRAP_PORT_GET_SET_STATUS)
		return set_status(entry, reply);
	if (!(entry->type & MACH_PORT_TYPE_RECEIVE))
		return KERN_INVALID_RIGHT;
	port = entry->is.port;
	switch (number) {
	case TRAP_PORT_GET_ATTRIBUTES:
		return get_attributes(port, a[2], values);
	case TRAP_PORT_SET_ATTRIBUTES:
		return set_attributes(port, a[2], a[3]);
	case TRAP_PORT_PEEK:
		return peek(port, a[2], a[3], reply);
	case TRAP_PORT_GET_CONTEXT:
		memcpy(values, &port->context, sizeof port->context);
		return KERN_SUCCESS;
	case TRAP_PORT_SET_CONTEXT:
		memcpy(&port->context, &a[2], sizeof port->context);
		return KERN_SUCCESS;
	default:
		return KERN_NOT_SUPPORTED;
	}
}
