/*
 * Rounds in which a task is killed at a random moment: nobody may hang, and
 * what is due comes. Every round a parent makes a port, forks children that
 * send, receive, move rights and wait, kills them, and counts that their ports'
 * deaths are told.
 *
 * Usage:   mach_rounds [ROUNDS]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/mach_facts.h"

enum { CHILDREN = 3, SECONDS = 60 };

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "rounds",
    .operands = "[ROUNDS]",
    .purpose = "Kills tasks at random moments and looks what comes of it.",
    .example = "mach_rounds 300",
    .options = options,
};

/* A message with the child's own port as the reply port. */
static mach_msg_return_t
hello(mach_port_t to, mach_port_t own, mach_msg_id_t id)
{
	mach_msg_header_t header = {
	    .msgh_bits = MACH_MSGH_BITS(
		MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND),
	    .msgh_remote_port = to,
	    .msgh_local_port = own,
	    .msgh_id = id};

	return mach_msg(&header, MACH_SEND_MSG, sizeof header, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

/* Sends until it is killed; blocks on a queue that is full, and on an empty
 * one. */
static _Noreturn void
child(int which)
{
	mach_port_t own = new_port(1), to = bootstrap_port;
	union message message;

	need(hello(to, own, 1), "hello");
	for (;;) {
		if (which == 0)
			send_to(to, MACH_MSG_TYPE_COPY_SEND, 2, 0, 0);
		else if (which == 1)
			receive(own, &message, 1000);
		else
			hello(to, new_port(0), 2);
	}
}

/* Takes messages out until each child's port is known, and for a random time
 * longer. */
static void
listen_to_children(mach_port_t port, mach_port_t notify)
{
	int known = 0;
	unsigned more = (unsigned)rand() % 200;
	union message message;
	mach_port_t previous;

	while (known < CHILDREN || more-- > 0) {
		need(receive(port, &message, 5000), "receive");
		if (message.header.msgh_id != 1) {
			mach_msg_destroy(&message.header);
			continue;
		}
		known++;
		need(mach_port_request_notification(mach_task_self(),
			 message.header.msgh_remote_port, MACH_NOTIFY_DEAD_NAME,
			 1, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
		    "request");
	}
}

static void
play_round(void)
{
	mach_port_t task = mach_task_self(), notify = new_port(0);
	mach_port_t port = new_port(1);
	pid_t children[CHILDREN];
	union message message;

	need(task_set_special_port(task, TASK_BOOTSTRAP_PORT, port), "set");
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0)
			child(i);
	}
	listen_to_children(port, notify);
	for (int i = 0; i < CHILDREN; i++)
		kill(children[i], SIGKILL);
	for (int i = 0; i < CHILDREN; i++) {
		waitpid(children[i], NULL, 0);
		need(receive(notify, &message, 5000), "a dead name");
		mach_port_deallocate(task, message.dead_name.not_port);
		mach_port_deallocate(task, message.dead_name.not_port);
	}
	while (receive(port, &message, 0) == MACH_MSG_SUCCESS)
		mach_msg_destroy(&message.header);
	need(task_set_special_port(task, TASK_BOOTSTRAP_PORT, MACH_PORT_NULL),
	    "set");
	need(mach_port_destroy(task, port), "destroy");
	need(mach_port_destroy(task, notify), "destroy");
}

int
main(int argc, char *argv[])
{
	int option, rounds = 300;
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, type_count;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == OPERAND)
			rounds = atoi(optarg);
	alarm(SECONDS);
	for (int i = 0; i < rounds; i++)
		play_round();
	need(mach_port_names(
		 mach_task_self(), &names, &count, &types, &type_count),
	    "mach_port_names");
	printf("%d rounds, %u names left\n", rounds, count);
	close_stdout();
	return EXIT_SUCCESS;
}
