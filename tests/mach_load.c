/*
 * Much at once: threads, ports, messages, tasks, forks, and more than there is
 * room for. Each counts what came of it.
 *
 * Usage:   mach_load threads | ports | tasks | forks | fill | stay
 *          mach_load messages [COUNT]
 */
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/mach_facts.h"

/* Nothing here takes so long but what hangs. */
enum { SECONDS = 240 };

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "load",
    .operands = "WHAT [COUNT]",
    .purpose = "Has Mach do much at once, and counts what came of it.",
    .example = "mach_load threads",
    .options = options,
};

static pthread_t
thread_start(void *(*act)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, act, argument) != 0)
		fatal("pthread_create failed");
	return thread;
}

/* ---- threads: 8 clients' to 3 servers' ----------------------------------- */

enum { CLIENTS = 8, SERVERS = 3, CALLS = 400 };

static mach_port_t service;
static atomic_uint answers;

/* Answers each message with its id and one more. */
static void *
serve(void *unused)
{
	union message message;
	mach_msg_header_t *header = &message.header;

	(void)unused;
	for (;;) {
		need(mach_msg(header, MACH_RCV_MSG, 0, sizeof message, service,
			 MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
		    "the server's receive");
		header->msgh_bits =
		    MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(header->msgh_bits), 0);
		header->msgh_local_port = MACH_PORT_NULL;
		header->msgh_id++;
		need(mach_msg(header, MACH_SEND_MSG, sizeof message.plain, 0,
			 MACH_PORT_NULL, 0, MACH_PORT_NULL),
		    "the server's send");
	}
	return NULL;
}

static void
serve_with_threads(void)
{
	service = new_port(0);
	need(send_reply_right(
		 bootstrap_port, 0, service, MACH_MSG_TYPE_MAKE_SEND),
	    "the server's port");
	for (int i = 0; i < SERVERS; i++)
		thread_start(serve, NULL);
}

static void *
call(void *first)
{
	mach_port_t reply = new_port(0);
	union message message;
	mach_msg_id_t id = *(const mach_msg_id_t *)first;

	for (int i = 0; i < CALLS; i++, id += 2) {
		address_to(&message, service, MACH_MSG_TYPE_COPY_SEND, id);
		message.header.msgh_bits |=
		    MACH_MSGH_BITS(0, MACH_MSG_TYPE_MAKE_SEND_ONCE);
		message.header.msgh_local_port = reply;
		need(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG,
			 sizeof message.plain, sizeof message, reply,
			 MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
		    "the client's call");
		if (message.header.msgh_id == id + 1)
			answers++;
	}
	return NULL;
}

static void
threads(void)
{
	mach_port_t port = new_port(1);
	pid_t server = task_start(serve_with_threads, port);
	mach_msg_id_t first[CLIENTS];
	pthread_t clients[CLIENTS];
	union message message;

	need(receive(port, &message, 10000), "the server's port");
	service = message.header.msgh_remote_port;
	for (int i = 0; i < CLIENTS; i++) {
		first[i] = i * 1000000;
		clients[i] = thread_start(call, &first[i]);
	}
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i], NULL);
	task_end(server);
	printf("%u of %d answers\n", answers, CLIENTS * CALLS);
}

/* ---- ports: 10,000 in a task --------------------------------------------- */

static void
ports(void)
{
	enum { PORTS = 10000 };
	static mach_port_t ports[PORTS];
	mach_port_t task = mach_task_self(), set;
	union message message;
	uint32_t received = 0, dead = 0;

	need(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set), "set");
	for (int i = 0; i < PORTS; i++) {
		ports[i] = new_port(1);
		need(mach_port_insert_member(task, ports[i], set), "insert");
	}
	for (int i = 0; i < 3 * PORTS; i++)
		need(send_now(ports[i % PORTS], i), "send");
	for (int i = 0; i < 3 * PORTS; i++) {
		need(receive(set, &message, 0), "receive");
		received += message.header.msgh_id == i &&
			    message.header.msgh_local_port == ports[i % PORTS];
	}
	for (int i = 0; i < PORTS; i++) {
		need(mach_port_mod_refs(
			 task, ports[i], MACH_PORT_RIGHT_RECEIVE, -1),
		    "mach_port_mod_refs");
		dead += type_of(ports[i]) == MACH_PORT_TYPE_DEAD_NAME;
	}
	printf("%u of %d messages, %u of %d ports dead\n", received, 3 * PORTS,
	    dead, PORTS);
}

/* ---- messages, one by one, through one port ------------------------------ */

static int message_count = 100000;

static void
send_many(void)
{
	for (mach_msg_id_t i = 0; i < message_count; i++)
		need(send_to(bootstrap_port, MACH_MSG_TYPE_COPY_SEND, i, 0, 0),
		    "send");
}

static void
messages(void)
{
	mach_port_t port = new_port(1);
	union message message;
	uint32_t in_order = 0;
	pid_t sender;

	need(set_limit(port, 1024), "set_limit");
	sender = task_start(send_many, port);
	for (mach_msg_id_t i = 0; i < message_count; i++) {
		need(receive(port, &message, 10000), "receive");
		in_order += message.header.msgh_id == i &&
			    trailer_of(&message)->msgh_seqno == (uint32_t)i;
	}
	task_end(sender);
	printf("%u of %d messages in their order\n", in_order, message_count);
}

/* ---- tasks: 500, all alive at once --------------------------------------- */

