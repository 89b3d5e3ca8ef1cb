/*
 * A full queue: the four choices that a sender has.
 *
 * A port's queue takes five messages, or as many as its receiver says. This
 * program fills one and then sends in each way that the book lists: waiting,
 * waiting some milliseconds, not waiting, and leaving the message to the
 * system.
 *
 * Usage:   full_queue [--limit=N] [--milliseconds=N] [--not-kept]
 * Partner: none; a second thread of the same task receives.
 *
 * Differs from the book because the message that the system keeps is one for
 * each task and port, not for each thread, and because macOS keeps none: there
 * the program shows what macOS does instead, and so it does with --not-kept.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mach_msg/full_queue/meanwhile.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/ports.h"

#ifdef MACH_SEND_WILL_NOTIFY
static const bool can_keep = true;
#else
static const bool can_keep = false;
#endif

static const struct choice options[] = {
    {'l', "limit", "N", "messages that the queue takes (5)"},
    {'m', "milliseconds", "N", "how long the second choice waits (100)"},
    {'k', "not-kept", NULL, "the fourth choice as macOS has it"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"wait-for-yourself", "only this thread would receive, and it waits",
	"A send without a timeout waits for a receiver, and the only one there "
	"was is the thread that waits. It would have waited for ever."},
    {"new-message-each-time", "sends again without a look at what came back",
	"A message that wasn't sent comes back as if it had been received: "
	"COPY_SEND has become MOVE_SEND with one more reference, and a reply "
	"right that was made is a name. Send it as it came back, or destroy "
	"it with mach_msg_destroy()."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "full queue",
    .role = "task",
    .purpose = "A full queue: what a sender can do when a port takes no more "
	       "messages.",
    .example = "full_queue --explain --limit=2",
    .options = options,
    .defects = defects,
};

/* A message without data: its number is its id. */
struct received_message {
	mach_msg_header_t header;
	mach_msg_trailer_t trailer;
};

static mach_port_t port, notify;
static int sent; /* messages; the next one's number is one more */

/* The next message to the port, by a copy of this task's right to send. */
static mach_msg_header_t
next_message(void)
{
	return (mach_msg_header_t){
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
	    .msgh_size = sizeof(mach_msg_header_t),
	    .msgh_remote_port = port,
	    .msgh_id = sent + 1};
}

/* "3 of 5 messages" */
static const char *
how_full(void)
{
	static char text[48];
	mach_port_status_t status = port_status(port);

	snprintf(text, sizeof text, "%u of %u messages", status.mps_msgcount,
	    status.mps_qlimit);
	return text;
}

/* Takes the first message out of the queue; also called by another thread. */
static void
receive_one(void)
{
	struct received_message message;
	mach_msg_return_t result = mach_msg(&message.header, MACH_RCV_MSG, 0,
	    sizeof message, port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);

	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive from port 0x%x", port);
}

