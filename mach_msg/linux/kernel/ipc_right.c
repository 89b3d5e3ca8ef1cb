#include "mach_msg/linux/kernel/ipc_right.h"

#include "mach_msg/linux/kernel/ipc_kmsg.h"
#include "mach_msg/linux/kernel/ipc_notify.h"
#include "mach_msg/linux/kernel/memory.h"

/* ---- entries ------------------------------------------------------------- */

/* The name stands for a port's rights and has requests. */
static bool
is_port(const struct ipc_entry *entry)
{
	return entry->type &
	       (MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_SEND_ONCE);
}

/* A kept message no longer belongs to this name. */
static void
forget_kept(struct ipc_entry *entry)
{
	if (entry->kept)
		entry->kept->space = NULL;
	entry->kept = NULL;
}

static void
unhash(struct ipc_space *space, struct ipc_entry *entry)
{
	if (entry->type & MACH_PORT_TYPE_SEND_RECEIVE)
		ipc_space_unhash(space, entry);
}

/* Frees the name of a port's right, which has been moved elsewhere with the
 * entry's reference. */
static void
drop_entry(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_port *notify = ipc_right_take_request(entry);
	mach_port_name_t name = entry->name;

	forget_kept(entry);
	unhash(space, entry);
	ipc_space_free_name(space, entry);
	if (notify)
		ipc_notify_port_deleted(notify, name);
}

static void
add_urefs(struct ipc_entry *entry, mach_port_urefs_t more)
{
	/* a count that has reached its maximum stays there */
	entry->urefs = entry->urefs + more > IPC_UREFS_MAX
			   ? IPC_UREFS_MAX
			   : entry->urefs + more;
}

static void
make_dead(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_port *port = entry->is.port;
	bool send_once = entry->type & MACH_PORT_TYPE_SEND_ONCE;

	unhash(space, entry);
	forget_kept(entry);
	if (!(entry->type & MACH_PORT_TYPE_SEND))
		entry->urefs = 1;
	entry->type = MACH_PORT_TYPE_DEAD_NAME;
	entry->is.port = NULL;
	if (send_once)
		ipc_notify_done(port);
	else
		ipc_port_release_send(port);
}

void
ipc_right_check(struct ipc_space *space, struct ipc_entry *entry)
{
	if (is_port(entry) && !entry->is.port->object.active)
		make_dead(space, entry);
}

/* ---- in ------------------------------------------------------------------ */

mach_msg_type_name_t
ipc_right_copyin_type(mach_msg_type_name_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return MACH_MSG_TYPE_PORT_RECEIVE;
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MAKE_SEND:
		return MACH_MSG_TYPE_PORT_SEND;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return MACH_MSG_TYPE_PORT_SEND_ONCE;
	default:
		return 0;
	}
}

bool
ipc_right_copyin_check(struct ipc_space *space, mach_port_name_t name,
    mach_msg_type_name_t disposition, bool dead_ok)
{
	const struct ipc_entry *entry = ipc_space_lookup(space, name);
	mach_port_type_t dead = dead_ok ? MACH_PORT_TYPE_DEAD_NAME : 0;

	if (!entry)
		return false;
	switch (disposition) {
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return entry->type & MACH_PORT_TYPE_RECEIVE;
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MOVE_SEND:
		return entry->type & (MACH_PORT_TYPE_SEND | dead);
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return entry->type & (MACH_PORT_TYPE_SEND_ONCE | dead);
	default:
		return false;
	}
}

static struct ipc_port *
move_receive(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_port *port = entry->is.port;

	if (entry->type & MACH_PORT_TYPE_SEND) {
		entry->type = MACH_PORT_TYPE_SEND;
		ipc_port_reference(port);
	} else {
		drop_entry(space, entry);
	}
	ipc_port_clear_receiver(port);
	return port;
}

/* Takes one of the name's references to a send right. */
static struct ipc_port *
move_send(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_port *port = entry->is.port;

	if (--entry->urefs > 0)
		return ipc_port_copy_send(port);
	if (entry->type & MACH_PORT_TYPE_RECEIVE) {
		entry->type = MACH_PORT_TYPE_RECEIVE;
		forget_kept(entry);
		ipc_port_reference(port);
	} else {
		drop_entry(space, entry);
	}
	return port;
}

