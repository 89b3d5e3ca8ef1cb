/* What macOS says of the calls that look at ports, take rights from other
 * tasks, and get memory. */
#define _GNU_SOURCE /* mincore */
#include "tests/mach_facts.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- a port's attributes ------------------------------------------------- */

static void
attribute_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), set;
	mach_port_limits_t limits = {0};
	mach_port_info_t info = (mach_port_info_t)&limits;
	mach_msg_type_number_t count = 1;
	mach_port_context_t context = 1;

	need(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set), "set");
	fact("the limits",
	    (uint32_t)mach_port_get_attributes(
		task, port, MACH_PORT_LIMITS_INFO, info, &count),
	    KERN_SUCCESS);
	fact("a queue of", limits.mpl_qlimit, 5);
	count = 0;
	fact("with room for no element",
	    (uint32_t)mach_port_get_attributes(
		task, port, MACH_PORT_LIMITS_INFO, info, &count),
	    KERN_FAILURE);
	count = 1;
	fact("of a set",
	    (uint32_t)mach_port_get_attributes(
		task, set, MACH_PORT_LIMITS_INFO, info, &count),
	    KERN_INVALID_RIGHT);
	fact("of no flavor",
	    (uint32_t)mach_port_get_attributes(task, port, 77, info, &count),
	    KERN_INVALID_ARGUMENT);
	fact("a flavor that can't be set",
	    (uint32_t)mach_port_set_attributes(
		task, port, MACH_PORT_RECEIVE_STATUS, info, 10),
	    KERN_INVALID_ARGUMENT);
	fact("the context at first",
	    (uint32_t)mach_port_get_context(task, port, &context),
	    KERN_SUCCESS);
	fact("is 0", (uint32_t)context, 0);
	need(mach_port_set_context(task, port, 0x1122334455667788), "context");
	need(mach_port_get_context(task, port, &context), "context");
	fact("all 64 bits of it", context == 0x1122334455667788, 1);
	fact("of a set", (uint32_t)mach_port_set_context(task, set, 1),
	    KERN_INVALID_RIGHT);
}

static void
peek_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1);
	mach_port_seqno_t seqno = 0;
	mach_msg_size_t size;
	mach_msg_id_t id = 0;
	mach_msg_audit_trailer_t trailer = {0};
	mach_msg_type_number_t count = sizeof trailer;
	const mach_msg_trailer_type_t type =
	    (mach_msg_trailer_type_t)MACH_RCV_TRAILER_ELEMENTS(
		MACH_RCV_TRAILER_AUDIT);

	fact("peek into an empty queue",
	    (uint32_t)mach_port_peek(task, port, type, &seqno, &size, &id,
		(mach_msg_trailer_info_t)&trailer, &count),
	    KERN_FAILURE);
	need(send_now(port, 61), "send");
	need(send_now(port, 62), "send");
	fact("peek",
	    (uint32_t)mach_port_peek(task, port, type, &seqno, &size, &id,
		(mach_msg_trailer_info_t)&trailer, &count),
	    KERN_SUCCESS);
	fact("the first message's id", (uint32_t)id, 61);
	fact("its size", size, 32);
	fact("its number", seqno, 0);
	fact("its trailer's size", count, 52);
	fact("who sent it", trailer.msgh_audit.val[5], (uint32_t)getpid());
	seqno = 1;
	need(mach_port_peek(task, port, type, &seqno, &size, &id,
		 (mach_msg_trailer_info_t)&trailer, &count),
	    "mach_port_peek");
	fact("the second's id", (uint32_t)id, 62);
	fact("both are there still", drain(port), 2);
}

/* ---- rights -------------------------------------------------------------- */

