#include "mach_msg/linux/kernel/mach_port.h"

#include "mach_msg/linux/kernel/ipc_mqueue.h"
#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/mach_port_info.h"
#include "mach_msg/linux/kernel/memory.h"

/* ---- whose names --------------------------------------------------------- */

/* The task of the task port that the thread names, or null. */
static struct task *
task_named(struct thread *thread, mach_port_name_t name)
{
	const struct ipc_entry *entry =
	    ipc_space_lookup(thread->task->space, name);

	return entry && (entry->type & MACH_PORT_TYPE_SEND)
		   ? entry->is.port->task
		   : NULL;
}

/* The entry, which has to have one of the rights in TYPE. */
static kern_return_t
find(struct ipc_space *space, mach_port_name_t name, mach_port_type_t type,
    struct ipc_entry **entry)
{
	*entry = ipc_space_lookup(space, name);
	if (!*entry)
		return KERN_INVALID_NAME;
	return (*entry)->type & type ? KERN_SUCCESS : KERN_INVALID_RIGHT;
}

/* ---- making names -------------------------------------------------------- */

/* What a name of this kind will stand for; null is nothing, or no memory. */
static struct ipc_object *
make_object(struct ipc_space *space, mach_port_right_t right)
{
	struct ipc_port *port;
	struct ipc_pset *pset;

	if (right == MACH_PORT_RIGHT_RECEIVE) {
		port = ipc_port_create(space->ledger);
		return port ? &port->object : NULL;
	}
	if (right == MACH_PORT_RIGHT_PORT_SET) {
		pset = ipc_pset_create(space->ledger);
		return pset ? &pset->object : NULL;
	}
	return NULL;
}

/* Gives a free entry its first right; without memory it is free again. */
static kern_return_t
allocate(
    struct ipc_space *space, struct ipc_entry *entry, mach_port_right_t right)
{
	entry->type = MACH_PORT_TYPE(right);
	entry->urefs = 1;
	if (right == MACH_PORT_RIGHT_DEAD_NAME)
		return KERN_SUCCESS;
	entry->is.object = make_object(space, right);
	if (!entry->is.object) {
		ipc_space_free_name(space, entry);
		return KERN_RESOURCE_SHORTAGE;
	}
	entry->urefs = 0;
	entry->is.object->space = space;
	entry->is.object->name = entry->name;
	if (right == MACH_PORT_RIGHT_RECEIVE)
		ipc_space_hash(space, entry);
	return KERN_SUCCESS;
}

static bool
can_allocate(mach_port_right_t right)
{
	return right == MACH_PORT_RIGHT_RECEIVE ||
	       right == MACH_PORT_RIGHT_PORT_SET ||
	       right == MACH_PORT_RIGHT_DEAD_NAME;
}

static kern_return_t
port_allocate(
    struct ipc_space *space, mach_port_right_t right, mach_port_name_t *name)
{
	struct ipc_entry *entry;
	kern_return_t result;

	if (!can_allocate(right))
		return KERN_INVALID_VALUE;
	result = ipc_space_new_name(space, &entry);
	if (result == KERN_SUCCESS)
		result = allocate(space, entry, right);
	if (result == KERN_SUCCESS)
		*name = entry->name;
	return result;
}

static kern_return_t
port_allocate_name(
    struct ipc_space *space, mach_port_right_t right, mach_port_name_t name)
{
	struct ipc_entry *entry;
	kern_return_t result;

	if (!can_allocate(right) || !MACH_PORT_VALID(name))
		return KERN_INVALID_VALUE;
	ipc_space_lookup(space, name);
	result = ipc_space_take_name(space, name, &entry);
	return result == KERN_SUCCESS ? allocate(space, entry, right) : result;
}

static kern_return_t
port_rename(struct ipc_space *space, mach_port_name_t old_name,
    mach_port_name_t new_name)
{
	struct ipc_entry *entry = ipc_space_lookup(space, old_name);

	if (!entry)
		return KERN_INVALID_NAME;
	if (!MACH_PORT_VALID(new_name))
		return KERN_INVALID_VALUE;
	return ipc_right_rename(space, entry, new_name);
}

/* ---- rights from rights -------------------------------------------------- */

