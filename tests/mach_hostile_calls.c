/* Calls that no library makes: wrong sizes, counts and names in the page. */
#include "tests/mach_hostile.h"

#include <stdlib.h>
#include <string.h>

static int
no_task_yet(void)
{
	connection_close(&own, false);
	connect_to_kernel();
	return as_it_should_be();
}

static int
task_twice(void)
{
	call.call.number = TRAP_TASK;
	call.call.body_size = 0;
	return as_it_should_be();
}

static int
body_of_another_size(void)
{
	call.call.body_size = 4096;
	return as_it_should_be();
}

static int
message_beyond_all(void)
{
	call.call.arguments[MSG_SEND_SIZE] = 0xfffffffc;
	call.call.body_size = TRAP_BODY_MAX;
	return as_it_should_be();
}

static int
odd_names(void)
{
	call.call.names_size = 3;
	return as_it_should_be();
}

static int
names_beyond_all(void)
{
	call.call.names_size = 0xfffffffc;
	return as_it_should_be();
}

static int
parts_beyond_the_page(void)
{
	call.call.arguments[MSG_SEND_SIZE] = TRAP_BODY_MAX;
	call.call.body_size = TRAP_BODY_MAX;
	call.call.names_size = TRAP_NAMES_MAX;
	call.call.payload_size = TRAP_INLINE_MAX;
	return as_it_should_be();
}

static int
payload_beyond_all(void)
{
	call.call.payload_size = UINT64_MAX;
	return as_it_should_be();
}

static int
payload_of_nothing(void)
{
	call.call.payload_size = 4096;
	return as_it_should_be();
}

static int
too_many_descriptors(void)
{
	return descriptors(UINT32_MAX, MACH_MSG_PORT_DESCRIPTOR, 0);
}

static int
too_many_ports(void)
{
	return descriptors(1, MACH_MSG_OOL_PORTS_DESCRIPTOR, 1u << 31);
}

static int
too_much_memory(void)
{
	return descriptors(1, MACH_MSG_OOL_DESCRIPTOR, UINT32_MAX);
}

static int
descriptor_of_no_type(void)
{
	return descriptors(1, 200, 1);
}

static int
descriptors_beyond_all(void)
{
	return descriptors(1u << 31, MACH_MSG_OOL_DESCRIPTOR, 0);
}

/* Makes the call, which has to be answered with this result. */
static bool
gives(kern_return_t result)
{
	return as_it_should_be() == ANSWERED &&
	       own.page->answer.result == result;
}

/* A name that the task hasn't got is nobody's, wherever it stands. */
static bool
is_refused(mach_port_name_t name)
{
	struct trap_exchange trap;
	mach_msg_header_t header;
	bool refused;

	memcpy(&header, own.page->bytes, sizeof header);
	header.msgh_remote_port = name;
	memcpy(own.page->bytes, &header, sizeof header);
	refused = gives(MACH_SEND_INVALID_DEST);
	trap = call;
	connection_prepare(&own, &call, TRAP_PORT_DESTROY);
	call.call.arguments[0] = name;
	call.call.arguments[1] = self;
	refused = refused && gives(KERN_INVALID_TASK);
	call.call.arguments[0] = self;
	call.call.arguments[1] = name;
	refused = refused && gives(MACH_PORT_VALID(name) ? KERN_INVALID_NAME
							 : KERN_SUCCESS);
	call = trap;
	return refused;
}

/* Those that the other tasks have are among them, and those that the task's own
 * name could have been or may become. */
static int
forged_names(void)
{
	enum { INDICES = 1000, GENERATIONS = 256, MORE = 1000 };

	for (uint32_t i = 0; i < INDICES; i++)
		if ((i << 8 | 3) != self && !is_refused(i << 8 | 3))
			return NEITHER;
	for (uint32_t i = 1; i < GENERATIONS; i++)
		if (!is_refused(self ^ i))
			return NEITHER;
	for (uint32_t i = 0; i < MORE; i++) {
		uint32_t name = (uint32_t)rand() << 16 ^ (uint32_t)rand();
		if (name != self && !is_refused(name))
			return NEITHER;
	}
	return is_refused(MACH_PORT_NULL) && is_refused(MACH_PORT_DEAD)
		   ? ANSWERED
		   : NEITHER;
}

/* Tasks that end with half a message in the page, or all of it but what it says
 * comes over the socket. */
static int
half_a_call_and_gone(void)
{
	for (int i = 0; i < 200; i++) {
		if (i % 2 == 0)
			call.call.file_count = 1;
		else
			call.call.body_size /= 2;
		post();
		connection_close(&own, false);
		become_task();
	}
	return as_it_should_be();
}

const struct rule hostile_calls[] = {
    {"as it should be", as_it_should_be, ANSWERED},
    {"no task yet", no_task_yet, DROPPED},
    {"task twice", task_twice, DROPPED},
    {"unknown trap", unknown_trap, DROPPED},
    {"body of another size", body_of_another_size, DROPPED},
    {"message beyond all", message_beyond_all, DROPPED},
    {"odd names", odd_names, DROPPED},
    {"names beyond all", names_beyond_all, DROPPED},
    {"parts beyond the page", parts_beyond_the_page, DROPPED},
    {"payload beyond all", payload_beyond_all, DROPPED},
    {"payload of nothing", payload_of_nothing, DROPPED},
    {"too many descriptors", too_many_descriptors, DROPPED},
    {"2^31 descriptors", descriptors_beyond_all, DROPPED},
    {"too many ports", too_many_ports, DROPPED},
    {"too much memory", too_much_memory, DROPPED},
    {"descriptor of no type", descriptor_of_no_type, DROPPED},
    {"forged names", forged_names, ANSWERED},
    {"half a call, and gone", half_a_call_and_gone, ANSWERED},
    {NULL, NULL, 0},
};
