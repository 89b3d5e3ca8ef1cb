/* What macOS says of names, of the calls that change and list them, and of port
 * sets. */
#include "tests/mach_facts.h"

#include <string.h>

/* ---- a task's names ------------------------------------------------------ */

/* Tells the parent how many names there are at the start, and whether the task
 * itself is one. */
static void
tell_names(void)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, type_count;
	mach_port_t task = mach_task_self();

	need(mach_port_names(task, &names, &count, &types, &type_count),
	    "mach_port_names");
	send_to(bootstrap_port, MACH_MSG_TYPE_COPY_SEND, (mach_msg_id_t)count,
	    0, 0);
	send_to(bootstrap_port, MACH_MSG_TYPE_COPY_SEND,
	    names[0] == task && types[0] == MACH_PORT_TYPE_SEND, 0, 0);
}

static void
start_facts(void)
{
	mach_port_t port = new_port(1);
	union message message;
	pid_t pid = task_start(tell_names, port);

	need(receive(port, &message, 5000), "the child's names");
	fact("names of a forked task, its notify port none of them",
	    (uint32_t)message.header.msgh_id, 1);
	need(receive(port, &message, 5000), "the child's name");
	fact("that one is its own", (uint32_t)message.header.msgh_id, 1);
	task_end(pid);
}

static void
shared_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(2), once[2];
	mach_port_t freed = new_port(0);
	mach_msg_type_name_t type;

	for (int i = 0; i < 2; i++)
		need(mach_port_extract_right(task, port,
			 MACH_MSG_TYPE_MAKE_SEND_ONCE, &once[i], &type),
		    "mach_port_extract_right");
	fact("a right once", type, MACH_MSG_TYPE_PORT_SEND_ONCE);
	fact("each right once has a name", once[0] != once[1], 1);
	fact(
	    "a port tells how many there are", status_of(port).mps_sorights, 2);
	fact("and whether there are send rights",
	    status_of(port).mps_srights != 0, 1);
	fact("more of a right once",
	    (uint32_t)mach_port_mod_refs(
		task, once[0], MACH_PORT_RIGHT_SEND_ONCE, 1),
	    KERN_INVALID_VALUE);
	fact("fewer send rights than none",
	    (uint32_t)mach_port_mod_refs(task, port, MACH_PORT_RIGHT_SEND, -3),
	    KERN_INVALID_VALUE);
	fact("65535 send rights",
	    (uint32_t)mach_port_mod_refs(
		task, port, MACH_PORT_RIGHT_SEND, 65533),
	    KERN_SUCCESS);
	fact("65536",
	    (uint32_t)mach_port_mod_refs(task, port, MACH_PORT_RIGHT_SEND, 1),
	    KERN_UREFS_OVERFLOW);
	fact("a kind of right that there isn't",
	    (uint32_t)mach_port_mod_refs(task, port, 6, 1), KERN_INVALID_VALUE);
	need(mach_port_destroy(task, freed), "mach_port_destroy");
	fact("a name that was freed", (uint32_t)mach_port_destroy(task, freed),
	    KERN_INVALID_NAME);
	fact("isn't the next one's", new_port(0) != freed, 1);
}

