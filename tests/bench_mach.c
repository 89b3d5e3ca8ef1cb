/*
 * How long a request and its reply of 64 bytes take by mach_msg, beside the
 * same over a raw AF_UNIX SEQPACKET socket, both ends on one processor; whether
 * that grows with the number of ports and of tasks; what it is beside a task on
 * another processor that gives the kernel no rest; and how long memory takes
 * that is out of line (bench_mach_memory.c): `make bench-mach`.
 */
#define _GNU_SOURCE /* sched_setaffinity */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench.h"
#include "tests/bench_mach_memory.h"
#include "tests/mach_facts.h"
#include "tests/mach_hostile.h"

enum { SIZE = 64, TRIPS = 2000, ROUNDS = 45 };
enum { FEW = 10, MANY = 10000, TASKS = 200 };

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "bench",
    .purpose = "Times a request and reply by mach_msg beside a raw socket.",
    .example = "bench_mach",
    .options = options,
};

struct request {
	mach_msg_header_t header;
	char data[SIZE - sizeof(mach_msg_header_t)];
	mach_msg_trailer_t trailer;
};

/* ---- a raw socket -------------------------------------------------------- */

static int ends[2];

static void
socket_trip(void)
{
	char message[SIZE] = "";

	if (write(ends[0], message, SIZE) != SIZE ||
	    read(ends[0], message, SIZE) != SIZE)
		die("the socket");
}

static _Noreturn void
socket_server(void)
{
	char message[SIZE];

	while (read(ends[1], message, SIZE) == SIZE)
		if (write(ends[1], message, SIZE) != SIZE)
			die_child("write");
	_exit(0);
}

/* ---- mach_msg ------------------------------------------------------------ */

static mach_port_t client;   /* where replies come to */
static mach_port_t server;   /* a task with this port */
static mach_port_t *servers; /* a task with so many: MANY */

static void
mach_trip_to(mach_port_t port)
{
	struct request message = {
	    .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
			   MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_remote_port = port,
		.msgh_local_port = client}};

	need(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, SIZE,
		 sizeof message, client, 0, MACH_PORT_NULL),
	    "mach_msg");
}

static void
mach_trip(void)
{
	mach_trip_to(server);
}

/* To one of so many ports, which are taken in no order. */
static void
trip_to_one_of(unsigned count)
{
	static uint32_t random = 1;

	random = random * 1664525 + 1013904223;
	mach_trip_to(servers[(random >> 8) % count]);
}

static void
trip_to_one_of_few(void)
{
	trip_to_one_of(FEW);
}

static void
trip_to_one_of_many(void)
{
	trip_to_one_of(MANY);
}

/* Replies to what comes to the port or set, by one call for each. */
static _Noreturn void
serve(mach_port_t port)
{
	struct request message;
	mach_msg_option_t option = MACH_RCV_MSG;

	for (;;) {
		need(mach_msg(&message.header, option, SIZE, sizeof message,
			 port, 0, MACH_PORT_NULL),
		    "the server's mach_msg");
		message.header.msgh_bits = MACH_MSGH_BITS(
		    MACH_MSGH_BITS_REMOTE(message.header.msgh_bits), 0);
		message.header.msgh_local_port = MACH_PORT_NULL;
		option = MACH_SEND_MSG | MACH_RCV_MSG;
	}
}

/* Gives the bench a right to send to the port, and what else is in the message.
 */
static void
send_home(mach_msg_header_t *header, mach_msg_size_t size, mach_port_t port)
{
	header->msgh_bits |=
	    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND);
	header->msgh_remote_port = bootstrap_port;
	header->msgh_local_port = port;
	need(mach_msg(header, MACH_SEND_MSG, size, 0, MACH_PORT_NULL, 0,
		 MACH_PORT_NULL),
	    "send");
}

