/* What macOS says of notifications, and of the death of a task. */
#include "tests/mach_facts.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static mach_port_t notify;

/* Requests a notification; returns the right of the request before. */
static mach_port_t
request(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync)
{
	mach_port_t previous = MACH_PORT_NULL;

	need(mach_port_request_notification(mach_task_self(), name, id, sync,
		 notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
	    "mach_port_request_notification");
	return previous;
}

/* The id of the notification that has come, 0 for none. */
static uint32_t
notified(union message *message, mach_msg_timeout_t timeout)
{
	if (receive(notify, message, timeout) != MACH_MSG_SUCCESS)
		return 0;
	return (uint32_t)message->header.msgh_id;
}

/* ---- no senders ---------------------------------------------------------- */

static void
no_senders_facts(void)
{
	mach_port_t port = new_port(0), carrier = new_port(1), right;
	mach_port_t task = mach_task_self();
	union message message;

	request(port, MACH_NOTIFY_NO_SENDERS, 1);
	fact("no-senders, make-send count 0, sync 1", notified(&message, 0), 0);
	right = request(port, MACH_NOTIFY_NO_SENDERS, 0);
	fact("the right of the request before", type_of(right),
	    MACH_PORT_TYPE_SEND_ONCE);
	fact("no-senders at once, sync 0", notified(&message, 0),
	    MACH_NOTIFY_NO_SENDERS);
	need(mach_port_deallocate(task, right), "deallocate");
	fact("that right goes back unused", notified(&message, 0),
	    MACH_NOTIFY_SEND_ONCE);

	for (int i = 0; i < 2; i++)
		need(mach_port_insert_right(
			 task, port, port, MACH_MSG_TYPE_MAKE_SEND),
		    "mach_port_insert_right");
	need(mach_port_deallocate(task, port), "deallocate");
	request(port, MACH_NOTIFY_NO_SENDERS, 0);
	fact("not while there is a reference", notified(&message, 0), 0);
	need(send_right(carrier, port, MACH_MSG_TYPE_MOVE_SEND), "send");
	fact("nor while it is in a message", notified(&message, 0), 0);
	drain(carrier);
	fact("nor when it has come back", notified(&message, 0), 0);
	need(mach_port_deallocate(task, port), "deallocate");
	fact(
	    "but with the last", notified(&message, 0), MACH_NOTIFY_NO_SENDERS);
	fact("it tells the make-send count", message.no_senders.not_count, 2);
	request(port, MACH_NOTIFY_NO_SENDERS, 3);
	fact("sync one beyond that count", notified(&message, 0), 0);
	right = request(port, MACH_NOTIFY_NO_SENDERS, 2);
	fact("sync of that count", notified(&message, 0),
	    MACH_NOTIFY_NO_SENDERS);
	need(mach_port_deallocate(task, right), "deallocate");
	drain(notify);
	request(port, MACH_NOTIFY_NO_SENDERS, 9);
	drop_receive(port);
	fact("the port dies: the right to tell goes back unused",
	    notified(&message, 0), MACH_NOTIFY_SEND_ONCE);
}

/* ---- the others ---------------------------------------------------------- */

static void
send_once_facts(void)
{
	mach_port_t port = new_port(1);
	union message message;

	need(send_reply_right(port, 1, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    "send");
	drop_receive(port);
	fact("a send-once right in a queue that is destroyed",
	    notified(&message, 0), MACH_NOTIFY_SEND_ONCE);
	fact("came by itself, a send-once right",
	    MACH_MSGH_BITS_LOCAL(message.header.msgh_bits),
	    MACH_MSG_TYPE_MOVE_SEND_ONCE);
}

static void
destroyed_facts(void)
{
	mach_port_t port = new_port(1);
	mach_port_t task = mach_task_self(), previous;
	union message message;

	fact("port-destroyed with a sync",
	    (uint32_t)mach_port_request_notification(task, port,
		MACH_NOTIFY_PORT_DESTROYED, 1, notify,
		MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
	    KERN_INVALID_VALUE);
	drain(notify); /* the right that was made for it has gone back */
	request(port, MACH_NOTIFY_PORT_DESTROYED, 0);
	need(send_now(port, 55), "send");
	drop_receive(port);
	fact("port-destroyed", notified(&message, 0),
	    MACH_NOTIFY_PORT_DESTROYED);
	fact("carries the receive right",
	    message.right.port.name == port &&
		(type_of(port) & MACH_PORT_TYPE_RECEIVE),
	    1);
	fact("with what is queued", (uint32_t)receive(port, &message, 0),
	    MACH_MSG_SUCCESS);
	drop_receive(port);
	fact("without a request it dies", type_of(port),
	    MACH_PORT_TYPE_DEAD_NAME);
	fact("and nothing comes", notified(&message, 0), 0);
}

static void
dead_name_facts(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), previous;
	mach_msg_type_name_t type;
	mach_port_t once;
	union message message;

	request(port, MACH_NOTIFY_DEAD_NAME, 0);
	need(mach_port_destroy(task, port), "mach_port_destroy");
	fact("a name that goes with a request: port-deleted",
	    notified(&message, 0), MACH_NOTIFY_PORT_DELETED);
	fact("it names it", message.dead_name.not_port == port, 1);

	port = new_port(0);
	need(mach_port_extract_right(
		 task, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &once, &type),
	    "mach_port_extract_right");
	request(once, MACH_NOTIFY_DEAD_NAME, 0);
	drop_receive(port);
	fact("a send-once right's port dies: dead-name", notified(&message, 0),
	    MACH_NOTIFY_DEAD_NAME);
	fact("it names the right", message.dead_name.not_port == once, 1);
	fact("which is a dead name", type_of(once), MACH_PORT_TYPE_DEAD_NAME);
	fact("with one reference more",
	    refs_of(once, MACH_PORT_RIGHT_DEAD_NAME), 2);
	fact("of a name that is dead already, sync 0",
	    (uint32_t)mach_port_request_notification(task, once,
		MACH_NOTIFY_DEAD_NAME, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
		&previous),
	    KERN_INVALID_ARGUMENT);
	drain(notify);
	request(once, MACH_NOTIFY_DEAD_NAME, 1);
	fact("sync 1: at once", notified(&message, 0), MACH_NOTIFY_DEAD_NAME);
	fact("again one reference more",
	    refs_of(once, MACH_PORT_RIGHT_DEAD_NAME), 3);
	fact("of no id that there is",
	    (uint32_t)mach_port_request_notification(task, once, 1, 0, notify,
		MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
	    KERN_INVALID_VALUE);
}

void
notification_facts(void)
{
	notify = new_port(0);
	no_senders_facts();
	send_once_facts();
	destroyed_facts();
	dead_name_facts();
}

/* ---- the death of a task ------------------------------------------------- */

/* Gives its parent a port, takes the right that comes there, and says so. */
static void
hold_a_right(void)
{
	mach_port_t own = new_port(0), parent = bootstrap_port;
	union message message;

	need(send_reply_right(parent, 1, own, MACH_MSG_TYPE_MAKE_SEND),
	    "the child's port");
	need(receive(own, &message, 5000), "the child's right");
	need(send_to(parent, MACH_MSG_TYPE_COPY_SEND, 2, 0, 0),
	    "the child's answer");
}

/* A child that holds the last send right to HELD, and has the last rights to
 * CARRIED and, once, to NOTIFY in its full queue; returns its port. */
static mach_port_t
prepare_child(mach_port_t held, mach_port_t carried, pid_t *pid)
{
	mach_port_t parent = new_port(1), child;
	union message message;

	*pid = task_start(hold_a_right, parent);
	need(receive(parent, &message, 5000), "the child's port");
	child = message.header.msgh_remote_port;
	need(send_right(child, held, MACH_MSG_TYPE_MAKE_SEND), "send");
	need(receive(parent, &message, 5000), "the child's answer");
	need(send_reply_right(child, 3, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    "send");
	need(send_right(child, carried, MACH_MSG_TYPE_MOVE_RECEIVE), "send");
	while (send_now(child, 4) == MACH_MSG_SUCCESS)
		;
	return child;
}

void
death_facts(void)
{
	mach_port_t held = new_port(0), carried = new_port(1);
	mach_port_t elsewhere = new_port(1), child;
	struct caller *sender, *receiver;
	uint32_t seen[MACH_NOTIFY_LAST + 1] = {0}, id;
	union message message;
	pid_t pid;

	child = prepare_child(held, carried, &pid);
	request(held, MACH_NOTIFY_NO_SENDERS, 0);
	request(child, MACH_NOTIFY_DEAD_NAME, 0);
	sender = caller_start(call_send, child, 5);
	receiver = caller_start(call_receive, elsewhere, 0);
	fact("before: a sender is blocked at the task's port",
	    caller_is_blocked(sender), 1);
	fact("before: no notification", notified(&message, 0), 0);
	task_end(pid);
	for (int i = 0; i < 3; i++) {
		id = notified(&message, 5000);
		seen[id <= MACH_NOTIFY_LAST ? id : 0]++;
	}
	fact(
	    "its last send right: no-senders", seen[MACH_NOTIFY_NO_SENDERS], 1);
	fact("its port: dead-name", seen[MACH_NOTIFY_DEAD_NAME], 1);
	fact("a send-once right in its queue: 71", seen[MACH_NOTIFY_SEND_ONCE],
	    1);
	fact("a receive right in its queue is destroyed", type_of(carried),
	    MACH_PORT_TYPE_DEAD_NAME);
	fact("the right to its port is a dead name", type_of(child),
	    MACH_PORT_TYPE_DEAD_NAME);
	fact("who was blocked sending to it", (uint32_t)caller_join(sender),
	    MACH_MSG_SUCCESS);
	fact("who is blocked elsewhere is not disturbed",
	    caller_is_blocked(receiver), 1);
	need(send_now(elsewhere, 6), "send");
	fact("and receives", (uint32_t)caller_join(receiver), MACH_MSG_SUCCESS);
}
