/*
 * A port set: one server, many ports, one receive.
 *
 * A port can stand for anything that a server offers. Here each is a counter,
 * and a message to it adds a number. The server puts the ports into a set and
 * waits at the set: which port a message came to tells which counter is meant.
 *
 * Usage:   port_sets [--ports=N] [--count=N]
 * Partner: none; the client is a forked child (client.c).
 *
 * Differs from the book because the book has no port sets: there a receiver
 * waits at one port. Without them a server with many ports needs a thread for
 * each.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/port_sets/messages.h"
#include "mach_msg/ports.h"
#include "mach_msg/tasks.h"

static const struct choice options[] = {
    {'p', "ports", "N", "counters (3)"},
    {'c', "count", "N", "additions to each (2)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"not-a-member", "the last port isn't put into the set",
	"A receive from the set takes from the set's members alone. What is "
	"sent to another port waits there."},
    {"send-to-set", "makes a right to send to the set",
	"A set has no queue and nobody sends to it. One sends to its members."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "port sets",
    .role = "server",
    .purpose = "A port set: a server receives from many ports with one call.",
    .example = "port_sets --explain --ports=2",
    .options = options,
    .defects = defects,
};

struct counter {
	mach_port_t port;
	int value;
	bool finished; /* nobody can send to it any more */
};

static struct counter counters[MOST_PORTS];
static size_t counter_count = 3;
static mach_port_t set;

static void
make_set(void)
{
	kern_return_t result;

	step("set", "Make a port set. It has no queue of its own.");
	result = mach_port_allocate(
	    mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &set);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_allocate");
	returned("%s, 0x%x", mach_result(result), set);
	name_space_note(set, "the set");

	for (size_t i = 0; i < counter_count; i++) {
		char what[32];
		snprintf(what, sizeof what, "counter %zu", i + 1);
		mach_port_t port = counters[i].port = port_new(what, false);
		if (broken("not-a-member") && i + 1 == counter_count)
			break;
		step("set", "Put the port of %s into the set.", what);
		result = mach_port_move_member(mach_task_self(), port, set);
		if (result != KERN_SUCCESS)
			mach_die(result, "mach_port_move_member 0x%x", port);
		returned("%s", mach_result(result));
	}
}

static void
make_right_to_set(void)
{
	kern_return_t result;

	step("set", "Make a right to send to the set.");
	result = mach_port_insert_right(
	    mach_task_self(), set, set, MACH_MSG_TYPE_MAKE_SEND);
	if (result == KERN_INVALID_RIGHT)
		broke("send-to-set", "0x%x is a port set", set);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_insert_right 0x%x", set);
	returned("%s", mach_result(result));
}

/* Systems differ here: a member can be received from by itself, or can't. */
static void
receive_from_member(void)
{
	union request request;
	mach_msg_return_t result;

	step("counter 1", "A look into one member by itself, without waiting.");
	result = mach_msg(&request.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof request, counters[0].port, 0, MACH_PORT_NULL);
	returned("%s", mach_result(result));
	if (result == MACH_RCV_IN_SET)
		printf("receive from a member: MACH_RCV_IN_SET, as GNU Mach "
		       "has it\n");
	else if (result == MACH_RCV_TIMED_OUT)
		printf("receive from a member: allowed, as on macOS\n");
	else
		mach_die(result, "mach_msg, to receive from counter 1");
}

/* The client gets a right to send to each counter. */
static void
give_counters(mach_port_t client)
{
	mach_port_t ports[MOST_PORTS];
	struct counters message = {
	    .header = {.msgh_bits = MACH_MSGH_BITS_COMPLEX |
				    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_size = sizeof message,
		.msgh_remote_port = client},
	    .body = {.msgh_descriptor_count = 1},
	    .ports = {.address = ports,
		.count = (mach_msg_size_t)counter_count,
		.disposition = MACH_MSG_TYPE_MAKE_SEND,
		.type = MACH_MSG_OOL_PORTS_DESCRIPTOR}};
	mach_msg_return_t result;

	for (size_t i = 0; i < counter_count; i++)
		ports[i] = counters[i].port;
	step("client", "Give the client a right to send to each port.");
	result = mach_msg(&message.header, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to the client");
	returned("%s", mach_result(result));
	/* a counter hears of its last right's end at its own port */
	for (size_t i = 0; i < counter_count; i++)
		port_request(
		    counters[i].port, MACH_NOTIFY_NO_SENDERS, counters[i].port);
}

/* The port that a message came to is the object that it is for. */
static void
serve(const union request *request)
{
	size_t i = 0;

	while (i < counter_count &&
	       counters[i].port != request->header.msgh_local_port)
		i++;
	if (i == counter_count)
		fatal("a message to 0x%x, which is no counter",
		    request->header.msgh_local_port);
	if (request->header.msgh_id == MACH_NOTIFY_NO_SENDERS) {
		counters[i].finished = true;
		return;
	}
	counters[i].value += request->received.addition.amount;
	printf("counter %zu: +%d = %d\n", i + 1,
	    request->received.addition.amount, counters[i].value);
}

static bool
all_finished(void)
{
	for (size_t i = 0; i < counter_count; i++)
		if (!counters[i].finished)
			return false;
	return true;
}

static void
receive_all(void)
{
	union request request;
	mach_msg_option_t option = MACH_RCV_MSG;
	mach_msg_return_t result;

	if (broken("not-a-member"))
		option |= MACH_RCV_TIMEOUT;
	while (!all_finished()) {
		step("set", "Wait at the set for a message to any member.");
		result = mach_msg(&request.header, option, 0, sizeof request,
		    set, 1000, MACH_PORT_NULL);
		if (result == MACH_RCV_TIMED_OUT)
			broke("not-a-member",
			    "%u messages wait at counter %zu, and the set is "
			    "empty",
			    port_status(counters[counter_count - 1].port)
				.mps_msgcount,
			    counter_count);
		if (result != MACH_MSG_SUCCESS)
			mach_die(result, "mach_msg, to receive from the set");
		returned("%s, message %d to port 0x%x", mach_result(result),
		    request.header.msgh_id, request.header.msgh_local_port);
		serve(&request);
	}
}

int
main(int argc, char *argv[])
{
	mach_port_t meeting, parent;
	int option, count = 2;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == 'p')
			counter_count =
			    parse_count("--ports", optarg, 1, MOST_PORTS);
		else
			count = (int)parse_count("--count", optarg, 1, 10000);
	name_space_begin();
	meeting = port_new("where the two meet", false);
	pid_t client = task_fork("client", meeting, &parent);
	if (client == 0)
		be_client(parent, count);
	mach_port_t right = task_meet(meeting, client);
	port_end(meeting);
	name_space_note(right, "the client's port");

	make_set();
	if (broken("send-to-set"))
		make_right_to_set();
	name_space_print("server's name space");
	receive_from_member();
	give_counters(right);
	receive_all();
	task_join(client);
	close_stdout();
	return EXIT_SUCCESS;
}
