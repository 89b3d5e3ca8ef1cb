/*
 * A task's ports, and the names that it has for its rights to them.
 *
 * Shows the task's own port, the bootstrap port and a notify port; allocates a
 * port; makes, copies, moves and drops rights to it; and after each call that
 * changes them prints the task's names, with the rights and the queue behind
 * each.
 *
 * Usage:   task_ports [--explain]
 * Partner: lsmp shows the same from outside.
 *
 * Differs from the book because no task has a Notify port from its start, on
 * macOS neither: it allocates one, and says so in each request.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"

static const struct choice options[] = {
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"drop-moved", "drop a right that went with a message: KERN_INVALID_NAME",
	"What is moved is no longer the sender's to drop. The name is free, "
	"and may soon stand for another right, which would be dropped."},
    {"deallocate-receive", "drop a receive right so: KERN_INVALID_RIGHT",
	"mach_port_deallocate() drops one reference to a send right. A receive "
	"right is the port, and ends by mach_port_mod_refs()."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "tasks and ports",
    .role = "task",
    .purpose = "Allocates Mach ports, makes, copies, moves and drops rights to "
	       "them, and\nprints the task's names after each call.",
    .example = "task_ports --explain",
    .options = options,
    .defects = defects,
};

/* A message that carries a right. */
struct message {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t right;
};

/* What comes: one of these, or a notification. */
union incoming {
	mach_msg_header_t header;
	struct {
		struct message message;
		mach_msg_trailer_t trailer;
	} received;
	mach_no_senders_notification_t no_senders;
};

enum { MESSAGE_ID = 372 };

/* This task's names. */
static mach_port_t task, bootstrap, port, notify, once;

/* ---- what there is, and two ports more ----------------------------------- */

static void
look_around(void)
{
	step("task self", "The task's own port. The kernel receives from it: "
			  "this is how a task asks something of itself.");
	task = mach_task_self();
	if (task == MACH_PORT_NULL)
		fatal("mach_task_self: this process is no task");
	returned("port 0x%x", task);
	name_space_begin();
	name_space_note(task, "task self");
	name_space_print("after mach_task_self()");

	step("bootstrap", "The bootstrap port, which a task has from its "
			  "parent: a right to send to the bootstrap server.");
	kern_return_t result =
	    task_get_special_port(task, TASK_BOOTSTRAP_PORT, &bootstrap);
	if (result != KERN_SUCCESS)
		mach_die(result, "task_get_special_port");
	returned("%s, port 0x%x", mach_result(result), bootstrap);
	name_space_note(bootstrap, "bootstrap port");
	name_space_print("after task_get_special_port()");
}

static void
allocate(void)
{
	kern_return_t result;

	step("port", "A new port, with an empty queue. This task alone may "
		     "receive from it, and nobody may send yet.");
	result = mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &port);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_allocate");
	returned("%s, port 0x%x", mach_result(result), port);
	name_space_note(port, "the port");
	name_space_print("after mach_port_allocate()");

	step("notify", "A port for what the kernel has to tell. The book's "
		       "task has one from its start; here it allocates one.");
	result = mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &notify);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_allocate");
	returned("%s, port 0x%x", mach_result(result), notify);
	name_space_note(notify, "notify port");
	name_space_print("after mach_port_allocate()");
}

/* ---- rights to the port -------------------------------------------------- */

static void
make_and_copy(void)
{
	kern_return_t result;
	mach_msg_type_name_t type;

	step("port", "Make a send right from the receive right. Both stand "
		     "behind the same name.");
	result =
	    mach_port_insert_right(task, port, port, MACH_MSG_TYPE_MAKE_SEND);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_insert_right 0x%x", port);
	returned("%s", mach_result(result));
	name_space_print("after mach_port_insert_right(MAKE_SEND)");

	step("port", "Copy the send right. A task has one name for a port "
		     "that it may send to: its references are counted.");
	result =
	    mach_port_insert_right(task, port, port, MACH_MSG_TYPE_COPY_SEND);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_insert_right 0x%x", port);
	returned("%s", mach_result(result));
	name_space_print("after mach_port_insert_right(COPY_SEND)");

	step("port", "Make a right to send one message, as for a reply. Each "
		     "of these has a name of its own.");
	result = mach_port_extract_right(
	    task, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &once, &type);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_extract_right 0x%x", port);
	returned("%s, port 0x%x", mach_result(result), once);
	name_space_note(once, "to the port, once");
	name_space_print("after mach_port_extract_right(MAKE_SEND_ONCE)");
}

