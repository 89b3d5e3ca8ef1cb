/* What a task does too often, at the wrong time, or never. */
#define _GNU_SOURCE /* MADV_DOFORK */
#include "tests/mach_hostile.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int
ring_and_say_nothing(void)
{
	for (int i = 0; i < 100000; i++)
		eventfd_write(own.bell, 1);
	return as_it_should_be();
}

/* Whoever has so many loses the first, and nobody else his. */
static int
connect_and_say_nothing(void)
{
	enum { MANY = 1200 };
	struct rlimit limit;
	int first = mach_kernel_connect(), made = 1;
	struct pollfd end = {first, 0, 0};

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	while (made < MANY && mach_kernel_connect() != -1)
		made++;
	return poll(&end, 1, 5000) == 1 ? DROPPED : NEITHER;
}

static int
connect_10000_times(void)
{
	for (int i = 0; i < 10000; i++) {
		int socket = mach_kernel_connect();
		if (socket == -1)
			return NEITHER;
		close(socket);
	}
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

/* The kernel sees the call, which blocks, and its end at once. */
static int
abort_at_once(void)
{
	struct trap_exchange make;

	connection_prepare(&own, &make, TRAP_REPLY_PORT);
	if (!connection_exchange(&make))
		return DROPPED;
	connection_prepare(&own, &call, TRAP_MACH_MSG);
	call.call.arguments[MSG_OPTION] = MACH_RCV_MSG | MACH_RCV_INTERRUPT;
	call.call.arguments[MSG_RCV_NAME] = make.answer.values[0];
	atomic_store(&own.page->aborted, 1);
	return as_it_should_be();
}

static void
make_names(int count)
{
	struct trap_exchange make;

	for (int i = 0; i < count; i++) {
		connection_prepare(&own, &make, TRAP_REPLY_PORT);
		if (!connection_exchange(&make))
			die_child("TRAP_REPLY_PORT");
	}
}

/* Who looks at very many names, and then again, is served after another who has
 * called later. */
static int
look_twice(void)
{
	struct connection task = own, looker;
	struct trap_exchange look, message = call;
	bool first;

	make_names(60000);
	connect_to_kernel();
	connection_prepare(&own, &look, TRAP_SPACE_INFO);
	if (!connection_exchange(&look))
		return DROPPED;
	connection_close_files(&look);
	call = look;
	post();
	looker = own;
	own = task;
	call = message;
	first = as_it_should_be() == ANSWERED &&
		atomic_load(&looker.page->state) == TRAP_WAITING;
	own = looker;
	return first ? outcome() : NEITHER;
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

const struct rule hostile_times[] = {
    {"ring and say nothing", ring_and_say_nothing, ANSWERED},
    {"connect and say nothing", connect_and_say_nothing, DROPPED},
    {"connect 10,000 times", connect_10000_times, ANSWERED},
    {"never read", never_read, DROPPED},
    {"abort at once", abort_at_once, ANSWERED},
    {"look twice", look_twice, ANSWERED},
    {"ring when dropped", ring_when_dropped, DROPPED},
    {"change while looked at", change_while_looked_at, DROPPED},
    {"scribble", scribble, DROPPED},
    {NULL, NULL, 0},
};

/* ---- without end -------------------------------------------------------- */

/* Says, once, that it has begun. */
static void
begun(int *started)
{
	if (*started != -1 && write(*started, "", 1) != 1)
		die_child("write");
	*started = -1;
}

/* Several threads' calls, one upon the other. */
static _Noreturn void
flood_calls(int started)
{
	enum { THREADS = 8 };
	struct connection threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		become_thread();
		threads[i] = own;
	}
	for (;;) {
		for (int i = 0; i < THREADS; i++) {
			own = threads[i];
			post();
		}
		for (int i = 0; i < THREADS; i++) {
			own = threads[i];
			if (outcome() != ANSWERED)
				die_child("a flooding call");
		}
		begun(&started);
	}
}

static _Noreturn void
flood_rings(int started)
{
	for (;;) {
		for (int i = 0; i < 100; i++)
			eventfd_write(own.bell, 1);
		begun(&started);
	}
}

static _Noreturn void
flood_connections(int started)
{
	for (;;) {
		int socket = mach_kernel_connect();
		if (socket != -1)
			close(socket);
		begun(&started);
	}
}

static _Noreturn void
flood_tasks(int started)
{
	for (;;) {
		become_task();
		connection_close(&own, false);
		begun(&started);
	}
}

/* What has to be put together from very many names. */
static _Noreturn void
flood_lists(int started)
{
	struct trap_exchange ask;

	make_names(50000);
	for (int i = 0;; i++) {
		connection_prepare(
		    &own, &ask, i % 2 == 0 ? TRAP_SPACE_INFO : TRAP_PORT_NAMES);
		ask.call.arguments[0] = self;
		if (!connection_exchange(&ask))
			die_child("ask for a list");
		connection_close_files(&ask);
		begun(&started);
	}
}

const struct flood hostile_floods[] = {
    {"calls", flood_calls},
    {"rings", flood_rings},
    {"connections", flood_connections},
    {"tasks", flood_tasks},
    {"lists", flood_lists},
    {NULL, NULL},
};
