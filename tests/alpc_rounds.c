/*
 * Rounds in which a server or a client is killed at a random moment, in the
 * midst of requests of all three techniques: nobody may hang, and nothing may
 * be left.
 *
 * Usage:   alpc_rounds [ROUNDS]
 *
 * In every other round the server is killed: its clients' calls must return,
 * and its name must go. In the others a client is: the server must be told,
 * give back what it had of it, and go on serving the other client.
 */
#define _GNU_SOURCE
#include "tests/alpc_facts.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 60 }; /* that is a hang */

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.19",
    .role = "rounds",
    .operands = "[ROUNDS]",
    .purpose = "Kills ALPC's servers and clients at random moments.",
    .example = "alpc_rounds 500",
    .options = options,
};

static const char name[] = "rounds";
static int connected[2]; /* a pipe: a client has */

/* ---- the processes ------------------------------------------------------ */

/* A child; it doesn't outlive this process. */
static pid_t
start(void (*run)(void))
{
	pid_t pid = fork();

	if (pid == -1)
		die("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(SECONDS);
		run();
		_exit(0);
	}
	return pid;
}

static void
server(void)
{
	HANDLE port;

	need(create_port(&port, name, 0), "create_port");
	serve(port);
}

static NTSTATUS
by_section(HANDLE port, const ALPC_DATA_VIEW_ATTR *view)
{
	struct attributes attributes;
	union message answer;
	struct ask ask;

	attributes_begin(&attributes);
	attributes.view = *view;
	attributes.head.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
	ask_begin(&ask, SUM, sizeof ask);
	return ask_for(port, &ask, &attributes, &answer);
}

static NTSTATUS
directly(HANDLE port)
{
	static char bytes[200000];
	union message answer;
	struct ask ask;

	ask_begin(&ask, READ, sizeof ask);
	ask.header.u2.s2.DataInfoOffset = offsetof(struct ask, where);
	ask.where.CountDataEntries = 1;
	ask.where.DataEntries[0] = (PORT_DATA_ENTRY){bytes, sizeof bytes};
	ask.value = sizeof bytes;
	return ask_for(port, &ask, NULL, &answer);
}

/* Asks until the server has gone. */
static void
client(void)
{
	HANDLE port = connect_to(name);
	ALPC_DATA_VIEW_ATTR view = {.ViewSize = 70000};
	union message answer;
	struct ask ask;
	SIZE_T actual;
	NTSTATUS status;

	if (write(connected[1], "", 1) != 1)
		die("write");
	close(connected[1]);
	close(connected[0]);
	do {
		status = NtAlpcCreatePortSection(
		    port, 0, NULL, 70000, &view.SectionHandle, &actual);
		view.ViewSize = 70000;
		if (status == STATUS_SUCCESS)
			status = NtAlpcCreateSectionView(port, 0, &view);
		if (status == STATUS_SUCCESS)
			status = by_section(port, &view);
		if (status == STATUS_SUCCESS)
			status = NtAlpcDeletePortSection(
			    port, 0, view.SectionHandle);
		if (status == STATUS_SUCCESS)
			status = directly(port);
		ask_begin(&ask, CONTEXT, sizeof ask);
		if (status == STATUS_SUCCESS)
			status = ask_for(port, &ask, NULL, &answer);
	} while (status == STATUS_SUCCESS);
	if (status != STATUS_PORT_DISCONNECTED)
		fatal("a client's call returned 0x%x", (unsigned)status);
}

/* ---- what must hold ----------------------------------------------------- */

static void
expect_end(pid_t pid, int signal)
{
	int status;

	if (waitpid(pid, &status, 0) == -1)
		die("waitpid");
	if (WIFEXITED(status) ? signal != 0 || WEXITSTATUS(status) != 0
			      : WTERMSIG(status) != signal)
		fatal("a process ended with status 0x%x", status);
}

static size_t
count_entries(const char *directory)
{
	DIR *list = opendir(directory);
	size_t count = 0;

	if (!list)
		die("open %s", directory);
	while (readdir(list))
		count++;
	closedir(list);
	return count;
}

static size_t
count_descriptors(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
	return count_entries(path);
}

static void
pause_randomly(void)
{
	system_sleep((double)rand() / RAND_MAX * 0.004);
}

/* ---- rounds ------------------------------------------------------------- */

static pid_t
start_client(void)
{
	pid_t pid;
	char byte;

	if (pipe(connected) == -1)
		die("pipe");
	pid = start(client);
	close(connected[1]);
	if (read(connected[0], &byte, 1) != 1)
		fatal("a client didn't connect");
	close(connected[0]);
	return pid;
}

/* The clients' calls return, and one of them removes the name. */
static void
kill_server(void)
{
	pid_t serving = start(server);
	pid_t clients[2] = {start_client(), start_client()};

	pause_randomly();
	kill(serving, SIGKILL);
	expect_end(serving, SIGKILL);
	expect_end(clients[0], 0);
	expect_end(clients[1], 0);
}

/* The server is told, and the other client is served. */
static void
kill_client(void)
{
	pid_t serving = start(server), staying = start_client(), leaving;
	HANDLE port = connect_to(name);
	size_t descriptors;

	ask_value(port, CONTEXT, 0);
	descriptors = count_descriptors(serving);
	leaving = start_client();
	pause_randomly();
	kill(leaving, SIGKILL);
	expect_end(leaving, SIGKILL);
	while (ask_value(port, CLOSED, 0) != 1)
		;
	while (count_descriptors(serving) > descriptors)
		;
	if (kill(staying, 0) == -1 || waitpid(staying, NULL, WNOHANG) != 0)
		fatal("the other client has ended");
	ask_value(port, STOP, 0);
	expect_end(serving, 0);
	expect_end(staying, 0);
	need(NtClose(port), "NtClose");
}

int
main(int argc, char *argv[])
{
	const char *directory = getenv("ALPC_RUN_DIR");
	size_t rounds = 10, descriptors;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == OPERAND)
			rounds = parse_count("ROUNDS", optarg, 1, INT_MAX);
	if (!directory)
		usage_error("ALPC_RUN_DIR must be set");
	srand((unsigned)getpid());
	descriptors = count_descriptors(getpid());
	for (size_t i = 0; i < rounds; i++) {
		alarm(SECONDS);
		if (i % 2)
			kill_server();
		else
			kill_client();
		if (count_entries(directory) != 2) /* itself and its parent */
			fatal("round %zu left a name", i);
		if (count_descriptors(getpid()) != descriptors)
			fatal("round %zu left a descriptor", i);
	}
	printf("%zu rounds\n", rounds);
	close_stdout();
	return EXIT_SUCCESS;
}