/* Takes a right out of FROM for somebody else. */
static kern_return_t
take_right(struct ipc_space *from, mach_port_name_t name,
    mach_msg_type_name_t disposition, struct ipc_port **port)
{
	if (ipc_right_copyin_type(disposition) == 0)
		return KERN_INVALID_VALUE;
	if (!ipc_space_lookup(from, name))
		return KERN_INVALID_NAME;
	if (!ipc_right_copyin_check(from, name, disposition, false))
		return KERN_INVALID_RIGHT;
	*port = ipc_right_copyin(from, name, disposition);
	return KERN_SUCCESS;
}

static kern_return_t
port_insert_right(struct ipc_space *own, struct ipc_space *space,
    mach_port_name_t name, mach_port_name_t poly,
    mach_msg_type_name_t disposition)
{
	mach_msg_type_name_t type = ipc_right_copyin_type(disposition);
	const struct ipc_entry *there;
	struct ipc_port *port;
	kern_return_t result;

	if (!MACH_PORT_VALID(name) || type == 0)
		return KERN_INVALID_VALUE;
	if (!MACH_PORT_VALID(poly))
		return KERN_INVALID_CAPABILITY;
	there = ipc_space_lookup(space, name);
	if (there && there->type == MACH_PORT_TYPE_PORT_SET)
		return KERN_INVALID_RIGHT;
	there = ipc_space_lookup(own, poly);
	if (there && there->type == MACH_PORT_TYPE_DEAD_NAME)
		return KERN_INVALID_CAPABILITY;
	result = take_right(own, poly, disposition, &port);
	if (result != KERN_SUCCESS)
		return result;
	result = ipc_right_copyout_name(space, name, port, type);
	if (result != KERN_SUCCESS)
		ipc_port_release_right(port, type);
	return result;
}

static kern_return_t
port_extract_right(struct ipc_space *own, struct ipc_space *space,
    mach_port_name_t name, mach_msg_type_name_t disposition, uint32_t *values)
{
	struct ipc_port *port;
	kern_return_t result = take_right(space, name, disposition, &port);

	if (result != KERN_SUCCESS)
		return result;
	values[1] = ipc_right_copyin_type(disposition);
	return ipc_right_copyout(own, port, values[1], &values[0]);
}

/* ---- notifications ------------------------------------------------------- */

/* Registers the send-once right NOTIFY (null: none) for what MSGID says; on an
 * error it is still the caller's. */
static kern_return_t
request(struct ipc_space *space, mach_port_name_t name, mach_msg_id_t msgid,
    mach_port_mscount_t sync, struct ipc_port *notify,
    struct ipc_port **previous)
{
	bool no_senders = msgid == MACH_NOTIFY_NO_SENDERS;
	bool destroyed = msgid == MACH_NOTIFY_PORT_DESTROYED;
	struct ipc_entry *entry = ipc_space_lookup(space, name);

	if (!entry)
		return KERN_INVALID_NAME;
	if (!no_senders && !destroyed)
		return ipc_right_request(space, entry,
		    msgid == MACH_NOTIFY_SEND_POSSIBLE, sync != 0, notify,
		    previous);
	if (!(entry->type & MACH_PORT_TYPE_RECEIVE))
		return KERN_INVALID_RIGHT;
	if (destroyed && sync != 0)
		return KERN_INVALID_VALUE;
	if (no_senders) {
		*previous = ipc_port_nsrequest(entry->is.port, notify, sync);
	} else {
		*previous = entry->is.port->pdrequest;
		entry->is.port->pdrequest = notify;
	}
	return KERN_SUCCESS;
}