/* MACH_PORT_NULL and MACH_PORT_DEAD are rights that aren't there. */
static void
null_facts(void)
{
	mach_port_t task = mach_task_self();
	const mach_port_t none[] = {MACH_PORT_NULL, MACH_PORT_DEAD};
	mach_port_type_t type = 0;

	for (size_t i = 0; i < 2; i++) {
		fact("deallocate null, dead",
		    (uint32_t)mach_port_deallocate(task, none[i]),
		    KERN_SUCCESS);
		fact("destroy null, dead",
		    (uint32_t)mach_port_destroy(task, none[i]), KERN_SUCCESS);
		fact("mod_refs null, dead",
		    (uint32_t)mach_port_mod_refs(
			task, none[i], MACH_PORT_RIGHT_SEND, -1),
		    KERN_SUCCESS);
		fact("of a receive right",
		    (uint32_t)mach_port_mod_refs(
			task, none[i], MACH_PORT_RIGHT_RECEIVE, -1),
		    KERN_INVALID_NAME);
		fact("get_refs null, dead",
		    refs_of(none[i], MACH_PORT_RIGHT_SEND), 1);
	}
	fact("type null", (uint32_t)mach_port_type(task, none[0], &type),
	    KERN_INVALID_NAME);
	fact("type dead", type_of(MACH_PORT_DEAD), MACH_PORT_TYPE_DEAD_NAME);
	fact("a task that isn't one",
	    (uint32_t)mach_port_type(new_port(1), task, &type),
	    KERN_INVALID_TASK);
	fact("the task null", (uint32_t)mach_port_type(0, task, &type),
	    KERN_INVALID_TASK);
}

/* So many that the list comes in memory of its own: 8 bytes each. */
static void
list_facts(void)
{
	enum { MANY = 8000 };
	static mach_port_t made[MANY];
	mach_port_t task = mach_task_self();
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, type_count;
	uint32_t found = 0, n = 0;

	for (int i = 0; i < MANY; i++)
		need(mach_port_allocate(
			 task, MACH_PORT_RIGHT_DEAD_NAME, &made[i]),
		    "mach_port_allocate");
	need(mach_port_names(task, &names, &count, &types, &type_count),
	    "mach_port_names");
	fact("as many types as names", type_count, count);
	/* they came in the order of the table, and so they are listed */
	for (mach_msg_type_number_t i = 0; i < count && n < MANY; i++) {
		if (names[i] == made[n] && types[i] == MACH_PORT_TYPE_DEAD_NAME)
			found++;
		if (names[i] == made[n])
			n++;
	}
	fact("each of 8000 names, with its type", found, MANY);
	fact("freed",
	    (uint32_t)vm_deallocate(
		task, (vm_address_t)names, count * sizeof *names),
	    KERN_SUCCESS);
	vm_deallocate(task, (vm_address_t)types, count * sizeof *types);
	for (int i = 0; i < MANY; i++)
		need(mach_port_deallocate(task, made[i]), "deallocate");
}

/* ---- other names --------------------------------------------------------- */

static void
rename_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), previous;
	mach_port_t other = new_port(0), notify = new_port(0);
	const mach_port_t named = 0x54303, near = 0x54307;
	union message message;

	need(send_now(port, 1), "send");
	need(mach_port_request_notification(task, port, MACH_NOTIFY_DEAD_NAME,
		 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
	    "mach_port_request_notification");
	fact("rename to a name in use",
	    (uint32_t)mach_port_rename(task, port, other), KERN_NAME_EXISTS);
	fact("to null", (uint32_t)mach_port_rename(task, port, MACH_PORT_NULL),
	    KERN_INVALID_VALUE);
	fact("to a free name", (uint32_t)mach_port_rename(task, port, named),
	    KERN_SUCCESS);
	fact("the old name", type_of(port), MACH_PORT_TYPE_NONE);
	fact("the new one", type_of(named), 0x80030000);
	fact("of a name that there isn't",
	    (uint32_t)mach_port_rename(task, port, 0x60003), KERN_INVALID_NAME);
	fact("to one that differs in the lowest byte alone",
	    (uint32_t)mach_port_rename(task, other, near), KERN_FAILURE);
	fact("send by it", (uint32_t)send_now(named, 2), MACH_MSG_SUCCESS);
	need(receive(named, &message, 0), "receive");
	fact("what was queued", (uint32_t)message.header.msgh_id, 1);
	fact("comes by the new name", message.header.msgh_local_port, named);
	drop_receive(named);
	need(receive(notify, &message, 0), "receive");
	fact("the dead-name notification has it", message.dead_name.not_port,
	    named);

	fact("allocate_name",
	    (uint32_t)mach_port_allocate_name(
		task, MACH_PORT_RIGHT_RECEIVE, 0x55503),
	    KERN_SUCCESS);
	fact("twice",
	    (uint32_t)mach_port_allocate_name(
		task, MACH_PORT_RIGHT_RECEIVE, 0x55503),
	    KERN_NAME_EXISTS);
	fact("of a right that can't be allocated",
	    (uint32_t)mach_port_allocate(task, MACH_PORT_RIGHT_SEND, &previous),
	    KERN_INVALID_VALUE);
}

