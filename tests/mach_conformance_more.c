/* What mach-facts.md says beyond the transcript: messages and trailers, rights,
 * queues, notifications. */
#include "tests/mach_facts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static mach_port_t
request(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync,
    mach_port_t notify)
{
	mach_port_t previous = MACH_PORT_NULL;

	need(mach_port_request_notification(mach_task_self(), name, id, sync,
		 notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
	    "mach_port_request_notification");
	return previous;
}

static mach_msg_return_t
send_bits(mach_msg_bits_t bits, mach_port_t port, mach_msg_size_t size)
{
	union message message;

	memset(&message, 0, sizeof message);
	message.header.msgh_bits = bits;
	message.header.msgh_remote_port = port;
	return mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static void
message_facts(void)
{
	mach_port_t port = new_port(1);
	union message message;
	const mach_msg_max_trailer_t *trailer;

	fact("no option", (uint32_t)mach_msg(NULL, 0, 0, 0, 0, 0, 0),
	    MACH_MSG_SUCCESS);
	fact("an unknown bit", (uint32_t)send_bits(19 | 0x20, port, 24),
	    MACH_SEND_INVALID_HEADER);
	fact("no remote disposition", (uint32_t)send_bits(0, port, 24),
	    MACH_SEND_INVALID_HEADER);
	fact("a size of 23", (uint32_t)send_bits(19, port, 23),
	    MACH_SEND_MSG_TOO_SMALL);
	fact("a size of 26", (uint32_t)send_bits(19, port, 26),
	    MACH_SEND_MSG_TOO_SMALL);
	fact("a size of 24", (uint32_t)send_bits(19, port, 24),
	    MACH_MSG_SUCCESS);
	fact("a buffer of 31, with room for no trailer",
	    (uint32_t)mach_msg(
		&message.header, MACH_RCV_MSG, 0, 31, port, 0, MACH_PORT_NULL),
	    MACH_RCV_TOO_LARGE);
	need(send_now(port, 7), "send");
	need(receive(port, &message, 0), "receive");
	trailer = trailer_of(&message);
	fact("the audit trailer's size", trailer->msgh_trailer_size, 52);
	fact("its pid", trailer->msgh_audit.val[5], (uint32_t)getpid());
	fact("its uid", trailer->msgh_audit.val[1], (uint32_t)geteuid());
}

/* A message that carries one right to PORT itself. */
static mach_msg_return_t
send_port(mach_port_t to, mach_port_t port, mach_msg_type_name_t disposition)
{
	union message message;

	memset(&message.right, 0, sizeof message.right);
	message.header.msgh_bits =
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
	message.header.msgh_remote_port = to;
	message.right.body.msgh_descriptor_count = 1;
	message.right.port.name = port;
	message.right.port.disposition = disposition & 0xff;
	return mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof message.right, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static void
carried_facts(void)
{
	mach_port_t a = new_port(1), b = new_port(1), dead = new_port(1);
	mach_port_t task = mach_task_self();
	union message message;

	fact("a receive right sent to itself",
	    (uint32_t)send_port(a, a, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	fact("kills its port", type_of(a), MACH_PORT_TYPE_DEAD_NAME);
	a = new_port(1);
	need(send_port(a, b, MACH_MSG_TYPE_MOVE_RECEIVE), "send");
	fact("two sent to each other",
	    (uint32_t)send_port(b, a, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	fact("kill one port", type_of(a), MACH_PORT_TYPE_DEAD_NAME);
	fact("and the other", type_of(b), MACH_PORT_TYPE_DEAD_NAME);

	a = new_port(1);
	fact("a null right",
	    (uint32_t)send_port(a, MACH_PORT_NULL, MACH_MSG_TYPE_COPY_SEND),
	    MACH_MSG_SUCCESS);
	need(receive(a, &message, 0), "receive");
	fact("arrives as 0", message.right.port.name, MACH_PORT_NULL);
	need(send_port(a, dead, MACH_MSG_TYPE_COPY_SEND), "send");
	need(mach_port_mod_refs(task, dead, MACH_PORT_RIGHT_RECEIVE, -1),
	    "mach_port_mod_refs");
	need(receive(a, &message, 0), "receive");
	fact("a right that dies in transit", message.right.port.name,
	    MACH_PORT_DEAD);
	fact("a right that isn't there",
	    (uint32_t)send_port(a, 0x77703, MACH_MSG_TYPE_COPY_SEND),
	    MACH_SEND_INVALID_RIGHT);
}

static void
queue_limit_facts(void)
{
	mach_port_t port = new_port(1), notify = new_port(0);
	union message message;
	uint32_t sent = 0, in_order = 0;

	fact("a limit of 1024", (uint32_t)set_limit(port, 1024), KERN_SUCCESS);
	while (sent < 2000 &&
	       send_now(port, (mach_msg_id_t)sent) == MACH_MSG_SUCCESS)
		sent++;
	fact("it is exact", sent, 1024);
	request(port, MACH_NOTIFY_SEND_POSSIBLE, 0, notify);
	fact("MACH_SEND_NOTIFY on a full queue",
	    (uint32_t)send_to(port, MACH_MSG_TYPE_COPY_SEND, 1,
		MACH_SEND_NOTIFY | MACH_SEND_TIMEOUT, 0),
	    MACH_SEND_TIMED_OUT);
	for (uint32_t i = 0; i < sent; i++)
		if (receive(port, &message, 0) == MACH_MSG_SUCCESS &&
		    message.header.msgh_id == (mach_msg_id_t)i)
			in_order++;
	fact("all in their order", in_order, 1024);
	fact("the send-possible notification",
	    (uint32_t)receive(notify, &message, 0), MACH_MSG_SUCCESS);
	fact("its id", (uint32_t)message.header.msgh_id, 66);
	fact("its port", message.dead_name.not_port == port, 1);
}

static void
notification_facts(void)
{
	mach_port_t port = new_port(0), notify = new_port(0), right;
	mach_port_t task = mach_task_self();
	union message message;

	request(port, MACH_NOTIFY_NO_SENDERS, 1, notify);
	fact("no-senders of a port that never had one, sync 1",
	    (uint32_t)receive(notify, &message, 0), MACH_RCV_TIMED_OUT);
	right = request(port, MACH_NOTIFY_NO_SENDERS, 0, notify);
	fact("the right of the request before", type_of(right),
	    MACH_PORT_TYPE_SEND_ONCE);
	fact("no-senders at once, sync 0",
	    (uint32_t)receive(notify, &message, 0), MACH_MSG_SUCCESS);
	fact("its id", (uint32_t)message.header.msgh_id, 70);

	request(port, MACH_NOTIFY_PORT_DESTROYED, 0, notify);
	need(send_to(right, MACH_MSG_TYPE_MOVE_SEND_ONCE, 5, 0, 0), "send");
	drain(notify);
	need(mach_port_insert_right(task, port, port, MACH_MSG_TYPE_MAKE_SEND),
	    "mach_port_insert_right");
	need(send_now(port, 55), "send");
	need(mach_port_mod_refs(task, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    "mach_port_mod_refs");
	need(receive(notify, &message, 0), "receive");
	fact("port-destroyed", (uint32_t)message.header.msgh_id, 69);
	fact("carries the receive right",
	    message.right.port.name == port &&
		(type_of(port) & MACH_PORT_TYPE_RECEIVE),
	    1);
	fact("with what is queued", (uint32_t)receive(port, &message, 0),
	    MACH_MSG_SUCCESS);
	need(mach_port_mod_refs(task, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    "mach_port_mod_refs");
	fact("without a request it dies", type_of(port),
	    MACH_PORT_TYPE_DEAD_NAME);

	port = new_port(1);
	new_port(0);
	need(mach_port_mod_refs(task, port, MACH_PORT_RIGHT_SEND, 3), "mod");
	request(port, MACH_NOTIFY_DEAD_NAME, 0, notify);
	need(mach_port_destroy(task, port), "mach_port_destroy");
	need(receive(notify, &message, 0), "receive");
	fact("a name that goes with a request: port-deleted",
	    (uint32_t)message.header.msgh_id, 65);
}

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
	fact("extract_member",
	    (uint32_t)mach_port_extract_member(task, port, other),
	    KERN_SUCCESS);
	fact("twice", (uint32_t)mach_port_extract_member(task, port, other),
	    KERN_NOT_IN_SET);
	differs("deallocating a set", (uint32_t)mach_port_deallocate(task, set),
	    KERN_SUCCESS, "KERN_INVALID_RIGHT", "macOS destroys it");
	fact("its member lives", type_of(port), 0x30000);
}

/* A message with a body of that many bytes arrives byte for byte. */
static void
size_fact(mach_port_t port, const char *name, mach_msg_size_t body)
{
	mach_msg_size_t size =
	    (mach_msg_size_t)sizeof(mach_msg_header_t) + body;
	unsigned char *out = malloc(size), *in = malloc(size + 8);
	mach_msg_header_t *header = (void *)out;
	mach_msg_return_t result;

	if (!out || !in)
		die("malloc");
	for (mach_msg_size_t i = 0; i < size; i++)
		out[i] = (unsigned char)(i * 2654435761U >> 13);
	*header = (mach_msg_header_t){
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
	    .msgh_remote_port = port};
	result = mach_msg(header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, size, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	if (result == MACH_MSG_SUCCESS)
		result = mach_msg((mach_msg_header_t *)(void *)in,
		    MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, size + 8, port, 0,
		    MACH_PORT_NULL);
	fact(name,
	    result == MACH_MSG_SUCCESS &&
		memcmp(in + sizeof *header, out + sizeof *header, body) == 0,
	    1);
	free(out);
	free(in);
}

/* An array of names that is out of line. */
static void
port_array_facts(mach_port_t port)
{
	mach_port_t names[3] = {new_port(1), MACH_PORT_NULL, new_port(1)};
	union message message;
	mach_msg_ool_ports_descriptor_t *array;
	const mach_port_t *got;

	memset(&message, 0, sizeof message);
	array = (void *)&message.memory.memory;
	message.header.msgh_bits =
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
	message.header.msgh_remote_port = port;
	message.memory.body.msgh_descriptor_count = 1;
	array->type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
	array->disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
	array->address = names;
	array->count = 3;
	need(mach_msg(&message.header, MACH_SEND_MSG, sizeof message.memory, 0,
		 MACH_PORT_NULL, 0, MACH_PORT_NULL),
	    "send an array");
	fact("an array's rights have moved", type_of(names[0]),
	    MACH_PORT_TYPE_SEND);
	need(receive(port, &message, 0), "receive an array");
	got = array->address;
	fact("they arrive in their order",
	    array->count == 3 && got[0] == names[0] &&
		got[1] == MACH_PORT_NULL && got[2] == names[2],
	    1);
	fact("as receive rights", type_of(names[2]), 0x30000);
	mach_msg_destroy(&message.header);
	fact("and go with mach_msg_destroy", type_of(names[2]),
	    MACH_PORT_TYPE_DEAD_NAME);
}

void
more_facts(void)
{
	mach_port_t port = new_port(1);

	message_facts();
	carried_facts();
	queue_limit_facts();
	notification_facts();
	set_more_facts();
	size_fact(port, "a body of 32 KiB", 32 << 10);
	size_fact(port, "a body of 48 KiB", 48 << 10);
	size_fact(port, "a body of 1 MiB + 4", (1 << 20) + 4);
	size_fact(port, "a body of 64 MiB", 64 << 20);
	port_array_facts(port);
}
