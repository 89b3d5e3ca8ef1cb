#include "mach_msg/linux/kernel/mach_debug.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "mach_msg/linux/ipc_info.h"
#include "mach_msg/linux/kernel/bootstrap.h"
#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/memory.h"

/* An array that grows. */
struct array {
	unsigned char *bytes;
	uint32_t count, room; /* elements */
};

struct info {
	struct array tasks, names, members;
	bool failed; /* there was no memory for some of it */
};

/* A new last element of SIZE bytes, all zero; null when there is no memory. */
static void *
add(struct info *info, struct array *array, size_t size)
{
	if (array->count == array->room) {
		uint32_t room = array->room ? 2 * array->room : 64;
		unsigned char *bytes = realloc(array->bytes, room * size);
		if (!bytes) {
			info->failed = true;
			return NULL;
		}
		array->bytes = bytes;
		array->room = room;
	}
	return memset(array->bytes + array->count++ * size, 0, size);
}

static uint32_t
length(const struct link *list)
{
	uint32_t n = 0;

	list_for_each(at, list) n++;
	return n;
}

static uint32_t
number_of(const struct ipc_port *port)
{
	return port ? port->object.number : 0;
}

/* ---- what a name stands for ---------------------------------------------- */

static enum ipc_info_kind
kind_of(const struct ipc_port *port)
{
	if (port->task)
		return INFO_PORT_TASK;
	if (port->object.space)
		return INFO_PORT;
	return port->destination ? INFO_PORT_MOVING : INFO_PORT_KERNEL;
}

static void
describe_port(const struct ipc_port *port, struct ipc_info_name *name)
{
	name->kind = kind_of(port);
	name->senders = length(&port->mqueue.senders);
	name->messages = port->mqueue.count;
	name->limit = port->mqueue.limit;
	name->srights = port->srights;
	name->sorights = port->sorights;
	name->no_senders = number_of(port->nsrequest);
	name->port_destroyed = number_of(port->pdrequest);
	if (port->task)
		name->pid = (uint32_t)port->task->process->pid;
}

static void
describe_set(
    const struct ipc_pset *pset, struct ipc_info_name *name, struct info *info)
{
	name->kind = INFO_SET;
	list_for_each(at, &pset->members)
	{
		struct ipc_info_member *member =
		    add(info, &info->members, sizeof *member);
		if (!member)
			return;
		member->port = number_of(
		    list_element(at, struct ipc_member, in_pset)->port);
		member->set = pset->object.number;
	}
}

static void
add_name(struct info *info, const struct ipc_entry *entry)
{
	struct ipc_info_name *name = add(info, &info->names, sizeof *name);

	if (!name)
		return;
	name->name = entry->name;
	name->type = ipc_right_type(entry);
	name->urefs = entry->urefs;
	if (entry->request)
		name->notify = number_of(entry->request->notify);
	if (entry->type == MACH_PORT_TYPE_DEAD_NAME)
		return;
	name->object = entry->is.object->number;
	name->receivers = length(&entry->is.object->receivers);
	if (entry->type == MACH_PORT_TYPE_PORT_SET)
		describe_set(entry->is.pset, name, info);
	else
		describe_port(entry->is.port, name);
}

static void
add_task(const struct task *task, void *context)
{
	struct info *info = context;
	struct ipc_space *space = task->space;
	const struct ipc_port *own = task->process->bootstrap;
	uint32_t before = info->names.count;
	struct ipc_info_task *added;

	for (uint32_t i = 1; i < space->size; i++) {
		const struct ipc_entry *entry =
		    space->table[i]
			? ipc_space_lookup(space, space->table[i]->name)
			: NULL;
		if (entry)
			add_name(info, entry);
	}
	added = add(info, &info->tasks, sizeof *added);
	if (!added)
		return;
	added->pid = (uint32_t)task->process->pid;
	added->names = info->names.count - before;
	added->bootstrap = number_of(own ? own : bootstrap_port_now());
	added->own_bootstrap = number_of(own);
}

/* ---- the answer ---------------------------------------------------------- */

/* Puts the array behind what the reply has. Returns its length. */
static uint32_t
append(struct trap_reply *reply, const struct array *array, size_t size)
{
	size_t more = array->count * size;

	if (more > 0)
		memcpy(reply->bytes + reply->answer.payload_size, array->bytes,
		    more);
	reply->answer.payload_size += more;
	return array->count;
}

/* Their bytes, in this order. */
static void
reply_with(struct trap_reply *reply, const struct info *info)
{
	uint32_t *values = reply->answer.values;

	values[INFO_TASKS] =
	    append(reply, &info->tasks, sizeof(struct ipc_info_task));
	values[INFO_NAMES] =
	    append(reply, &info->names, sizeof(struct ipc_info_name));
	values[INFO_MEMBERS] =
	    append(reply, &info->members, sizeof(struct ipc_info_member));
}

/* Without glibc nobody counts them. */
static uint32_t
bytes_in_use(void)
{
#ifdef __GLIBC__
	return (uint32_t)mallinfo2().uordblks;
#else
	return 0;
#endif
}

kern_return_t
mach_debug_space_info(struct trap_reply *reply)
{
	struct info info = {.failed = false};

	reply->answer.values[INFO_PORTS] = ipc_port_count;
	reply->answer.values[INFO_BYTES] = bytes_in_use();
	task_each(add_task, &info);
	if (!info.failed)
		reply->bytes = memory_get(NULL,
		    info.tasks.count * sizeof(struct ipc_info_task) +
			info.names.count * sizeof(struct ipc_info_name) +
			info.members.count * sizeof(struct ipc_info_member) +
			1);
	if (reply->bytes)
		reply_with(reply, &info);
	free(info.tasks.bytes);
	free(info.names.bytes);
	free(info.members.bytes);
	return reply->bytes ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}
