/*
 * What becomes of tasks, bootstrap servers and a kernel that are killed, and of
 * a task that executes another program. Each counts.
 *
 * Usage:   mach_deaths tasks | servers | exec | hello
 *          mach_deaths kernel DIRECTORY
 */
#include <servers/bootstrap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/mach_facts.h"

/* Nothing here takes so long but what hangs. */
enum { SECONDS = 100 };

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "deaths",
    .operands = "WHAT [DIRECTORY]",
    .purpose = "Kills what Mach consists of, and counts what comes of it.",
    .example = "mach_deaths tasks",
    .options = options,
};

/* ---- tasks that are killed, and looked at at once ----------------------- */

static void
give_port(void)
{
	need(send_reply_right(
		 bootstrap_port, 1, new_port(0), MACH_MSG_TYPE_MAKE_SEND),
	    "the child's port");
}

static void
tasks(void)
{
	enum { DEATHS = 300 };
	mach_port_t port = new_port(1), theirs;
	union message message;
	unsigned dead = 0;
	pid_t child;

	for (int i = 0; i < DEATHS; i++) {
		child = task_start(give_port, port);
		need(receive(port, &message, 10000), "the child's port");
		theirs = message.header.msgh_remote_port;
		kill(child, SIGKILL);
		if (waitpid(child, NULL, 0) != child)
			die("waitpid");
		dead += type_of(theirs) == MACH_PORT_TYPE_DEAD_NAME;
	}
	printf("%u of %d ports dead at once\n", dead, DEATHS);
}

/* ---- a bootstrap server that is killed ----------------------------------- */

/* Registers and looks up until its parent kills it. What is registered may be
 * forgotten at any moment, and a call may be lost. */
static void
register_names(void)
{
	mach_port_t got, port = new_port(1);
	char name[32];

	for (unsigned i = 0;; i++) {
		kern_return_t result;
		snprintf(name, sizeof name, "load.%d.%u", (int)getpid(), i);
		result = bootstrap_register(bootstrap_port, name, port);
		if (result == KERN_SUCCESS)
			result = bootstrap_look_up(bootstrap_port, name, &got);
		if (result != KERN_SUCCESS && result != MIG_SERVER_DIED &&
		    result != MACH_SEND_INVALID_DEST &&
		    result != BOOTSTRAP_UNKNOWN_SERVICE)
			need(result, "a bootstrap call");
	}
}

static void
servers(void)
{
	enum { TASKS = 3, KILLS = 100 };
	pid_t users[TASKS], server;
	mach_port_t got;
	char name[] = "load.none";
	int kills = 0, alive = 0;

	for (int i = 0; i < TASKS; i++)
		users[i] = task_start(register_names, MACH_PORT_NULL);
	while (kills < KILLS) {
		bootstrap_look_up(bootstrap_port, name, &got);
		server = bootstrap_server_process();
		if (server > 0 && kill(server, SIGKILL) == 0)
			kills++;
		system_sleep((double)(rand() % 5) / 1000);
	}
	for (int i = 0; i < TASKS; i++) {
		alive += waitpid(users[i], NULL, WNOHANG) == 0;
		task_end(users[i]);
	}
	printf(
	    "%d servers killed, %d of %d tasks alive\n", kills, alive, TASKS);
}

/* ---- another program in the task's place --------------------------------- */

static char *self;

static void
execute(void)
{
	char hello[] = "hello";
	char *arguments[] = {self, hello, NULL};

	need(send_reply_right(
		 bootstrap_port, 1, new_port(0), MACH_MSG_TYPE_MAKE_SEND),
	    "the first program's port");
	execvp(self, arguments);
	die("execvp %s", self);
}

/* What the second program does. */
static void
hello(void)
{
	need(send_to(bootstrap_port, MACH_MSG_TYPE_COPY_SEND, 2, 0, 0),
	    "the second program's hello");
}

static void
exec_keeps_bootstrap(void)
{
	mach_port_t port = new_port(1), first;
	union message message;
	pid_t child = task_start(execute, port);

	need(receive(port, &message, 10000), "the first program's port");
	first = message.header.msgh_remote_port;
	need(receive(port, &message, 10000), "the second program's hello");
	printf("hello %d by %s process, the port is %s\n",
	    message.header.msgh_id,
	    trailer_of(&message)->msgh_audit.val[5] == (uint32_t)child
		? "the same"
		: "another",
	    type_of(first) == MACH_PORT_TYPE_DEAD_NAME ? "dead" : "alive");
	if (waitpid(child, NULL, 0) != child)
		die("waitpid");
}

/* ---- the kernel is killed ------------------------------------------------ */

/* The number in the run directory's file pid. */
static pid_t
kernel_process(const char *directory)
{
	char path[256], line[32] = "";
	FILE *file;

	snprintf(path, sizeof path, "%s/pid", directory);
	file = fopen(path, "r");
	if (!file || !fgets(line, sizeof line, file))
		die("%s", path);
	fclose(file);
	return (pid_t)strtol(line, NULL, 10);
}

/* Many are blocked, each in a thread that was seen to sleep. */
static void
kernel(const char *directory)
{
	enum { EACH = 20 };
	struct caller *receivers[EACH], *senders[EACH];
	mach_port_t empty = new_port(0), full = new_port(1);
	mach_port_type_t type;
	unsigned received = 0, sent = 0, called = 0;

	need(set_limit(full, 0), "set_limit");
	for (int i = 0; i < EACH; i++) {
		receivers[i] = caller_start(call_receive, empty, 0);
		senders[i] = caller_start(call_send, full, 0);
	}
	if (kill(kernel_process(directory), SIGKILL) == -1)
		die("kill");
	for (int i = 0; i < EACH; i++) {
		received += caller_join(receivers[i]) == MACH_RCV_PORT_DIED;
		sent += caller_join(senders[i]) == MACH_SEND_INVALID_DEST;
	}
	for (int i = 0; i < EACH; i++)
		called += mach_port_type(mach_task_self(), empty, &type) ==
			  KERN_FAILURE;
	printf("%u receives, %u sends and %u calls told\n", received, sent,
	    called);
}

int
main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*act)(void);
	} all[] = {{"tasks", tasks}, {"servers", servers},
	    {"exec", exec_keeps_bootstrap}, {"hello", hello}};
	const char *what = NULL, *directory = NULL;
	int option;

	self = argv[0];
	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == OPERAND && what)
			directory = optarg;
		else if (option == OPERAND)
			what = optarg;
	alarm(SECONDS);
	for (size_t i = 0; what && i < sizeof all / sizeof all[0]; i++)
		if (strcmp(what, all[i].name) == 0) {
			all[i].act();
			close_stdout();
			return EXIT_SUCCESS;
		}
	if (!what || strcmp(what, "kernel") != 0 || !directory)
		usage_error("there is nothing of that name to do");
	kernel(directory);
	close_stdout();
	return EXIT_SUCCESS;
}
