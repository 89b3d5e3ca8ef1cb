/*
 * How long a request and its reply of 64 bytes take by mach_msg, beside the
 * same over a raw AF_UNIX SEQPACKET socket, both ends on one processor: `make
 * bench-mach`.
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

#include "tests/mach_facts.h"

enum { SIZE = 64, TRIPS = 3000, REPEATS = 15 };

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

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The time of a trip in microseconds. */
static double
time_trips(void (*trip)(void))
{
	double start = seconds_now();

	for (int i = 0; i < TRIPS; i++)
		trip();
	return (seconds_now() - start) / TRIPS * 1e6;
}

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

static mach_port_t server, client;

static void
mach_trip(void)
{
	struct request message = {
	    .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
			   MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_remote_port = server,
		.msgh_local_port = client}};

	need(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, SIZE,
		 sizeof message, client, 0, MACH_PORT_NULL),
	    "mach_msg");
}

/* Gives its port to the parent, and then receives and replies by one call. */
static _Noreturn void
mach_server(void)
{
	mach_port_t own = new_port(0);
	struct request message = {
	    .header = {.msgh_bits = MACH_MSGH_BITS(
			   MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND),
		.msgh_remote_port = bootstrap_port,
		.msgh_local_port = own}};

	for (;;) {
		need(mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG,
			 SIZE, sizeof message, own, 0, MACH_PORT_NULL),
		    "the server's mach_msg");
		message.header.msgh_bits = MACH_MSGH_BITS(
		    MACH_MSGH_BITS_REMOTE(message.header.msgh_bits), 0);
		message.header.msgh_local_port = MACH_PORT_NULL;
	}
}

/* ---- both ---------------------------------------------------------------- */

static pid_t
start(void (*serve)(void))
{
	pid_t pid = fork();

	if (pid == -1)
		die("fork");
	if (pid == 0)
		serve();
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

int
main(int argc, char *argv[])
{
	char directory[] = "/tmp/bench_mach-XXXXXX";
	union message message;
	cpu_set_t one;
	double raw[REPEATS], mach[REPEATS];

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
	pid_t raw_server = start(socket_server);
	client = new_port(1);
	need(task_set_special_port(
		 mach_task_self(), TASK_BOOTSTRAP_PORT, client),
	    "task_set_special_port");
	pid_t task = start(mach_server);
	need(receive(client, &message, 5000), "the server's port");
	server = message.header.msgh_remote_port;

	/* they take turns, so that both see the machine at the same speeds */
	for (int i = 0; i < REPEATS; i++) {
		raw[i] = time_trips(socket_trip);
		mach[i] = time_trips(mach_trip);
	}
	end(raw_server);
	end(task);
	remove_kernel(directory);
	qsort(raw, REPEATS, sizeof raw[0], by_number);
	qsort(mach, REPEATS, sizeof mach[0], by_number);
	printf("SEQPACKET %.1f us, mach_msg %.1f us, ratio %.2f\n",
	    raw[REPEATS / 2], mach[REPEATS / 2],
	    mach[REPEATS / 2] / raw[REPEATS / 2]);
	close_stdout();
	return EXIT_SUCCESS;
}
