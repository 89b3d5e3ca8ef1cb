/*
 * How fast the bounded buffer is, beside what bounds it and what one would use
 * instead: `make bench-shm`.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/common.h"
#include "posix_shm/bounded_buffer/ring.h"
#include "tests/bench.h"

enum { ITEM = 8 };

static const struct choice options[] = {
    {'S', "size", "BYTES", "bytes of the file (1GiB)"},
    {'i', "items", "NUMBER", "items through the ring (10000000)"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "bounded-buffer",
    .role = "bench",
    .purpose = "Times the bounded buffer beside memcpy and a pipe.",
    .example = "bench_shm --size=256MiB",
    .options = options,
};

/* ---- a large file -------------------------------------------------------- */

static int file; /* in memory */
static size_t size;
static char *source, *target; /* the file mapped; as many bytes elsewhere */
static int sink;              /* /dev/null */

static void
make_file(void)
{
	file = bench_file(size, &source);
	/* shared too: a private page would be write-protected by each fork, and
	 * memcpy would be timed with a page fault for every page */
	target = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (target == MAP_FAILED)
		die("mmap %zu bytes", size);
	memset(target, 'y', size);
	sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (sink == -1)
		die("open /dev/null");
}

static void
copy_memory(void)
{
	memcpy(target, source, size);
}

/* Where the two sides of a bounded buffer of this process's meet. */
static const char *
name_option(void)
{
	static char option[60];

	snprintf(option, sizeof option, "--name=/bounded_buffer-%ld-%ld",
	    (long)geteuid(), (long)getpid());
	return option;
}

static void
copy_bounded_buffer(void)
{
	const char *consume[] = {
	    "bounded_buffer", "consume", name_option(), NULL};
	const char *produce[] = {
	    "bounded_buffer", "produce", name_option(), NULL};

	lseek(file, 0, SEEK_SET);
	pid_t consumer = bench_start(sink, sink, consume);
	pid_t producer = bench_start(file, sink, produce);
	bench_wait(producer, "bounded_buffer produce");
	bench_wait(consumer, "bounded_buffer consume");
}

static void
copy_pipe(void)
{
	static const char *const cat[] = {"cat", NULL};
	int ends[2];

	if (pipe(ends) == -1)
		die("pipe");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	lseek(file, 0, SEEK_SET);
	pid_t writer = bench_start(file, ends[1], cat);
	pid_t reader = bench_start(ends[0], sink, cat);
	close(ends[0]);
	close(ends[1]);
	bench_wait(writer, "cat");
	bench_wait(reader, "cat");
}

static void
time_file(void)
{
	static const struct way ways[] = {
	    {"memcpy, one thread", copy_memory},
	    {"bounded_buffer produce, consume", copy_bounded_buffer},
	    {"cat FILE | cat, a pipe", copy_pipe},
	};
	enum { WAYS = sizeof ways / sizeof ways[0] };
	double seconds[WAYS];

	make_file();
	bench_ways(ways, WAYS, seconds);
	printf("%.0f MiB from a file in memory to /dev/null, processes "
	       "started and ended:\n",
	    (double)size / 0x1p20);
	for (int way = 0; way < WAYS; way++)
		printf("  %-34s %6.2f GB/s   %.2f of memcpy\n", ways[way].what,
		    (double)size / seconds[way] / 1e9,
		    seconds[0] / seconds[way]);
	munmap(source, size);
	munmap(target, size);
	close(file);
}

/* ---- small items --------------------------------------------------------- */

/* What an end counted, told to the parent through shared memory. */
struct counts {
	unsigned long system_calls[2];
};

static uint64_t items;
static struct ring *ring;
static struct counts *counts;

static void
send_items_ring(void)
{
	struct ring_handle end;

	ring_open(&end, ring, PRODUCER);
	for (uint64_t number = 0; number < items; number++)
		ring_put(&end, &number, sizeof number);
	ring_finish(&end, RING_DONE);
	counts->system_calls[PRODUCER] = end.system_calls;
}

static void
receive_items_ring(void)
{
	struct ring_handle end;
	uint64_t number, expected = 0;

	ring_open(&end, ring, CONSUMER);
	while (ring_get(&end, &number, sizeof number))
		if (number != expected++)
			fatal("an item is out of turn");
	if (expected != items)
		fatal("items are missing");
	counts->system_calls[CONSUMER] = end.system_calls;
}

