/* What the tasks of a round do until they are killed. */
#include <servers/bootstrap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/mach_rounds.h"

/* Rights and memory in one message, and as it is received. */
struct load {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_ool_descriptor_t memory;
	mach_msg_port_descriptor_t right;
	mach_msg_ool_ports_descriptor_t rights;
	mach_msg_max_trailer_t trailer;
};

enum { LOAD_SIZE = offsetof(struct load, trailer) };

static mach_port_t own, next, server;

/* Another task or the server may be gone: then this one waits for its own end.
 */
static void
stand(mach_msg_return_t result, const char *what)
{
	if (result == MACH_SEND_INVALID_DEST)
		for (;;)
			pause();
	if (result != MACH_SEND_TIMED_OUT && result != MACH_RCV_TIMED_OUT)
		need(result, what);
}

/* ---- messages ----------------------------------------------------------- */

/* Memory of a random size, of both kinds that there are. */
static void
add_memory(struct load *load)
{
	static const mach_msg_size_t sizes[] = {100, 5000, 70000, 400000};
	mach_msg_size_t size = sizes[rand() % 4];
	vm_address_t address;

	need(vm_allocate(mach_task_self(), &address, size, VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	memset((void *)address, 'x', size);
	load->memory.address = (void *)address;
	load->memory.size = size;
	load->memory.deallocate = true;
	load->memory.copy =
	    rand() % 2 ? MACH_MSG_VIRTUAL_COPY : MACH_MSG_PHYSICAL_COPY;
	load->memory.type = MACH_MSG_OOL_DESCRIPTOR;
}

/* A port that goes along with a message in its queue, or a right to this
 * task's.
 */
static void
add_right(struct load *load)
{
	load->right.type = MACH_MSG_PORT_DESCRIPTOR;
	load->right.name = own;
	load->right.disposition = MACH_MSG_TYPE_MAKE_SEND;
	if (rand() % 2) {
		load->right.name = new_port(1);
		load->right.disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
		need(send_right(load->right.name, own, MACH_MSG_TYPE_MAKE_SEND),
		    "send");
	}
}

static void
send_load(void)
{
	mach_port_t rights[] = {own, MACH_PORT_NULL, own};
	struct load load = {
	    .header = {.msgh_bits = MACH_MSGH_BITS_COMPLEX |
				    MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
					MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_remote_port = next,
		.msgh_local_port = own},
	    .body = {3},
	    .rights = {.address = rights,
		.count = sizeof rights / sizeof rights[0],
		.disposition = MACH_MSG_TYPE_MAKE_SEND,
		.type = MACH_MSG_OOL_PORTS_DESCRIPTOR}};
	mach_port_t moved;

	add_memory(&load);
	add_right(&load);
	moved = load.right.disposition == MACH_MSG_TYPE_MOVE_RECEIVE
		    ? load.right.name
		    : MACH_PORT_NULL;
	stand(mach_msg(&load.header, MACH_SEND_MSG, LOAD_SIZE, 0,
		  MACH_PORT_NULL, 0, MACH_PORT_NULL),
	    "send a load");
	mach_port_deallocate(mach_task_self(), moved); /* the send right */
}

/* Receives what there is; whether it is a load. */
static bool
receive_load(struct load *load)
{
	mach_msg_return_t result =
	    mach_msg(&load->header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
		sizeof *load, own, 20, MACH_PORT_NULL);

	stand(result, "receive a load");
	if (result != MACH_MSG_SUCCESS)
		return false;
	if (load->header.msgh_size == LOAD_SIZE)
		return true;
	mach_msg_destroy(&load->header); /* the notification of a right's end */
	return false;
}

/* Its rights move on to the next task, or come back. */
static void
pass_on(struct load *load)
{
	mach_msg_return_t result;

	if (MACH_PORT_VALID(load->header.msgh_remote_port))
		mach_port_deallocate(
		    mach_task_self(), load->header.msgh_remote_port);
	load->header.msgh_bits =
	    MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	load->header.msgh_remote_port = next;
	load->header.msgh_local_port = MACH_PORT_NULL;
	load->memory.deallocate = true;
	load->rights.deallocate = true;
	result = mach_msg(&load->header, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    LOAD_SIZE, 0, MACH_PORT_NULL, 1, MACH_PORT_NULL);
	if (result == MACH_SEND_TIMED_OUT)
		mach_msg_destroy(&load->header);
	stand(result, "pass a load on");
}

/* ---- three tasks -------------------------------------------------------- */

static void
pass_or_answer(void)
{
	struct load load;

	if (!receive_load(&load))
		return;
	if (rand() % 3 == 0)
		mach_msg_destroy(&load.header); /* the answer is id 71 */
	else
		pass_on(&load);
}

/* Holds so many, and then gives them all up. */
static void
hold(void)
{
	enum { HELD = 8 };
	static struct load held[HELD];
	static int count;

	if (receive_load(&held[count]))
		count++;
	if (count < HELD)
		return;
	if (rand() % 2)
		pass_on(&held[--count]); /* to the sender, who reads some */
	while (count > 0)
		mach_msg_destroy(&held[--count].header);
}

static void
send_and_read(void)
{
	struct load load;

	send_load();
	if (rand() % 4 == 0 && receive_load(&load))
		mach_msg_destroy(&load.header);
}

/* Has the server hold a right, and gets one from it. */
static void
use_server(void)
{
	mach_port_t got = MACH_PORT_NULL;
	char name[32];

	snprintf(name, sizeof name, "round.%d", (int)getpid());
	if (bootstrap_register(server, name, own) == KERN_SUCCESS &&
	    bootstrap_look_up(server, name, &got) == KERN_SUCCESS)
		mach_port_deallocate(mach_task_self(), got);
}

/* ---- their lives -------------------------------------------------------- */

static void
get_introduced(int number)
{
	union {
		struct introduction introduction;
		union message other;
	} message;

	own = new_port(1);
	need(send_reply_right(
		 bootstrap_port, number, own, MACH_MSG_TYPE_MAKE_SEND),
	    "hello");
	for (;;) {
		need(receive(own, &message.other, 20000), "an introduction");
		if (message.other.header.msgh_id == INTRODUCTION)
			break;
		/* a load, of one that was introduced before */
		mach_msg_destroy(&message.other.header);
	}
	next = message.introduction.next.name;
	server = message.introduction.server.name;
}

static _Noreturn void
live(int number)
{
	static void (*const acts[TASKS])(void) = {
	    send_and_read, pass_or_answer, hold};

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the parent fail */
	srand((unsigned)getpid());
	get_introduced(number);
	for (unsigned i = 0;; i++) {
		acts[number]();
		if (i % 16 == 0)
			use_server();
	}
}

pid_t
rounds_task_start(int number, mach_port_t hub)
{
	pid_t pid;

	need(task_set_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT, hub),
	    "task_set_special_port");
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0)
		live(number);
	return pid;
}
