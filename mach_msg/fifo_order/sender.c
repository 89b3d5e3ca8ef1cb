#include "mach_msg/fifo_order/sender.h"
#include "mach_msg/clock.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/ports.h"
#include "mach_msg/tasks.h"

#include <stdlib.h>

/* Sends one message, waiting for room; with MACH_SEND_TIMEOUT as OPTION it
 * doesn't wait. */
static mach_msg_return_t
send_numbered(
    mach_port_t queue, int sender, int number, mach_msg_option_t option)
{
	struct numbered message = {
	    .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_size = sizeof message,
		.msgh_remote_port = queue},
	    .sender = sender,
	    .number = number};
	mach_msg_return_t result;

	step("queue", "Send message %d, and wait while the queue is full.",
	    number);
	clock_start(&message.began);
	result = mach_msg(&message.header, MACH_SEND_MSG | option,
	    sizeof message, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
	returned("%s", mach_result(result));
	if (result == MACH_SEND_TIMED_OUT)
		mach_msg_destroy(&message.header);
	else if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to the queue");
	return result;
}

/* What finds no room is put aside for the end, and the next one goes first. */
static void
send_and_retry_later(mach_port_t queue, int sender, int count)
{
	static int aside[MOST_COUNT];
	int aside_count = 0;

	for (int number = 1; number <= count; number++)
		if (send_numbered(queue, sender, number, MACH_SEND_TIMEOUT) !=
		    MACH_MSG_SUCCESS) {
			aside[aside_count++] = number++;
			if (number <= count)
				send_numbered(queue, sender, number, 0);
		}
	for (int i = 0; i < aside_count; i++)
		send_numbered(queue, sender, aside[i], 0);
}

void
be_sender(mach_port_t queue, int sender, int count)
{
	mach_port_t own = port_new("the sender's port", false);
	mach_no_senders_notification_t start;
	mach_msg_return_t result;

	task_hello(queue, own);
	result = mach_msg(&start.not_header, MACH_RCV_MSG, 0, sizeof start, own,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to wait for the start");
	if (start.not_header.msgh_id == MACH_NOTIFY_NO_SENDERS)
		exit(EXIT_FAILURE); /* the receiver has ended */

	if (broken("retry-later"))
		send_and_retry_later(queue, sender, count);
	else
		for (int number = 1; number <= count; number++)
			send_numbered(queue, sender, number, 0);
	exit(EXIT_SUCCESS);
}