/* Answers each message that comes with its id. */
static void
answer_all(void)
{
	mach_port_t own = new_port(1);
	union message message;

	need(send_reply_right(bootstrap_port, 0, own, MACH_MSG_TYPE_MAKE_SEND),
	    "hello");
	for (;;) {
		need(mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof message,
			 own, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
		    "a task's receive");
		need(send_to(bootstrap_port, MACH_MSG_TYPE_COPY_SEND,
			 message.header.msgh_id, 0, 0),
		    "a task's answer");
	}
}

static void
tasks(void)
{
	enum { TASKS = 500, ROUNDS = 3 };
	mach_port_t port = new_port(1), theirs[TASKS];
	union message message;
	unsigned answers_got = 0;
	pid_t pids[TASKS];

	need(set_limit(port, TASKS), "set_limit");
	for (int i = 0; i < TASKS; i++)
		pids[i] = task_start(answer_all, port);
	for (int i = 0; i < TASKS; i++) {
		need(receive(port, &message, 20000), "a task's port");
		theirs[i] = message.header.msgh_remote_port;
	}
	for (int round = 0; round < ROUNDS; round++) {
		bool answered[TASKS] = {false};
		for (int i = 0; i < TASKS; i++)
			need(send_now(theirs[i], i), "send to a task");
		for (int i = 0; i < TASKS; i++) {
			need(receive(port, &message, 20000), "an answer");
			answered[message.header.msgh_id] = true;
		}
		for (int i = 0; i < TASKS; i++)
			answers_got += answered[i];
	}
	for (int i = 0; i < TASKS; i++)
		task_end(pids[i]);
	printf("%u of %d answers of %d tasks\n", answers_got, ROUNDS * TASKS,
	    TASKS);
}

/* ---- forks while threads make calls -------------------------------------- */

static atomic_bool done;

/* Sends to a port of its own and receives, and asks for the bootstrap port. */
static void *
make_calls(void *unused)
{
	mach_port_t port = new_port(1);
	union message message;

	(void)unused;
	while (!done) {
		need(send_now(port, 1), "send");
		need(receive(port, &message, 0), "receive");
		/* so often that a fork finds somebody asking */
		for (int i = 0; i < 1000; i++)
			if (bootstrap_port == MACH_PORT_NULL)
				fatal("no bootstrap port");
	}
	return NULL;
}

/* In a forked child: a call of each kind. */
static void
say_hello(void)
{
	mach_port_t own = new_port(1);
	union message message;

	need(send_now(own, 1), "the child's send");
	need(receive(own, &message, 0), "the child's receive");
	need(send_to(bootstrap_port, MACH_MSG_TYPE_COPY_SEND, 7, 0, 0),
	    "the child's hello");
}

static void
forks(void)
{
	enum { THREADS = 4, FORKS = 100 };
	mach_port_t port = new_port(1);
	pthread_t busy[THREADS];
	union message message;
	int hellos = 0;

	for (int i = 0; i < THREADS; i++)
		busy[i] = thread_start(make_calls, NULL);
	for (int i = 0; i < FORKS; i++) {
		pid_t child = task_start(say_hello, port);
		if (receive(port, &message, 10000) == MACH_MSG_SUCCESS &&
		    message.header.msgh_id == 7)
			hellos++;
		task_end(child);
	}
	done = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(busy[i], NULL);
	printf("%d of %d children\n", hellos, FORKS);
}

/* ---- a kernel without memory --------------------------------------------- */

/* Fills queues until there is no room; returns how many messages there was. */
static uint32_t
fill_queues(mach_port_t *queues, int count)
{
	static union {
		mach_msg_header_t header;
		char bytes[30 << 10];
	} message;
	mach_msg_return_t result;
	uint32_t sent = 0;

	for (int i = 0; i < count; i++) {
		queues[i] = new_port(1);
		need(set_limit(queues[i], 1024), "set_limit");
		do {
			message.header.msgh_bits =
			    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
			message.header.msgh_remote_port = queues[i];
			result = mach_msg(&message.header,
			    MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof message,
			    0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
			sent += result == MACH_MSG_SUCCESS;
		} while (result == MACH_MSG_SUCCESS);
		if (result == MACH_SEND_NO_BUFFER)
			return sent;
	}
	fatal("there was room for all");
}

/* As often as it takes to see that room comes back. */
static void
fill(void)
{
	enum { QUEUES = 5, ROUNDS = 3 };
	mach_port_t queues[QUEUES] = {MACH_PORT_NULL};
	uint32_t least = UINT32_MAX, sent;

	for (int round = 0; round < ROUNDS; round++) {
		sent = fill_queues(queues, QUEUES);
		least = sent < least ? sent : least;
		for (int i = 0; i < QUEUES; i++)
			mach_port_destroy(mach_task_self(), queues[i]);
	}
	printf("%s messages, %d times\n", least > 100 ? "many" : "few", ROUNDS);
}

/* ---- a task that is there ------------------------------------------------ */

static void
stay(void)
{
	printf("task 0x%x\n", mach_task_self());
	fflush(stdout);
	pause();
}

int
main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*act)(void);
	} all[] = {{"threads", threads}, {"ports", ports},
	    {"messages", messages}, {"tasks", tasks}, {"forks", forks},
	    {"fill", fill}, {"stay", stay}};
	const char *what = NULL;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == OPERAND && what)
			message_count =
			    (int)parse_count("COUNT", optarg, 1, INT_MAX);
		else if (option == OPERAND)
			what = optarg;
	alarm(SECONDS);
	for (size_t i = 0; what && i < sizeof all / sizeof all[0]; i++)
		if (strcmp(what, all[i].name) == 0) {
			all[i].act();
			close_stdout();
			return EXIT_SUCCESS;
		}
	usage_error("there is nothing of that name to do");
}
