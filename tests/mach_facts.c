#define _GNU_SOURCE /* syscall */
#include "tests/mach_facts.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mach_msg/linux/bootstrap_protocol.h"

static unsigned facts, wrong;

void
fact(const char *name, uint32_t got, uint32_t expected)
{
	facts++;
	if (got == expected) {
		printf("ok %u - %s = 0x%x\n", facts, name, got);
		return;
	}
	wrong++;
	printf("not ok %u - %s = 0x%x, expected 0x%x\n", facts, name, got,
	    expected);
}

void
differs(const char *name, uint32_t got, uint32_t expected, const char *there,
    const char *why)
{
	facts++;
	if (got != expected)
		wrong++;
	printf("%s %u - %s = 0x%x, GNU Mach: %s # differs: %s\n",
	    got == expected ? "ok" : "not ok", facts, name, got, there, why);
}

int
facts_end(void)
{
	printf("1..%u\n", facts);
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void
need(kern_return_t result, const char *what)
{
	if (result != KERN_SUCCESS)
		fatal("%s: 0x%x (%s)", what, (unsigned)result,
		    mach_error_string(result));
}

/* ---- ports --------------------------------------------------------------- */

mach_port_t
new_port(int sends)
{
	mach_port_t port;

	need(mach_port_allocate(
		 mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port),
	    "mach_port_allocate");
	for (int i = 0; i < sends; i++)
		need(mach_port_insert_right(
			 mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND),
		    "mach_port_insert_right");
	return port;
}

mach_port_type_t
type_of(mach_port_t name)
{
	mach_port_type_t type = 0;

	mach_port_type(mach_task_self(), name, &type);
	return type;
}

mach_port_urefs_t
refs_of(mach_port_t name, mach_port_right_t right)
{
	mach_port_urefs_t refs = 0;

	mach_port_get_refs(mach_task_self(), name, right, &refs);
	return refs;
}

mach_port_status_t
status_of(mach_port_t name)
{
	mach_port_status_t status = {0};
	mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;

	need(mach_port_get_attributes(mach_task_self(), name,
		 MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count),
	    "mach_port_get_attributes");
	return status;
}

void
drop_receive(mach_port_t name)
{
	need(mach_port_mod_refs(
		 mach_task_self(), name, MACH_PORT_RIGHT_RECEIVE, -1),
	    "mach_port_mod_refs");
}

kern_return_t
set_limit(mach_port_t name, mach_port_msgcount_t limit)
{
	mach_port_limits_t limits = {limit};

	return mach_port_set_attributes(mach_task_self(), name,
	    MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
	    MACH_PORT_LIMITS_INFO_COUNT);
}

/* ---- messages ------------------------------------------------------------ */

void
address_to(union message *message, mach_port_t port,
    mach_msg_type_name_t disposition, mach_msg_id_t id)
{
	memset(message, 0, sizeof *message);
	message->header.msgh_bits = MACH_MSGH_BITS(disposition, 0);
	message->header.msgh_size = sizeof message->plain;
	message->header.msgh_remote_port = port;
	message->header.msgh_id = id;
}

mach_msg_return_t
send_to(mach_port_t port, mach_msg_type_name_t disposition, mach_msg_id_t id,
    mach_msg_option_t option, mach_msg_timeout_t timeout)
{
	union message message;

	address_to(&message, port, disposition, id);
	return mach_msg(&message.header, MACH_SEND_MSG | option,
	    sizeof message.plain, 0, MACH_PORT_NULL, timeout, MACH_PORT_NULL);
}

mach_msg_return_t
send_now(mach_port_t port, mach_msg_id_t id)
{
	return send_to(port, MACH_MSG_TYPE_COPY_SEND, id, MACH_SEND_TIMEOUT, 0);
}

mach_msg_return_t
send_kept(mach_port_t port, mach_msg_id_t id, mach_msg_option_t option,
    mach_msg_timeout_t timeout, mach_port_t notify)
{
	union message message;

	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, id);
	return mach_msg(&message.header,
	    MACH_SEND_MSG | MACH_SEND_KEEP | option, sizeof message.plain, 0,
	    MACH_PORT_NULL, timeout, notify);
}

void
carry_right(
    union message *message, mach_port_t right, mach_msg_type_name_t disposition)
{
	message->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	message->header.msgh_size = sizeof message->right;
	message->right.body.msgh_descriptor_count = 1;
	message->right.port.name = right;
	message->right.port.disposition = disposition & 0xff;
	message->right.port.type = MACH_MSG_PORT_DESCRIPTOR;
}

void
carry_memory(union message *message, void *address, mach_msg_size_t size,
    bool deallocate)
{
	message->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	message->header.msgh_size = sizeof message->memory;
	message->memory.body.msgh_descriptor_count = 1;
	message->memory.memory.address = address;
	message->memory.memory.size = size;
	message->memory.memory.deallocate = deallocate;
	message->memory.memory.copy = MACH_MSG_VIRTUAL_COPY;
	message->memory.memory.type = MACH_MSG_OOL_DESCRIPTOR;
}

void
carry_rights(union message *message, mach_port_t *rights, mach_msg_size_t count,
    mach_msg_type_name_t disposition)
{
	mach_msg_ool_ports_descriptor_t *array =
	    (void *)&message->memory.memory;

	carry_memory(message, rights, count, false);
	array->type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
	array->disposition = disposition & 0xff;
}