/* ---- sets ---------------------------------------------------------------- */

static void
set_more_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), set, other;
	mach_port_name_array_t members;
	mach_msg_type_number_t count = 0;

	need(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set), "set");
	need(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &other), "set");
	fact("insert_right into a set",
	    (uint32_t)mach_port_insert_right(
		task, set, port, MACH_MSG_TYPE_MAKE_SEND),
	    KERN_INVALID_RIGHT);
	fact("insert_member",
	    (uint32_t)mach_port_insert_member(task, port, set), KERN_SUCCESS);
	fact("twice", (uint32_t)mach_port_insert_member(task, port, set),
	    KERN_ALREADY_IN_SET);
	fact("into a second set",
	    (uint32_t)mach_port_insert_member(task, port, other), KERN_SUCCESS);
	fact("mps_pset", status_of(port).mps_pset, 2);
	need(mach_port_get_set_status(task, set, &members, &count), "status");
	fact("get_set_status", count == 1 && members[0] == port, 1);
	vm_deallocate(task, (vm_address_t)members, count * sizeof *members);
	fact("of no set",
	    (uint32_t)mach_port_get_set_status(task, port, &members, &count),
	    KERN_INVALID_RIGHT);
	fact("extract_member",
	    (uint32_t)mach_port_extract_member(task, port, other),
	    KERN_SUCCESS);
	fact("twice", (uint32_t)mach_port_extract_member(task, port, other),
	    KERN_NOT_IN_SET);
	fact("move_member to null",
	    (uint32_t)mach_port_move_member(task, port, MACH_PORT_NULL),
	    KERN_SUCCESS);
	fact("twice",
	    (uint32_t)mach_port_move_member(task, port, MACH_PORT_NULL),
	    KERN_NOT_IN_SET);
	fact("move_member into a set",
	    (uint32_t)mach_port_move_member(task, port, set), KERN_SUCCESS);
	differs("deallocating a set", (uint32_t)mach_port_deallocate(task, set),
	    KERN_SUCCESS, "KERN_INVALID_RIGHT", "macOS destroys it");
	fact("its member lives", type_of(port), 0x30000);
	fact("and is in no set", status_of(port).mps_pset, 0);
}

/* Who is blocked receiving from a set gets what comes into it later. */
static void
set_wait_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), set;
	struct caller *caller;

	need(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set), "set");
	need(send_now(port, 1), "send");
	caller = caller_start(call_receive, set, 0);
	fact("a set without members: the receiver waits",
	    caller_is_blocked(caller), 1);
	need(mach_port_insert_member(task, port, set), "insert");
	fact("a member with a message comes", (uint32_t)caller_join(caller),
	    MACH_MSG_SUCCESS);
	caller = caller_start(call_receive, set, 0);
	need(send_now(port, 2), "send");
	fact("a message comes to a member", (uint32_t)caller_join(caller),
	    MACH_MSG_SUCCESS);
	caller = caller_start(call_receive, set, 0);
	need(mach_port_destroy(task, set), "mach_port_destroy");
	fact("the set goes", (uint32_t)caller_join(caller), MACH_RCV_PORT_DIED);
}

void
name_facts(void)
{
	start_facts();
	shared_facts();
	null_facts();
	list_facts();
	rename_facts();
	set_more_facts();
	set_wait_facts();
}