/* Arguments: task, name, msgid, sync, notify, its disposition. */
static kern_return_t
port_request_notification(struct ipc_space *own, struct ipc_space *space,
    const uint32_t *arguments, mach_port_name_t *previous_name)
{
	mach_port_name_t notify_name = arguments[4];
	mach_msg_id_t msgid = (mach_msg_id_t)arguments[2];
	struct ipc_port *notify = NULL, *previous = NULL;
	kern_return_t result;

	if (msgid != MACH_NOTIFY_NO_SENDERS && msgid != MACH_NOTIFY_DEAD_NAME &&
	    msgid != MACH_NOTIFY_PORT_DESTROYED &&
	    msgid != MACH_NOTIFY_SEND_POSSIBLE)
		return KERN_INVALID_VALUE;
	if (notify_name == MACH_PORT_DEAD)
		return KERN_INVALID_CAPABILITY;
	if (notify_name != MACH_PORT_NULL) {
		if (ipc_right_copyin_type(arguments[5]) !=
			MACH_MSG_TYPE_PORT_SEND_ONCE ||
		    !ipc_right_copyin_check(
			own, notify_name, arguments[5], false))
			return KERN_INVALID_CAPABILITY;
		notify = ipc_right_copyin(own, notify_name, arguments[5]);
	}
	result = request(
	    space, arguments[1], msgid, arguments[3], notify, &previous);
	if (result == KERN_SUCCESS)
		return ipc_right_copyout(
		    own, previous, MACH_MSG_TYPE_PORT_SEND_ONCE, previous_name);
	ipc_port_release_send_once(notify);
	return result;
}

/* ---- port sets ----------------------------------------------------------- */

/* Finds both; AFTER may be null where the pset is not needed. */
static kern_return_t
member_and_set(struct ipc_space *space, mach_port_name_t member,
    mach_port_name_t after, struct ipc_port **port, struct ipc_pset **pset)
{
	struct ipc_entry *entry;
	kern_return_t result =
	    find(space, member, MACH_PORT_TYPE_RECEIVE, &entry);

	if (result != KERN_SUCCESS)
		return result;
	*port = entry->is.port;
	result = find(space, after, MACH_PORT_TYPE_PORT_SET, &entry);
	if (result == KERN_SUCCESS)
		*pset = entry->is.pset;
	return result;
}

static kern_return_t
port_move_member(
    struct ipc_space *space, mach_port_name_t member, mach_port_name_t after)
{
	struct ipc_port *port = NULL;
	struct ipc_pset *pset = NULL;
	kern_return_t result =
	    member_and_set(space, member, after, &port, &pset);

	if (result != KERN_SUCCESS && (!port || after != MACH_PORT_NULL))
		return result;
	if (!pset && list_empty(&port->members))
		return KERN_NOT_IN_SET;
	ipc_pset_remove_all(port);
	return pset ? ipc_pset_insert(pset, port) : KERN_SUCCESS;
}

static kern_return_t
port_member(struct ipc_space *space, bool insert, mach_port_name_t member,
    mach_port_name_t set)
{
	struct ipc_port *port;
	struct ipc_pset *pset;
	kern_return_t result = member_and_set(space, member, set, &port, &pset);

	if (result != KERN_SUCCESS)
		return result;
	return insert ? ipc_pset_insert(pset, port)
		      : ipc_pset_remove(pset, port);
}

/* ---- special ports ------------------------------------------------------- */

static kern_return_t
task_get_port(struct thread *thread, struct task *task, uint32_t which,
    mach_port_name_t *name)
{
	struct ipc_port *port;

	if (which == TASK_BOOTSTRAP_PORT)
		port = task_bootstrap(task);
	else if (which == TASK_KERNEL_PORT)
		port = ipc_port_make_send(task->self);
	else
		return KERN_INVALID_ARGUMENT;
	return ipc_right_copyout(
	    thread->task->space, port, MACH_MSG_TYPE_PORT_SEND, name);
}

static kern_return_t
task_set_port(struct thread *thread, struct task *task, uint32_t which,
    mach_port_name_t name)
{
	struct ipc_port *port = NULL;

	if (which != TASK_BOOTSTRAP_PORT)
		return KERN_INVALID_ARGUMENT;
	if (name != MACH_PORT_NULL) {
		if (take_right(thread->task->space, name,
			MACH_MSG_TYPE_COPY_SEND, &port) != KERN_SUCCESS)
			return KERN_INVALID_CAPABILITY;
	}
	task_change_bootstrap(task, port);
	return KERN_SUCCESS;
}

/* ---- by number ----------------------------------------------------------- */

/* The same of MACH_PORT_NULL and MACH_PORT_DEAD, which stand for a right that
 * isn't there: giving it back is no mistake. */
