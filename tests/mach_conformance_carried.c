/* What macOS says of rights and memory in messages: where they go, and what
 * becomes of them when the message doesn't arrive. */
#include "tests/mach_facts.h"

#include <string.h>

/* Rights that can never be received. */
static void
circle_facts(void)
{
	mach_port_t a = new_port(1), b = new_port(1), c = new_port(1);

	fact("a receive right sent to itself",
	    (uint32_t)send_right(a, a, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	fact("kills its port", type_of(a), MACH_PORT_TYPE_DEAD_NAME);
	a = new_port(1);
	need(send_right(a, b, MACH_MSG_TYPE_MOVE_RECEIVE), "send");
	need(send_right(b, c, MACH_MSG_TYPE_MOVE_RECEIVE), "send");
	fact("three in a circle",
	    (uint32_t)send_right(c, a, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	fact("kill one port", type_of(a), MACH_PORT_TYPE_DEAD_NAME);
	fact("the next", type_of(b), MACH_PORT_TYPE_DEAD_NAME);
	fact("and the last", type_of(c), MACH_PORT_TYPE_DEAD_NAME);
}

/* Null rights, and rights to ports that are dead, or die on the way. */
static void
dead_facts(void)
{
	mach_port_t a = new_port(1), dead = new_port(1), reply = new_port(0);
	union message message;

	fact("a null right",
	    (uint32_t)send_right(a, MACH_PORT_NULL, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	need(receive(a, &message, 0), "receive");
	fact("arrives as 0", message.right.port.name, MACH_PORT_NULL);
	need(send_right(a, dead, MACH_MSG_TYPE_COPY_SEND), "send");
	drop_receive(dead);
	need(receive(a, &message, 0), "receive");
	fact("a right that dies in transit", message.right.port.name,
	    MACH_PORT_DEAD);
	fact("a dead name",
	    (uint32_t)send_right(a, dead, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	need(receive(a, &message, 0), "receive");
	fact("arrives dead", message.right.port.name, MACH_PORT_DEAD);
	need(send_reply_right(a, 1, reply, MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    "send");
	drop_receive(reply);
	need(receive(a, &message, 0), "receive");
	fact("a reply port that dies in transit",
	    message.header.msgh_remote_port, MACH_PORT_DEAD);
	fact("a right that isn't there",
	    (uint32_t)send_right(a, 0x77703, MACH_MSG_TYPE_COPY_SEND),
	    MACH_SEND_INVALID_RIGHT);

	dead = new_port(1);
	need(send_right(a, dead, MACH_MSG_TYPE_MOVE_RECEIVE), "send");
	drop_receive(a);
	fact("a receive right in a queue that is destroyed", type_of(dead),
	    MACH_PORT_TYPE_DEAD_NAME);
}

/* A receive right that moves begins anew, but for what is queued. */
static void
moved_facts(void)
{
	mach_port_t port = new_port(2), carrier = new_port(1);
	mach_port_t task = mach_task_self();
	mach_port_context_t context;
	struct caller *caller;
	union message message;

	need(mach_port_set_context(task, port, 7), "mach_port_set_context");
	need(send_now(port, 1), "send");
	need(receive(port, &message, 0), "receive");
	fact("seqno before a move", status_of(port).mps_seqno, 1);
	fact("make-send count before it", status_of(port).mps_mscount, 2);
	caller = caller_start(call_receive, port, 0);
	need(send_right(carrier, port, MACH_MSG_TYPE_MOVE_RECEIVE), "send");
	fact("who is blocked receiving from it", (uint32_t)caller_join(caller),
	    MACH_RCV_PORT_DIED);
	need(send_now(port, 2), "send");
	need(receive(carrier, &message, 0), "receive");
	fact("its name is that of the send right",
	    message.right.port.name == port, 1);
	fact("seqno after it", status_of(port).mps_seqno, 0);
	fact("make-send count after it", status_of(port).mps_mscount, 0);
	need(mach_port_get_context(task, port, &context), "context");
	fact("context after it", (uint32_t)context, 0);
	need(receive(port, &message, 0), "receive");
	fact("the message sent meanwhile", (uint32_t)message.header.msgh_id, 2);
	fact("its seqno", trailer_of(&message)->msgh_seqno, 0);
}

/* An array of names that is out of line. */
static void
array_facts(mach_port_t port)
{
	mach_port_t names[3] = {new_port(1), MACH_PORT_NULL, new_port(1)};
	union message message;
	const mach_port_t *got;

	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_rights(&message, names, 3, MACH_MSG_TYPE_MOVE_RECEIVE);
	need(send_message(&message, 0), "send an array");
	fact("an array's rights have moved", type_of(names[0]),
	    MACH_PORT_TYPE_SEND);
	need(receive(port, &message, 0), "receive an array");
	got = message.memory.memory.address;
	fact("they arrive in their order",
	    message.memory.memory.size == 3 && got[0] == names[0] &&
		got[1] == MACH_PORT_NULL && got[2] == names[2],
	    1);
	fact("as receive rights", type_of(names[2]), 0x30000);
	mach_msg_destroy(&message.header);
	fact("and go with mach_msg_destroy", type_of(names[2]),
	    MACH_PORT_TYPE_DEAD_NAME);
}

/* On a full queue: what was to be sent comes back. */
static void
pseudo_facts(mach_port_t port)
{
	mach_port_t moved = new_port(0);
	vm_address_t address = 0;
	union message message;
	const char *memory;

	while (send_now(port, 1) == MACH_MSG_SUCCESS)
		;
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_right(&message, moved, MACH_MSG_TYPE_MOVE_RECEIVE);
	fact("a receive right to a full queue",
	    (uint32_t)send_message(&message, MACH_SEND_TIMEOUT),
	    MACH_SEND_TIMED_OUT);
	fact("comes back", type_of(message.right.port.name),
	    MACH_PORT_TYPE_RECEIVE);
	fact("as a right to move", (uint32_t)message.right.port.disposition,
	    MACH_MSG_TYPE_MOVE_RECEIVE);

	need(vm_allocate(mach_task_self(), &address, 8192, VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	memset((void *)address, 'm', 8192);
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_memory(&message, (void *)address, 8192, true);
	fact("memory that is given away, to a full queue",
	    (uint32_t)send_message(&message, MACH_SEND_TIMEOUT),
	    MACH_SEND_TIMED_OUT);
	memory = message.memory.memory.address;
	fact("comes back",
	    message.memory.memory.size == 8192 && memory[0] == 'm' &&
		memory[8191] == 'm',
	    1);
	mach_msg_destroy(&message.header);
	drain(port);
}

/* Messages that aren't sent, and are destroyed. */
static void
destroy_facts(mach_port_t port)
{
	mach_port_t reply = new_port(0), given = new_port(0);
	union message message, note;
	mach_msg_port_descriptor_t *rights =
	    (void *)(message.room + sizeof(mach_msg_base_t));

	address_to(&message, reply, MACH_MSG_TYPE_MAKE_SEND_ONCE, 0);
	carry_right(&message, given, MACH_MSG_TYPE_MOVE_RECEIVE);
	mach_msg_destroy(&message.header);
	fact("mach_msg_destroy makes the rights that were to be made",
	    receive(reply, &note, 0) == MACH_MSG_SUCCESS
		? (uint32_t)note.header.msgh_id
		: 0,
	    MACH_NOTIFY_SEND_ONCE);
	fact("and takes those that were to be moved", type_of(given), 0);

	given = new_port(1);
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_right(&message, given, MACH_MSG_TYPE_COPY_SEND);
	mach_msg_destroy(&message.header);
	fact("what was to be copied stays",
	    refs_of(given, MACH_PORT_RIGHT_SEND), 1);

	/* a wrong right ends the message, and with it the right before */
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_right(&message, given, MACH_MSG_TYPE_MOVE_RECEIVE);
	message.right.body.msgh_descriptor_count = 2;
	message.header.msgh_size += (mach_msg_size_t)sizeof rights[1];
	rights[1].name = 0x77703;
	rights[1].disposition = MACH_MSG_TYPE_COPY_SEND;
	fact("one right is there, the next isn't",
	    (uint32_t)send_message(&message, 0), MACH_SEND_INVALID_RIGHT);
	fact(
	    "the first is destroyed", type_of(given), MACH_PORT_TYPE_DEAD_NAME);
}

void
carried_facts(void)
{
	mach_port_t port = new_port(1);

	circle_facts();
	dead_facts();
	moved_facts();
	array_facts(port);
	pseudo_facts(port);
	destroy_facts(port);
}
