/*
 * Dead names: what a task learns of another one's death.
 *
 * The client has a right to send to the server, waits for its reply, has given
 * it a right to send and a receive right, and asks to be notified of each. Then
 * it kills the server: the kernel destroys all rights that the server had, and
 * tells whoever has asked.
 *
 * Usage:   dead_names
 * Partner: none; the server is a forked child of the client's.
 *
 * Differs from the book because no task is created with a Notify port: each
 * request names a port to notify.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "mach_msg/dead_names/server.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/ports.h"
#include "mach_msg/tasks.h"

static const struct choice options[] = {
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"send-right-for-reply", "the reply port's right is a send right",
	"A send right that ends with its task says nothing to the port. A "
	"send-once right does: it is either used or there is a notification. "
	"Without the timeout of a second the client would wait for ever."},
    {"forget-reference", "drops the dead name once",
	"The notification brought a reference of its own, so that the name "
	"can't be used again before it is read. Who drops one of the two keeps "
	"a name that stands for nothing."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "dead names",
    .role = "client",
    .purpose = "Dead names: kills a task, and shows what another one that had "
	       "rights to its\nports is told.",
    .example = "dead_names --explain",
    .options = options,
    .defects = defects,
};

/* Any notification. */
union notification {
	mach_msg_header_t header;
	mach_dead_name_notification_t dead_name;
	mach_no_senders_notification_t no_senders;
	mach_port_destroyed_notification_t destroyed;
	mach_send_once_notification_t send_once;
};

static mach_port_t notify;     /* notifications come here */
static mach_port_t reply;      /* the server's answer would come here */
static mach_port_t server;     /* a right to send to the server */
static mach_port_t granted;    /* the server may send here */
static mach_port_t given_away; /* the server may receive here */

/* SYNC: see mach_port_request_notification() */
static void
ask_for(mach_port_t name, mach_msg_id_t msgid, mach_port_mscount_t sync,
    const char *why)
{
	mach_port_t previous;
	kern_return_t result;

	step("notify port", "%s", why);
	result = mach_port_request_notification(mach_task_self(), name, msgid,
	    sync, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_request_notification %d for 0x%x",
		    msgid, name);
	returned("%s", mach_result(result));
}

/* One message is queued at the port whose receive right is given away. */
static void
leave_a_message(void)
{
	mach_msg_header_t message = {
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
	    .msgh_size = sizeof message,
	    .msgh_remote_port = given_away};
	mach_msg_return_t result =
	    mach_msg(&message, MACH_SEND_MSG, sizeof message, 0, MACH_PORT_NULL,
		MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);

	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to port 0x%x", given_away);
}

static void
give_rights(void)
{
	mach_msg_type_name_t how = broken("send-right-for-reply")
				       ? MACH_MSG_TYPE_MAKE_SEND
				       : MACH_MSG_TYPE_MAKE_SEND_ONCE;
	struct rights rights = {
	    .header = {.msgh_bits =
			   MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, how) |
			   MACH_MSGH_BITS_COMPLEX,
		.msgh_size = sizeof rights,
		.msgh_remote_port = server,
		.msgh_local_port = reply},
	    .body = {.msgh_descriptor_count = 2},
	    .send = {.name = granted,
		.disposition = MACH_MSG_TYPE_MAKE_SEND,
		.type = MACH_MSG_PORT_DESCRIPTOR},
	    .receive = {.name = given_away,
		.disposition = MACH_MSG_TYPE_MOVE_RECEIVE,
		.type = MACH_MSG_PORT_DESCRIPTOR}};
	mach_msg_return_t result;

	step("server", "Send the server a request with a right to reply once, "
		       "a right to send, and a receive right.");
	result = mach_msg(&rights.header, MACH_SEND_MSG, sizeof rights, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to the server");
	returned("%s", mach_result(result));
}

static void
wait_for_reply(void)
{
	union notification note;
	mach_msg_option_t option = MACH_RCV_MSG;
	mach_msg_return_t result;

	if (broken("send-right-for-reply"))
		option |= MACH_RCV_TIMEOUT;
	step("reply port", "Wait for the server's reply. The kernel says here "
			   "that there will be none.");
	result = mach_msg(
	    &note.header, option, 0, sizeof note, reply, 1000, MACH_PORT_NULL);
	if (result == MACH_RCV_TIMED_OUT)
		broke("send-right-for-reply", "the server is dead, and nothing "
					      "comes to the reply port");
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive at the reply port");
	returned(
	    "%s, notification %d", mach_result(result), note.header.msgh_id);
	if (note.header.msgh_id != MACH_NOTIFY_SEND_ONCE)
		fatal("message %d at the reply port", note.header.msgh_id);
	printf("notification 71, send-once: no reply will come\n");
}