static void
insert_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), once, other;
	mach_msg_type_name_t type;
	union message message;

	fact("insert a right that is there by another name",
	    (uint32_t)mach_port_insert_right(
		task, 0x66603, port, MACH_MSG_TYPE_MAKE_SEND),
	    KERN_RIGHT_EXISTS);
	other = new_port(0);
	fact("from null",
	    (uint32_t)mach_port_insert_right(
		task, port, MACH_PORT_NULL, MACH_MSG_TYPE_MAKE_SEND),
	    KERN_INVALID_CAPABILITY);
	fact("by no disposition",
	    (uint32_t)mach_port_insert_right(task, port, port, 1),
	    KERN_INVALID_VALUE);
	fact("to copy what isn't there",
	    (uint32_t)mach_port_insert_right(
		task, other, other, MACH_MSG_TYPE_COPY_SEND),
	    KERN_INVALID_RIGHT);
	need(mach_port_extract_right(
		 task, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &once, &type),
	    "mach_port_extract_right");
	fact("move a right once to a new name",
	    (uint32_t)mach_port_insert_right(
		task, 0x66603, once, MACH_MSG_TYPE_MOVE_SEND_ONCE),
	    KERN_SUCCESS);
	fact("the old name", type_of(once), MACH_PORT_TYPE_NONE);
	fact("the new name", type_of(0x66603), MACH_PORT_TYPE_SEND_ONCE);
	fact("to a name that is another's",
	    (uint32_t)mach_port_insert_right(
		task, other, 0x66603, MACH_MSG_TYPE_MOVE_SEND_ONCE),
	    KERN_NAME_EXISTS);
	fact("it is gone", type_of(0x66603), MACH_PORT_TYPE_NONE);
	fact("and its port knows",
	    receive(port, &message, 0) == MACH_MSG_SUCCESS
		? (uint32_t)message.header.msgh_id
		: 0,
	    MACH_NOTIFY_SEND_ONCE);
}

/* Gives the parent its task port, and a port's names. */
static void
offer_rights(void)
{
	mach_port_t parent = bootstrap_port, port = new_port(2);

	need(send_now(port, 71), "send");
	need(send_reply_right(parent, (mach_msg_id_t)port, mach_task_self(),
		 MACH_MSG_TYPE_COPY_SEND),
	    "the child's task port");
}

/* Whoever has a task's port can take its rights. */
static void
extract_facts(void)
{
	mach_port_t port = new_port(1), child, right, name;
	mach_msg_type_name_t type;
	mach_port_urefs_t refs = 0;
	union message message;
	pid_t pid = task_start(offer_rights, port);

	need(receive(port, &message, 5000), "the child's task port");
	child = message.header.msgh_remote_port;
	name = (mach_port_t)message.header.msgh_id;
	fact("extract a copy",
	    (uint32_t)mach_port_extract_right(
		child, name, MACH_MSG_TYPE_COPY_SEND, &right, &type),
	    KERN_SUCCESS);
	fact("it is a send right", type, MACH_MSG_TYPE_PORT_SEND);
	fact("here too", type_of(right), MACH_PORT_TYPE_SEND);
	fact("move a reference",
	    (uint32_t)mach_port_extract_right(
		child, name, MACH_MSG_TYPE_MOVE_SEND, &right, &type),
	    KERN_SUCCESS);
	fact("here there are two", refs_of(right, MACH_PORT_RIGHT_SEND), 2);
	need(mach_port_get_refs(child, name, MACH_PORT_RIGHT_SEND, &refs),
	    "mach_port_get_refs");
	fact("there is one", refs, 1);
	fact("move the receive right",
	    (uint32_t)mach_port_extract_right(
		child, name, MACH_MSG_TYPE_MOVE_RECEIVE, &right, &type),
	    KERN_SUCCESS);
	fact("both rights have one name", type_of(right), 0x30000);
	fact("with the message that was queued",
	    receive(right, &message, 0) == MACH_MSG_SUCCESS
		? (uint32_t)message.header.msgh_id
		: 0,
	    71);
	fact("a right that isn't there any more",
	    (uint32_t)mach_port_extract_right(
		child, name, MACH_MSG_TYPE_MOVE_RECEIVE, &name, &type),
	    KERN_INVALID_RIGHT);
	task_end(pid);
	fact("the task is dead",
	    (uint32_t)mach_port_get_refs(
		child, name, MACH_PORT_RIGHT_SEND, &refs),
	    KERN_INVALID_TASK);
	fact("the port lives", type_of(right), 0x30000);
}