mach_msg_return_t
send_message(union message *message, mach_msg_option_t option)
{
	return mach_msg(&message->header, MACH_SEND_MSG | option,
	    message->header.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

mach_msg_return_t
send_right(mach_port_t to, mach_port_t right, mach_msg_type_name_t disposition)
{
	union message message;

	address_to(&message, to, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_right(&message, right, disposition);
	return send_message(&message, MACH_SEND_TIMEOUT);
}

mach_msg_return_t
send_reply_right(mach_port_t to, mach_msg_id_t id, mach_port_t reply,
    mach_msg_type_name_t disposition)
{
	union message message;

	address_to(&message, to, MACH_MSG_TYPE_COPY_SEND, id);
	message.header.msgh_bits |= MACH_MSGH_BITS(0, disposition);
	message.header.msgh_local_port = reply;
	return send_message(&message, 0);
}

mach_msg_return_t
send_memory(
    mach_port_t to, void *address, mach_msg_size_t size, bool deallocate)
{
	union message message;

	address_to(&message, to, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_memory(&message, address, size, deallocate);
	return send_message(&message, 0);
}

mach_msg_return_t
receive(mach_port_t port, union message *message, mach_msg_timeout_t timeout)
{
	memset(message, 0, sizeof *message);
	return mach_msg(&message->header,
	    MACH_RCV_MSG | MACH_RCV_TIMEOUT |
		MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT),
	    0, sizeof *message, port, timeout, MACH_PORT_NULL);
}

const mach_msg_max_trailer_t *
trailer_of(const union message *message)
{
	return (const void *)(message->room + message->header.msgh_size);
}

unsigned
drain(mach_port_t port)
{
	union message message;
	unsigned count = 0;

	while (receive(port, &message, 0) == MACH_MSG_SUCCESS)
		count++;
	return count;
}

/* ---- threads ------------------------------------------------------------- */

struct caller {
	pthread_t thread;
	mach_msg_return_t (*call)(mach_port_t port, mach_msg_id_t id);
	mach_port_t port;
	mach_msg_id_t id;
	atomic_int tid; /* 0: it isn't about to make the call yet */
	atomic_bool returned;
	mach_msg_return_t result;
};

static void *
call_in_thread(void *argument)
{
	struct caller *caller = argument;

	mach_task_self(); /* the first trap of a thread waits for more */
	caller->tid = (int)syscall(SYS_gettid);
	caller->result = caller->call(caller->port, caller->id);
	caller->returned = true;
	return NULL;
}

/* Whether the thread of this process sleeps. */
static bool
sleeps(int tid)
{
	char path[64], line[256] = "";
	const char *state = NULL;
	FILE *file;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fgets(line, sizeof line, file))
		state = strrchr(line, ')');
	fclose(file);
	return state && state[2] == 'S';
}

struct caller *
caller_start(mach_msg_return_t (*call)(mach_port_t port, mach_msg_id_t id),
    mach_port_t port, mach_msg_id_t id)
{
	struct caller *caller = calloc(1, sizeof *caller);

	if (!caller)
		die("calloc");
	caller->call = call;
	caller->port = port;
	caller->id = id;
	if (pthread_create(&caller->thread, NULL, call_in_thread, caller) != 0)
		fatal("pthread_create failed");
	while (caller->tid == 0 || (!caller->returned && !sleeps(caller->tid)))
		system_sleep(0.001);
	/* the kernel does this trap behind the thread's */
	type_of(mach_task_self());
	return caller;
}

bool
caller_is_blocked(struct caller *caller)
{
	return !caller->returned;
}

mach_msg_return_t
caller_join(struct caller *caller)
{
	mach_msg_return_t result;

	pthread_join(caller->thread, NULL);
	result = caller->result;
	free(caller);
	return result;
}

static void
do_nothing(int sig)
{
	(void)sig;
}

void
caller_interrupt(struct caller *caller)
{
	struct sigaction action = {.sa_handler = do_nothing};

	sigaction(SIGUSR1, &action, NULL);
	pthread_kill(caller->thread, SIGUSR1);
}

mach_msg_return_t
call_send(mach_port_t port, mach_msg_id_t id)
{
	return send_to(port, MACH_MSG_TYPE_COPY_SEND, id, 0, 0);
}

mach_msg_return_t
call_receive(mach_port_t port, mach_msg_id_t id)
{
	union message message;

	(void)id;
	return mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof message, port,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- tasks --------------------------------------------------------------- */

pid_t
task_start(void (*act)(void), mach_port_t port)
{
	pid_t pid;

	need(task_set_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT, port),
	    "task_set_special_port");
	fflush(stdout);
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the parent fail */
	act();
	for (;;)
		pause();
}

void
task_end(pid_t pid)
{
	kill(pid, SIGKILL);
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
	need(task_set_special_port(
		 mach_task_self(), TASK_BOOTSTRAP_PORT, MACH_PORT_NULL),
	    "task_set_special_port");
}

pid_t
bootstrap_server_process(void)
{
	union {
		bootstrap_request_t request;
		union message message;
	} exchange;
	mach_port_t reply = new_port(0);
	mach_msg_header_t *header = &exchange.request.header;
	mach_msg_return_t result;

	/* it names no service, and is answered all the same */
	address_to(&exchange.message, bootstrap_port, MACH_MSG_TYPE_COPY_SEND,
	    BOOTSTRAP_LOOK_UP);
	header->msgh_bits |= MACH_MSGH_BITS(0, MACH_MSG_TYPE_MAKE_SEND_ONCE);
	header->msgh_local_port = reply;
	result = mach_msg(header, MACH_SEND_MSG, sizeof exchange.request, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	if (result == MACH_MSG_SUCCESS)
		result = receive(reply, &exchange.message, 5000);
	drop_receive(reply);
	if (result != MACH_MSG_SUCCESS ||
	    header->msgh_id != BOOTSTRAP_LOOK_UP + BOOTSTRAP_REPLY)
		return 0;
	return (pid_t)trailer_of(&exchange.message)->msgh_audit.val[5];
}
