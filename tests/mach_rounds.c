/*
 * Rounds in which tasks are killed at random moments: nobody may hang, what is
 * due comes, and nothing is left. In every round three tasks pass messages with
 * rights and memory in a circle, one of them holds what it has got for a while,
 * and the bootstrap server keeps names of theirs. All are killed, one after the
 * other. In the end the kernel has what it had before.
 *
 * Usage:   mach_rounds [ROUNDS]
 * Parts:   mach_rounds_task.c is what the tasks do, mach_rounds_left.c looks at
 *          what is left.
 */
#include <servers/bootstrap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/mach_rounds.h"

/* The kernel's books are opened when it has seen some rounds. */
enum { WARM_UP = 20, SECONDS = 240 };

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "rounds",
    .operands = "[ROUNDS]",
    .purpose = "Kills tasks at random moments and looks what comes of it.",
    .example = "mach_rounds 1000",
    .options = options,
};

static mach_port_t hub;    /* where the tasks say hello */
static mach_port_t notify; /* and their deaths are told */

/* ---- a round ------------------------------------------------------------ */

/* Waits for each task's hello; PORTS get rights to send to them, whose deaths
 * will be told. */
static void
meet(mach_port_t *ports)
{
	union message message;
	mach_port_t previous;

	for (int i = 0; i < TASKS; i++) {
		need(receive(hub, &message, 20000), "a task's hello");
		ports[message.header.msgh_id] = message.header.msgh_remote_port;
		need(mach_port_request_notification(mach_task_self(),
			 message.header.msgh_remote_port, MACH_NOTIFY_DEAD_NAME,
			 1, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous),
		    "mach_port_request_notification");
	}
}

/* Each gets the right to send to the next one, and to the bootstrap server. */
static void
introduce(const mach_port_t *ports, mach_port_t server)
{
	for (int i = 0; i < TASKS; i++) {
		struct introduction message = {
		    .header = {.msgh_bits =
				   MACH_MSGH_BITS_COMPLEX |
				   MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
			.msgh_remote_port = ports[i],
			.msgh_id = INTRODUCTION},
		    .body = {2}};
		message.next.name = ports[(i + 1) % TASKS];
		message.server.name = server;
		message.next.type = message.server.type =
		    MACH_MSG_PORT_DESCRIPTOR;
		message.next.disposition = message.server.disposition =
		    MACH_MSG_TYPE_COPY_SEND;
		need(mach_msg(&message.header, MACH_SEND_MSG, sizeof message, 0,
			 MACH_PORT_NULL, 0, MACH_PORT_NULL),
		    "introduce");
	}
}

/* At most so many milliseconds. */
static void
pause_a_moment(unsigned most)
{
	system_sleep((double)((unsigned)rand() % (most * 100)) / 100000);
}

/* Kills one, and waits for its death to be told. */
static void
end(pid_t task)
{
	union message message;

	kill(task, SIGKILL);
	if (waitpid(task, NULL, 0) != task)
		die("waitpid");
	need(receive(notify, &message, 20000), "a dead name");
	/* the right's, and the notification's */
	need(mach_port_deallocate(mach_task_self(), message.dead_name.not_port),
	    "mach_port_deallocate");
	need(mach_port_deallocate(mach_task_self(), message.dead_name.not_port),
	    "mach_port_deallocate");
}

static void
kill_server(void)
{
	pid_t server = bootstrap_server_process();

	if (server > 0)
		kill(server, SIGKILL);
}

/* A bootstrap server that answers is there, and this task's right is to it. */
static void
wake_server(void)
{
	mach_port_t none;
	kern_return_t result;

	do
		result = bootstrap_look_up(bootstrap_port, "none", &none);
	while (result != BOOTSTRAP_UNKNOWN_SERVICE);
}

static void
play_round(void)
{
	mach_port_t task = mach_task_self(), ports[TASKS] = {MACH_PORT_NULL};
	pid_t tasks[TASKS], first;
	union message message;
	int any = rand() % TASKS;

	wake_server();
	hub = new_port(1);
	notify = new_port(0);
	for (int i = 0; i < TASKS; i++)
		tasks[i] = rounds_task_start(i, hub);
	meet(ports);
	introduce(ports, bootstrap_port);
	pause_a_moment(3);
	if (rand() % 8 == 0)
		kill_server();
	first = tasks[any]; /* whichever of them */
	tasks[any] = tasks[0];
	end(first);
	for (int i = 1; i < TASKS; i++) {
		pause_a_moment(1);
		end(tasks[i]);
	}
	while (receive(hub, &message, 0) == MACH_MSG_SUCCESS)
		mach_msg_destroy(&message.header);
	need(task_set_special_port(task, TASK_BOOTSTRAP_PORT, MACH_PORT_NULL),
	    "task_set_special_port");
	need(mach_port_destroy(task, hub), "mach_port_destroy");
	need(mach_port_destroy(task, notify), "mach_port_destroy");
}

int
main(int argc, char *argv[])
{
	int option, rounds = 1000;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == OPERAND)
			rounds = (int)parse_count("ROUNDS", optarg, 1, 1000000);
	alarm(SECONDS);
	for (int i = 0; i < WARM_UP; i++)
		play_round();
	wake_server();
	books_open();
	for (int i = 0; i < rounds; i++)
		play_round();
	wake_server();
	books_compare();
	printf("%d rounds, nothing left\n", rounds);
	close_stdout();
	return EXIT_SUCCESS;
}
