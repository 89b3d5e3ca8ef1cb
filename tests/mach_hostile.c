/*
 * Tasks that break the rules of the trap (mach_msg/linux/trap.h): each is
 * dropped or gets an error, and the kernel serves the others. A TAP line for
 * each rule, and one for the others after it; and for each flood, that the
 * others go on in it.
 *
 * Usage:   mach_hostile
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/mach_hostile.h"

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "hostile",
    .purpose = "Breaks the rules of the kernel's traps, as TAP.",
    .example = "mach_hostile",
    .options = options,
};

/* ---- the others ---------------------------------------------------------- */

static mach_port_t port;
static struct connection looker; /* is no task */

/* This task sends and receives so often, and who looks on sees tasks; whether
 * all came. */
static bool
others_go_on(int times)
{
	struct trap_exchange look;
	union message message;

	for (int i = 0; i < times; i++) {
		need(send_now(port, i), "send");
		need(receive(port, &message, 1000), "receive");
		if (message.header.msgh_id != i)
			return false;
	}
	connection_prepare(&looker, &look, TRAP_SPACE_INFO);
	if (!connection_exchange(&look))
		return false;
	connection_close_files(&look);
	return look.answer.result == KERN_SUCCESS;
}

/* ---- the hostile -------------------------------------------------------- */

/* A process breaks the rule. */
static int
break_in_child(const struct rule *rule)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0) {
		become_task();
		_exit(rule->broken());
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
break_rules(const struct rule *rules)
{
	for (; rules->name; rules++) {
		fact(rules->name, (uint32_t)break_in_child(rules),
		    (uint32_t)rules->outcome);
		fact("  and the others", others_go_on(1), true);
	}
}

/* The others go on in the middle of it; the flood doesn't end by itself. */
static void
stand_flood(const struct flood *flood)
{
	int started[2], status;
	bool go_on;
	char byte;
	pid_t pid;

	fflush(stdout);
	if (pipe(started) == -1)
		die("pipe");
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0) {
		close(started[0]);
		become_task();
		flood->flood(started[1]);
	}
	close(started[1]);
	go_on = read(started[0], &byte, 1) == 1 && others_go_on(1000);
	close(started[0]);
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	fact(flood->name, go_on && WIFSIGNALED(status), true);
	fact("  and the others", others_go_on(1), true);
}

int
main(int argc, char *argv[])
{
	int status, socket;

	while (next_option(argc, argv, &program) != -1)
		;
	port = new_port(1);
	socket = mach_kernel_connect();
	if (socket == -1 || !connection_open(&looker, socket))
		die("connect");
	break_rules(hostile_calls);
	break_rules(hostile_files);
	break_rules(hostile_times);
	for (const struct flood *flood = hostile_floods; flood->name; flood++)
		stand_flood(flood);
	status = facts_end();
	close_stdout();
	return status;
}