static void
tell(const union notification *note)
{
	switch (note->header.msgh_id) {
	case MACH_NOTIFY_DEAD_NAME:
		printf("notification 72, dead name: 0x%x, counted %u times\n",
		    note->dead_name.not_port,
		    port_refs(server, MACH_PORT_RIGHT_DEAD_NAME));
		break;
	case MACH_NOTIFY_NO_SENDERS:
		printf("notification 70, no senders: of %u send rights made\n",
		    note->no_senders.not_count);
		break;
	case MACH_NOTIFY_PORT_DESTROYED:
		given_away = note->destroyed.not_port.name;
		printf("notification 69, port destroyed: receive right back as "
		       "0x%x, %u message queued\n",
		    given_away, port_status(given_away).mps_msgcount);
		break;
	default:
		fatal("message %d at the notify port", note->header.msgh_id);
	}
}

static void
receive_notifications(void)
{
	union notification note;
	mach_msg_return_t result;

	for (int i = 0; i < 3; i++) {
		step("notify port", "Receive what the kernel says.");
		result = mach_msg(&note.header, MACH_RCV_MSG, 0, sizeof note,
		    notify, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
		if (result != MACH_MSG_SUCCESS)
			mach_die(result, "mach_msg, to receive a notification");
		returned("%s, notification %d", mach_result(result),
		    note.header.msgh_id);
		tell(&note);
	}
}

/* What is left of the right to send to the server. */
static void
use_dead_name(void)
{
	mach_msg_header_t message = {
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
	    .msgh_size = sizeof message,
	    .msgh_remote_port = server};
	kern_return_t result;

	step("server", "A dead name can't be sent to.");
	result = mach_msg(&message, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	returned("%s", mach_result(result));
	printf("send to 0x%x: %s\n", server, mach_symbol(result));

	step("server", "Drop it: this reference was the send right's.");
	result = mach_port_deallocate(mach_task_self(), server);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_deallocate 0x%x", server);
	returned("%s", mach_result(result));
	if (broken("forget-reference"))
		return;
	step("server", "And this one is the notification's.");
	result = mach_port_deallocate(mach_task_self(), server);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_deallocate 0x%x", server);
	returned("%s", mach_result(result));
}

/* SIGKILL can't be caught: the server cleans nothing up. */
static void
kill_task(pid_t pid)
{
	step("server", "Kill the server's process. All rights of its task end "
		       "with it.");
	if (kill(pid, SIGKILL) == -1)
		die("kill %ld", (long)pid);
	if (waitpid(pid, NULL, 0) == -1)
		die("waitpid %ld", (long)pid);
	returned("0");
	printf("the server is killed\n");
}

int
main(int argc, char *argv[])
{
	mach_port_t meeting, parent;

	while (next_option(argc, argv, &program) != -1)
		;
	name_space_begin();
	meeting = port_new("where the two meet", false);
	pid_t pid = task_fork("server", meeting, &parent);
	if (pid == 0)
		be_server(parent);
	server = task_meet(meeting, pid);
	name_space_note(server, "the server's port");

	notify = port_new("the notify port", false);
	reply = port_new("the reply port", false);
	granted = port_new("granted: the server may send", false);
	given_away = port_new("given away: the server may receive", true);
	leave_a_message();

	ask_for(server, MACH_NOTIFY_DEAD_NAME, 0,
	    "Tell me when the server's port dies.");
	ask_for(granted, MACH_NOTIFY_NO_SENDERS, 1,
	    "Tell me when nobody has a right to send here any more; first, one "
	    "has to be made.");
	ask_for(given_away, MACH_NOTIFY_PORT_DESTROYED, 0,
	    "Should this receive right be destroyed, give it to me.");
	give_rights();
	(void)task_meet(meeting, pid); /* it has them */
	name_space_print("client's name space");

	kill_task(pid);
	wait_for_reply();
	receive_notifications();
	name_space_print("client's name space");

	use_dead_name();
	name_space_print("client's name space");
	if (port_type(server) != MACH_PORT_TYPE_NONE) {
		broke("forget-reference", "0x%x is still a name", server);
		fatal("a dead name is left: 0x%x", server);
	}
	close_stdout();
	return EXIT_SUCCESS;
}
