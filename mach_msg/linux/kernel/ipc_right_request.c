/*
 * What a name is and what is asked for it: its type, another name, and
 * notifications of its death or of room in its queue.
 */
#include "mach_msg/linux/kernel/ipc_right.h"

#include "mach_msg/linux/kernel/ipc_kmsg.h"
#include "mach_msg/linux/kernel/ipc_mqueue.h"
#include "mach_msg/linux/kernel/ipc_notify.h"
#include "mach_msg/linux/kernel/memory.h"

mach_port_type_t
ipc_right_type(const struct ipc_entry *entry)
{
	mach_port_type_t type = entry->type;

	if (entry->request && !entry->request->send_possible)
		type |= MACH_PORT_TYPE_DNREQUEST;
	if (entry->request && entry->request->send_possible)
		type |= MACH_PORT_TYPE_SPREQUEST;
	if (entry->request && entry->request->send_possible &&
	    !entry->request->armed)
		type |= MACH_PORT_TYPE_SPREQUEST_DELAYED;
	if (entry->kept)
		type |= MACH_PORT_TYPE_SPREQUEST;
	return type;
}

kern_return_t
ipc_right_rename(
    struct ipc_space *space, struct ipc_entry *entry, mach_port_name_t name)
{
	bool hashed = entry->type & MACH_PORT_TYPE_SEND_RECEIVE;
	struct ipc_entry *other;
	kern_return_t result = ipc_space_take_name(space, name, &other);

	if (result != KERN_SUCCESS)
		return result;
	if (hashed)
		ipc_space_unhash(space, entry);
	other->type = entry->type;
	other->urefs = entry->urefs;
	other->is = entry->is;
	other->request = entry->request;
	other->kept = entry->kept;
	if (other->request)
		other->request->name = name;
	if (other->kept)
		other->kept->name = name;
	if (entry->type & (MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_PORT_SET))
		other->is.object->name = name;
	entry->request = NULL;
	entry->kept = NULL;
	ipc_space_free_name(space, entry);
	if (hashed)
		ipc_space_hash(space, other);
	return KERN_SUCCESS;
}

/* ---- requests ------------------------------------------------------------ */

/* The name is a dead name already. */
static kern_return_t
request_of_dead(struct ipc_entry *entry, bool now, struct ipc_port *notify)
{
	if (!now || !notify)
		return KERN_INVALID_ARGUMENT;
	if (entry->urefs == IPC_UREFS_MAX)
		return KERN_UREFS_OVERFLOW;
	entry->urefs++;
	ipc_notify_dead_name(notify, entry->name);
	return KERN_SUCCESS;
}

struct ipc_port *
ipc_right_take_request(struct ipc_entry *entry)
{
	struct ipc_port *notify = NULL;

	if (entry->request) {
		notify = entry->request->notify;
		list_remove(&entry->request->link);
		memory_free(entry->request);
		entry->request = NULL;
	}
	return notify;
}

kern_return_t
ipc_right_request(struct ipc_space *space, struct ipc_entry *entry,
    bool send_possible, bool now, struct ipc_port *notify,
    struct ipc_port **previous)
{
	struct ipc_request *request = NULL;
	bool possible;

	*previous = NULL;
	if (entry->type == MACH_PORT_TYPE_DEAD_NAME)
		return request_of_dead(entry, now, notify);
	if (entry->type == MACH_PORT_TYPE_PORT_SET)
		return KERN_INVALID_RIGHT;
	possible = send_possible && now && !ipc_mqueue_full(entry->is.port);
	if (notify && !possible) {
		request = memory_get(space->ledger, sizeof *request);
		if (!request)
			return KERN_RESOURCE_SHORTAGE;
	}
	*previous = ipc_right_take_request(entry);
	if (request) {
		*request = (struct ipc_request){.space = space,
		    .name = entry->name,
		    .notify = notify,
		    .send_possible = send_possible,
		    .armed = send_possible && now};
		list_insert(&entry->is.port->requests, &request->link);
		entry->request = request;
	} else if (notify) {
		ipc_notify_send_possible(notify, entry->name);
	}
	return KERN_SUCCESS;
}

void
ipc_right_port_died(const struct ipc_request *request)
{
	struct ipc_entry *entry;

	/* it is found dead */
	entry = ipc_space_lookup(request->space, request->name);
	if (entry->urefs < IPC_UREFS_MAX)
		entry->urefs++;
	ipc_notify_dead_name(ipc_right_take_request(entry), entry->name);
}

void
ipc_right_send_possible(const struct ipc_request *request)
{
	struct ipc_entry *entry =
	    ipc_space_lookup(request->space, request->name);

	ipc_notify_send_possible(ipc_right_take_request(entry), entry->name);
}
