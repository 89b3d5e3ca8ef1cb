/* The transcript's parts on tasks, on six senders, and on figure 3.18. */
#include "tests/mach_facts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The name under which the parent puts a right into the child. */
static const mach_port_name_t INSERTED = 0x7003;

/* The child gives its parent its task port, waits until it has been given a
 * right, sends by that, and waits to be killed. */
static void
child(void)
{
	mach_port_t own = new_port(0), parent = bootstrap_port;

	need(send_reply_right(
		 parent, 999, mach_task_self(), MACH_MSG_TYPE_COPY_SEND),
	    "the child's first message");
	while (type_of(INSERTED) == 0)
		system_sleep(0.005);
	need(send_reply_right(INSERTED, 1000, own, MACH_MSG_TYPE_MAKE_SEND),
	    "the child's second message");
}

void
task_facts(void)
{
	mach_port_t port = new_port(1), task = mach_task_self();
	mach_port_t unknown = new_port(0), answers = new_port(0);
	mach_port_t child_task, right, previous;
	mach_port_type_t type;
	union message message;
	pid_t pid;

	fact("set_bootstrap_self",
	    (uint32_t)task_set_special_port(task, TASK_BOOTSTRAP_PORT, port),
	    KERN_SUCCESS);
	pid = task_start(child, port);
	fact("task_create", (uint32_t)(pid > 0 ? KERN_SUCCESS : KERN_FAILURE),
	    KERN_SUCCESS);
	need(receive(port, &message, 5000), "the child's task port");
	child_task = message.header.msgh_remote_port;
	fact("child_has_parents_name",
	    (uint32_t)mach_port_type(child_task, unknown, &type),
	    KERN_INVALID_NAME);
	fact("child_insert_right",
	    (uint32_t)mach_port_insert_right(
		child_task, INSERTED, answers, MACH_MSG_TYPE_MAKE_SEND),
	    KERN_SUCCESS);
	fact("rcv_from_child", (uint32_t)receive(answers, &message, 5000),
	    MACH_MSG_SUCCESS);
	right = message.header.msgh_remote_port;
	fact("child_msg_id", (uint32_t)message.header.msgh_id, 1000);
	fact("child_msg_id got type", type_of(right), 0x10000);
	fact("req_dead_child",
	    (uint32_t)mach_port_request_notification(task, right,
		MACH_NOTIFY_DEAD_NAME, 0, port, MACH_MSG_TYPE_MAKE_SEND_ONCE,
		&previous),
	    KERN_SUCCESS);
	fact("task_terminate", (uint32_t)kill(pid, SIGKILL), KERN_SUCCESS);
	waitpid(pid, NULL, 0);
	fact("rcv_dead_child", (uint32_t)receive(port, &message, 1000),
	    MACH_MSG_SUCCESS);
	fact("dead_child id", (uint32_t)message.header.msgh_id, 72);
	fact("dead_child port_eq", message.dead_name.not_port == right, 1);
	fact("dead_child type", type_of(right), 0x100000);
	fact("task_port_type", type_of(child_task), 0x100000);
	fact("send_to_dead_child", (uint32_t)send_now(right, 1),
	    MACH_SEND_INVALID_DEST);
	need(task_set_special_port(task, TASK_BOOTSTRAP_PORT, MACH_PORT_NULL),
	    "task_set_special_port");
}

/* Six senders on a queue of one. */
static void
sender_facts(void)
{
	static const char *const there[] = {"1", "6", "5", "4", "3", "2"};
	mach_port_t port = new_port(1);
	struct caller *senders[6];
	union message message;

	need(set_limit(port, 1), "set_limit");
	for (int i = 0; i < 6; i++)
		senders[i] = caller_start(call_send, port, 1 + i);
	for (uint32_t i = 0; i < 6; i++) {
		need(receive(port, &message, 5000), "receive");
		if (i == 0)
			fact("got", (uint32_t)message.header.msgh_id, 1);
		else
			differs("got", (uint32_t)message.header.msgh_id, i + 1,
			    there[i], blocked_order);
		fact("seqno", trailer_of(&message)->msgh_seqno, i);
	}
	for (int i = 0; i < 6; i++)
		fact("sender returned", (uint32_t)caller_join(senders[i]),
		    MACH_MSG_SUCCESS);
}

/* Figure 3.18's message: a header and a number. */
struct figure_message {
	mach_msg_header_t header;
	int data;
	mach_msg_trailer_t trailer;
};

static mach_msg_return_t
send_figure(mach_msg_bits_t bits, mach_port_t server, mach_port_t client)
{
	struct figure_message message = {.data = 42};

	message.header.msgh_bits = bits;
	message.header.msgh_size = 28;
	message.header.msgh_remote_port = server;
	message.header.msgh_local_port = client;
	return mach_msg(&message.header, MACH_SEND_MSG, 28, 0, MACH_PORT_NULL,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

static void
receive_figure(int number, mach_port_t server, bool reply, mach_msg_bits_t bits)
{
	struct figure_message message;
	char name[16];

	memset(&message, 0, sizeof message);
	snprintf(name, sizeof name, "recv%d", number);
	fact(name,
	    (uint32_t)mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT,
		0, sizeof message, server, 0, MACH_PORT_NULL),
	    MACH_MSG_SUCCESS);
	fact("data", (uint32_t)message.data, 42);
	fact("local_is_server", message.header.msgh_local_port == server, 1);
	fact(
	    "remote", message.header.msgh_remote_port != MACH_PORT_NULL, reply);
	fact("bits", message.header.msgh_bits, bits);
	fact("size", message.header.msgh_size, 28);
	mach_msg_destroy(&message.header);
}

void
figure_facts(void)
{
	mach_port_t server = new_port(1), none = new_port(0);
	mach_port_t client = new_port(0);
	union message message;
	mach_msg_bits_t copy = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);

	sender_facts();
	fact("fig318_as_printed_bits0",
	    (uint32_t)send_figure(0, server, client), MACH_SEND_INVALID_HEADER);
	fact("bits_remote_only_COPY_SEND_no_send_right",
	    (uint32_t)send_figure(copy, none, client),
	    MACH_SEND_INVALID_HEADER);
	fact("remote_COPY_SEND_local_bits0_but_port_given",
	    (uint32_t)send_figure(copy, server, client),
	    MACH_SEND_INVALID_HEADER);
	fact("remote_COPY_SEND_local_null",
	    (uint32_t)send_figure(copy, server, MACH_PORT_NULL),
	    MACH_MSG_SUCCESS);
	fact("remote_COPY_SEND_local_MAKE_SEND_ONCE",
	    (uint32_t)send_figure(MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
				      MACH_MSG_TYPE_MAKE_SEND_ONCE),
		server, client),
	    MACH_MSG_SUCCESS);
	receive_figure(0, server, false, 0x1100);
	receive_figure(1, server, true, 0x1112);
	fact("recv2", (uint32_t)receive(server, &message, 0),
	    MACH_RCV_TIMED_OUT);
	fact("recv3", (uint32_t)receive(server, &message, 0),
	    MACH_RCV_TIMED_OUT);
}
