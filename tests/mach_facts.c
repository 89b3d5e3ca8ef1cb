#include "tests/mach_facts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned facts, wrong;

void
fact(const char *name, uint32_t got, uint32_t expected)
{
	facts++;
	if (got == expected) {
		printf("ok %u - %s = 0x%x\n", facts, name, got);
		return;
	}
	wrong++;
	printf("not ok %u - %s = 0x%x, expected 0x%x\n", facts, name, got,
	    expected);
}

void
differs(const char *name, uint32_t got, uint32_t expected, const char *there,
    const char *why)
{
	facts++;
	if (got != expected)
		wrong++;
	printf("%s %u - %s = 0x%x, GNU Mach: %s # differs: %s\n",
	    got == expected ? "ok" : "not ok", facts, name, got, there, why);
}

int
facts_end(void)
{
	printf("1..%u\n", facts);
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void
need(kern_return_t result, const char *what)
{
	if (result != KERN_SUCCESS)
		fatal("%s: 0x%x (%s)", what, (unsigned)result,
		    mach_error_string(result));
}

/* ---- ports --------------------------------------------------------------- */

mach_port_t
new_port(int sends)
{
	mach_port_t port;

	need(mach_port_allocate(
		 mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port),
	    "mach_port_allocate");
	for (int i = 0; i < sends; i++)
		need(mach_port_insert_right(
			 mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND),
		    "mach_port_insert_right");
	return port;
}

mach_port_type_t
type_of(mach_port_t name)
{
	mach_port_type_t type = 0;

	mach_port_type(mach_task_self(), name, &type);
	return type;
}

mach_port_urefs_t
refs_of(mach_port_t name, mach_port_right_t right)
{
	mach_port_urefs_t refs = 0;

	mach_port_get_refs(mach_task_self(), name, right, &refs);
	return refs;
}

mach_port_status_t
status_of(mach_port_t name)
{
	mach_port_status_t status = {0};
	mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;

	need(mach_port_get_attributes(mach_task_self(), name,
		 MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count),
	    "mach_port_get_attributes");
	return status;
}

kern_return_t
set_limit(mach_port_t name, mach_port_msgcount_t limit)
{
	mach_port_limits_t limits = {limit};

	return mach_port_set_attributes(mach_task_self(), name,
	    MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
	    MACH_PORT_LIMITS_INFO_COUNT);
}

/* ---- messages ------------------------------------------------------------ */

mach_msg_return_t
send_to(mach_port_t port, mach_msg_type_name_t disposition, mach_msg_id_t id,
    mach_msg_option_t option, mach_msg_timeout_t timeout)
{
	union message message;

	memset(&message.plain, 0, sizeof message.plain);
	message.header.msgh_bits = MACH_MSGH_BITS(disposition, 0);
	message.header.msgh_remote_port = port;
	message.header.msgh_id = id;
	return mach_msg(&message.header, MACH_SEND_MSG | option,
	    sizeof message.plain, 0, MACH_PORT_NULL, timeout, MACH_PORT_NULL);
}

mach_msg_return_t
send_now(mach_port_t port, mach_msg_id_t id)
{
	return send_to(port, MACH_MSG_TYPE_COPY_SEND, id, MACH_SEND_TIMEOUT, 0);
}

mach_msg_return_t
receive(mach_port_t port, union message *message, mach_msg_timeout_t timeout)
{
	memset(message, 0, sizeof *message);
	return mach_msg(&message->header,
	    MACH_RCV_MSG | MACH_RCV_TIMEOUT |
		MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT),
	    0, sizeof *message, port, timeout, MACH_PORT_NULL);
}

const mach_msg_max_trailer_t *
trailer_of(const union message *message)
{
	return (const void *)(message->room + message->header.msgh_size);
}

unsigned
drain(mach_port_t port)
{
	union message message;
	unsigned count = 0;

	while (receive(port, &message, 0) == MACH_MSG_SUCCESS)
		count++;
	return count;
}

/* ---- threads ------------------------------------------------------------- */

struct sender {
	pthread_t thread;
	mach_port_t port;
	mach_msg_id_t id;
	mach_msg_return_t result;
};

static void *
send_in_thread(void *argument)
{
	struct sender *sender = argument;

	sender->result =
	    send_to(sender->port, MACH_MSG_TYPE_COPY_SEND, sender->id, 0, 0);
	return NULL;
}

struct sender *
sender_start(mach_port_t port, mach_msg_id_t id)
{
	struct sender *sender = malloc(sizeof *sender);

	if (!sender)
		die("malloc");
	sender->port = port;
	sender->id = id;
	if (pthread_create(&sender->thread, NULL, send_in_thread, sender) != 0)
		fatal("pthread_create failed");
	/* so that they come to the queue in the order of their start */
	system_sleep(0.03);
	return sender;
}

mach_msg_return_t
sender_join(struct sender *sender)
{
	mach_msg_return_t result;

	pthread_join(sender->thread, NULL);
	result = sender->result;
	free(sender);
	return result;
}

double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