static void
special_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), got = 0;

	fact("set_special_port to a right that isn't one to send",
	    (uint32_t)task_set_special_port(
		task, TASK_BOOTSTRAP_PORT, new_port(0)),
	    KERN_INVALID_CAPABILITY);
	fact("to a name that isn't there",
	    (uint32_t)task_set_special_port(task, TASK_BOOTSTRAP_PORT, 0x77703),
	    KERN_INVALID_CAPABILITY);
	fact("another than the bootstrap port",
	    (uint32_t)task_set_special_port(task, 77, port),
	    KERN_INVALID_ARGUMENT);
	need(task_set_special_port(task, TASK_BOOTSTRAP_PORT, port), "set");
	fact("get_special_port",
	    (uint32_t)task_get_special_port(task, TASK_BOOTSTRAP_PORT, &got),
	    KERN_SUCCESS);
	fact("is what was set", got, port);
	fact("with one reference more", refs_of(port, MACH_PORT_RIGHT_SEND), 2);
	need(task_set_special_port(task, TASK_BOOTSTRAP_PORT, MACH_PORT_NULL),
	    "set");
}

/* ---- memory -------------------------------------------------------------- */

static void
memory_facts(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	mach_port_t task = mach_task_self();
	mach_vm_address_t address = 0, where;
	unsigned char there;

	fact("mach_vm_allocate",
	    (uint32_t)mach_vm_allocate(
		task, &address, page + 1, VM_FLAGS_ANYWHERE),
	    KERN_SUCCESS);
	fact("a page's beginning", address % page == 0, 1);
	fact("two pages", mincore((char *)address + page, 1, &there) == 0, 1);
	fact("of zeros", ((char *)address)[2 * page - 1] == 0, 1);
	where = address;
	fact("where there is something",
	    (uint32_t)mach_vm_allocate(task, &where, page, VM_FLAGS_FIXED),
	    KERN_NO_SPACE);
	fact("mach_vm_deallocate, by its last byte",
	    (uint32_t)mach_vm_deallocate(task, address + page, 1),
	    KERN_SUCCESS);
	fact("takes a whole page",
	    mincore((char *)address + page, 1, &there) == -1, 1);
	where = address + page + 5;
	fact("VM_FLAGS_FIXED, within a page",
	    (uint32_t)mach_vm_allocate(task, &where, 1, VM_FLAGS_FIXED),
	    KERN_SUCCESS);
	fact("gives its beginning", where == address + page, 1);
	need(mach_vm_deallocate(task, address, 2 * page), "deallocate");
	fact("nothing is left", mincore((char *)address, 1, &there) == -1, 1);
	fact("0 bytes",
	    (uint32_t)mach_vm_allocate(task, &address, 0, VM_FLAGS_ANYWHERE),
	    KERN_SUCCESS);
	fact("are nowhere", address == 0, 1);
	fact("at address 0",
	    (uint32_t)mach_vm_allocate(task, &address, page, VM_FLAGS_FIXED),
	    KERN_INVALID_ADDRESS);
	fact("more than there can be",
	    (uint32_t)mach_vm_allocate(
		task, &address, ~(mach_vm_size_t)0 - 1, VM_FLAGS_ANYWHERE),
	    KERN_NO_SPACE);
	fact("a flag that there isn't",
	    (uint32_t)mach_vm_allocate(task, &address, page, 0x4000),
	    KERN_INVALID_ARGUMENT);
	fact("deallocate more than there can be",
	    (uint32_t)mach_vm_deallocate(task, page, ~(mach_vm_size_t)0 - 1),
	    KERN_INVALID_ARGUMENT);
	fact("in a task that isn't this one",
	    (uint32_t)mach_vm_deallocate(MACH_PORT_NULL, address, page),
	    KERN_INVALID_ARGUMENT);
}

void
call_facts(void)
{
	attribute_facts();
	peek_facts();
	insert_facts();
	extract_facts();
	special_facts();
	memory_facts();
}
