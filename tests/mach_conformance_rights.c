/* The transcript's parts on rights, messages that are too large, port sets. */
#include "tests/mach_facts.h"

#include <string.h>

static kern_return_t
request(mach_port_t name, mach_msg_id_t id, mach_port_t notify)
{
	mach_port_t previous;

	return mach_port_request_notification(mach_task_self(), name, id, 0,
	    notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
}

static void
send_right_facts(mach_port_t port)
{
	mach_port_t none = new_port(0);
	union message message;

	fact("make_send_x2_urefs", refs_of(port, MACH_PORT_RIGHT_SEND), 2);
	fact("make_send_x2_urefs type", type_of(port), 0x30000);
	fact("copy_send_none_right", (uint32_t)send_now(none, 1),
	    MACH_SEND_INVALID_DEST);
	fact("move_send",
	    (uint32_t)send_to(
		port, MACH_MSG_TYPE_MOVE_SEND, 1, MACH_SEND_TIMEOUT, 0),
	    MACH_MSG_SUCCESS);
	fact("urefs_after_move", refs_of(port, MACH_PORT_RIGHT_SEND), 1);
	need(receive(port, &message, 0), "receive");
	fact("rcv_local_is_p", message.header.msgh_local_port == port, 1);
	fact("rcv_local_is_p localbits",
	    MACH_MSGH_BITS_LOCAL(message.header.msgh_bits), 17);
	fact("rcv_local_is_p seqno", trailer_of(&message)->msgh_seqno, 0);
	fact("urefs_after_recv", refs_of(port, MACH_PORT_RIGHT_SEND), 1);
}

/*
 * In GNU Mach a call on a port is a message to the kernel, and the probe made a
 * reply port for each, which got the name that was freed last. So the third
 * mach_port_deallocate() of a dead name with two references found the reply
 * port of its own call (KERN_INVALID_RIGHT), and a second mach_port_destroy()
 * destroyed its own, and then couldn't receive (MACH_RCV_INVALID_NAME). Here
 * calls need no reply port; this makes one under the freed name.
 */
static void
reply_port_named(mach_port_t name)
{
	need(mach_port_allocate_name(
		 mach_task_self(), MACH_PORT_RIGHT_RECEIVE, name),
	    "mach_port_allocate_name");
}

static void
dead_name_facts(mach_port_t port)
{
	mach_port_t task = mach_task_self(), notify = new_port(0);
	union message message;

	fact("req_dead_name",
	    (uint32_t)request(port, MACH_NOTIFY_DEAD_NAME, notify),
	    KERN_SUCCESS);
	fact("type_with_dnreq", type_of(port), 0x80030000);
	fact("drop_receive",
	    (uint32_t)mach_port_mod_refs(
		task, port, MACH_PORT_RIGHT_RECEIVE, -1),
	    KERN_SUCCESS);
	fact("type_dead", type_of(port), 0x100000);
	fact("type_dead urefs", refs_of(port, MACH_PORT_RIGHT_DEAD_NAME), 2);
	fact("rcv_dead_note", (uint32_t)receive(notify, &message, 0),
	    MACH_MSG_SUCCESS);
	fact("dead_note id", (uint32_t)message.header.msgh_id, 72);
	fact("dead_note port_eq", message.dead_name.not_port == port, 1);
	fact("send_dead", (uint32_t)send_now(port, 1), MACH_SEND_INVALID_DEST);
	fact("send_null", (uint32_t)send_now(MACH_PORT_NULL, 1),
	    MACH_SEND_INVALID_DEST);
	fact("send_bad", (uint32_t)send_now(0xabc003, 1),
	    MACH_SEND_INVALID_DEST);
	fact("dealloc_dead1", (uint32_t)mach_port_deallocate(task, port),
	    KERN_SUCCESS);
	fact("dealloc_dead2", (uint32_t)mach_port_deallocate(task, port),
	    KERN_SUCCESS);
	reply_port_named(port);
	fact("dealloc_dead3", (uint32_t)mach_port_deallocate(task, port),
	    KERN_INVALID_RIGHT);
	drop_receive(port);
	differs("dealloc_dead3 of a name that nothing took since",
	    (uint32_t)mach_port_deallocate(task, port), KERN_INVALID_NAME,
	    "a call's reply port always takes it",
	    "a new name differs in its generation from a freed one, as on "
	    "macOS: what is freed twice does no harm to another port");
}

static void
no_senders_facts(void)
{
	mach_port_t port = new_port(1), notify = new_port(0);
	union message message;

	fact("req_nosenders",
	    (uint32_t)request(port, MACH_NOTIFY_NO_SENDERS, notify),
	    KERN_SUCCESS);
	fact("nosenders_early", (uint32_t)receive(notify, &message, 0),
	    MACH_RCV_TIMED_OUT);
	fact("dealloc_send",
	    (uint32_t)mach_port_deallocate(mach_task_self(), port),
	    KERN_SUCCESS);
	fact("rcv_nosenders", (uint32_t)receive(notify, &message, 0),
	    MACH_MSG_SUCCESS);
	fact("nosenders_note id", (uint32_t)message.header.msgh_id, 70);
	fact("nosenders_note mscount", message.no_senders.not_count, 1);
}

static void
send_once_facts(void)
{
	mach_port_t port = new_port(0), once;
	mach_msg_type_name_t type;
	union message message;

	fact("extract_so",
	    (uint32_t)mach_port_extract_right(mach_task_self(), port,
		MACH_MSG_TYPE_MAKE_SEND_ONCE, &once, &type),
	    KERN_SUCCESS);
	fact("so_type", type_of(once), 0x40000);
	fact("so_type different_name", once != port, 1);
	fact("dealloc_so",
	    (uint32_t)mach_port_deallocate(mach_task_self(), once),
	    KERN_SUCCESS);
	fact("rcv_so_note", (uint32_t)receive(port, &message, 0),
	    MACH_MSG_SUCCESS);
	fact("so_note_id", (uint32_t)message.header.msgh_id, 71);
	fact("deallocate_receive",
	    (uint32_t)mach_port_deallocate(mach_task_self(), port),
	    KERN_INVALID_RIGHT);
	fact("destroy", (uint32_t)mach_port_destroy(mach_task_self(), port),
	    KERN_SUCCESS);
	reply_port_named(port);
	need(mach_port_destroy(mach_task_self(), port), "mach_port_destroy");
	fact("destroy2", (uint32_t)receive(port, &message, 0),
	    MACH_RCV_INVALID_NAME);
}

static void
large_facts(void)
{
	mach_port_t port = new_port(1);
	union message message;
	mach_msg_header_t *header = &message.header;

	need(send_now(port, 1), "send");
	memset(&message, 0, sizeof message);
	fact("rcv_large",
	    (uint32_t)mach_msg(header,
		MACH_RCV_MSG | MACH_RCV_LARGE | MACH_RCV_TIMEOUT, 0, 32, port,
		0, MACH_PORT_NULL),
	    MACH_RCV_TOO_LARGE);
	fact("rcv_large_size_reported", header->msgh_size == 32, 1);
	fact("rcv_large_size_reported full", sizeof message.plain, 32);
	fact("rcv_small",
	    (uint32_t)mach_msg(header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, 32,
		port, 0, MACH_PORT_NULL),
	    MACH_RCV_TOO_LARGE);
	fact("then_empty", (uint32_t)receive(port, &message, 0),
	    MACH_RCV_TIMED_OUT);
}

static void
set_facts(void)
{
	mach_port_t a = new_port(1), b = new_port(1), set;
	mach_port_t task = mach_task_self();
	union message message;
	const struct {
		mach_port_t from;
		mach_msg_id_t id;
	} sent[] = {{a, 1}, {a, 2}, {b, 3}, {b, 4}, {a, 5}};

	need(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set), "set");
	fact("move_a", (uint32_t)mach_port_move_member(task, a, set),
	    KERN_SUCCESS);
	fact("move_b", (uint32_t)mach_port_move_member(task, b, set),
	    KERN_SUCCESS);
	need(send_now(a, 9), "send");
	differs("rcv_member_direct", (uint32_t)receive(a, &message, 0),
	    MACH_MSG_SUCCESS, "MACH_RCV_IN_SET",
	    "macOS lets a member be received from");
	for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
		need(send_now(sent[i].from, sent[i].id), "send");
	for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
		need(receive(set, &message, 0), "receive");
		fact("pset_order", (uint32_t)message.header.msgh_id,
		    (uint32_t)sent[i].id);
		fact("pset_order, the port",
		    message.header.msgh_local_port == sent[i].from, 1);
	}
	fact("pset_timeout", (uint32_t)receive(set, &message, 0),
	    MACH_RCV_TIMED_OUT);
}

void
right_facts(void)
{
	mach_port_t port = new_port(2);

	send_right_facts(port);
	dead_name_facts(port);
	no_senders_facts();
	send_once_facts();
	large_facts();
	set_facts();
}
