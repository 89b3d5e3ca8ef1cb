/*
 * What ALPC's three techniques cost, by size, beside the same message over a
 * bare socket and a memcpy: a round trip each, in which the server reads every
 * byte. Client and server run on one processor.
 */
#define _GNU_SOURCE /* sched_setaffinity */
#include <ntlpcapi.h>

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/common.h"
#include "tests/bench.h"

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.19",
    .role = "bench",
    .purpose = "Round trips of ALPC's three techniques by size, beside a bare "
	       "socket's and a memcpy.",
    .example = "make bench-alpc",
    .options = options,
};

enum { LARGEST = 1024 * 1024, LARGEST_INLINE = 65000, ROUNDS = 201 };

static const size_t sizes[] = {
    64, 256, 1024, 4096, 16384, LARGEST_INLINE, 262144, LARGEST};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* A request: what to do with which bytes. */
struct request {
	PORT_MESSAGE header;
	uint64_t technique, length;
	PORT_DATA_INFORMATION where;
	unsigned char bytes[LARGEST_INLINE];
};
enum { BY_QUEUE, BY_SECTION, DIRECTLY };

struct reply {
	PORT_MESSAGE header;
	uint64_t sum;
};

/* The attributes of a message with a view. */
struct attributes {
	ALPC_MESSAGE_ATTRIBUTES head;
	ALPC_DATA_VIEW_ATTR view;
};

static size_t size, trips;
static unsigned char *data, *copy;
static uint64_t expected;
static WCHAR name_units[64];
static UNICODE_STRING name = {.Buffer = name_units};
static HANDLE port;

static void
need(NTSTATUS status, const char *what)
{
	if (status != STATUS_SUCCESS)
		fatal("%s: 0x%x", what, (unsigned)status);
}

/* Reads every byte. */
static uint64_t
sum_of(const void *bytes, size_t length)
{
	const unsigned char *from = bytes;
	uint64_t sum = 0, word;

	for (; length >= sizeof word; length -= sizeof word) {
		memcpy(&word, from, sizeof word);
		sum += word;
		from += sizeof word;
	}
	return sum;
}

/* ---- a bare socket ------------------------------------------------------ */

static int ends[2];

static _Noreturn void
socket_server(void)
{
	ssize_t n;

	while ((n = read(ends[1], copy, LARGEST)) > 0) {
		uint64_t sum = sum_of(copy, (size_t)n);
		if (write(ends[1], &sum, sizeof sum) != sizeof sum)
			break;
	}
	_exit(0);
}

static void
socket_trips(void)
{
	uint64_t sum;

	for (size_t i = 0; i < trips; i++)
		if (write(ends[0], data, size) != (ssize_t)size ||
		    read(ends[0], &sum, sizeof sum) != sizeof sum ||
		    sum != expected)
			die("the socket");
}

/* ---- the server --------------------------------------------------------- */

static uint64_t
take(struct request *request, const ALPC_DATA_VIEW_ATTR *view)
{
	uint64_t sum = 0;

	if (request->technique == BY_QUEUE)
		return sum_of(&request->where, request->length);
	if (request->technique == DIRECTLY) {
		need(NtReadRequestData(port, &request->header, 0, copy,
			 request->length, NULL),
		    "NtReadRequestData");
		return sum_of(copy, request->length);
	}
	if (view) {
		sum = sum_of(view->ViewBase, request->length);
		need(NtAlpcDeleteSectionView(port, 0, view->ViewBase),
		    "NtAlpcDeleteSectionView");
	}
	return sum;
}

/* Answers for ever; a client that ends has no name to keep. */
static _Noreturn void
alpc_server(void)
{
	static struct request request;
	static struct attributes attributes = {
	    {ALPC_MESSAGE_VIEW_ATTRIBUTE, 0}, {0}};
	struct reply reply = {.header.u1.s1 = {sizeof reply.sum, sizeof reply}};
	OBJECT_ATTRIBUTES object;
	PPORT_MESSAGE answer = NULL;

	InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
	need(NtAlpcCreatePort(&port, &object, NULL), "NtAlpcCreatePort");
	for (;;) {
		SIZE_T length = sizeof request;
		need(NtAlpcSendWaitReceivePort(port, 0, answer, NULL,
			 &request.header, &length, &attributes.head, NULL),
		    "the server");
		answer = NULL;
		if (request.header.u2.s2.Type == LPC_PORT_CLOSED)
			break;
		if (request.header.u2.s2.Type == LPC_CONNECTION_REQUEST) {
			HANDLE client;
			need(NtAlpcAcceptConnectPort(&client, port, 0, NULL,
				 NULL, NULL, &request.header, NULL, TRUE),
			    "NtAlpcAcceptConnectPort");
			continue;
		}
		reply.sum = take(&request,
		    attributes.head.ValidAttributes ? &attributes.view : NULL);
		reply.header.MessageId = request.header.MessageId;
		answer = &reply.header;
	}
	NtClose(port);
	_exit(0);
}

