/* What macOS says of full queues: their limits, and the sender's four choices.
 */
#include "tests/mach_facts.h"

#include <string.h>

static void
fill(mach_port_t port)
{
	while (send_now(port, 1) == MACH_MSG_SUCCESS)
		;
}

static void
exact_facts(void)
{
	mach_port_t port = new_port(1);
	union message message;
	uint32_t sent = 0, in_order = 0;

	fact("a limit of 1024", (uint32_t)set_limit(port, 1024), KERN_SUCCESS);
	while (sent < 2000 &&
	       send_now(port, (mach_msg_id_t)sent) == MACH_MSG_SUCCESS)
		sent++;
	fact("it is exact", sent, 1024);
	fact("a lower one", (uint32_t)set_limit(port, 3), KERN_SUCCESS);
	fact("leaves what is queued", status_of(port).mps_msgcount, 1024);
	for (uint32_t i = 0; i < sent; i++)
		if (receive(port, &message, 0) == MACH_MSG_SUCCESS &&
		    message.header.msgh_id == (mach_msg_id_t)i)
			in_order++;
	fact("all in their order", in_order, 1024);
	for (sent = 0; send_now(port, 1) == MACH_MSG_SUCCESS;)
		sent++;
	fact("it holds from then on", sent, 3);
}

/* A limit of 0: a waiting receiver is no room. */
static void
zero_facts(void)
{
	mach_port_t port = new_port(1);
	struct caller *receiver, *sender;

	need(set_limit(port, 0), "set_limit");
	receiver = caller_start(call_receive, port, 0);
	fact("a limit of 0, and somebody who receives",
	    (uint32_t)send_now(port, 1), MACH_SEND_TIMED_OUT);
	sender = caller_start(call_send, port, 2);
	fact("the sender waits", caller_is_blocked(sender), 1);
	fact("the receiver waits", caller_is_blocked(receiver), 1);
	fact("a larger limit", (uint32_t)set_limit(port, 1), KERN_SUCCESS);
	fact("lets the one send", (uint32_t)caller_join(sender),
	    MACH_MSG_SUCCESS);
	fact("and the other receive", (uint32_t)caller_join(receiver),
	    MACH_MSG_SUCCESS);
}

/* Sends, waiting at most 5 s. */
static mach_msg_return_t
call_send_timed(mach_port_t port, mach_msg_id_t id)
{
	return send_to(
	    port, MACH_MSG_TYPE_COPY_SEND, id, MACH_SEND_TIMEOUT, 5000);
}

static void
wait_facts(void)
{
	mach_port_t port = new_port(1);
	struct caller *forever, *timed;
	union message message;

	fill(port);
	forever = caller_start(call_send, port, 2);
	timed = caller_start(call_send_timed, port, 3);
	fact("no option waits", caller_is_blocked(forever), 1);
	fact("a time limit waits", caller_is_blocked(timed), 1);
	need(receive(port, &message, 0), "receive");
	fact("room lets the first in", (uint32_t)caller_join(forever),
	    MACH_MSG_SUCCESS);
	need(receive(port, &message, 0), "receive");
	fact("and the next, in time", (uint32_t)caller_join(timed),
	    MACH_MSG_SUCCESS);
	fact("the queue is full again", status_of(port).mps_msgcount, 5);
}

/* ---- the message that is kept -------------------------------------------- */

static mach_port_t notify;

static mach_msg_return_t
call_send_kept(mach_port_t port, mach_msg_id_t id)
{
	return send_kept(port, id, MACH_SEND_TIMEOUT, 5000, notify);
}