static kern_return_t
no_right_trap(uint32_t number, const uint32_t *a, uint32_t *values)
{
	bool send =
	    a[2] == MACH_PORT_RIGHT_SEND || a[2] == MACH_PORT_RIGHT_SEND_ONCE;

	switch (number) {
	case TRAP_PORT_DEALLOCATE:
	case TRAP_PORT_DESTROY:
		return KERN_SUCCESS;
	case TRAP_PORT_MOD_REFS:
		return send ? KERN_SUCCESS : KERN_INVALID_NAME;
	case TRAP_PORT_GET_REFS:
		values[0] = 1;
		return send ? KERN_SUCCESS : KERN_INVALID_NAME;
	default: /* TRAP_PORT_TYPE */
		values[0] = MACH_PORT_TYPE_DEAD_NAME;
		return a[1] == MACH_PORT_DEAD ? KERN_SUCCESS
					      : KERN_INVALID_NAME;
	}
}

/* Those that end, or count, the rights of one name. */
static kern_return_t
right_trap(struct ipc_space *space, uint32_t number, const uint32_t *a,
    uint32_t *values)
{
	struct ipc_entry *entry = ipc_space_lookup(space, a[1]);
	bool counts =
	    number == TRAP_PORT_MOD_REFS || number == TRAP_PORT_GET_REFS;

	if (counts && a[2] >= MACH_PORT_RIGHT_NUMBER)
		return KERN_INVALID_VALUE;
	if (!MACH_PORT_VALID(a[1]))
		return no_right_trap(number, a, values);
	if (!entry)
		return KERN_INVALID_NAME;
	switch (number) {
	case TRAP_PORT_DEALLOCATE:
		return ipc_right_deallocate(space, entry);
	case TRAP_PORT_DESTROY:
		ipc_right_destroy(space, entry);
		return KERN_SUCCESS;
	case TRAP_PORT_MOD_REFS:
		return ipc_right_mod_refs(
		    space, entry, a[2], (mach_port_delta_t)a[3]);
	case TRAP_PORT_GET_REFS:
		values[0] = ipc_right_refs(entry, a[2]);
		return KERN_SUCCESS;
	default: /* TRAP_PORT_TYPE */
		values[0] = ipc_right_type(entry);
		return KERN_SUCCESS;
	}
}

kern_return_t
mach_port_trap(struct thread *thread, uint32_t number, const uint32_t *a,
    struct trap_reply *reply)
{
	struct ipc_space *own = thread->task->space;
	uint32_t *values = reply->answer.values;
	struct task *task;

	if (number == TRAP_REPLY_PORT)
		return port_allocate(own, MACH_PORT_RIGHT_RECEIVE, &values[0]);
	task = task_named(thread, a[0]);
	if (!task)
		return KERN_INVALID_TASK;
	switch (number) {
	case TRAP_PORT_ALLOCATE:
		return port_allocate(task->space, a[1], &values[0]);
	case TRAP_PORT_ALLOCATE_NAME:
		return port_allocate_name(task->space, a[1], a[2]);
	case TRAP_PORT_RENAME:
		return port_rename(task->space, a[1], a[2]);
	case TRAP_PORT_DEALLOCATE:
	case TRAP_PORT_DESTROY:
	case TRAP_PORT_MOD_REFS:
	case TRAP_PORT_GET_REFS:
	case TRAP_PORT_TYPE:
		return right_trap(task->space, number, a, values);
	case TRAP_PORT_INSERT_RIGHT:
		return port_insert_right(own, task->space, a[1], a[2], a[3]);
	case TRAP_PORT_EXTRACT_RIGHT:
		return port_extract_right(own, task->space, a[1], a[2], values);
	case TRAP_PORT_REQUEST_NOTIFICATION:
		return port_request_notification(
		    own, task->space, a, &values[0]);
	case TRAP_PORT_MOVE_MEMBER:
		return port_move_member(task->space, a[1], a[2]);
	case TRAP_PORT_INSERT_MEMBER:
	case TRAP_PORT_EXTRACT_MEMBER:
		return port_member(
		    task->space, number == TRAP_PORT_INSERT_MEMBER, a[1], a[2]);
	case TRAP_TASK_GET_SPECIAL_PORT:
		return task_get_port(thread, task, a[1], &values[0]);
	case TRAP_TASK_SET_SPECIAL_PORT:
		return task_set_port(thread, task, a[1], a[2]);
	default:
		return mach_port_info_trap(task->space, number, a, reply);
	}
}
