/*
 * Figure 3.18, the client: sends a message to a port, and waits for the reply.
 *
 * The client looks the server's port up at the bootstrap server, and sends it a
 * header and a number with the right to reply to a port of its own, once.
 *
 * Usage:   fig3_18_client [--name=NAME] [--data=N] [--wait=SECONDS]
 * Partner: fig3_18_server; either may be started first (--wait).
 *
 * Differs from the book because msgh_bits says which rights go along (the
 * figure leaves it out, and a message without is refused), the server's port is
 * looked up, the client gets a reply, and every call is checked.
 */
#include <errno.h>
#include <limits.h>
#include <servers/bootstrap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mach_msg/fig3_18/figure.h"
#include "mach_msg/mach_result.h"

static const struct choice options[] = {
    {'n', "name", "NAME", "name at the bootstrap server (" DEFAULT_NAME ")"},
    {'N', "data", "N", "the number to send (42)"},
    {'w', "wait", "SECONDS", "wait so long for the server (0)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"no-bits", "as the figure prints it: MACH_SEND_INVALID_HEADER",
	"msgh_bits says how the right to each port in the header travels. The "
	"figure never sets it, and without it there is no right to send with."},
    {"by-number", "the name alone in another task: MACH_SEND_INVALID_DEST",
	"A name means something in one task alone, as a descriptor does. A "
	"right has to come in a message, and then has a name of its own here."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.18",
    .role = "client",
    .purpose = "Figure 3.18, the client: sends a number to a Mach port and "
	       "waits for the\nreply.",
    .example = "fig3_18_client --explain --wait=60",
    .options = options,
    .defects = defects,
};

/* How long to sleep before the name is looked up again. */
static const double PAUSE = 0.02;

static int
parse_data(const char *text)
{
	char *end;

	errno = 0;
	long number = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || errno == ERANGE ||
	    number < INT_MIN || number > INT_MAX)
		usage_error("--data=%s: not a number that an int holds", text);
	return (int)number;
}

static mach_port_t
look_up(const char *name, double wait)
{
	mach_port_t server = MACH_PORT_NULL;
	kern_return_t result;

	step(name, "Ask the bootstrap server for the name: a right to send to "
		   "that port comes back.");
	result = bootstrap_look_up(bootstrap_port, name, &server);
	while (result == BOOTSTRAP_UNKNOWN_SERVICE && wait > 0) {
		system_sleep(PAUSE);
		wait -= PAUSE;
		result = bootstrap_look_up(bootstrap_port, name, &server);
	}
	if (result == BOOTSTRAP_UNKNOWN_SERVICE)
		mach_die_next(result,
		    "run fig3_18_server first, or give --wait",
		    "bootstrap_look_up %s", name);
	if (result != KERN_SUCCESS)
		mach_die(result, "bootstrap_look_up %s", name);
	returned("%s, port 0x%x", mach_result(result), server);
	return server;
}

/* A forked child is another task: it knows the number that the port had here,
 * and nothing more. */
static void
become_another_task(void)
{
	int status;
	pid_t child = fork();

	if (child == -1)
		die("fork");
	if (child == 0) {
		narrate_role("child");
		return;
	}
	if (waitpid(child, &status, 0) == -1)
		die("waitpid");
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

int
main(int argc, char *argv[])
{
	const char *name = DEFAULT_NAME;
	struct message message = {.data = 42};
	struct received_message reply;
	kern_return_t result;
	double wait = 0;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			name = optarg;
			break;
		case 'N':
			message.data = parse_data(optarg);
			break;
		case 'w':
			wait = parse_seconds("--wait", optarg);
			break;
		}
	if (*name == '\0' || strlen(name) >= BOOTSTRAP_MAX_NAME_LEN)
		usage_error("--name=%s: a name has 1 to %d bytes", name,
		    BOOTSTRAP_MAX_NAME_LEN - 1);

	mach_port_t server = look_up(name, wait), client;

	step(name, "Make a port for the reply: this task gets its receive "
		   "right.");
	result = mach_port_allocate(
	    mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &client);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_allocate");
	returned("%s, port 0x%x", mach_result(result), client);

	if (broken("by-number"))
		become_another_task();
	if (!broken("no-bits"))
		message.header.msgh_bits = MACH_MSGH_BITS(
		    MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message.header.msgh_size = sizeof message;
	message.header.msgh_remote_port = server;
	message.header.msgh_local_port = client;
	message.header.msgh_id = MESSAGE_ID;

	step(name, "Send the message: a copy of the right to send goes with "
		   "it, and a right to reply once.");
	result = mach_msg(&message.header, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result == MACH_SEND_INVALID_HEADER)
		broke("no-bits", "msgh_bits is 0x%x", message.header.msgh_bits);
	if (result == MACH_SEND_INVALID_DEST)
		broke("by-number", "port 0x%x is nothing in this task", server);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to port 0x%x", server);
	returned("%s", mach_result(result));

	step(name, "Wait for the reply. If the server ends without one, the "
		   "kernel says so here.");
	result = mach_msg(&reply.message.header, MACH_RCV_MSG, 0, sizeof reply,
	    client, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive the reply");
	returned("%s, %u bytes", mach_result(result),
	    reply.message.header.msgh_size);

	if (reply.message.header.msgh_id == MACH_NOTIFY_SEND_ONCE)
		fatal("the server ended and sent no reply (notification %d)",
		    MACH_NOTIFY_SEND_ONCE);
	if (reply.message.header.msgh_size != sizeof reply.message)
		fatal("a reply of %u bytes is none of fig3_18_server's",
		    reply.message.header.msgh_size);
	printf("reply %d\n", reply.message.data);
	close_stdout();
	return EXIT_SUCCESS;
}
