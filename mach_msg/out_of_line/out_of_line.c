/*
 * Out-of-line data: a message that says where its bytes are.
 *
 * The sender sends a complex message with a descriptor of some memory; the
 * receiver finds the bytes in its own. The program shows whether the two share
 * the pages, that what one writes later isn't seen by the other, and how long
 * it took; with --copy the same for bytes that are in the message itself.
 *
 * Usage:   out_of_line [--size=BYTES] [--copy]
 * Partner: none; the receiver is a forked child (receiver.c).
 *
 * Differs from the book because the two access the same memory only until one
 * of them writes, and because it says what the system has done: it copies what
 * is small.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mach_msg/clock.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/out_of_line/memory.h"
#include "mach_msg/out_of_line/transfer.h"
#include "mach_msg/ports.h"
#include "mach_msg/tasks.h"

static const struct choice options[] = {
    {'S', "size", "BYTES", "how many bytes travel (16MiB)"},
    {'c', "copy", NULL, "in the message itself, not out of line"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"naive-map", "a file that both map, one of them privately",
	"A private mapping keeps what its own task writes to itself. What the "
	"other one writes to the file shows through until then: this is no "
	"message, which stays as it was sent."},
    {"pointer-in-data", "the address as a number in a simple message",
	"An address means something in one task alone. The kernel doesn't look "
	"into a simple message: only a descriptor makes it bring the bytes."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "out of line",
    .role = "sender",
    .purpose = "Out-of-line data: sends memory of any size, and shows what "
	       "the two tasks share.",
    .example = "out_of_line --explain --size=1GiB",
    .options = options,
    .defects = defects,
};

static struct transfer transfer = {.size = 16 << 20, .file = -1};
static pid_t receiver;
static mach_port_t port;  /* a right to send to the receiver */
static mach_port_t reply; /* reports come here */
static int64_t began;     /* when the send of the bytes was called */
static int64_t sent;      /* and when it returned */

