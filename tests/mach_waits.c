/*
 * Threads that wait in mach_msg: what ends a wait, and that nobody runs
 * meanwhile. A TAP line a fact. The last one kills the kernel.
 *
 * Usage:   MACH_RUN_DIR=DIRECTORY mach_waits
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/mach_facts.h"

enum { WAITERS = 8, TRIPS = 20000 };

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "waits",
    .purpose = "Checks what ends a wait in mach_msg, as TAP.",
    .example = "mach_waits",
    .options = options,
};

/* ---- a thread that waits ------------------------------------------------ */

struct waiter {
	pthread_t thread;
	double ended;
	mach_port_t port;
	mach_msg_option_t option; /* MACH_SEND_MSG or MACH_RCV_MSG, and more */
	mach_msg_return_t result;
	atomic_bool done;
};

static void *
wait_in_thread(void *argument)
{
	struct waiter *waiter = argument;
	union message message;

	memset(&message.plain, 0, sizeof message.plain);
	message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	message.header.msgh_remote_port = waiter->port;
	waiter->result =
	    mach_msg(&message.header, waiter->option, sizeof message.plain,
		sizeof message, waiter->port, 0, MACH_PORT_NULL);
	waiter->ended = seconds_now();
	atomic_store(&waiter->done, true);
	return NULL;
}

static void
waiter_start(struct waiter *waiter, mach_port_t port, mach_msg_option_t option)
{
	waiter->port = port;
	waiter->option = option;
	atomic_init(&waiter->done, false);
	if (pthread_create(&waiter->thread, NULL, wait_in_thread, waiter) != 0)
		fatal("pthread_create failed");
}

/* A port in whose queue there is no room. */
static mach_port_t
full_port(void)
{
	mach_port_t port = new_port(1);

	need(set_limit(port, 1), "set_limit");
	need(send_now(port, 1), "send");
	return port;
}

/* ---- signals ------------------------------------------------------------ */

static atomic_int signals;

static void
count_signal(int number)
{
	(void)number;
	signals++;
}

/* The wait's result when signals come; without its option it ends by a message
 * instead. */
static uint32_t
signalled(mach_port_t port, mach_msg_option_t option, bool ends)
{
	struct waiter waiter;
	int before = signals;

	waiter_start(&waiter, port, option);
	/* one may come before it waits */
	while (!atomic_load(&waiter.done) && (ends || signals < before + 3)) {
		pthread_kill(waiter.thread, SIGUSR1);
		system_sleep(0.03);
	}
	if (!ends && (option & MACH_RCV_MSG))
		need(send_now(port, 7), "send");
	else if (!ends)
		drain(port);
	pthread_join(waiter.thread, NULL);
	return (uint32_t)waiter.result;
}

static void *
send_signals(void *thread)
{
	while (pthread_kill(*(pthread_t *)thread, SIGUSR1) == 0 &&
	       signals < TRIPS / 10)
		system_sleep(0.00005);
	return NULL;
}

/* A receive must end by a signal of its own time, not by one that came to the
 * receive before it. */
static void
late_signals(void)
{
	mach_port_t port = new_port(1);
	pthread_t self = pthread_self(), thread;
	uint32_t late = 0, interrupted = 0;

	signals = 0;
	if (pthread_create(&thread, NULL, send_signals, &self) != 0)
		fatal("pthread_create failed");
	while (signals < TRIPS / 10) {
		union message message;
		int before = signals;
		mach_msg_return_t result = mach_msg(&message.header,
		    MACH_RCV_MSG | MACH_RCV_INTERRUPT | MACH_RCV_TIMEOUT, 0,
		    sizeof message, port, 1, MACH_PORT_NULL);
		if (result == MACH_RCV_INTERRUPTED)
			interrupted++;
		if (result == MACH_RCV_INTERRUPTED && signals == before)
			late++;
	}
	pthread_join(thread, NULL);
	fact("waits that signals end", interrupted > 0, 1);
	fact("  those of the wait before", late, 0);
}

static void
signal_facts(void)
{
	struct sigaction action = {.sa_handler = count_signal};
	mach_port_t empty = new_port(1), full = full_port();

	sigaction(SIGUSR1, &action, NULL);
	fact("receive, a signal", signalled(empty, MACH_RCV_MSG, false),
	    MACH_MSG_SUCCESS);
	fact("receive that a signal ends",
	    signalled(empty, MACH_RCV_MSG | MACH_RCV_INTERRUPT, true),
	    MACH_RCV_INTERRUPTED);
	fact("send, a signal", signalled(full, MACH_SEND_MSG, false),
	    MACH_MSG_SUCCESS);
	full = full_port();
	fact("send that a signal ends",
	    signalled(full, MACH_SEND_MSG | MACH_SEND_INTERRUPT, true),
	    MACH_SEND_INTERRUPTED);
	late_signals();
}

