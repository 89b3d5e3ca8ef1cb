/*
 * Order: two senders, one queue.
 *
 * Two tasks send numbered messages to one port. The receiver prints them as
 * they come, and says whether each sender's are in order, and whether all are
 * in the order in which they were sent.
 *
 * Usage:   fifo_order [--count=N] [--limit=N]
 * Partner: none; the senders are forked children (sender.c).
 *
 * Differs from the book in nothing: what it doesn't guarantee is counted, and
 * is different each time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mach_msg/fifo_order/sender.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/ports.h"
#include "mach_msg/tasks.h"

static const struct choice options[] = {
    {'c', "count", "N", "messages from each sender (20)"},
    {'l', "limit", "N", "messages that the queue takes (5)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"retry-later", "sends what found no room after the others",
	"The system keeps the order in which a sender's messages were queued. "
	"A message that wasn't sent for lack of room has no place there: who "
	"goes on with the next one has changed the order."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "fifo order",
    .role = "receiver",
    .purpose = "Order: two tasks send to one port. Each one's messages arrive "
	       "in order;\nthere is no order of all.",
    .example = "fifo_order --count=100",
    .options = options,
    .defects = defects,
};

enum { SENDERS = 2 };

static mach_port_t queue;
static mach_port_t senders[SENDERS]; /* rights to send to each */
static pid_t pids[SENDERS];

/* What is known of a sender's messages. */
static struct {
	int last;    /* the last one's number */
	int count;   /* how many came */
	int earlier; /* a number that came late, and 0 when none did */
	int later;   /* the one that it came after */
} seen[SENDERS];

static int overtaken; /* messages that came after one that was sent later */

static void
set_limit(size_t limit)
{
	mach_port_limits_t limits = {.mpl_qlimit = (mach_port_msgcount_t)limit};
	kern_return_t result = mach_port_set_attributes(mach_task_self(), queue,
	    MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
	    MACH_PORT_LIMITS_INFO_COUNT);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_set_attributes 0x%x", queue);
}

static void
start(mach_port_t sender)
{
	mach_msg_header_t message = {
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
	    .msgh_size = sizeof message,
	    .msgh_remote_port = sender};
	mach_msg_return_t result =
	    mach_msg(&message, MACH_SEND_MSG, sizeof message, 0, MACH_PORT_NULL,
		MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);

	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to start a sender");
}

/* So that the senders have to wait, the receiver begins when the queue is full
 * or has all MESSAGES; after two seconds at the latest. */
static void
wait_until_full(mach_port_msgcount_t messages)
{
	const double pause = 0.01;

	for (int i = 0; i < 200; i++) {
		mach_port_status_t status = port_status(queue);
		if (status.mps_msgcount >= status.mps_qlimit ||
		    status.mps_msgcount >= messages)
			return;
		system_sleep(pause);
	}
}

/* Keeps the account of one message, and prints it: "A7". */
static void
note(const struct numbered *message)
{
	enum { COLUMNS = 78 };
	static int64_t latest;
	static int column;
	char text[16];
	int who = message->sender;

	if (message->began < latest)
		overtaken++;
	else
		latest = message->began;
	if (message->number < seen[who].last && seen[who].earlier == 0) {
		seen[who].earlier = message->number;
		seen[who].later = seen[who].last;
	}
	seen[who].last = message->number;
	seen[who].count++;

	int length =
	    snprintf(text, sizeof text, "%c%d", 'A' + who, message->number);
	if (column > 0 && column + 1 + length > COLUMNS) {
		printf("\n");
		column = 0;
	}
	column += printf("%s%s", column > 0 ? " " : "", text);
}

static void
receive_all(void)
{
	union received received;
	mach_msg_return_t result;

	for (int ended = 0; ended < SENDERS;) {
		step("queue", "Receive what is first in the queue.");
		result =
		    mach_msg(&received.header, MACH_RCV_MSG, 0, sizeof received,
			queue, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
		if (result != MACH_MSG_SUCCESS)
			mach_die(result, "mach_msg, to receive");
		if (received.header.msgh_id == MACH_NOTIFY_DEAD_NAME) {
			ended++; /* behind the sender's last message */
			returned("%s, a sender has ended", mach_result(result));
			continue;
		}
		returned("%s, %c%d", mach_result(result),
		    'A' + received.numbered.message.sender,
		    received.numbered.message.number);
		note(&received.numbered.message);
	}
	printf("\n");
}

/* Returns whether each sender's messages came in order. */
static bool
report(int count)
{
	bool ordered = true;

	for (int i = 0; i < SENDERS; i++)
		if (seen[i].earlier == 0) {
			printf(
			    "%c: 1 to %d in order\n", 'A' + i, seen[i].count);
		} else {
			printf("%c: not in order, %d came after %d\n", 'A' + i,
			    seen[i].earlier, seen[i].later);
			ordered = false;
		}
	printf("all: %d of %d came after one that was sent later\n", overtaken,
	    SENDERS * count);
	return ordered;
}

int
main(int argc, char *argv[])
{
	static const char *const roles[SENDERS] = {"a", "b"};
	int option, count = 20;
	size_t limit = MACH_PORT_QLIMIT_DEFAULT;
	mach_port_t port;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == 'c')
			count =
			    (int)parse_count("--count", optarg, 1, MOST_COUNT);
		else
			limit = parse_count(
			    "--limit", optarg, 1, MACH_PORT_QLIMIT_MAX);
	name_space_begin();
	queue = port_new("the queue", false);
	set_limit(limit);
	for (int i = 0; i < SENDERS; i++) {
		pids[i] = task_fork(roles[i], queue, &port);
		if (pids[i] == 0)
			be_sender(port, i, count);
		senders[i] = task_meet(queue, pids[i]);
		port_request(senders[i], MACH_NOTIFY_DEAD_NAME, queue);
	}
	for (int i = 0; i < SENDERS; i++)
		start(senders[i]);
	wait_until_full((mach_port_msgcount_t)(SENDERS * count));
	receive_all();
	for (int i = 0; i < SENDERS; i++)
		task_join(pids[i]);
	if (!report(count)) {
		broke("retry-later", "a sender's messages are out of order");
		fatal("out of order");
	}
	close_stdout();
	return EXIT_SUCCESS;
}
