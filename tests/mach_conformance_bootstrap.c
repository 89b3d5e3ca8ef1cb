/* What macOS says of the bootstrap service, and what becomes of its server's
 * death. */
#include "tests/mach_facts.h"

#include <servers/bootstrap.h>
#include <signal.h>
#include <string.h>

static void
register_facts(void)
{
	mach_port_t port = new_port(1), got = 0;
	mach_port_t other = new_port(1);
	union message message;
	char name[] = "facts.registered", second[] = "facts.second";

	fact("look_up of no name",
	    (uint32_t)bootstrap_look_up(bootstrap_port, name, &got),
	    BOOTSTRAP_UNKNOWN_SERVICE);
	fact("register",
	    (uint32_t)bootstrap_register(bootstrap_port, name, port),
	    BOOTSTRAP_SUCCESS);
	fact("the right stays the caller's",
	    refs_of(port, MACH_PORT_RIGHT_SEND), 1);
	fact("look_up", (uint32_t)bootstrap_look_up(bootstrap_port, name, &got),
	    BOOTSTRAP_SUCCESS);
	fact("finds it", got, port);
	need(send_now(got, 5), "send");
	fact("and it can be sent to", (uint32_t)receive(port, &message, 0),
	    MACH_MSG_SUCCESS);
	fact("register another by the name",
	    (uint32_t)bootstrap_register(bootstrap_port, name, other),
	    BOOTSTRAP_NAME_IN_USE);
	fact("check_in by it",
	    (uint32_t)bootstrap_check_in(bootstrap_port, name, &got),
	    BOOTSTRAP_NAME_IN_USE);
	fact("a second name of the port",
	    (uint32_t)bootstrap_register(bootstrap_port, second, port),
	    BOOTSTRAP_SUCCESS);
	fact("the second is taken back",
	    (uint32_t)bootstrap_register(
		bootstrap_port, second, MACH_PORT_NULL),
	    BOOTSTRAP_SUCCESS);
	fact("and unknown",
	    (uint32_t)bootstrap_look_up(bootstrap_port, second, &got),
	    BOOTSTRAP_UNKNOWN_SERVICE);
	fact("the first isn't",
	    (uint32_t)bootstrap_look_up(bootstrap_port, name, &got),
	    BOOTSTRAP_SUCCESS);
	drop_receive(port);
	fact("the port dies: its name is free",
	    (uint32_t)bootstrap_register(bootstrap_port, name, other),
	    BOOTSTRAP_SUCCESS);
}

static void
check_in_facts(void)
{
	mach_port_t server, got, other = new_port(1);
	char name[BOOTSTRAP_MAX_NAME_LEN + 1];

	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	fact("a name of 128 bytes",
	    (uint32_t)bootstrap_check_in(bootstrap_port, name, &server),
	    BOOTSTRAP_UNKNOWN_SERVICE);
	name[sizeof name - 2] = '\0';
	fact("check_in, by one of 127",
	    (uint32_t)bootstrap_check_in(bootstrap_port, name, &server),
	    BOOTSTRAP_SUCCESS);
	fact(
	    "gives the receive right", type_of(server), MACH_PORT_TYPE_RECEIVE);
	fact("twice", (uint32_t)bootstrap_check_in(bootstrap_port, name, &got),
	    BOOTSTRAP_SERVICE_ACTIVE);
	fact("register by the name",
	    (uint32_t)bootstrap_register(bootstrap_port, name, other),
	    BOOTSTRAP_SERVICE_ACTIVE);
	fact("take the name back",
	    (uint32_t)bootstrap_register(bootstrap_port, name, MACH_PORT_NULL),
	    BOOTSTRAP_NOT_PRIVILEGED);
	fact("look_up", (uint32_t)bootstrap_look_up(bootstrap_port, name, &got),
	    BOOTSTRAP_SUCCESS);
	fact("gives a send right", type_of(got), 0x30000);
	fact("to that port", got, server);
	need(mach_port_destroy(mach_task_self(), server), "destroy");
	fact("the server's port goes: the name is free",
	    (uint32_t)bootstrap_check_in(bootstrap_port, name, &server),
	    BOOTSTRAP_SUCCESS);
	fact("the name of a task that isn't there",
	    (uint32_t)bootstrap_look_up(0x77703, name, &got),
	    MACH_SEND_INVALID_DEST);
}

static void
server_facts(void)
{
	mach_port_t task = mach_task_self(), notify = new_port(0), previous;
	mach_port_t old = bootstrap_port, got;
	char name[] = "facts.after";
	union message message;

	need(mach_port_request_notification(task, old, MACH_NOTIFY_DEAD_NAME, 0,
		 notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
	    "mach_port_request_notification");
	kill(bootstrap_server_process(), SIGKILL);
	fact("the bootstrap server is killed: its port dies",
	    receive(notify, &message, 5000) == MACH_MSG_SUCCESS
		? (uint32_t)message.header.msgh_id
		: 0,
	    MACH_NOTIFY_DEAD_NAME);
	fact("the next to ask starts another",
	    (uint32_t)bootstrap_look_up(bootstrap_port, name, &got),
	    BOOTSTRAP_UNKNOWN_SERVICE);
	fact("whose port is a new one", bootstrap_port != old, 1);
	fact("it registers",
	    (uint32_t)bootstrap_register(bootstrap_port, name, new_port(1)),
	    BOOTSTRAP_SUCCESS);
	fact("and finds",
	    (uint32_t)bootstrap_look_up(bootstrap_port, name, &got),
	    BOOTSTRAP_SUCCESS);
}

void
bootstrap_facts(void)
{
	/* the facts on tasks have had ports of their own in its place */
	need(task_get_special_port(
		 mach_task_self(), TASK_BOOTSTRAP_PORT, &bootstrap_port),
	    "task_get_special_port");
	register_facts();
	check_in_facts();
	server_facts();
}