static void
kept_timed_facts(void)
{
	mach_port_t port = new_port(1);
	struct caller *caller;
	union message message;
	double start = seconds_now();

	fill(port);
	fact("kept, after 50 ms without room",
	    (uint32_t)send_kept(port, 1, MACH_SEND_TIMEOUT, 50, notify),
	    MACH_SEND_WILL_NOTIFY);
	fact("elapsed_ge_50", seconds_now() - start >= 0.05, 1);
	fact("while another is kept, after 0 ms",
	    (uint32_t)send_kept(port, 1, MACH_SEND_TIMEOUT, 0, notify),
	    MACH_SEND_NOTIFY_IN_PROGRESS);
	drain(port);
	drain(notify);
	fill(port);
	caller = caller_start(call_send_kept, port, 2);
	fact("it waits for room", caller_is_blocked(caller), 1);
	need(receive(port, &message, 0), "receive");
	fact("and is sent, and not kept", (uint32_t)caller_join(caller),
	    MACH_MSG_SUCCESS);
	fact("without a notification", drain(notify), 0);
}

/* Has a message kept, and tries another, at the full port that the parent
 * gives; tells what came of it. */
static void
keep_as_child(void)
{
	mach_port_t own = new_port(0), parent = bootstrap_port, full;
	mach_msg_return_t results[2];
	union message message;

	need(send_reply_right(parent, 0, own, MACH_MSG_TYPE_MAKE_SEND),
	    "the child's port");
	need(receive(own, &message, 5000), "the full port");
	full = message.right.port.name;
	for (int i = 0; i < 2; i++)
		results[i] = send_kept(full, 31 + i, 0, 0, own);
	for (int i = 0; i < 2; i++)
		need(send_to(parent, MACH_MSG_TYPE_COPY_SEND,
			 (mach_msg_id_t)results[i], 0, 0),
		    "what came of it");
}

static void
kept_elsewhere_facts(mach_port_t full)
{
	mach_port_t port = new_port(1);
	union message message;
	pid_t pid = task_start(keep_as_child, port);

	need(receive(port, &message, 5000), "the child's port");
	need(send_right(message.header.msgh_remote_port, full,
		 MACH_MSG_TYPE_COPY_SEND),
	    "send");
	need(receive(port, &message, 5000), "what came of it");
	fact("another task has one of its own",
	    (uint32_t)message.header.msgh_id, MACH_SEND_WILL_NOTIFY);
	need(receive(port, &message, 5000), "what came of it");
	fact("and no more", (uint32_t)message.header.msgh_id,
	    MACH_SEND_NOTIFY_IN_PROGRESS);
	task_end(pid);
	fact("there are the limit and two", status_of(full).mps_msgcount, 7);
}

static void
kept_limit_facts(void)
{
	mach_port_t port = new_port(1), other = new_port(1);
	union message message;

	fill(port);
	fill(other);
	fact("kept", (uint32_t)send_kept(port, 21, 0, 0, notify),
	    MACH_SEND_WILL_NOTIFY);
	fact("at another port too",
	    (uint32_t)send_kept(other, 22, 0, 0, notify),
	    MACH_SEND_WILL_NOTIFY);
	fact("to tell a port that isn't there",
	    (uint32_t)send_kept(port, 23, 0, 0, 0x77703),
	    MACH_SEND_INVALID_NOTIFY);
	kept_elsewhere_facts(port);
	drain(port);
	drain(notify);
	fill(port);
	fact("after the notification",
	    (uint32_t)send_kept(port, 24, 0, 0, notify), MACH_SEND_WILL_NOTIFY);
	drain(notify);
	drop_receive(port);
	fact("the port dies: the notification comes",
	    receive(notify, &message, 0) == MACH_MSG_SUCCESS
		? (uint32_t)message.header.msgh_id
		: 0,
	    MACH_NOTIFY_SEND_POSSIBLE);
	fact("it names the port", message.dead_name.not_port == port, 1);
}

/* ---- macOS's MACH_SEND_NOTIFY -------------------------------------------- */

