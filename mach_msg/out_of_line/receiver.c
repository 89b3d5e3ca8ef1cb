/* The other task: it reads what has come, and writes to it. */
#include "mach_msg/clock.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/out_of_line/memory.h"
#include "mach_msg/out_of_line/transfer.h"
#include "mach_msg/ports.h"
#include "mach_msg/tasks.h"

#include <stdlib.h>

/* Where a message comes to: whatever it is. */
union message {
	mach_msg_header_t header;
	struct described described;
	struct pointed pointed;
	mach_no_senders_notification_t no_senders;
};

/* The bytes that have come with the message. */
static char *
bytes_of(union message *message, const struct transfer *transfer)
{
	if (transfer->way == IN_LINE)
		return (char *)message + sizeof message->header;
	if (transfer->way == NAIVE_MAP)
		return memory_map_file(transfer->file, transfer->size, false);
	if (transfer->way == POINTER)
		return (char *)(uintptr_t)message->pointed.address;
	if (!(message->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) ||
	    message->described.memory.size != transfer->size)
		fatal(
		    "a message without %zu bytes out of line", transfer->size);
	return message->described.memory.address;
}

static void
answer(const union message *request, struct report *report)
{
	mach_msg_return_t result;

	report->header = (mach_msg_header_t){
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
	    .msgh_size = sizeof *report,
	    .msgh_remote_port = request->header.msgh_remote_port};
	result = mach_msg(&report->header, MACH_SEND_MSG, sizeof *report, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send a report");
}

/* Reads all that has come. */
static char *
look_at_bytes(
    union message *message, const struct transfer *transfer, int64_t received)
{
	struct report report = {.received = received};
	char *bytes = bytes_of(message, transfer);

	step("memory", "Read all %zu bytes, at %p.", transfer->size,
	    (void *)bytes);
	report.others = memory_others(bytes, transfer->size, 'A');
	returned("%zu bytes are A", transfer->size - (size_t)report.others);
	report.read = clock_now();
	report.first = (unsigned char)bytes[0];
	answer(message, &report);
	return bytes;
}

/* Counts the pages, now that the sender has its own in memory again, too. */
static void
count_pages(const union message *message, const struct transfer *transfer,
    const char *bytes)
{
	struct report report = {
	    .others = memory_others(bytes, transfer->size, 'A')};

	report.pages = pages_of(bytes, transfer->size);
	answer(message, &report);
}

/* Looks at what has become of them, and writes. */
static void
look_again(const union message *message, char *bytes)
{
	struct report report = {.first = (unsigned char)bytes[0]};

	step("memory", "Write C into the first byte.");
	bytes[0] = 'C';
	returned("C, where %c was", (char)report.first);
	answer(message, &report);
}

/* Receives a message into SIZE bytes, and returns when it came. */
static int64_t
receive(mach_port_t own, union message *message, size_t size)
{
	mach_msg_return_t result;

	step("port", "Wait for a message.");
	result = mach_msg(&message->header, MACH_RCV_MSG, 0,
	    (mach_msg_size_t)size, own, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive");
	int64_t now = clock_now();
	returned("%s, %u bytes in line", mach_result(result),
	    message->header.msgh_size);
	return now;
}

void
be_receiver(mach_port_t parent, const struct transfer *transfer)
{
	mach_port_t own = port_new("the receiver's port", false);
	struct {
		union message message;
		mach_msg_max_trailer_t trailer;
	} small; /* for what comes after the bytes */
	size_t room = sizeof small;
	char *bytes;

	if (transfer->way == IN_LINE)
		room += transfer->size;
	union message *message = memory_new(room);
	task_hello(parent, own);
	int64_t received = receive(own, message, room);
	if (message->header.msgh_id != BYTES)
		exit(EXIT_FAILURE); /* the sender has ended */
	bytes = look_at_bytes(message, transfer, received);
	for (;;) {
		(void)receive(own, &small.message, sizeof small);
		if (small.message.header.msgh_id == MACH_NOTIFY_NO_SENDERS)
			break;
		if (small.message.header.msgh_id == COUNT_PAGES)
			count_pages(&small.message, transfer, bytes);
		else
			look_again(&small.message, bytes);
	}
	if (transfer->way == OUT_OF_LINE)
		memory_free(bytes, transfer->size);
	exit(EXIT_SUCCESS);
}
