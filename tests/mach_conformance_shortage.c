/* What a task gets when it has had the kernel hold too much, and that no other
 * task notices. */
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS */
#include "tests/mach_facts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mach_msg/linux/lib/connection.h"

/* What a task tells its parent. */
static void
tell(uint32_t number)
{
	need(send_to(bootstrap_port, MACH_MSG_TYPE_COPY_SEND,
		 (mach_msg_id_t)number, 0, 0),
	    "the child's answer");
}

/* The parent hears it. */
static uint32_t
told(mach_port_t port)
{
	union message message;

	need(receive(port, &message, 15000), "the child's answer");
	return (uint32_t)message.header.msgh_id;
}

static mach_port_t full; /* the last port that was filled */

/* Sends messages of SIZE bytes to ports of its own until that fails; returns
 * how many were sent. */
static uint32_t
send_until(mach_msg_return_t end, mach_msg_size_t size)
{
	mach_msg_header_t *header = calloc(1, size);
	mach_msg_return_t result = MACH_SEND_TIMED_OUT;
	uint32_t sent = 0;

	if (!header)
		die("calloc");
	while (result == MACH_MSG_SUCCESS || result == MACH_SEND_TIMED_OUT) {
		if (result == MACH_SEND_TIMED_OUT) { /* the queue is full */
			full = new_port(1);
			need(set_limit(full, 1024), "set_limit");
		} else {
			sent++;
		}
		header->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
		header->msgh_remote_port = full;
		result = mach_msg(header, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
		    size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
	}
	if (result != end)
		need(result, "send until there is no room");
	free(header);
	return sent;
}

/* ---- the kernel's memory ------------------------------------------------- */

static void
fill_memory(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), set, previous;
	uint32_t sent, results[5];
	union message message;

	tell(0); /* so that the parent's port has a name */
	need(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set), "set");
	need(send_now(port, 1), "send");
	sent = send_until(MACH_SEND_NO_BUFFER, 30 << 10);
	send_until(MACH_SEND_NO_BUFFER, 24);
	results[0] = (uint32_t)mach_port_allocate(
	    task, MACH_PORT_RIGHT_RECEIVE, &previous);
	results[1] = (uint32_t)mach_port_request_notification(task, port,
	    MACH_NOTIFY_DEAD_NAME, 0, port, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous);
	results[2] = (uint32_t)mach_port_insert_member(task, port, set);
	results[3] = (uint32_t)receive(port, &message, 0);
	results[4] = (uint32_t)send_now(port, 1);
	need(mach_port_destroy(task, full), "mach_port_destroy");
	tell(sent >= 3000 && sent <= 4500);
	for (int i = 0; i < 5; i++)
		tell(results[i]);
}

static void
memory_facts(void)
{
	mach_port_t port = new_port(1), other = new_port(1);
	pid_t pid = task_start(fill_memory, port);

	told(port);
	fact("messages of 30 KiB, some thousands", told(port), 1);
	fact("and no room for a port", told(port), KERN_RESOURCE_SHORTAGE);
	fact("for a request", told(port), KERN_RESOURCE_SHORTAGE);
	fact("for a member of a set", told(port), KERN_RESOURCE_SHORTAGE);
	fact("a message can be received", told(port), MACH_MSG_SUCCESS);
	fact("and one sent in its place", told(port), MACH_MSG_SUCCESS);
	fact("another task sends", (uint32_t)send_now(other, 1),
	    MACH_MSG_SUCCESS);
	task_end(pid);
}

/* ---- memory beside the messages ------------------------------------------ */

/* Sends a message whose out-of-line memory is a memfd of SIZE bytes with
 * nothing in it, as no library would: it costs nobody memory. */
