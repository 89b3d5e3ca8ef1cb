/*
 * Traps: each thread has a connection of its own, so that any of them may
 * block.
 *
 * The first connection is the task: the kernel ends the task when it closes. So
 * none is closed when a thread ends; the next new thread gets it.
 */
#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC, SO_PEERCRED */
#include "mach_msg/linux/lib/connection.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
	int fd;
	struct connection *next;      /* of all */
	struct connection *next_idle; /* of those whose thread has ended */
	unsigned char bytes[TRAP_DATAGRAM_MAX];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end; /* its value is the thread's connection */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct connection *all, *idle; /* under the lock */
static bool is_task, ended;
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

static void
before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void
after_fork_in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* The child is no task yet: what it has from its parent is the parent's. */
static void
after_fork_in_child(void)
{
	for (struct connection *at = all; at; at = at->next) {
		if (at->fd != -1)
			close(at->fd);
		at->fd = -1;
	}
	own = NULL;
	idle = NULL;
	for (struct connection *at = all; at; at = at->next) {
		at->next_idle = idle;
		idle = at;
	}
	pthread_setspecific(thread_end, NULL);
	is_task = ended = false;
	self = MACH_PORT_NULL;
	generation++;
	pthread_mutex_unlock(&lock);
}

static void
prepare_process(void)
{
	if (pthread_key_create(&thread_end, thread_ended) != 0 ||
	    pthread_atfork(
		before_fork, after_fork_in_parent, after_fork_in_child) != 0) {
		fprintf(stderr, "mach: no memory for the first trap\n");
		abort();
	}
}

unsigned
trap_generation(void)
{
	return generation;
}

/* ---- a call and its answer ----------------------------------------------- */

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

/* Sends the call; 0, or an error number. */
static int
send_call(int fd, struct trap_exchange *exchange)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = exchange->parts,
	    .msg_iovlen = (size_t)exchange->part_count};

	exchange->parts[0] =
	    (struct iovec){&exchange->call, sizeof exchange->call};
	exchange->call.in_memfd = exchange->memfd != -1;
	if (exchange->memfd != -1) {
		memset(&control, 0, sizeof control);
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		memcpy(
		    CMSG_DATA(&control.header), &exchange->memfd, sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
	}
	while (sendmsg(fd, &message, MSG_NOSIGNAL) == -1)
		if (errno != EINTR)
			return errno;
	return 0;
}

/* A signal came: the kernel is to end the wait. If it has answered already,
 * that answer counts. */
static void
send_abort(int fd)
{
	struct trap_exchange abort_call;

	trap_prepare(&abort_call, TRAP_ABORT);
	send_call(fd, &abort_call); /* an error is found by the receive */
}

/* Waits for the answer; 0, or EPIPE. */
static int
receive_answer(struct connection *connection, struct trap_exchange *exchange)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec parts[2] = {{&exchange->answer, sizeof exchange->answer},
	    {connection->bytes, sizeof connection->bytes}};
	struct msghdr message = {.msg_iov = parts,
	    .msg_iovlen = 2,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	const struct cmsghdr *header;
	ssize_t n;

	while (
	    (n = recvmsg(connection->fd, &message, MSG_CMSG_CLOEXEC)) == -1) {
		if (errno != EINTR)
			return EPIPE;
		if (exchange->interruptible)
			send_abort(connection->fd);
	}
	if (n < (ssize_t)sizeof exchange->answer)
		return EPIPE;
	exchange->bytes = connection->bytes;
	exchange->answer_memfd = -1;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&exchange->answer_memfd, CMSG_DATA(header), sizeof(int));
	return 0;
}

static int
exchange_over(struct connection *connection, struct trap_exchange *exchange)
{
	int state, error;

	/* a thread that is cancelled must not leave an answer behind */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	error = send_call(connection->fd, exchange);
	if (error == 0)
		error = receive_answer(connection, exchange);
	pthread_setcancelstate(state, NULL);
	return error;
}

/* ---- connections --------------------------------------------------------- */

/* Connects, and begins the task or joins it; under the lock. */
static bool
greet(struct connection *connection)
{
	enum { ATTEMPTS = 5 };
	struct trap_exchange exchange;
	struct ucred peer;
	socklen_t size = sizeof peer;

	/* a kernel that is just ending takes the connection and not the call */
	for (int i = 0; i < ATTEMPTS; i++) {
		connection->fd = mach_kernel_connect();
		if (connection->fd == -1)
			return false;
		trap_prepare(&exchange, is_task ? TRAP_THREAD : TRAP_TASK);
		if (exchange_over(connection, &exchange) == 0) {
			if (exchange.answer.result != KERN_SUCCESS)
				break;
			if (!is_task)
				self = exchange.answer.values[0];
			if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED,
				&peer, &size) == 0)
				kernel_pid = peer.pid;
			is_task = true;
			return true;
		}
		close(connection->fd);
		connection->fd = -1;
		if (is_task)
			return false;
	}
	if (connection->fd != -1)
		close(connection->fd);
	connection->fd = -1;
	return false;
}

/* This thread's connection, made at its first trap; null when there is none. */
static struct connection *
own_connection(void)
{
	struct connection *mine = own;

	if (mine)
		return mine;
	pthread_once(&once, prepare_process);
	pthread_mutex_lock(&lock);
	mine = idle;
	if (mine) {
		idle = mine->next_idle;
	} else if ((mine = malloc(sizeof *mine))) {
		mine->fd = -1;
		mine->next = all;
		all = mine;
	}
	if (mine && mine->fd == -1 && (ended || !greet(mine))) {
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
	memset(exchange, 0, sizeof *exchange);
	exchange->call.number = number;
	exchange->part_count = 1;
	exchange->memfd = -1;
	exchange->answer_memfd = -1;
}

int
trap_make(struct trap_exchange *exchange)
{
	struct connection *mine = own_connection();
	int error;

	if (!mine)
		return EPIPE;
	error = exchange_over(mine, exchange);
	if (error == 0 || error == EFAULT)
		return error;
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
	if (exchange.answer_memfd != -1)
		close(exchange.answer_memfd);
	if (values)
		memcpy(values, exchange.answer.values,
		    sizeof exchange.answer.values);
	return exchange.answer.result;
}

mach_msg_return_t
mach_msg_trap(struct trap_exchange *exchange)
{
	uint32_t option = exchange->call.arguments[MSG_OPTION];
	int error;

	exchange->interruptible =
	    option & (MACH_SEND_INTERRUPT | MACH_RCV_INTERRUPT);
	error = trap_make(exchange);
	if (error == EFAULT)
		return MACH_SEND_INVALID_DATA;
	if (error != 0)
		return option & MACH_SEND_MSG ? MACH_SEND_INVALID_DEST
					      : MACH_RCV_PORT_DIED;
	return exchange->answer.result;
}

mach_port_t
trap_task_self(void)
{
	return own_connection() ? self : MACH_PORT_NULL;
}
