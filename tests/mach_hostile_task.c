#include "tests/mach_hostile.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct connection own;
struct trap_exchange call;
uint32_t self;

void
connect_to_kernel(void)
{
	int socket = mach_kernel_connect();

	if (socket == -1 || !connection_open(&own, socket))
		die_child("connect");
}

/* Begins a task or joins it, and prepares the message. */
static void
begin(enum trap_number number)
{
	mach_msg_header_t header = {
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0)};

	connect_to_kernel();
	connection_prepare(&own, &call, number);
	if (!connection_exchange(&call) || call.answer.result != KERN_SUCCESS)
		die_child("begin a task");
	if (number == TRAP_TASK)
		self = call.answer.values[0];
	header.msgh_remote_port = self;
	connection_prepare(&own, &call, TRAP_MACH_MSG);
	call.call.arguments[MSG_OPTION] = MACH_SEND_MSG;
	call.call.arguments[MSG_SEND_SIZE] = sizeof header;
	call.call.body_size = sizeof header;
	memcpy(own.page->bytes, &header, sizeof header);
}

void
become_task(void)
{
	begin(TRAP_TASK);
}

void
become_thread(void)
{
	begin(TRAP_THREAD);
}

void
post(void)
{
	own.page->call = call.call;
	atomic_store(&own.page->state, TRAP_WAITING);
	eventfd_write(own.bell, 1);
}

int
outcome(void)
{
	struct pollfd pipe = {own.pipe, POLLIN, 0};
	char byte;

	if (poll(&pipe, 1, 5000) != 1)
		return NEITHER;
	return read(own.pipe, &byte, 1) == 1 ? ANSWERED : DROPPED;
}

int
as_it_should_be(void)
{
	post();
	return outcome();
}

int
unknown_trap(void)
{
	call.call.number = TRAP_COUNT;
	call.call.body_size = 0;
	return as_it_should_be();
}

int
descriptors(uint32_t number, uint8_t type, uint32_t count)
{
	struct {
		mach_msg_header_t header;
		mach_msg_body_t body;
		mach_msg_ool_descriptor_t descriptor;
	} message = {
	    .body = {number}, .descriptor = {.type = type, .size = count}};

	memcpy(&message.header, own.page->bytes, sizeof message.header);
	message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	memcpy(own.page->bytes, &message, sizeof message);
	call.call.body_size = sizeof message;
	call.call.arguments[MSG_SEND_SIZE] = sizeof message;
	return as_it_should_be();
}