static mach_msg_return_t
send_hole(mach_port_t port, uint32_t size)
{
	union message message;
	struct trap_exchange exchange;
	struct trap_extent extent = {.size = size};
	int file = memfd_create("hole", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (file == -1 || ftruncate(file, size) == -1 ||
	    fcntl(file, F_ADD_SEALS,
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == -1)
		die("memfd_create");
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_memory(&message, NULL, size, false);
	trap_prepare(&exchange, TRAP_MACH_MSG);
	exchange.call.arguments[MSG_OPTION] = MACH_SEND_MSG;
	exchange.call.arguments[MSG_SEND_SIZE] = sizeof message.memory;
	exchange.call.body_size = sizeof message.memory;
	exchange.call.payload_size = size;
	memcpy(exchange.bytes, &message, sizeof message.memory);
	memcpy(exchange.bytes + sizeof message.memory, &extent, sizeof extent);
	exchange.call.extent_count = exchange.call.file_count = 1;
	exchange.files = &file;
	if (trap_make(&exchange) != 0)
		fatal("the kernel has ended");
	close(file);
	return exchange.answer.result;
}

static void
fill_payload(void)
{
	mach_port_t port = new_port(1);
	mach_msg_return_t result = MACH_MSG_SUCCESS;
	uint32_t sent = 0;

	need(set_limit(port, 100), "set_limit");
	while (result == MACH_MSG_SUCCESS && ++sent < 100)
		result = send_hole(port, 1u << 30);
	tell((uint32_t)result);
	need(mach_port_destroy(mach_task_self(), port), "mach_port_destroy");
	tell((uint32_t)send_hole(new_port(1), 1u << 30));
	sent = send_until(MACH_SEND_NO_BUFFER, 64 << 10);
	tell(sent > 100 && sent <= 2048);
}

static void
payload_facts(void)
{
	static char memory[1 << 20];
	mach_port_t port = new_port(1);
	pid_t pid = task_start(fill_payload, port);

	fact(
	    "gigabytes of out-of-line memory", told(port), MACH_SEND_NO_BUFFER);
	fact("when they are gone there is room", told(port), MACH_MSG_SUCCESS);
	fact("messages of 64 KiB, no more than 2048", told(port), 1);
	fact("this task sends one",
	    (uint32_t)send_memory(port, memory, sizeof memory, false),
	    MACH_MSG_SUCCESS);
	task_end(pid);
}

/* ---- names --------------------------------------------------------------- */

/* Sends an array of as many new send-once rights as there can be. */
static mach_msg_return_t
send_many(mach_port_t port)
{
	enum { MANY = 16384 };
	static mach_port_t names[MANY];
	union message message;

	for (int i = 0; i < MANY; i++)
		names[i] = port;
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_rights(&message, names, MANY, MACH_MSG_TYPE_MAKE_SEND_ONCE);
	return send_message(&message, 0);
}

static void
fill_names(void)
{
	mach_port_t task = mach_task_self(), port = new_port(1), name;
	mach_msg_return_t result;
	mach_msg_type_name_t type;
	union message message;
	const mach_port_t *got;
	uint32_t received = 0;

	tell(0); /* the parent's port gets its name while there are names */
	do {
		need(send_many(port), "send");
		result = receive(port, &message, 0);
		got = message.memory.memory.address;
		received++;
	} while (result == MACH_MSG_SUCCESS);
	tell((uint32_t)result);
	tell(received);
	tell(got[0] != MACH_PORT_NULL && got[16383] == MACH_PORT_NULL);
	tell(
	    (uint32_t)mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &name));
	tell((uint32_t)mach_port_extract_right(
	    task, port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &name, &type));
	drain(port); /* of the rights that found no room */
	need(send_reply_right(port, 5, port, MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    "send");
	tell((uint32_t)receive(port, &message, 0));
	tell((uint32_t)message.header.msgh_id);
	tell(message.header.msgh_remote_port);
	need(mach_port_deallocate(task, got[0]), "deallocate");
	tell(
	    (uint32_t)mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &name));
}

static void
name_space_facts(void)
{
	mach_port_t port = new_port(1);
	pid_t pid = task_start(fill_names, port);

	told(port);
	fact("rights received beyond 2^18 names", told(port),
	    MACH_RCV_BODY_ERROR | MACH_MSG_IPC_SPACE);
	fact("with the 16th array of 2^14", told(port), 16);
	fact("those without a name are null", told(port), 1);
	fact("no name for a port", told(port), KERN_NO_SPACE);
	fact("nor for a right", told(port), KERN_NO_SPACE);
	fact("a reply right", told(port),
	    MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE);
	fact("the header comes", told(port), 5);
	fact("without the right", told(port), MACH_PORT_NULL);
	fact("when a name is free there is room", told(port), KERN_SUCCESS);
	task_end(pid);
}

/* ---- descriptors --------------------------------------------------------- */

/* Receives a large message while it can have no descriptor more. */
static void
receive_without_descriptors(void)
{
	mach_port_t port = new_port(1);
	struct rlimit limit = {0, 0};
	union message message;
	static char memory[64 << 10];

	need(send_memory(port, memory, sizeof memory, false), "send");
	tell(0);
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		die("setrlimit");
	tell((uint32_t)receive(port, &message, 0));
	tell(message.memory.memory.size);
	tell((uint32_t)send_memory(port, memory, sizeof memory, false));
	tell((uint32_t)send_now(port, 1));
}

static void
descriptor_facts(void)
{
	mach_port_t port = new_port(1);
	pid_t pid = task_start(receive_without_descriptors, port);

	told(port);
	fact("memory comes, and there is no descriptor for it", told(port),
	    MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE);
	fact("it has no bytes", told(port), 0);
	fact("none to send it", told(port), MACH_SEND_NO_BUFFER);
	fact("small messages need none", told(port), MACH_MSG_SUCCESS);
	task_end(pid);
}

void
shortage_facts(void)
{
	memory_facts();
	payload_facts();
	name_space_facts();
	descriptor_facts();
}
