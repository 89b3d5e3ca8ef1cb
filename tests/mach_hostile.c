/*
 * Tasks that break the rules of the trap (mach_msg/linux/trap.h): each is
 * dropped or gets an error, and the kernel serves the others. A TAP line for
 * each rule, and one for the others after it.
 *
 * Usage:   mach_hostile
 */
#define _GNU_SOURCE /* MADV_DOFORK */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/mach_facts.h"
#include "tests/mach_hostile.h"

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "hostile",
    .purpose = "Breaks the rules of the kernel's traps, as TAP.",
    .example = "mach_hostile",
    .options = options,
};

/* ---- a connection without the library's care ------------------------------
 */

struct connection own;
struct trap_exchange call;
static uint32_t self;

static void
connect_to_kernel(void)
{
	int socket = mach_kernel_connect();

	if (socket == -1 || !connection_open(&own, socket))
		die_child("connect");
}

/* A task of its own, with a message to its own port prepared, which the kernel
 * would answer. */
static void
become_task(void)
{
	mach_msg_header_t header = {
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0)};

	connect_to_kernel();
	connection_prepare(&own, &call, TRAP_TASK);
	if (!connection_exchange(&call))
		die_child("TRAP_TASK");
	self = call.answer.values[0];
	header.msgh_remote_port = self;
	connection_prepare(&own, &call, TRAP_MACH_MSG);
	call.call.arguments[MSG_OPTION] = MACH_SEND_MSG;
	call.call.arguments[MSG_SEND_SIZE] = sizeof header;
	call.call.body_size = sizeof header;
	memcpy(own.page->bytes, &header, sizeof header);
}

static void
post(void)
{
	own.page->call = call.call;
	atomic_store(&own.page->state, TRAP_WAITING);
	eventfd_write(own.bell, 1);
}

/* What comes of the call that was posted. */
static int
outcome(void)
{
	struct pollfd pipe = {own.pipe, POLLIN, 0};
	char byte;

	if (poll(&pipe, 1, 5000) != 1)
		return NEITHER;
	return read(own.pipe, &byte, 1) == 1 ? ANSWERED : DROPPED;
}

/* ---- rules ----------------------------------------------------------------
 */

int
as_it_should_be(void)
{
	post();
	return outcome();
}

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
unknown_trap(void)
{
	call.call.number = TRAP_COUNT;
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

/* ---- time -----------------------------------------------------------------
 */

static int
ring_and_say_nothing(void)
{
	for (int i = 0; i < 100000; i++)
		eventfd_write(own.bell, 1);
	return as_it_should_be();
}

/* Each answer puts a byte into the pipe. */
static int
never_read(void)
{
	struct pollfd pipe = {own.pipe, 0, 0};

	while (poll(&pipe, 1, 0) == 0)
		post();
	while (outcome() == ANSWERED)
		;
	return DROPPED;
}

static int
ring_when_dropped(void)
{
	unknown_trap();
	for (int i = 0; i < 1000; i++)
		eventfd_write(own.bell, 1);
	return DROPPED;
}

static _Noreturn void
change_sizes(struct trap_page *page)
{
	for (;;) {
		page->call.body_size ^= 0x8000;
		page->call.payload_size ^= UINT64_C(1) << 40;
		page->bytes[sizeof(mach_msg_header_t)] ^= 0xff;
		atomic_signal_fence(memory_order_seq_cst);
	}
}

/* The sizes, and the count of descriptors, change while the kernel looks at
 * them. */
static int
change_while_looked_at(void)
{
	for (int i = 0; i < 100; i++) {
		connection_close(&own, false);
		become_task();
		madvise(own.page, sizeof *own.page, MADV_DOFORK);
		pid_t pid = fork();
		if (pid == -1)
			die_child("fork");
		if (pid == 0)
			change_sizes(own.page);
		for (int n = 0; n < 200; n++)
			if (descriptors(1, MACH_MSG_OOL_DESCRIPTOR, 0) !=
			    ANSWERED)
				break;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return DROPPED;
}

/* Anything at all. */
static int
scribble(void)
{
	struct trap_page *page = own.page;

	for (int i = 0; i < 3000; i++) {
		unsigned char *at = (unsigned char *)&page->call;
		for (size_t n = 0; n < sizeof page->call + 128; n++)
			if (rand() % 8 == 0)
				at[n] = (unsigned char)rand();
		page->call.number = (uint32_t)rand() % TRAP_COUNT;
		atomic_store(&page->ring, (uint32_t)rand());
		atomic_store(&page->state, (uint32_t)rand() % 4);
		atomic_store(&page->aborted, (uint32_t)rand() % 2);
		eventfd_write(own.bell, 1);
		if (i % 8 == 7) {
			connection_close(&own, false);
			become_task();
			page = own.page;
		}
	}
	return DROPPED;
}

/* ---- all of them ----------------------------------------------------------
 */

static const struct rule rules[] = {
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
    {"too many ports", too_many_ports, DROPPED},
    {"too much memory", too_much_memory, DROPPED},
    {"descriptor of no type", descriptor_of_no_type, DROPPED},
    {"ring and say nothing", ring_and_say_nothing, ANSWERED},
    {"never read", never_read, DROPPED},
    {"ring when dropped", ring_when_dropped, DROPPED},
    {"change while looked at", change_while_looked_at, DROPPED},
    {"scribble", scribble, DROPPED},
};

/* A process breaks the rule. */
static int
break_in_child(const struct rule *rule)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0) {
		become_task();
		_exit(rule->broken());
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Breaks COUNT rules; PORT is what the others are seen by. */
static void
break_rules(const struct rule *rule, size_t count, mach_port_t port)
{
	union message message;

	for (size_t i = 0; i < count; i++, rule++) {
		fact(rule->name, (uint32_t)break_in_child(rule),
		    (uint32_t)rule->outcome);
		need(send_now(port, (mach_msg_id_t)i), "send");
		need(receive(port, &message, 1000), "receive");
		fact("  and the others", (uint32_t)message.header.msgh_id,
		    (uint32_t)i);
	}
}

int
main(int argc, char *argv[])
{
	mach_port_t port;
	int status;

	while (next_option(argc, argv, &program) != -1)
		;
	port = new_port(1);
	break_rules(rules, sizeof rules / sizeof rules[0], port);
	break_rules(memory_rules, memory_rule_count, port);
	status = facts_end();
	close_stdout();
	return status;
}
