/*
 * Two tasks in the states that lsmp shows: names of every kind, a full queue
 * with senders that wait, rights in messages, every kind of request. Prints
 * "ready" and the child's number when it is so, and ends with standard input.
 *
 * Usage:   mach_lsmp_probe [PORTS]
 *
 * PORTS are further ports, with nothing to see.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/mach_facts.h"

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "lsmp",
    .role = "probe",
    .operands = "[PORTS]",
    .purpose = "Two tasks in the states that lsmp shows.",
    .example = "mach_lsmp_probe",
    .options = options,
};

/* The parent's names, in the order in which they are made. */
static mach_port_t hub;  /* the child's bootstrap port */
static mach_port_t full; /* its queue takes one message */
static mach_port_t members[2], set;
static mach_port_t notify; /* what requests name */
static struct caller *senders[2];

/* Asks for a notification of NAME at the notify port. */
static void
request(mach_port_t name, mach_msg_id_t id)
{
	mach_port_t previous;

	need(mach_port_request_notification(mach_task_self(), name, id, 0,
		 notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
	    "request");
}

/* Nobody writes there: both tasks see its end. */
static void
wait_for_end_of_input(void)
{
	char c;

	while (read(0, &c, 1) > 0)
		;
}

/* Gives the parent a right to this task. */
static _Noreturn void
child(void)
{
	need(send_right(
		 bootstrap_port, mach_task_self(), MACH_MSG_TYPE_COPY_SEND),
	    "send a right");
	wait_for_end_of_input();
	_exit(EXIT_SUCCESS);
}

static void *
receive_from_set(void *unused)
{
	union message message;

	receive(set, &message, 1000000);
	return unused;
}

static void
make_states(void)
{
	mach_port_t dead = new_port(1), moving;
	pthread_t thread;

	full = new_port(1);
	need(set_limit(full, 1), "limit");
	need(send_now(full, 1), "fill");
	for (int i = 0; i < 2; i++)
		senders[i] = caller_start(call_send, full, 2);

	need(mach_port_allocate(
		 mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &set),
	    "set");
	for (int i = 0; i < 2; i++) {
		members[i] = new_port(0);
		need(mach_port_insert_member(mach_task_self(), members[i], set),
		    "member");
	}
	if (pthread_create(&thread, NULL, receive_from_set, NULL) != 0)
		fatal("pthread_create");

	notify = new_port(0);
	request(full, MACH_NOTIFY_DEAD_NAME);
	request(members[0], MACH_NOTIFY_PORT_DESTROYED);
	request(hub, MACH_NOTIFY_NO_SENDERS);

	moving = new_port(1);
	need(send_right(hub, moving, MACH_MSG_TYPE_MOVE_RECEIVE),
	    "send a right");
	need(send_right(hub, notify, MACH_MSG_TYPE_MAKE_SEND), "send a right");
	need(mach_port_mod_refs(
		 mach_task_self(), dead, MACH_PORT_RIGHT_RECEIVE, -1),
	    "die");
}

int
main(int argc, char *argv[])
{
	union message message;
	size_t more = 0;

	while (next_option(argc, argv, &program) != -1)
		more = parse_count("PORTS", optarg, 0, 100000);
	hub = new_port(1);
	need(task_set_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT, hub),
	    "bootstrap");
	pid_t pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0)
		child();
	need(receive(hub, &message, 10000), "receive from the child");
	make_states();
	while (more-- > 0)
		new_port(0);
	printf("ready %d\n", (int)pid);
	fflush(stdout);
	wait_for_end_of_input();
	/* lets the senders go, if the kernel is still there */
	mach_port_mod_refs(mach_task_self(), full, MACH_PORT_RIGHT_RECEIVE, -1);
	for (int i = 0; i < 2; i++)
		caller_join(senders[i]);
	waitpid(pid, NULL, 0);
	return EXIT_SUCCESS;
}
