/*
 * Checks this Mach's answers against a real Mach kernel's (GNU Mach), call by
 * call in the order of that transcript, and names where macOS, which is
 * followed here, differs from it. Prints a TAP line a fact.
 *
 * Usage:   mach_conformance
 */
#include "tests/mach_facts.h"

#include <stdio.h>
#include <string.h>

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "conformance",
    .purpose = "Checks Mach's answers against a real Mach kernel's, as TAP.",
    .example = "mach_conformance",
    .options = options,
};

/* Fills the queue of PORT, a message of id 100 first, and tries the choices
 * that a sender has then. */
static void
full_queue_facts(mach_port_t port)
{
	mach_port_t reply = new_port(0);
	union message message;
	mach_msg_return_t result;
	uint32_t accepted = 0;
	double start;

	while ((result = send_now(port, 100 + (mach_msg_id_t)accepted)) ==
	       MACH_MSG_SUCCESS)
		accepted++;
	fact("fill_accepted", accepted, 5);
	fact("fill_last", (uint32_t)result, MACH_SEND_TIMED_OUT);
	fact(
	    "send_urefs_after_timeout", refs_of(port, MACH_PORT_RIGHT_SEND), 2);
	start = seconds_now();
	result =
	    send_to(port, MACH_MSG_TYPE_COPY_SEND, 105, MACH_SEND_TIMEOUT, 50);
	fact("send_timeout_50ms", (uint32_t)result, MACH_SEND_TIMED_OUT);
	fact("elapsed_ge_40", seconds_now() - start >= 0.04, 1);

	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	message.header.msgh_bits |=
	    MACH_MSGH_BITS(0, MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message.header.msgh_local_port = reply;
	result = mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof message.plain, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
	fact("pseudo_send", (uint32_t)result, MACH_SEND_TIMED_OUT);
	fact("pseudo_bits remote",
	    MACH_MSGH_BITS_REMOTE(message.header.msgh_bits), 17);
	fact("pseudo_bits local",
	    MACH_MSGH_BITS_LOCAL(message.header.msgh_bits), 18);
	fact("pseudo_remote_same", message.header.msgh_remote_port == port, 1);
	fact("pseudo_local_same", message.header.msgh_local_port == reply, 0);
	fact("pseudo_local_type", type_of(message.header.msgh_local_port),
	    0x40000);
	fact("pseudo_urefs_dest", refs_of(port, MACH_PORT_RIGHT_SEND), 4);
}

/* The fourth choice, on a queue that is full. */
static void
kept_facts(mach_port_t port)
{
	mach_port_t notify = new_port(0);
	union message message, note;
	mach_port_status_t status;
	uint32_t drained = 0, first = 0, after = 0;

	fact("send_notify_1", (uint32_t)send_kept(port, 106, 0, 0, notify),
	    MACH_SEND_WILL_NOTIFY);
	fact("type_after_notify", type_of(port), 0x40030000);
	fact("send_notify_2", (uint32_t)send_kept(port, 107, 0, 0, notify),
	    MACH_SEND_NOTIFY_IN_PROGRESS);
	status = status_of(port);
	fact("msgcount_with_forced", status.mps_msgcount, 6);
	fact("msgcount_with_forced limit", status.mps_qlimit, 5);
	fact("notify_port_empty", (uint32_t)receive(notify, &note, 0),
	    MACH_RCV_TIMED_OUT);
	while (receive(port, &message, 0) == MACH_MSG_SUCCESS) {
		if (drained++ == 0)
			first = (uint32_t)message.header.msgh_id;
		if (after == 0 && receive(notify, &note, 0) == MACH_MSG_SUCCESS)
			after = drained;
	}
	fact("accepted_note id", after ? (uint32_t)note.header.msgh_id : 0, 66);
	fact("accepted_note name_is_send_right",
	    after && note.dead_name.not_port == port, 1);
	fact("accepted_note after_receive_no", after, 6);
	fact("drained", drained, 6);
	fact("drained first", first, 100);
	fact("send_notify_3_notfull",
	    (uint32_t)send_kept(port, 108, 0, 0, notify), MACH_MSG_SUCCESS);
	drain(port);
}

static void
queue_limit_facts(mach_port_t port)
{
	mach_port_t once;
	mach_msg_type_name_t type;
	union message message;
	double start;

	fact("set_qlimit_16", (uint32_t)set_limit(port, 16), KERN_SUCCESS);
	differs("set_qlimit_17", (uint32_t)set_limit(port, 17), KERN_SUCCESS,
	    "KERN_INVALID_VALUE", "macOS allows queues of up to 1024");
	differs("set_qlimit_1025", (uint32_t)set_limit(port, 1025),
	    KERN_INVALID_VALUE, "KERN_INVALID_VALUE from 17 on",
	    "the first that macOS refuses");
	fact("set_qlimit_0", (uint32_t)set_limit(port, 0), KERN_SUCCESS);
	fact("send_qlimit0", (uint32_t)send_now(port, 76), MACH_SEND_TIMED_OUT);
	need(mach_port_extract_right(mach_task_self(), port,
		 MACH_MSG_TYPE_MAKE_SEND_ONCE, &once, &type),
	    "mach_port_extract_right");
	fact("sendonce_qlimit0",
	    (uint32_t)send_to(
		once, MACH_MSG_TYPE_MOVE_SEND_ONCE, 77, MACH_SEND_TIMEOUT, 0),
	    MACH_MSG_SUCCESS);
	fact("rcv_sendonce", (uint32_t)receive(port, &message, 0),
	    MACH_MSG_SUCCESS);
	fact("rcv_sendonce_localbits",
	    MACH_MSGH_BITS_LOCAL(message.header.msgh_bits), 18);
	fact("rcv_sendonce id", (uint32_t)message.header.msgh_id, 77);
	fact("set_qlimit_2", (uint32_t)set_limit(port, 2), KERN_SUCCESS);
	start = seconds_now();
	fact("rcv_timeout_50", (uint32_t)receive(port, &message, 50),
	    MACH_RCV_TIMED_OUT);
	fact("elapsed_ge_40", seconds_now() - start >= 0.04, 1);
}

const char blocked_order[] =
    "blocked senders wake in an order of the kernel's choosing: GNU Mach takes "
    "the last, here it is the one that has waited longest";

/* One message in a queue of one, and three senders that wait. */
static void
fifo_facts(void)
{
	static const char *const there[] = {"1", "4", "3", "2"};
	mach_port_t port = new_port(1);
	struct caller *senders[3];
	uint32_t order[4], blocked = 0;
	union message message;

	need(set_limit(port, 1), "set_limit");
	fact("q1", (uint32_t)send_now(port, 1), MACH_MSG_SUCCESS);
	for (int i = 0; i < 3; i++)
		senders[i] = caller_start(call_send, port, 2 + i);
	for (int i = 0; i < 3; i++)
		blocked += caller_is_blocked(senders[i]);
	fact("blocked_before", blocked, 3);
	fact("in the queue", status_of(port).mps_msgcount, 1);
	for (int i = 0; i < 4; i++) {
		need(receive(port, &message, 5000), "receive");
		order[i] = (uint32_t)message.header.msgh_id;
	}
	for (int i = 2; i >= 0; i--)
		fact("sender returned", (uint32_t)caller_join(senders[i]),
		    MACH_MSG_SUCCESS);
	fact("order_of_blocked", order[0], 1);
	for (uint32_t i = 1; i < 4; i++)
		differs("order_of_blocked", order[i], i + 1, there[i],
		    blocked_order);
}

void
queue_facts(void)
{
	mach_port_t port = new_port(1);
	mach_port_status_t status = {0};
	mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;

	fact("receive_status",
	    (uint32_t)mach_port_get_attributes(mach_task_self(), port,
		MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count),
	    KERN_SUCCESS);
	fact("qlimit_default", status.mps_qlimit, 5);
	full_queue_facts(port);
	kept_facts(port);
	queue_limit_facts(port);
	fifo_facts();
}

static void
size_facts(void)
{
	fact("sizeof header", sizeof(mach_msg_header_t), 24);
	differs("sizeof port descriptor", sizeof(mach_msg_port_descriptor_t),
	    12, "type 4, long 12",
	    "macOS describes the body by descriptors, and not by types");
	fact("sizeof port_t", sizeof(mach_port_t), 4);
	fact("sizeof natural", sizeof(natural_t), 4);
	fact("task_self_type", type_of(mach_task_self()), 0x10000);
}

int
main(int argc, char *argv[])
{
	while (next_option(argc, argv, &program) != -1)
		;
	setvbuf(stdout, NULL, _IOLBF, 0);
	size_facts();
	queue_facts();
	right_facts();
	moving_facts();
	task_facts();
	figure_facts();
	message_facts();
	address_facts();
	carried_facts();
	limit_facts();
	notification_facts();
	death_facts();
	name_facts();
	call_facts();
	bootstrap_facts();
	mapped_facts();
	much_facts();
	shortage_facts();
	return facts_end();
}