static _Noreturn void
one_port_server(void)
{
	mach_msg_header_t header = {.msgh_bits = 0};
	mach_port_t port = new_port(0);

	send_home(&header, sizeof header, port);
	serve(port);
}

/* Receives from a set of many ports, and gives rights to all. */
static _Noreturn void
many_ports_server(void)
{
	static mach_port_t ports[MANY];
	struct {
		mach_msg_header_t header;
		mach_msg_body_t body;
		mach_msg_ool_ports_descriptor_t ports;
	} message = {.header = {.msgh_bits = MACH_MSGH_BITS_COMPLEX},
	    .body = {1},
	    .ports = {.address = ports,
		.count = MANY,
		.disposition = MACH_MSG_TYPE_MAKE_SEND,
		.type = MACH_MSG_OOL_PORTS_DESCRIPTOR}};
	mach_port_t set;

	need(mach_port_allocate(
		 mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &set),
	    "mach_port_allocate");
	for (int i = 0; i < MANY; i++) {
		ports[i] = new_port(0);
		need(mach_port_insert_member(mach_task_self(), ports[i], set),
		    "mach_port_insert_member");
	}
	send_home(&message.header, sizeof message, new_port(0));
	serve(set);
}

/* ---- processes ----------------------------------------------------------- */

/* Starts a process on the bench's processor. */
static pid_t
start(void (*run)(void))
{
	pid_t pid = fork();

	if (pid == -1)
		die("fork");
	if (pid == 0)
		run();
	return pid;
}

/* Starts a task, and waits for its port and what else it sends. */
static pid_t
start_task(void (*run)(void), union message *message)
{
	pid_t pid = start(run);

	need(receive(client, message, 60000), "the port of a task");
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Ends the kernel and removes its directory, whose files are known. */
static void
remove_kernel(const char *directory)
{
	static const char *const files[] = {"pid", "kernel", "lock"};
	char path[64];
	FILE *file;
	int pid = 0;

	snprintf(path, sizeof path, "%s/pid", directory);
	file = fopen(path, "r");
	if (file) {
		char line[16] = "";
		if (fgets(line, sizeof line, file))
			pid = (int)strtol(line, NULL, 10);
		if (pid > 0)
			kill(pid, SIGKILL);
		fclose(file);
	}
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, files[i]);
		unlink(path);
	}
	if (rmdir(directory) == -1)
		die("rmdir %s", directory);
}

/* ---- times -------------------------------------------------------------- */

/* Times of a trip in microseconds, and its ratio to another's. */
struct times {
	double time, ratio;
};

static double
time_trips(void (*trip)(void))
{
	long long start = bench_now();

	for (int i = 0; i < TRIPS; i++)
		trip();
	return (double)(bench_now() - start) / 1e3 / TRIPS;
}

/* They take turns, so that both see the machine at the same speeds: what counts
 * is the ratio in each round. */
static void
compare(void (*reference)(void), void (*trip)(void), struct times *of_reference,
    struct times *of_trip)
{
	double references[ROUNDS], trips[ROUNDS], ratios[ROUNDS];

	for (int i = -1; i < ROUNDS; i++) {
		double first = time_trips(reference);
		double second = time_trips(trip);
		if (i < 0)
			continue;
		references[i] = first;
		trips[i] = second;
		ratios[i] = second / first;
	}
	*of_reference = (struct times){bench_median(references, ROUNDS), 1};
	*of_trip = (struct times){
	    bench_median(trips, ROUNDS), bench_median(ratios, ROUNDS)};
}

static void
print(const char *what, const struct times *times, const char *of)
{
	printf("  %-34s %6.1f us", what, times->time);
	if (of)
		printf("   %.2f of %s", times->ratio, of);
	printf("\n");
	fflush(stdout);
}

