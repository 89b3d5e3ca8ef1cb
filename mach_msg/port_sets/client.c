/* The client: adds to each counter, whoever may serve it. */
#include "mach_msg/mach_result.h"
#include "mach_msg/port_sets/messages.h"
#include "mach_msg/ports.h"
#include "mach_msg/tasks.h"

#include <stdlib.h>

static void
add(mach_port_t counter, int amount)
{
	struct addition message = {
	    .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_size = sizeof message,
		.msgh_remote_port = counter,
		.msgh_id = ADD},
	    .amount = amount};
	mach_msg_return_t result;

	step("counter", "Add %d to a counter: send to its port.", amount);
	result = mach_msg(&message.header, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to counter 0x%x", counter);
	returned("%s", mach_result(result));
}

void
be_client(mach_port_t parent, int rounds)
{
	mach_port_t own = port_new("the client's port", false);
	struct counters_received message;
	mach_msg_return_t result;

	task_hello(parent, own);
	result = mach_msg(&message.counters.header, MACH_RCV_MSG, 0,
	    sizeof message, own, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive the counters");
	if (!(message.counters.header.msgh_bits & MACH_MSGH_BITS_COMPLEX))
		exit(EXIT_FAILURE); /* the server has ended */

	const mach_port_t *ports = message.counters.ports.address;
	mach_msg_size_t count = message.counters.ports.count;
	for (int round = 1; round <= rounds; round++)
		for (mach_msg_size_t i = 0; i < count; i++)
			add(ports[i], round);
	exit(EXIT_SUCCESS); /* the rights to send end with the task */
}