/* ---- ends --------------------------------------------------------------- */

/* Keeps the kernel from sleeping. */
static void *
chatter(void *stop)
{
	mach_port_t port = new_port(1);

	while (!atomic_load((atomic_bool *)stop))
		type_of(port);
	return NULL;
}

/* Gives the parent a right to a port of this task's. */
static void
give_right(void)
{
	need(send_reply_right(
		 bootstrap_port, 1, new_port(0), MACH_MSG_TYPE_MAKE_SEND),
	    "send");
}

/* Who has seen the end of a task finds its ports dead. */
static void
end_facts(void)
{
	enum { TASKS = 100, ROUNDS = 10 };
	pid_t pids[TASKS];
	mach_port_t rights[TASKS];
	atomic_bool stop = false;
	pthread_t thread;
	mach_port_t home = new_port(1);
	uint32_t alive = 0;

	for (int round = 0; round < ROUNDS; round++) {
		union message message;
		for (int i = 0; i < TASKS; i++) {
			pids[i] = task_start(give_right, home);
			need(receive(home, &message, 60000), "receive");
			rights[i] = message.header.msgh_remote_port;
		}
		atomic_store(&stop, false);
		if (pthread_create(&thread, NULL, chatter, &stop) != 0)
			fatal("pthread_create failed");
		for (int i = 0; i < TASKS; i++) {
			type_of(rights[i]);
			task_end(pids[i]);
			if (type_of(rights[i]) != MACH_PORT_TYPE_DEAD_NAME)
				alive++;
			mach_port_deallocate(mach_task_self(), rights[i]);
		}
		atomic_store(&stop, true);
		pthread_join(thread, NULL);
	}
	need(task_set_special_port(
		 mach_task_self(), TASK_BOOTSTRAP_PORT, MACH_PORT_NULL),
	    "task_set_special_port");
	fact("ports of ended tasks that aren't dead", alive, 0);
}

/* ---- many, idle, and without a kernel ----------------------------------- */

static pid_t
kernel_pid(void)
{
	char path[4096], line[32] = "";
	FILE *file;

	snprintf(path, sizeof path, "%s/pid", getenv("MACH_RUN_DIR"));
	file = fopen(path, "r");
	if (!file || !fgets(line, sizeof line, file))
		die("%s", path);
	fclose(file);
	return (pid_t)strtol(line, NULL, 10);
}

/* How often the process's first thread has been given a processor. */
static long
switches(pid_t process)
{
	char path[32], line[200];
	const char *number;
	long count = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%ld/status", (long)process);
	file = fopen(path, "r");
	if (!file)
		die("%s", path);
	while (fgets(line, sizeof line, file))
		if ((number = strstr(line, "ctxt_switches:")))
			count += strtol(strchr(number, ':') + 1, NULL, 10);
	fclose(file);
	return count;
}

static void
waiter_facts(void)
{
	struct waiter waiters[WAITERS];
	mach_port_t full = full_port();
	pid_t kernel = kernel_pid();
	long before;
	double killed;

	for (int i = 0; i < WAITERS; i++)
		waiter_start(&waiters[i], i == 0 ? full : new_port(1),
		    i == 0 ? MACH_SEND_MSG : MACH_RCV_MSG);
	system_sleep(0.2); /* they are in their waits */

	before = switches(kernel);
	system_sleep(1);
	fact("switches of a kernel that has nothing to do",
	    (uint32_t)(switches(kernel) - before), 0);

	killed = seconds_now();
	kill(kernel, SIGKILL);
	for (int i = 0; i < WAITERS; i++) {
		pthread_join(waiters[i].thread, NULL);
		fact(i == 0 ? "send, no kernel" : "receive, no kernel",
		    (uint32_t)waiters[i].result,
		    i == 0 ? MACH_SEND_INVALID_DEST : MACH_RCV_PORT_DIED);
		fact("  within a second", waiters[i].ended - killed < 1, 1);
	}
	fact("the next call", (uint32_t)send_now(full, 1),
	    MACH_SEND_INVALID_DEST);
}

int
main(int argc, char *argv[])
{
	while (next_option(argc, argv, &program) != -1)
		;
	if (!getenv("MACH_RUN_DIR")) /* where the kernel is that is killed */
		fatal("MACH_RUN_DIR is not set");
	signal_facts();
	end_facts();
	waiter_facts();
	return facts_end();
}