static void
bench_ports(void)
{
	union message message;
	struct times few, many;
	pid_t task = start_task(many_ports_server, &message);

	servers = message.memory.memory.address;
	compare(trip_to_one_of_few, trip_to_one_of_many, &few, &many);
	printf("\nTo a task that receives from %d ports:\n", MANY);
	print("to one of 10, by turns", &few, NULL);
	print("to one of all, by turns", &many, "that");
	end(task);
}

static void
bench_tasks(double alone)
{
	pid_t tasks[TASKS];
	union message message;
	struct times raw, mach;

	for (int i = 0; i < TASKS; i++)
		tasks[i] = start_task(one_port_server, &message);
	compare(socket_trip, mach_trip, &raw, &mach);
	printf("\nBeside %d tasks that wait to receive:\n", TASKS);
	print("a raw SEQPACKET socket", &raw, NULL);
	print("mach_msg", &mach, "that");
	printf("  %-34s %6.2f of the ratio without them\n", "",
	    mach.ratio / alone);
	for (int i = 0; i < TASKS; i++)
		end(tasks[i]);
}

/* ---- beside a flood ----------------------------------------------------- */

/* On another processor, where there is one. */
static pid_t
start_flood(const struct flood *flood)
{
	int started[2];
	cpu_set_t other;
	char byte;
	pid_t pid;

	if (pipe(started) == -1)
		die("pipe");
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0) {
		CPU_ZERO(&other);
		CPU_SET(1, &other);
		sched_setaffinity(0, sizeof other, &other);
		become_task();
		flood->flood(started[1]);
	}
	close(started[1]);
	if (read(started[0], &byte, 1) != 1)
		die("a flood");
	close(started[0]);
	return pid;
}

/* Stops the flood, or lets it go on. */
static double
time_beside(pid_t flood, bool going_on)
{
	kill(flood, going_on ? SIGCONT : SIGSTOP);
	if (waitpid(flood, NULL, WUNTRACED | WCONTINUED) != flood)
		die("waitpid");
	return time_trips(mach_trip);
}

static void
bench_floods(void)
{
	enum { TURNS = 9 };
	double alone[TURNS], beside[TURNS], ratios[TURNS];
	struct times times;

	printf("\nBeside a task that never rests, and without it by turns:\n");
	for (const struct flood *flood = hostile_floods; flood->name; flood++) {
		pid_t pid = start_flood(flood);
		for (int i = 0; i < TURNS; i++) {
			alone[i] = time_beside(pid, false);
			beside[i] = time_beside(pid, true);
			ratios[i] = beside[i] / alone[i];
		}
		times = (struct times){
		    bench_median(beside, TURNS), bench_median(ratios, TURNS)};
		print(flood->name, &times, "that without it");
		end(pid);
	}
}

int
main(int argc, char *argv[])
{
	char directory[] = "/tmp/bench_mach-XXXXXX";
	union message message;
	struct times raw, mach;
	cpu_set_t one;

	while (next_option(argc, argv, &program) != -1)
		;
	/* a kernel of its own, which inherits the processor */
	if (!mkdtemp(directory) || setenv("MACH_RUN_DIR", directory, 1) == -1)
		die("mkdtemp");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof one, &one) == -1)
		die("sched_setaffinity");

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == -1)
		die("socketpair");
	client = new_port(1);
	need(task_set_special_port(
		 mach_task_self(), TASK_BOOTSTRAP_PORT, client),
	    "task_set_special_port");
	pid_t raw_server = start(socket_server);
	pid_t task = start_task(one_port_server, &message);
	server = message.header.msgh_remote_port;

	compare(socket_trip, mach_trip, &raw, &mach);
	printf(
	    "%d bytes to another process and back, on one processor:\n", SIZE);
	print("a raw SEQPACKET socket", &raw, NULL);
	print("mach_msg", &mach, "that");
	bench_ports();
	bench_tasks(mach.ratio);
	bench_floods();
	end(raw_server);
	end(task);
	bench_memory(client);
	remove_kernel(directory);
	close_stdout();
	return EXIT_SUCCESS;
}
