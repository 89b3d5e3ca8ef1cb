/*
 * Traps: each thread has a connection of its own, so that any of them may
 * block.
 *
 * The first connection is the task: the kernel ends the task when it closes. So
 * none is closed when a thread ends; the next new thread gets it.
 */
#define _GNU_SOURCE /* SO_PEERCRED */
#include "mach_msg/linux/lib/connection.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mach_msg/linux/lib/vm_freeze.h"

static pthread_key_t thread_end; /* its value is the thread's connection */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct connection *all, *idle; /* under the lock */
static bool is_task, ended; /* the kernel has ended, or is another's */
static long kernel_pid;
static mach_port_t self;
static unsigned generation = 1;
static _Thread_local struct connection *own;

/* ---- threads and forked children ----------------------------------------- */

static void
thread_ended(void *connection)
{
	struct connection *mine = connection;

	own = NULL; /* another destructor that makes a trap gets a new one */
	pthread_mutex_lock(&lock);
	mine->next_idle = idle;
	idle = mine;
	pthread_mutex_unlock(&lock);
}

/* A child must not find a lock held by a thread that it hasn't got. Who has
 * taken the bootstrap port's makes a trap. The last is that of the task's
 * memory, which nobody who has it takes another after. */
static void
before_fork(void)
{
	bootstrap_port_lock();
	pthread_mutex_lock(&lock);
	vm_fork_prepare();
}

static void
after_fork_in_parent(void)
{
	vm_fork_done();
	pthread_mutex_unlock(&lock);
	bootstrap_port_unlock();
}

/* The child is no task yet: what it has from its parent is the parent's. */
static void
after_fork_in_child(void)
{
	own = NULL;
	idle = NULL;
	for (struct connection *at = all; at; at = at->next) {
		connection_close(at, true);
		at->next_idle = idle;
		idle = at;
	}
	pthread_setspecific(thread_end, NULL);
	is_task = ended = false;
	self = MACH_PORT_NULL;
	generation++;
	vm_fork_done();
	pthread_mutex_unlock(&lock);
	bootstrap_port_unlock();
}

/* Before main(): later a thread might fork while another one does this. */
static void __attribute__((constructor)) prepare_process(void)
{
	if (pthread_key_create(&thread_end, thread_ended) != 0 ||
	    pthread_atfork(
		before_fork, after_fork_in_parent, after_fork_in_child) != 0) {
		fprintf(stderr, "mach: no memory to prepare for traps\n");
		abort();
	}
}

unsigned
trap_generation(void)
{
	return generation;
}

/* ---- the kernel ---------------------------------------------------------- */

/* The kernel is gone, which is said once. */
static void
kernel_ended(void)
{
	bool first;

	pthread_mutex_lock(&lock);
	first = !ended;
	ended = true;
	pthread_mutex_unlock(&lock);
	if (first)
		fprintf(stderr,
		    "mach: the Mach kernel (process %ld) has ended\n",
		    kernel_pid);
}

/* ---- connections --------------------------------------------------------- */

/* Begins the task, or joins it; false when the kernel ends instead. RESULT is
 * its answer. */
static bool
begin(struct connection *connection, kern_return_t *result)
{
	struct trap_exchange exchange;

	connection_prepare(
	    connection, &exchange, is_task ? TRAP_THREAD : TRAP_TASK);
	if (!connection_exchange(&exchange))
		return false;
	*result = exchange.answer.result;
	if (*result != KERN_SUCCESS)
		return true;
	if (!is_task)
		self = exchange.answer.values[0];
	is_task = true;
	return true;
}

/* Makes the connection and begins with it; under the lock. */
static bool
greet(struct connection *connection)
{
	enum { ATTEMPTS = 5 };
	kern_return_t result = KERN_FAILURE;
	bool done = false;

	/* a kernel that is just ending takes the connection and not the call */
	for (int i = 0; i < ATTEMPTS && !done && !ended; i++) {
		struct ucred peer = {.pid = 0};
		socklen_t size = sizeof peer;
		int socket = mach_kernel_connect();
		if (socket == -1)
			return false;
		getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
		kernel_pid = peer.pid;
		if (connection_open(connection, socket))
			done = begin(connection, &result);
		else
			ended = errno == EPROTO; /* said once */
		done = done || is_task;
		if (result != KERN_SUCCESS)
			connection_close(connection, false);
	}
	return result == KERN_SUCCESS;
}

/* This thread's connection, made at its first trap; null when there is none. */
static struct connection *
own_connection(void)
{
	struct connection *mine = own;

	if (mine)
		return mine;
	pthread_mutex_lock(&lock);
	mine = idle;
	if (mine) {
		idle = mine->next_idle;
	} else if ((mine = malloc(sizeof *mine))) {
		mine->socket = -1;
		mine->next = all;
		all = mine;
	}
	if (mine && mine->socket == -1 && (ended || !greet(mine))) {
		mine->next_idle = idle;
		idle = mine;
		mine = NULL;
	}
	pthread_mutex_unlock(&lock);
	if (mine)
		pthread_setspecific(thread_end, mine);
	own = mine;
	return mine;
}

/* ---- traps --------------------------------------------------------------- */

void
trap_prepare(struct trap_exchange *exchange, enum trap_number number)
{
	connection_prepare(own_connection(), exchange, number);
}

int
trap_make(struct trap_exchange *exchange)
{
	if (!exchange->connection)
		return EPIPE;
	if (connection_exchange(exchange))
		return 0;
	kernel_ended();
	return EPIPE;
}

kern_return_t
trap(enum trap_number number, const uint32_t *arguments, size_t count,
    uint32_t *values)
{
	struct trap_exchange exchange;

	trap_prepare(&exchange, number);
	memcpy(exchange.call.arguments, arguments, count * sizeof *arguments);
	if (trap_make(&exchange) != 0)
		return KERN_FAILURE;
	connection_close_files(&exchange);
	if (values)
		memcpy(values, exchange.answer.values,
		    sizeof exchange.answer.values);
	return exchange.answer.result;
}

mach_msg_return_t
mach_msg_trap(struct trap_exchange *exchange)
{
	uint32_t option = exchange->call.arguments[MSG_OPTION];

	exchange->interruptible =
	    option & (MACH_SEND_INTERRUPT | MACH_RCV_INTERRUPT);
	if (trap_make(exchange) != 0)
		return option & MACH_SEND_MSG ? MACH_SEND_INVALID_DEST
					      : MACH_RCV_PORT_DIED;
	return exchange->answer.result;
}

mach_port_t
trap_task_self(void)
{
	return own_connection() ? self : MACH_PORT_NULL;
}