static void
fill(size_t limit)
{
	mach_port_limits_t limits = {.mpl_qlimit = (mach_port_msgcount_t)limit};
	kern_return_t result;

	step("queue", "The receiver says how many messages the queue takes: "
		      "from 0 to 1024. New ones take 5.");
	result = mach_port_set_attributes(mach_task_self(), port,
	    MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
	    MACH_PORT_LIMITS_INFO_COUNT);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_set_attributes 0x%x", port);
	returned("%s", mach_result(result));

	for (size_t i = 0; i < limit; i++) {
		mach_msg_header_t message = next_message();
		step("queue", "There is room: the message is copied into the "
			      "queue, and the sender goes on.");
		result = mach_msg(&message, MACH_SEND_MSG, sizeof message, 0,
		    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
		if (result != MACH_MSG_SUCCESS)
			mach_die(result, "mach_msg, to send to the queue");
		sent++;
		returned("%s, %s", mach_result(result), how_full());
	}
	printf("full: %s\n", how_full());
}

static void
choose_to_wait(void)
{
	mach_msg_header_t message = next_message();
	mach_msg_return_t result;

	step("queue", "First choice: wait. No option says otherwise; another "
		      "thread will receive a message.");
	meanwhile(broken("wait-for-yourself") ? interrupt_waiter : receive_one);
	result = mach_msg(&message, MACH_SEND_MSG | MACH_SEND_INTERRUPT,
	    sizeof message, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
	    MACH_PORT_NULL);
	meanwhile_end();
	if (result == MACH_SEND_INTERRUPTED)
		broke("wait-for-yourself", "ended by a signal after a second");
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to the full queue");
	sent++;
	returned("%s, %s", mach_result(result), how_full());
	printf("1 wait: %s, when another had been received\n",
	    mach_symbol(result));
}

static void
choose_milliseconds(mach_msg_timeout_t milliseconds)
{
	mach_msg_header_t message = next_message();
	mach_msg_return_t result;

	step("queue", "Second choice: wait %u milliseconds at most.",
	    milliseconds);
	result = mach_msg(&message, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof message, 0, MACH_PORT_NULL, milliseconds, MACH_PORT_NULL);
	returned("%s", mach_result(result));
	if (result != MACH_SEND_TIMED_OUT)
		mach_die(result, "mach_msg, to send to the full queue");
	mach_msg_destroy(&message); /* the rights in it came back */
	printf("2 wait %u ms: %s\n", milliseconds, mach_symbol(result));
}

static void
choose_not_to_wait(void)
{
	mach_msg_header_t message = next_message();
	mach_msg_return_t result;

	step("queue", "Third choice: don't wait. That is a timeout of 0.");
	result = mach_msg(&message, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    sizeof message, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
	returned("%s", mach_result(result));
	if (result != MACH_SEND_TIMED_OUT)
		mach_die(result, "mach_msg, to send to the full queue");
	mach_msg_destroy(&message);
	printf("3 don't wait: %s\n", mach_symbol(result));
}

/* Whether a notification is at the notify port; says which on stdout. */
static bool
notified(void)
{
	mach_send_possible_notification_t note;
	mach_msg_return_t result;

	step("notify port", "Has the system a notification for this task?");
	result = mach_msg(&note.not_header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof note, notify, 0, MACH_PORT_NULL);
	if (result == MACH_RCV_TIMED_OUT) {
		returned("%s", mach_result(result));
		printf("  no notification\n");
		return false;
	}
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive a notification");
	returned("%s, notification %d", mach_result(result),
	    note.not_header.msgh_id);
	printf("  notification %d for port 0x%x\n", note.not_header.msgh_id,
	    note.not_port);
	return true;
}

#ifdef MACH_SEND_WILL_NOTIFY
/* CMU's Mach and GNU Mach, and Mach IPC for Linux. */
static void
choose_to_have_it_kept(size_t limit)
{
	mach_msg_header_t message = next_message(), another = message;
	mach_msg_return_t result;

	step("queue", "Fourth choice: the system keeps the message, and says "
		      "at the notify port when it has been received.");
	result = mach_msg(&message, MACH_SEND_MSG | MACH_SEND_KEEP,
	    sizeof message, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, notify);
	returned("%s, %s", mach_result(result), how_full());
	if (result != MACH_SEND_WILL_NOTIFY)
		mach_die(result, "mach_msg, to send to the full queue");
	printf("4 have it kept: %s, %s\n", mach_symbol(result), how_full());

	step("queue", "It keeps one for each task and port: not a second.");
	result = mach_msg(&another, MACH_SEND_MSG | MACH_SEND_KEEP,
	    sizeof another, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, notify);
	returned("%s", mach_result(result));
	if (result != MACH_SEND_NOTIFY_IN_PROGRESS)
		mach_die(result, "mach_msg, to send to the full queue");
	mach_msg_destroy(&another);
	printf("  another one: %s\n", mach_symbol(result));

	for (size_t i = 0; i < limit; i++)
		receive_one();
	printf("  received %zu:\n", limit);
	(void)notified();
	receive_one();
	printf("  received the kept one:\n");
	if (!notified())
		fatal("the kept message was received, and no notification "
		      "came");
}
#else
static void
choose_to_have_it_kept(size_t limit)
{
	(void)limit; /* macOS can't */
}
#endif

/* macOS: the message isn't kept. The system says when there is room. */
static void
choose_to_be_told(size_t limit)
{
	mach_msg_header_t message = next_message();
	mach_msg_return_t result;

	printf("(as on macOS: nothing is kept)\n");
	port_request(port, MACH_NOTIFY_SEND_POSSIBLE, notify);
	step("queue", "Fourth choice: the system says at the notify port when "
		      "there is room.");
	result = mach_msg(&message,
	    MACH_SEND_MSG | MACH_SEND_TIMEOUT | MACH_SEND_NOTIFY,
	    sizeof message, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
	returned("%s, %s", mach_result(result), how_full());
	if (result != MACH_SEND_TIMED_OUT)
		mach_die(result, "mach_msg, to send to the full queue");
	printf("4 be told: %s, %s\n", mach_symbol(result), how_full());
	(void)notified();
	receive_one();
	printf("  received one:\n");
	if (!notified())
		fatal("a message was received, and no notification came");

	step("queue", "Now there is room. The message goes as it came back.");
	result = mach_msg(&message, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to the queue");
	returned("%s, %s", mach_result(result), how_full());
	printf("  sent: %s\n", how_full());
	for (size_t i = 0; i < limit; i++)
		receive_one();
}

/* Each try makes a right to reply, and copies the right to send. */
static _Noreturn void
try_again_and_again(void)
{
	enum { TRIES = 100 };

	for (int i = 0; i < TRIES; i++) {
		mach_msg_header_t message = next_message();
		message.msgh_bits = MACH_MSGH_BITS(
		    MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
		message.msgh_local_port = notify;
		mach_msg_return_t result =
		    mach_msg(&message, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
			sizeof message, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
		if (result != MACH_SEND_TIMED_OUT)
			mach_die(result, "mach_msg, to send to a full queue");
	}
	broke("new-message-each-time",
	    "after %d tries the right to send is counted %u times, and %u "
	    "send-once rights are left",
	    TRIES, port_refs(port, MACH_PORT_RIGHT_SEND),
	    port_status(notify).mps_sorights);
	fatal("the rights of %d messages leaked", TRIES);
}

int
main(int argc, char *argv[])
{
	size_t limit = MACH_PORT_QLIMIT_DEFAULT, milliseconds = 100;
	bool keep = can_keep;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'l':
			limit = parse_count(
			    "--limit", optarg, 1, MACH_PORT_QLIMIT_MAX);
			break;
		case 'm':
			milliseconds =
			    parse_count("--milliseconds", optarg, 1, 3600000);
			break;
		case 'k':
			keep = false;
			break;
		}

	port = port_new("the queue", true);
	notify = port_new("the notify port", false);
	fill(limit);
	if (broken("new-message-each-time"))
		try_again_and_again();
	choose_to_wait();
	choose_milliseconds((mach_msg_timeout_t)milliseconds);
	choose_not_to_wait();
	if (keep)
		choose_to_have_it_kept(limit);
	else
		choose_to_be_told(limit);
	close_stdout();
	return EXIT_SUCCESS;
}