static double
items_through_ring(void)
{
	if (!ring_create(ring))
		die("sem_init");
	long long start = bench_now();
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		send_items_ring();
		_exit(EXIT_SUCCESS);
	}
	receive_items_ring();
	double each = (double)(bench_now() - start) / (double)items;
	bench_wait(child, "the sender");
	return each;
}

/* Through a pipe each item is a write and a read; ITEMS / 10 of them. */
static double
items_through_pipe(uint64_t number_of_items)
{
	int ends[2];
	uint64_t number;

	if (pipe(ends) == -1)
		die("pipe");
	long long start = bench_now();
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		for (number = 0; number < number_of_items; number++)
			if (!write_all(ends[1], &number, sizeof number))
				die_child("write");
		_exit(EXIT_SUCCESS);
	}
	for (uint64_t i = 0; i < number_of_items; i++)
		if (read_all(ends[0], &number, sizeof number) != ITEM ||
		    number != i)
			fatal("an item is missing");
	double each = (double)(bench_now() - start) / (double)number_of_items;
	bench_wait(child, "the writer");
	close(ends[0]);
	close(ends[1]);
	return each;
}

static void *
shared_memory(size_t bytes)
{
	void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (address == MAP_FAILED)
		die("mmap %zu bytes", bytes);
	return address;
}

static void
bench_items(void)
{
	double ring_times[BENCH_ROUNDS], pipe_times[BENCH_ROUNDS],
	    calls[BENCH_ROUNDS];

	ring = shared_memory(sizeof *ring);
	counts = shared_memory(sizeof *counts);
	for (int round = -1; round < BENCH_ROUNDS; round++) {
		double each = items_through_ring();
		double by_pipe = items_through_pipe(items / 10);
		if (round < 0)
			continue;
		ring_times[round] = each;
		pipe_times[round] = by_pipe;
		calls[round] = (double)(counts->system_calls[PRODUCER] +
					counts->system_calls[CONSUMER]) /
			       (double)items;
	}
	double by_ring = bench_median(ring_times, BENCH_ROUNDS);
	double by_pipe = bench_median(pipe_times, BENCH_ROUNDS);
	printf("\n%d-byte items, both sides busy:\n", ITEM);
	printf("  %-34s %6.1f ns   %.6f system calls an item\n", "the ring",
	    by_ring, bench_median(calls, BENCH_ROUNDS));
	printf("  %-34s %6.1f ns   2 system calls an item, %.0f times the "
	       "ring's time\n",
	    "a pipe", by_pipe, by_pipe / by_ring);
}

/* ---- waiting ------------------------------------------------------------- */

static void
bench_waiting(void)
{
	const char *consume[] = {
	    "bounded_buffer", "consume", "--wait=1", name_option(), NULL};
	struct rusage usage;

	/* what it says when its time is over is for nobody */
	int errors = dup(2);
	dup2(sink, 2);
	pid_t child = bench_start(sink, sink, consume);
	dup2(errors, 2);
	close(errors);
	int status;
	struct rusage before;
	getrusage(RUSAGE_CHILDREN, &before);
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("\nwaiting for a second: %.1f ms of processor time, %ld "
	       "wake-ups\n",
	    (double)(usage.ru_utime.tv_sec - before.ru_utime.tv_sec +
		     usage.ru_stime.tv_sec - before.ru_stime.tv_sec) *
		    1e3 +
		(double)(usage.ru_utime.tv_usec - before.ru_utime.tv_usec +
			 usage.ru_stime.tv_usec - before.ru_stime.tv_usec) /
		    1e3,
	    usage.ru_nvcsw - before.ru_nvcsw);
}

int
main(int argc, char *argv[])
{
	int option;

	size = (size_t)1 << 30;
	items = 10000000;
	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'S':
			size = parse_size("--size", optarg);
			break;
		case 'i':
			items = parse_size("--items", optarg);
			break;
		}
	time_file();
	fflush(stdout);
	bench_items();
	fflush(stdout);
	bench_waiting();
	close_stdout();
	return EXIT_SUCCESS;
}
