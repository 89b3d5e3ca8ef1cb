/*
 * Figure 3.18, the server: receives a message from a port, and replies.
 *
 * The server checks in at the bootstrap server under a name, which gives it a
 * port's receive right. It waits for one message, prints its number, and sends
 * it back to the port that came with it.
 *
 * Usage:   fig3_18_server [--name=NAME]
 * Partner: fig3_18_client; either may be started first.
 *
 * Differs from the book because the buffer has room for the trailer that comes
 * with each message, the ports have rights and a way to be found, the client
 * gets a reply, and every call is checked.
 */
#include <servers/bootstrap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mach_msg/fig3_18/figure.h"
#include "mach_msg/mach_result.h"

static const struct choice options[] = {
    {'n', "name", "NAME", "name at the bootstrap server (" DEFAULT_NAME ")"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"no-trailer", "a buffer of the message's size: MACH_RCV_TOO_LARGE",
	"The kernel adds a trailer of at least 8 bytes to each message. The "
	"figure's buffer has no room for it, and what doesn't fit is "
	"destroyed."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.18",
    .role = "server",
    .purpose = "Figure 3.18, the server: receives a message from a Mach port, "
	       "prints\nthe number in it, and replies.",
    .example = "fig3_18_server --explain",
    .options = options,
    .defects = defects,
};

static _Noreturn void
die_of_name(kern_return_t result, const char *call, const char *name)
{
	if (result == BOOTSTRAP_SERVICE_ACTIVE ||
	    result == BOOTSTRAP_NAME_IN_USE)
		mach_die_next(result, "another server has the name: --name",
		    "%s %s", call, name);
	mach_die(result, "%s %s", call, name);
}

/* A port of our own with a right to send to it. */
static mach_port_t
make_port(void)
{
	mach_port_t task = mach_task_self(), port;

	kern_return_t result =
	    mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &port);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_allocate");
	result =
	    mach_port_insert_right(task, port, port, MACH_MSG_TYPE_MAKE_SEND);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_insert_right 0x%x", port);
	return port;
}

/*
 * The other way to a name: a port that is there already gets it. macOS's manual
 * has bootstrap_check_in() for launchd's jobs alone, and no other call than
 * this one, deprecated as it is, for everybody else.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static mach_port_t
register_own_port(const char *name)
{
	char copy[BOOTSTRAP_MAX_NAME_LEN];
	mach_port_t server = make_port();

	snprintf(copy, sizeof copy, "%s", name);
	step(name, "Here only a job that launchd knows by this name may check "
		   "in. Register a port of our own under it instead: the "
		   "book's way.");
	kern_return_t result = bootstrap_register(bootstrap_port, copy, server);
	if (result != KERN_SUCCESS)
		die_of_name(result, "bootstrap_register", name);
	returned("%s, port 0x%x", mach_result(result), server);
	return server;
}
#pragma GCC diagnostic pop

static mach_port_t
check_in(const char *name)
{
	mach_port_t server = MACH_PORT_NULL;

	step(name, "Take the name at the bootstrap server: the port's receive "
		   "right comes back. Whoever looks the name up gets a right "
		   "to send to it.");
	kern_return_t result =
	    bootstrap_check_in(bootstrap_port, name, &server);
	if (result == BOOTSTRAP_UNKNOWN_SERVICE) {
		returned("%s", mach_result(result));
		return register_own_port(name);
	}
	if (result != KERN_SUCCESS)
		die_of_name(result, "bootstrap_check_in", name);
	returned("%s, port 0x%x", mach_result(result), server);
	return server;
}

int
main(int argc, char *argv[])
{
	const char *name = DEFAULT_NAME;
	struct received_message request;
	struct message reply = {0};
	mach_msg_size_t size = sizeof request;
	kern_return_t result;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == 'n')
			name = optarg;
	if (*name == '\0' || strlen(name) >= BOOTSTRAP_MAX_NAME_LEN)
		usage_error("--name=%s: a name has 1 to %d bytes", name,
		    BOOTSTRAP_MAX_NAME_LEN - 1);

	mach_port_t server = check_in(name);

	if (broken("no-trailer"))
		size = sizeof request.message;
	step(name, "Wait for a message at the port. It is copied here, with a "
		   "trailer behind it.");
	result = mach_msg(&request.message.header, MACH_RCV_MSG, 0, size,
	    server, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result == MACH_RCV_TOO_LARGE)
		broke("no-trailer",
		    "the buffer has %u bytes, the message %zu and a trailer",
		    size, sizeof request.message);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive at %s", name);
	returned("%s, %u bytes; reply to port 0x%x", mach_result(result),
	    request.message.header.msgh_size,
	    request.message.header.msgh_remote_port);
	if (request.message.header.msgh_size != sizeof request.message)
		fatal("a message of %u bytes is none of fig3_18_client's",
		    request.message.header.msgh_size);
	printf("received %d\n", request.message.data);

	/* the right to reply is the request's remote port, as it came */
	reply.data = request.message.data;
	reply.header.msgh_bits = MACH_MSGH_BITS(
	    MACH_MSGH_BITS_REMOTE(request.message.header.msgh_bits), 0);
	reply.header.msgh_size = sizeof reply;
	reply.header.msgh_remote_port = request.message.header.msgh_remote_port;
	reply.header.msgh_id = REPLY_ID;

	step(name, "Reply: the right to send back came with the message. It is "
		   "good for once, and needs no room in the queue.");
	result = mach_msg(&reply.header, MACH_SEND_MSG, sizeof reply, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result == MACH_SEND_INVALID_DEST)
		mach_die_next(result, "the client doesn't wait any more",
		    "mach_msg, to reply to port 0x%x",
		    reply.header.msgh_remote_port);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to reply");
	returned("%s", mach_result(result));

	step(name, "Give the receive right back: the port is dead then, and "
		   "its name free.");
	result = mach_port_mod_refs(
	    mach_task_self(), server, MACH_PORT_RIGHT_RECEIVE, -1);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_mod_refs 0x%x", server);
	returned("%s", mach_result(result));
	close_stdout();
	return EXIT_SUCCESS;
}