static void
ask_to_be_told(void)
{
	mach_port_t previous;

	step("port", "Ask for a message to the notify port, when nobody can "
		     "send to the port any more.");
	kern_return_t result =
	    mach_port_request_notification(task, port, MACH_NOTIFY_NO_SENDERS,
		0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_request_notification 0x%x", port);
	returned("%s", mach_result(result));
}

static void
move(void)
{
	union incoming buffer;
	struct message message = {.body = {1}};
	kern_return_t result;

	message.header.msgh_bits =
	    MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, 0);
	message.header.msgh_size = sizeof message;
	message.header.msgh_remote_port = port;
	message.header.msgh_id = MESSAGE_ID;
	message.right.name = once;
	message.right.disposition = MACH_MSG_TYPE_MOVE_SEND_ONCE;
	message.right.type = MACH_MSG_PORT_DESCRIPTOR;

	step("port", "Move rights: one send right goes with the message's "
		     "header, and the message carries the other right.");
	result = mach_msg(&message.header, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to port 0x%x", port);
	returned("%s", mach_result(result));
	name_space_print("after mach_msg(MACH_SEND_MSG)");

	if (broken("drop-moved")) {
		result = mach_port_deallocate(task, once);
		broke("drop-moved", "port 0x%x is dropped after it was moved",
		    once);
		mach_die(result, "mach_port_deallocate 0x%x", once);
	}

	step("port", "Receive it. The right that it carries gets a name here, "
		     "as it would in any other task.");
	result = mach_msg(&buffer.header, MACH_RCV_MSG, 0, sizeof buffer, port,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive from port 0x%x", port);
	once = buffer.received.message.right.name;
	returned("%s, port 0x%x", mach_result(result), once);
	name_space_note(once, "to the port, once");
	name_space_print("after mach_msg(MACH_RCV_MSG)");
}

/* ---- the end of rights --------------------------------------------------- */

static void
drop_send(void)
{
	union incoming buffer;

	step("port", "Drop the send right that is left. It was the last, and "
		     "the kernel says so: look at the notify port's queue.");
	kern_return_t result = mach_port_deallocate(task, port);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_deallocate 0x%x", port);
	returned("%s", mach_result(result));
	name_space_print("after mach_port_deallocate()");

	step("notify", "Receive what the kernel has to tell.");
	result = mach_msg(&buffer.header, MACH_RCV_MSG, 0, sizeof buffer,
	    notify, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive from port 0x%x", notify);
	if (buffer.header.msgh_id != MACH_NOTIFY_NO_SENDERS)
		fatal("notification %d is not MACH_NOTIFY_NO_SENDERS",
		    buffer.header.msgh_id);
	returned("%s, MACH_NOTIFY_NO_SENDERS", mach_result(result));
	name_space_print("after mach_msg(MACH_RCV_MSG)");
}

static void
drop_receive(void)
{
	kern_return_t result;

	if (broken("deallocate-receive")) {
		result = mach_port_deallocate(task, port);
		broke(
		    "deallocate-receive", "port 0x%x is a receive right", port);
		mach_die(result, "mach_port_deallocate 0x%x", port);
	}

	step("port", "Drop the receive right. The port dies with it, and a "
		     "right to send to it becomes a dead name.");
	result = mach_port_mod_refs(task, port, MACH_PORT_RIGHT_RECEIVE, -1);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_mod_refs 0x%x", port);
	returned("%s", mach_result(result));
	name_space_print("after mach_port_mod_refs(RECEIVE, -1)");

	step("dead name", "Drop the dead name too: it is free again. The rest "
			  "ends with the task.");
	result = mach_port_deallocate(task, once);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_deallocate 0x%x", once);
	returned("%s", mach_result(result));
	name_space_print("after mach_port_deallocate()");
}

int
main(int argc, char *argv[])
{
	while (next_option(argc, argv, &program) != -1)
		;
	look_around();
	allocate();
	make_and_copy();
	ask_to_be_told();
	move();
	drop_send();
	drop_receive();
	close_stdout();
	return EXIT_SUCCESS;
}