static void
possible_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), previous;
	union message message;

	need(mach_port_request_notification(task, port,
		 MACH_NOTIFY_SEND_POSSIBLE, 0, notify,
		 MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
	    "mach_port_request_notification");
	fact("send-possible is asked for", type_of(port),
	    MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_SPREQUEST |
		MACH_PORT_TYPE_SPREQUEST_DELAYED);
	fill(port);
	need(receive(port, &message, 0), "receive");
	fact("nothing comes where no send was to be told of it", drain(notify),
	    0);
	fill(port);
	fact("MACH_SEND_NOTIFY on a full queue",
	    (uint32_t)send_to(port, MACH_MSG_TYPE_COPY_SEND, 1,
		MACH_SEND_NOTIFY | MACH_SEND_TIMEOUT, 0),
	    MACH_SEND_TIMED_OUT);
	fact("the message isn't kept", status_of(port).mps_msgcount, 5);
	fact("the request is armed", type_of(port),
	    MACH_PORT_TYPE_SEND_RECEIVE | MACH_PORT_TYPE_SPREQUEST);
	need(receive(port, &message, 0), "receive");
	fact("send-possible comes with room",
	    receive(notify, &message, 0) == MACH_MSG_SUCCESS
		? (uint32_t)message.header.msgh_id
		: 0,
	    MACH_NOTIFY_SEND_POSSIBLE);
	fact("it names the port", message.dead_name.not_port == port, 1);
	fact("and is used up", type_of(port), MACH_PORT_TYPE_SEND_RECEIVE);
}

/* ---- signals ------------------------------------------------------------- */

static mach_msg_return_t
call_send_interrupt(mach_port_t port, mach_msg_id_t id)
{
	return send_to(
	    port, MACH_MSG_TYPE_COPY_SEND, id, MACH_SEND_INTERRUPT, 0);
}

static mach_msg_return_t
call_receive_interrupt(mach_port_t port, mach_msg_id_t id)
{
	union message message;

	(void)id;
	return mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_INTERRUPT, 0,
	    sizeof message, port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

/* Sends, and then receives at NOTIFY. */
static mach_msg_return_t
call_interrupt_send(mach_port_t port, mach_msg_id_t id)
{
	union message message;

	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, id);
	return mach_msg(&message.header,
	    MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_INTERRUPT,
	    sizeof message.plain, sizeof message, notify, MACH_MSG_TIMEOUT_NONE,
	    MACH_PORT_NULL);
}

static void
signal_facts(void)
{
	mach_port_t full = new_port(1), empty = new_port(1);
	struct caller *sender, *receiver;
	uint32_t refs;

	fill(full);
	refs = refs_of(full, MACH_PORT_RIGHT_SEND);
	sender = caller_start(call_send_interrupt, full, 1);
	caller_interrupt(sender);
	fact("MACH_SEND_INTERRUPT, and a signal", (uint32_t)caller_join(sender),
	    MACH_SEND_INTERRUPTED);
	fact("the message comes back",
	    refs_of(full, MACH_PORT_RIGHT_SEND) - refs, 1);
	receiver = caller_start(call_receive_interrupt, empty, 0);
	caller_interrupt(receiver);
	fact("MACH_RCV_INTERRUPT, and a signal",
	    (uint32_t)caller_join(receiver), MACH_RCV_INTERRUPTED);
	receiver = caller_start(call_interrupt_send, empty, 1);
	caller_interrupt(receiver);
	need(mach_port_insert_right(
		 mach_task_self(), notify, notify, MACH_MSG_TYPE_MAKE_SEND),
	    "mach_port_insert_right");
	need(send_now(notify, 2), "send");
	fact("the option for the send doesn't end the receive",
	    (uint32_t)caller_join(receiver), MACH_MSG_SUCCESS);
	drain(empty);
	sender = caller_start(call_send, full, 2);
	receiver = caller_start(call_receive, empty, 0);
	caller_interrupt(sender);
	caller_interrupt(receiver);
	need(send_now(empty, 3), "send");
	fact("without the option a receive goes on",
	    (uint32_t)caller_join(receiver), MACH_MSG_SUCCESS);
	drain(full);
	fact("and so does a send", (uint32_t)caller_join(sender),
	    MACH_MSG_SUCCESS);
}

void
limit_facts(void)
{
	notify = new_port(0);
	exact_facts();
	zero_facts();
	wait_facts();
	kept_timed_facts();
	kept_limit_facts();
	possible_facts();
	signal_facts();
}