struct ipc_port *
ipc_right_copyin(struct ipc_space *space, mach_port_name_t name,
    mach_msg_type_name_t disposition)
{
	struct ipc_entry *entry = ipc_space_lookup(space, name);
	struct ipc_port *port = entry->is.port;

	if (entry->type & MACH_PORT_TYPE_DEAD_NAME) {
		if (disposition != MACH_MSG_TYPE_COPY_SEND)
			ipc_right_deallocate(space, entry);
		return IP_DEAD;
	}
	switch (disposition) {
	case MACH_MSG_TYPE_MAKE_SEND:
		return ipc_port_make_send(port);
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return ipc_port_make_send_once(port);
	case MACH_MSG_TYPE_COPY_SEND:
		return ipc_port_copy_send(port);
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return move_receive(space, entry);
	case MACH_MSG_TYPE_MOVE_SEND:
		return move_send(space, entry);
	default: /* MACH_MSG_TYPE_MOVE_SEND_ONCE */
		drop_entry(space, entry);
		return port;
	}
}

/* ---- out ----------------------------------------------------------------- */

/* Adds the right to the entry that the port's rights have, or gives a free one
 * its first. */
static void
add_right(struct ipc_space *space, struct ipc_entry *entry,
    struct ipc_port *port, mach_msg_type_name_t type)
{
	bool first = entry->type == MACH_PORT_TYPE_NONE;
	bool had_send = entry->type & MACH_PORT_TYPE_SEND;

	entry->is.port = port;
	if (type == MACH_MSG_TYPE_PORT_SEND_ONCE) {
		entry->type = MACH_PORT_TYPE_SEND_ONCE;
		entry->urefs = 1;
		return;
	}
	if (type == MACH_MSG_TYPE_PORT_RECEIVE) {
		entry->type |= MACH_PORT_TYPE_RECEIVE;
		port->object.space = space;
		port->object.name = entry->name;
		port->destination = NULL;
	} else {
		entry->type |= MACH_PORT_TYPE_SEND;
		add_urefs(entry, 1);
	}
	if (first) {
		ipc_space_hash(space, entry);
	} else if (had_send && type == MACH_MSG_TYPE_PORT_SEND) {
		ipc_port_release_send(port); /* it is the same right */
	} else {
		ipc_port_release(port); /* the entry has a reference */
	}
}

kern_return_t
ipc_right_copyout(struct ipc_space *space, struct ipc_port *port,
    mach_msg_type_name_t type, mach_port_name_t *name)
{
	struct ipc_entry *entry = NULL;
	kern_return_t result = KERN_SUCCESS;

	*name = port ? MACH_PORT_DEAD : MACH_PORT_NULL;
	if (!ipc_port_valid(port))
		return KERN_SUCCESS;
	if (port->object.active && type != MACH_MSG_TYPE_PORT_SEND_ONCE)
		entry = ipc_space_find(space, port);
	if (port->object.active && !entry)
		result = ipc_space_new_name(space, &entry);
	if (!entry) {
		if (result != KERN_SUCCESS)
			*name = MACH_PORT_NULL;
		ipc_port_release_right(port, type);
		return result;
	}
	add_right(space, entry, port, type);
	*name = entry->name;
	return KERN_SUCCESS;
}

kern_return_t
ipc_right_copyout_name(struct ipc_space *space, mach_port_name_t name,
    struct ipc_port *port, mach_msg_type_name_t type)
{
	struct ipc_entry *entry = NULL;
	kern_return_t result;