/* The header of a message to the receiver, which is to be answered. */
static mach_msg_header_t
header(mach_msg_id_t id, size_t size)
{
	return (mach_msg_header_t){
	    .msgh_bits = MACH_MSGH_BITS(
		MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    .msgh_size = (mach_msg_size_t)size,
	    .msgh_remote_port = port,
	    .msgh_local_port = reply,
	    .msgh_id = id};
}

/* The memory that the bytes are in, all of them A; in line, behind the room for
 * a header. */
static char *
make_bytes(size_t before)
{
	vm_address_t address = 0;
	kern_return_t result;
	char *bytes;

	step("memory", "Allocate whole pages: those can be mapped by another "
		       "task, too.");
	result = vm_allocate(mach_task_self(), &address, before + transfer.size,
	    VM_FLAGS_ANYWHERE);
	if (result != KERN_SUCCESS)
		mach_die_next(result, "choose a smaller --size",
		    "vm_allocate of %zu bytes", transfer.size);
	returned("%s, at %p", mach_result(result), (void *)address);
	bytes = (char *)address + before;
	memset(bytes, 'A', transfer.size);
	return bytes;
}

static void
send_out_of_line(char *bytes)
{
	struct described message = {.header = header(BYTES, sizeof message),
	    .body = {.msgh_descriptor_count = 1},
	    .memory = {.address = bytes,
		.size = (mach_msg_size_t)transfer.size,
		.deallocate = FALSE,
		.copy = MACH_MSG_VIRTUAL_COPY,
		.type = MACH_MSG_OOL_DESCRIPTOR}};
	mach_msg_return_t result;

	message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	step("port",
	    "Send a complex message: it holds a descriptor of %zu "
	    "bytes at %p.",
	    transfer.size, (void *)bytes);
	clock_start(&began);
	result = mach_msg(&message.header, MACH_SEND_MSG, sizeof message, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	sent = clock_now();
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send %zu bytes out of line",
		    transfer.size);
	returned("%s", mach_result(result));
}

static void
send_in_line(char *bytes)
{
	mach_msg_header_t *message =
	    (mach_msg_header_t *)(void *)(bytes - sizeof *message);
	mach_msg_size_t size = round_msg(sizeof *message + transfer.size);
	mach_msg_return_t result;

	*message = header(BYTES, size);
	step("port", "Send a simple message of %u bytes, data and all.", size);
	clock_start(&began);
	result = mach_msg(message, MACH_SEND_MSG, size, 0, MACH_PORT_NULL,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	sent = clock_now();
	if (result != MACH_MSG_SUCCESS)
		mach_die_next(result,
		    "data in line have a limit: a smaller --size, or no --copy",
		    "mach_msg, to send %zu bytes in line", transfer.size);
	returned("%s", mach_result(result));
}

/* A simple message with an address, or a word to look again. */
static void
send_word(mach_msg_id_t id, const char *bytes)
{
	struct pointed message = {
	    .header = header(id, sizeof message), .address = (uintptr_t)bytes};
	mach_msg_return_t result =
	    mach_msg(&message.header, MACH_SEND_MSG, sizeof message, 0,
		MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);

	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to the receiver");
}

static struct report
receive_report(void)
{
	struct report_received message;
	mach_msg_return_t result =
	    mach_msg(&message.report.header, MACH_RCV_MSG, 0, sizeof message,
		reply, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);

	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive a report");
	if (message.report.header.msgh_id == MACH_NOTIFY_SEND_ONCE) {
		broke("pointer-in-data", "the receiver read at the sender's "
					 "address, and is dead");
		task_join(receiver);
		fatal("the receiver has ended");
	}
	return message.report;
}

/* ---- what was found ------------------------------------------------------ */

static void
print_times(const char *way, const struct report *report)
{
	const double ms = 1e6;

	printf("%s: %zu bytes\n", way, transfer.size);
	if (transfer.way == OUT_OF_LINE || transfer.way == IN_LINE)
		printf("sent in %.3f ms, received after %.3f ms, read after "
		       "%.3f ms\n",
		    (double)(sent - began) / ms,
		    (double)(report->received - began) / ms,
		    (double)(report->read - began) / ms);
	if (report->others > 0) {
		broke("pointer-in-data", "the receiver has something else at "
					 "that address");
		fatal("%llu bytes came that weren't sent",
		    (unsigned long long)report->others);
	}
}

/* Only root is told of frames. */
static void
print_frames(const struct pages *mine, const struct pages *theirs)
{
	if (mine->frame == 0 || theirs->frame == 0)
		return;
	if (mine->frames == theirs->frames)
		printf("frames: the same in both tasks, the first is %#llx\n",
		    (unsigned long long)mine->frame);
	else
		printf("frames: others in each task, the first are %#llx and "
		       "%#llx\n",
		    (unsigned long long)mine->frame,
		    (unsigned long long)theirs->frame);
}

/* Looks at the pages of both. A send takes pages out of a task's map, and so
 * may a system that wants memory; reading brings them back, for a while. */
static void
count_pages(const char *bytes, struct pages *mine, struct pages *theirs)
{
	enum { TRIES = 20 };

	for (int i = 0; i < TRIES; i++) {
		if (memory_others(bytes, transfer.size, 'A') > 0)
			fatal("the sender's bytes have changed");
		send_word(COUNT_PAGES, NULL);
		*theirs = receive_report().pages;
		*mine = pages_of(bytes, transfer.size);
		if (mine->present == mine->all &&
		    theirs->present == theirs->all)
			break;
	}
}

static void
print_pages(const char *bytes)
{
	const char *found = "the two tasks share some of the pages";
	struct pages mine, theirs;

	count_pages(bytes, &mine, &theirs);
	if (!mine.known) {
		printf("this system doesn't say which pages are shared\n");
		return;
	}
	printf("pages: %llu of the sender's, another task has %llu of them\n",
	    (unsigned long long)mine.all, (unsigned long long)mine.shared);
	printf("pages: %llu of the receiver's, another task has %llu of them\n",
	    (unsigned long long)theirs.all, (unsigned long long)theirs.shared);
	print_frames(&mine, &theirs);
	if (mine.shared == 0 && theirs.shared == 0)
		found = "the bytes were copied";
	else if (mine.shared == mine.all && theirs.shared == theirs.all)
		found = "the two tasks share the pages";
	printf("%s\n", found);
}

/* Each writes what the other one is not to see. */
static void
write_and_look(char *bytes)
{
	struct report report;

	step("memory", "Write B into the first byte.");
	bytes[0] = 'B';
	returned("B");
	send_word(LOOK, NULL);
	report = receive_report();
	printf(
	    "the sender writes B: the receiver sees %c\n", (char)report.first);
	printf("the receiver writes C: the sender sees %c\n", bytes[0]);
	if (report.first == 'A' && bytes[0] == 'B')
		return;
	broke("naive-map", "a write shows in the other task");
	fatal("the two tasks' memory is one");
}

static char *
send_bytes(void)
{
	char *bytes;

	if (transfer.way == NAIVE_MAP) {
		bytes = memory_map_file(transfer.file, transfer.size, true);
		memset(bytes, 'A', transfer.size);
		send_word(BYTES, bytes);
	} else if (transfer.way == POINTER) {
		bytes = make_bytes(0);
		send_word(BYTES, bytes);
	} else if (transfer.way == IN_LINE) {
		bytes = make_bytes(sizeof(mach_msg_header_t));
		send_in_line(bytes);
	} else {
		bytes = make_bytes(0);
		send_out_of_line(bytes);
	}
	return bytes;
}

int
main(int argc, char *argv[])
{
	static const char *const ways[] = {
	    "out of line", "in line", "mapped", "pointer"};
	const size_t most = UINT32_MAX - (1 << 20); /* sizes have 32 bits */
	mach_port_t parent;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == 'c')
			transfer.way = IN_LINE;
		else
			transfer.size = parse_size("--size", optarg);
	if (transfer.size == 0 || transfer.size > most)
		usage_error("--size: from 1 to %zu bytes", most);
	if (broken("naive-map")) {
		transfer.way = NAIVE_MAP;
		transfer.file = memory_file(transfer.size);
	} else if (broken("pointer-in-data")) {
		transfer.way = POINTER;
	}
	reply = port_new("for reports", false);
	mach_port_t meeting = port_new("where the two meet", false);
	receiver = task_fork("receiver", meeting, &parent);
	if (receiver == 0)
		be_receiver(parent, &transfer);
	port = task_meet(meeting, receiver);

	char *bytes = send_bytes();
	struct report report = receive_report();
	print_times(ways[transfer.way], &report);
	print_pages(bytes);
	write_and_look(bytes);

	port_drop(port);
	task_join(receiver);
	close_stdout();
	return EXIT_SUCCESS;
}