/* ---- the client --------------------------------------------------------- */

static struct request request;
static struct attributes kept = {{ALPC_MESSAGE_VIEW_ATTRIBUTE, 0}, {0}};

static void
begin(uint64_t technique, size_t behind)
{
	size_t total = offsetof(struct request, where) + behind;

	memset(&request.header, 0, sizeof request.header);
	request.header.u1.s1.TotalLength = (CSHORT)total;
	request.header.u1.s1.DataLength =
	    (CSHORT)(total - sizeof request.header);
	request.technique = technique;
	request.length = size;
}

static void
call(PALPC_MESSAGE_ATTRIBUTES attributes)
{
	struct reply reply = {.sum = 0};
	SIZE_T length = sizeof reply;

	need(NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
		 &request.header, attributes, &reply.header, &length, NULL,
		 NULL),
	    "the client");
	if (reply.sum != expected)
		fatal("the server read something else");
}

static void
queue_trips(void)
{
	for (size_t i = 0; i < trips; i++) {
		begin(BY_QUEUE, size);
		memcpy(&request.where, data, size);
		call(NULL);
	}
}

static void
section_trip(struct attributes *attributes)
{
	begin(BY_SECTION, 0);
	memcpy(attributes->view.ViewBase, data, size);
	attributes->head.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
	call(&attributes->head);
}

static void
section_trips(void)
{
	for (size_t i = 0; i < trips; i++)
		section_trip(&kept);
}

static void
make_section(struct attributes *attributes, size_t bytes)
{
	SIZE_T actual;

	need(NtAlpcCreatePortSection(port, 0, NULL, bytes,
		 &attributes->view.SectionHandle, &actual),
	    "NtAlpcCreatePortSection");
	attributes->view.ViewSize = bytes;
	need(NtAlpcCreateSectionView(port, 0, &attributes->view),
	    "NtAlpcCreateSectionView");
}

static void
new_section_trips(void)
{
	struct attributes own = {{ALPC_MESSAGE_VIEW_ATTRIBUTE, 0}, {0}};

	for (size_t i = 0; i < trips; i++) {
		make_section(&own, size);
		section_trip(&own);
		need(NtAlpcDeletePortSection(port, 0, own.view.SectionHandle),
		    "NtAlpcDeletePortSection");
	}
}

static void
direct_trips(void)
{
	for (size_t i = 0; i < trips; i++) {
		begin(DIRECTLY, sizeof request.where);
		request.header.u2.s2.DataInfoOffset =
		    offsetof(struct request, where);
		request.where.CountDataEntries = 1;
		request.where.DataEntries[0] =
		    (PORT_DATA_ENTRY){data, (ULONG)size};
		call(NULL);
	}
}

static void
copies(void)
{
	for (size_t i = 0; i < trips; i++) {
		memcpy(copy, data, size);
		__asm__ volatile("" : : "r"(copy) : "memory");
	}
}

static void
connect_port(void)
{
	NTSTATUS status;

	do
		status = NtAlpcConnectPort(&port, &name, NULL, NULL, 0, NULL,
		    NULL, NULL, NULL, NULL, NULL);
	while (status == STATUS_OBJECT_NAME_NOT_FOUND);
	need(status, "NtAlpcConnectPort");
}

/* ---- both --------------------------------------------------------------- */

enum { SOCKET, QUEUE, SECTION, NEW_SECTION, DIRECT, COPY, WAYS };
static const struct way ways[WAYS] = {{"socket", socket_trips},
    {"queue", queue_trips}, {"section", section_trips},
    {"new section", new_section_trips}, {"direct", direct_trips},
    {"memcpy", copies}};

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
print_row(const double us[WAYS])
{
	printf("%8zu", size);
	for (int way = 0; way < WAYS; way++)
		if (size > LARGEST_INLINE && (way == SOCKET || way == QUEUE))
			printf("%9s", "-");
		else
			printf("%9.2f", us[way]);
	printf("%9.2f%9.2f%9.2f\n",
	    size > LARGEST_INLINE ? 0 : (double)size / us[QUEUE] / 1e3,
	    (double)size / us[SECTION] / 1e3, (double)size / us[DIRECT] / 1e3);
}