	if (!ipc_port_valid(port) || !port->object.active)
		return KERN_INVALID_CAPABILITY;
	if (type != MACH_MSG_TYPE_PORT_SEND_ONCE)
		entry = ipc_space_find(space, port);
	if (entry && entry->name != name)
		return KERN_RIGHT_EXISTS;
	if (entry && type == MACH_MSG_TYPE_PORT_SEND &&
	    entry->urefs == IPC_UREFS_MAX)
		return KERN_UREFS_OVERFLOW;
	if (!entry) {
		ipc_space_lookup(space, name); /* it may have died */
		result = ipc_space_take_name(space, name, &entry);
		if (result != KERN_SUCCESS)
			return result;
	}
	add_right(space, entry, port, type);
	return KERN_SUCCESS;
}

/* ---- the end ------------------------------------------------------------- */

void
ipc_right_destroy(struct ipc_space *space, struct ipc_entry *entry)
{
	mach_port_type_t type = entry->type;
	struct ipc_port *port = entry->is.port;

	if (type == MACH_PORT_TYPE_PORT_SET) {
		struct ipc_pset *pset = entry->is.pset;
		ipc_space_free_name(space, entry);
		ipc_pset_destroy(pset);
		return;
	}
	if (type == MACH_PORT_TYPE_DEAD_NAME) {
		ipc_space_free_name(space, entry);
		return;
	}
	if (type == MACH_PORT_TYPE_SEND_RECEIVE)
		ipc_port_reference(port); /* two rights shared one */
	drop_entry(space, entry);
	if (type & MACH_PORT_TYPE_SEND)
		ipc_port_release_send(port);
	if (type & MACH_PORT_TYPE_SEND_ONCE)
		ipc_port_release_send_once(port);
	if (type & MACH_PORT_TYPE_RECEIVE)
		ipc_port_release_receive(port);
}

kern_return_t
ipc_right_deallocate(struct ipc_space *space, struct ipc_entry *entry)
{
	switch (entry->type) {
	case MACH_PORT_TYPE_PORT_SET:
		ipc_right_destroy(space, entry);
		return KERN_SUCCESS;
	case MACH_PORT_TYPE_DEAD_NAME:
		if (--entry->urefs == 0)
			ipc_space_free_name(space, entry);
		return KERN_SUCCESS;
	case MACH_PORT_TYPE_SEND_ONCE:
		ipc_right_destroy(space, entry);
		return KERN_SUCCESS;
	case MACH_PORT_TYPE_SEND:
	case MACH_PORT_TYPE_SEND_RECEIVE:
		ipc_port_release_send(move_send(space, entry));
		return KERN_SUCCESS;
	default:
		return KERN_INVALID_RIGHT;
	}
}

mach_port_urefs_t
ipc_right_refs(const struct ipc_entry *entry, mach_port_right_t right)
{
	if (!(entry->type & MACH_PORT_TYPE(right)))
		return 0;
	return right == MACH_PORT_RIGHT_SEND ||
		       right == MACH_PORT_RIGHT_DEAD_NAME
		   ? entry->urefs
		   : 1;
}

/* The receive right is given up, a send right of the same name stays. */
static void
drop_receive(struct ipc_space *space, struct ipc_entry *entry)
{
	if (entry->type == MACH_PORT_TYPE_RECEIVE)
		ipc_right_destroy(space, entry);
	else
		ipc_port_release_receive(move_receive(space, entry));
}

kern_return_t
ipc_right_mod_refs(struct ipc_space *space, struct ipc_entry *entry,
    mach_port_right_t right, mach_port_delta_t delta)
{
	int64_t refs = ipc_right_refs(entry, right);
	bool counted =
	    right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME;

	if (refs == 0)
		return KERN_INVALID_RIGHT;
	if (refs + delta < 0 || (!counted && delta > 0))
		return KERN_INVALID_VALUE;
	if (refs + delta > IPC_UREFS_MAX)
		return KERN_UREFS_OVERFLOW;
	if (delta == 0)
		return KERN_SUCCESS;
	if (right == MACH_PORT_RIGHT_RECEIVE) {
		drop_receive(space, entry);
	} else if (refs + delta > 0) {
		entry->urefs = (mach_port_urefs_t)(refs + delta);
	} else {
		entry->urefs = counted ? 1 : entry->urefs; /* the last goes */
		return ipc_right_deallocate(space, entry);
	}
	return KERN_SUCCESS;
}
