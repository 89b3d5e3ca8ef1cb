/*
 * Rights on the move: how a task gets a right to another one's port.
 *
 * The client (the book's task T1) owns the port P1, the server (T2) the port
 * P2. The client grants the server the right to send to P1, which it needs to
 * reply. Then a right to send, a right to send once and a receive right to a
 * third port Q move from the client to the server, the last with messages in
 * the queue. Both tasks show their name spaces after each step.
 *
 * Usage:   send_rights
 * Partner: none; the server is a forked child of the client's (server.c).
 *
 * Differs from the book because the one task that may receive from a port isn't
 * for ever the one that has made it: the receive right moves.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/ports.h"
#include "mach_msg/send_rights/messages.h"
#include "mach_msg/tasks.h"

static const struct choice options[] = {
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"no-grant", "the client grants no right to reply",
	"The message named no local port, so there is no remote port for who "
	"received it: that the client waits at P1 gives nobody a right to "
	"send there."},
    {"send-once-twice", "the server sends twice by a send-once right",
	"A send-once right is gone when it has been used, and its name with "
	"it."},
    {"receive-after-move", "the client receives where it gave the right away",
	"There is one receive right to a port. Who moves it can't receive any "
	"more: the port lives on, and is the other task's."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "send rights",
    .role = "client",
    .purpose = "Rights on the move: grants a right to reply, and moves send, "
	       "send-once and\nreceive rights to another task.",
    .example = "send_rights --explain",
    .options = options,
    .defects = defects,
};

static mach_port_t p1; /* the client's port, for replies */
static mach_port_t p2; /* the server's */
static mach_port_t q;  /* the one that travels */
static pid_t server;

/* Waits until the server has done its part, and shows the client's. */
static void
wait_for_answer(void)
{
	union {
		mach_msg_header_t header;
		mach_dead_name_notification_t dead_name;
	} answer;
	mach_msg_return_t result = mach_msg(&answer.header, MACH_RCV_MSG, 0,
	    sizeof answer, p1, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);

	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive at P1");
	if (answer.header.msgh_id == MACH_NOTIFY_DEAD_NAME) {
		task_join(server);
		fatal("the server has ended");
	}
	name_space_print("client's name space");
}

static void
grant_right_to_reply(void)
{
	mach_msg_header_t message = {
	    .msgh_bits = MACH_MSGH_BITS(
		MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND),
	    .msgh_size = sizeof message,
	    .msgh_remote_port = p2,
	    .msgh_local_port = p1,
	    .msgh_id = GRANT};
	mach_msg_return_t result;

	if (broken("no-grant")) {
		message.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
		message.msgh_local_port = MACH_PORT_NULL;
	}
	printf("-- grant: MAKE_SEND of P1, as the reply port\n");
	step("P2",
	    "Send to P2, and grant its owner the right to send to P1: it "
	    "is made from the receive right and goes in the header.");
	result = mach_msg(&message, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to P2");
	returned("%s", mach_result(result));
	wait_for_answer();
}

/* The right to Q that NAME stands for goes to the server as HOW says. */
static void
move_right(mach_port_t name, mach_msg_type_name_t how, mach_msg_id_t id,
    const char *what, const char *why)
{
	struct right_message message = {
	    .header = {.msgh_bits = MACH_MSGH_BITS_COMPLEX |
				    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_size = sizeof message,
		.msgh_remote_port = p2,
		.msgh_id = id},
	    .body = {.msgh_descriptor_count = 1},
	    .right = {.name = name,
		.disposition = how & 0xff,
		.type = MACH_MSG_PORT_DESCRIPTOR}};
	mach_msg_return_t result;

	printf("-- %s\n", what);
	step("P2", "%s", why);
	result = mach_msg(&message.header, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to P2");
	returned("%s", mach_result(result));
	wait_for_answer();
}

/* A name of its own for a right to send to Q once. */
static mach_port_t
make_send_once(void)
{
	mach_port_t once;
	mach_msg_type_name_t type;
	kern_return_t result;

	step("Q", "Make a right to send once. Each has a name of its own.");
	result = mach_port_extract_right(
	    mach_task_self(), q, MACH_MSG_TYPE_MAKE_SEND_ONCE, &once, &type);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_extract_right 0x%x", q);
	returned("%s, 0x%x", mach_result(result), once);
	return once;
}

static void
receive_after_move(void)
{
	union received message;
	mach_msg_return_t result;

	step("Q", "Receive from Q, whose receive right the server has.");
	result = mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof message, q,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result == MACH_RCV_INVALID_NAME)
		broke("receive-after-move", "0x%x is no receive right", q);
	port_drop(p2); /* the server ends before this program does */
	task_join(server);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive from Q");
	returned("%s", mach_result(result));
}

int
main(int argc, char *argv[])
{
	mach_port_t parent;

	while (next_option(argc, argv, &program) != -1)
		;
	name_space_begin();
	mach_port_t meeting = port_new("where the two meet", false);
	q = port_new("Q, which travels", true);
	p1 = port_new("P1, the client's port", false);
	server = task_fork("server", meeting, &parent);
	if (server == 0)
		be_server(parent);
	p2 = task_meet(meeting, server);
	port_end(meeting);
	name_space_note(p2, "P2, the server's port");
	port_request(p2, MACH_NOTIFY_DEAD_NAME, p1);
	name_space_print("client's name space");

	grant_right_to_reply();
	move_right(q, MACH_MSG_TYPE_MOVE_SEND, SEND_RIGHT,
	    "MOVE_SEND: the right to send to Q",
	    "A complex message: the kernel takes the right from this task and "
	    "gives it to who receives the message.");
	move_right(make_send_once(), MACH_MSG_TYPE_MOVE_SEND_ONCE,
	    SEND_ONCE_RIGHT, "MOVE_SEND_ONCE: a right to send to Q once",
	    "The right to send once moves in the same way.");
	move_right(q, MACH_MSG_TYPE_MOVE_RECEIVE, RECEIVE_RIGHT,
	    "MOVE_RECEIVE: Q itself, with what is queued there",
	    "And so does the receive right: the queue stays with the port.");
	if (broken("receive-after-move"))
		receive_after_move();

	step("P2", "Drop the right to send to P2. The server has asked to be "
		   "told when there is none any more.");
	kern_return_t result = mach_port_deallocate(mach_task_self(), p2);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_deallocate 0x%x", p2);
	returned("%s", mach_result(result));
	task_join(server);
	printf("the server has ended: nobody could send to P2 any more\n");
	close_stdout();
	return EXIT_SUCCESS;
}