/* A size's results: medians over the rounds. */
struct result {
	double us[WAYS];        /* microseconds a trip */
	double queue_to_socket; /* of each round's ratio */
	double section_to_queue;
};

static double
median_ratio(const double above[ROUNDS], const double below[ROUNDS])
{
	double ratios[ROUNDS];

	for (int round = 0; round < ROUNDS; round++)
		ratios[round] = above[round] / below[round];
	return bench_median(ratios, ROUNDS);
}

/* Times every way at one size. The rounds are short and many: what else the
 * machine does spoils some, and the median is of those that it doesn't. */
static void
measure(struct result *result)
{
	static double times[WAYS][ROUNDS];

	trips = size > 100000 ? 4 : 40;
	expected = sum_of(data, size);
	for (int round = -1; round < ROUNDS; round++)
		for (int way = 0; way < WAYS; way++) {
			if (size > LARGEST_INLINE && way <= QUEUE)
				continue;
			long long begun = bench_now();
			ways[way].run();
			long long taken = bench_now() - begun;
			if (round >= 0)
				times[way][round] =
				    (double)taken / (double)trips / 1e3;
		}
	result->queue_to_socket = median_ratio(times[QUEUE], times[SOCKET]);
	result->section_to_queue = median_ratio(times[SECTION], times[QUEUE]);
	for (int way = 0; way < WAYS; way++)
		result->us[way] = bench_median(times[way], ROUNDS);
	print_row(result->us);
}

static void
on_one_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof one, &one) == -1)
		die("sched_setaffinity");
}

static void
prepare(void)
{
	char text[32];

	snprintf(text, sizeof text, "\\bench-%ld", (long)getpid());
	for (size_t i = 0; text[i]; i++)
		name_units[i] = (WCHAR)text[i];
	name.Length = (USHORT)(strlen(text) * sizeof(WCHAR));
	data = malloc(LARGEST);
	copy = malloc(LARGEST);
	if (!data || !copy)
		fatal("out of memory");
	memset(data, 'x', LARGEST);
	memset(copy, 'y', LARGEST);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == -1)
		die("socketpair");
}

static void
measure_first(void)
{
	size = 64;
	trips = 1;
	expected = sum_of(data, size);
	long long begun = bench_now();
	queue_trips();
	printf("the first message: %.1f us\n\n",
	    (double)(bench_now() - begun) / 1e3);
}

static void
measure_all(void)
{
	struct result results[SIZES];
	size_t crossover = 0;

	printf(
	    "us a round trip, client and server on one processor, medians "
	    "of %d rounds;\nGB/s by the queue, the section that is kept, and "
	    "directly:\n\n    size   socket    queue  section  new sec.   "
	    "direct   memcpy    queue  section   direct\n",
	    ROUNDS);
	for (size_t i = 0; i < SIZES; i++) {
		size = sizes[i];
		measure(&results[i]);
		/* less than a fiftieth is no difference here */
		if (crossover == 0 && size <= LARGEST_INLINE &&
		    results[i].section_to_queue < 0.98)
			crossover = size;
	}
	printf("\nqueue / socket: %.2f at 64 bytes, %.2f at 256\n"
	       "section that is kept / queue: %.2f at 256 bytes, %.2f at 4096\n"
	       "the section is faster from %zu bytes on; the book's rule says "
	       "256\n",
	    results[0].queue_to_socket, results[1].queue_to_socket,
	    results[1].section_to_queue, results[3].section_to_queue,
	    crossover);
}

int
main(int argc, char *argv[])
{
	while (next_option(argc, argv, &program) != -1)
		;
	on_one_processor();
	prepare();
	pid_t raw = start(socket_server);
	pid_t server = start(alpc_server);
	connect_port();
	measure_first();
	make_section(&kept, LARGEST);
	measure_all();
	NtClose(port);
	bench_wait(server, "the server");
	close(ends[0]);
	kill(raw, SIGKILL); /* it has the other end too */
	waitpid(raw, NULL, 0);
	close_stdout();
	return EXIT_SUCCESS;
}
