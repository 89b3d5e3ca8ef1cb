/* The other task: it gets the client's rights, and uses them. */
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/ports.h"
#include "mach_msg/send_rights/messages.h"
#include "mach_msg/tasks.h"

#include <stdio.h>
#include <stdlib.h>

static mach_port_t p1, p2, q;

/* Sends a message without data to Q, by a right that HOW says. */
static void
send_to_q(mach_port_t right, mach_msg_type_name_t how, mach_msg_id_t id)
{
	mach_msg_header_t message = {.msgh_bits = MACH_MSGH_BITS(how, 0),
	    .msgh_size = sizeof message,
	    .msgh_remote_port = right,
	    .msgh_id = id};
	mach_msg_return_t result;

	step("Q", "Send message %d to Q, by a %s right.", id,
	    how == MACH_MSG_TYPE_COPY_SEND ? "send" : "send-once");
	result = mach_msg(&message, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result == MACH_SEND_INVALID_DEST)
		broke("send-once-twice", "0x%x is no name any more", right);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to Q");
	returned("%s", mach_result(result));
}

/* Takes the three messages out of Q, which is the server's now. */
static void
receive_from_q(void)
{
	mach_msg_empty_rcv_t message;
	mach_msg_return_t result;

	for (int i = 0; i < 3; i++) {
		step("Q", "Receive what was queued there.");
		result = mach_msg(&message.header, MACH_RCV_MSG, 0,
		    sizeof message, q, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
		if (result != MACH_MSG_SUCCESS)
			mach_die(result, "mach_msg, to receive from Q");
		returned("%s, message %d", mach_result(result),
		    message.header.msgh_id);
		printf("server received message %d from Q\n",
		    message.header.msgh_id);
	}
}

static void
answer(void)
{
	mach_msg_header_t message = {
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
	    .msgh_size = sizeof message,
	    .msgh_remote_port = p1,
	    .msgh_id = DONE};
	mach_msg_return_t result;

	step("P1", "Reply to P1, by the right that the client granted.");
	result = mach_msg(&message, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result == MACH_SEND_INVALID_DEST)
		broke("no-grant", "the remote port is 0x%x", p1);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to reply to P1");
	returned("%s", mach_result(result));
}

/* Does what is due with the right that has come. */
static void
use(const union received *message)
{
	mach_port_t right = message->right.message.right.name;

	switch (message->header.msgh_id) {
	case GRANT:
		p1 = message->header.msgh_remote_port;
		name_space_note(p1, "P1, the client's port");
		name_space_print("server's name space");
		break;
	case SEND_RIGHT:
		q = right;
		name_space_note(q, "Q, which travels");
		name_space_print("server's name space");
		break;
	case SEND_ONCE_RIGHT:
		name_space_note(right, "Q, once");
		name_space_print("server's name space");
		send_to_q(q, MACH_MSG_TYPE_COPY_SEND, 1);
		send_to_q(right, MACH_MSG_TYPE_MOVE_SEND_ONCE, 2);
		if (broken("send-once-twice"))
			send_to_q(right, MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		send_to_q(q, MACH_MSG_TYPE_COPY_SEND, 3);
		printf("server sent message 1 to Q, 2 (once), and 3\n");
		name_space_print("server's name space");
		break;
	case RECEIVE_RIGHT:
		q = right; /* the same name: it has a right to send there */
		name_space_print("server's name space");
		receive_from_q();
		break;
	default:
		fatal("message %d at P2", message->header.msgh_id);
	}
}

void
be_server(mach_port_t parent)
{
	union received message;
	mach_msg_return_t result;

	p2 = port_new("P2, the server's port", false);
	task_hello(parent, p2);
	port_drop(parent);
	for (;;) {
		step("P2", "Wait for a message at P2.");
		result = mach_msg(&message.header, MACH_RCV_MSG, 0,
		    sizeof message, p2, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
		if (result != MACH_MSG_SUCCESS)
			mach_die(result, "mach_msg, to receive at P2");
		returned("%s, message %d", mach_result(result),
		    message.header.msgh_id);
		if (message.header.msgh_id == MACH_NOTIFY_NO_SENDERS)
			break;
		use(&message);
		answer();
	}
	close_stdout();
	exit(EXIT_SUCCESS);
}
