/*
 * How fast the bounded buffer is, beside what bounds it and what one would use
 * instead: `make bench-shm`.
 *
 * Each figure is the median of several rounds that take turns, so that all see
 * the machine at the same speeds; bytes are touched before they are timed, the
 * first round is not counted, and a transfer ends when the receiver has all.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/common.h"
#include "posix_shm/bounded_buffer/ring.h"

enum { ROUNDS = 5, ITEM = 8 };

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

/* ---- time ---------------------------------------------------------------- */

static long long
nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
median(double *values, size_t n)
{
	qsort(values, n, sizeof values[0], compare);
	return values[n / 2];
}

/* ---- processes ----------------------------------------------------------- */

/* Forks; in the child, standard input and output are the descriptors. */
static pid_t
child_with(int input, int output)
{
	pid_t child = fork();

	if (child == -1)
		die("fork");
	if (child == 0 && (dup2(input, 0) == -1 || dup2(output, 1) == -1))
		die_child("dup2");
	return child;
}

static void
wait_for(pid_t child, const char *what)
{
	int status;

	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			die("waitpid %s", what);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fatal("%s failed", what);
}

/* ---- a large file -------------------------------------------------------- */

static int file; /* in memory, all its pages there */
static size_t size;
static char *source, *target; /* the file mapped; as many bytes elsewhere */
static int sink;              /* /dev/null */

static void
make_file(void)
{
	char name[40];

	snprintf(
	    name, sizeof name, "/OS-%ld-%ld", (long)geteuid(), (long)getpid());
	file = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
	if (file == -1)
		die("shm_open %s", name);
	shm_unlink(name);
	errno = posix_fallocate(file, 0, (off_t)size);
	if (errno != 0)
		die("posix_fallocate %zu bytes of shared memory", size);
	source = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	/* shared too: a private page would be write-protected by each fork, and
	 * memcpy would be timed with a page fault for every page */
	target = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (source == MAP_FAILED || target == MAP_FAILED)
		die("mmap %zu bytes", size);
	memset(source, 'x', size);
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

static void
copy_bounded_buffer(void)
{
	char name[60];
	int input = file;

	snprintf(name, sizeof name, "--name=/bounded_buffer-%ld-%ld",
	    (long)geteuid(), (long)getpid());
	pid_t consumer = child_with(input, sink);
	if (consumer == 0) {
		execlp("bounded_buffer", "bounded_buffer", "consume", name,
		    (char *)NULL);
		die_child("exec bounded_buffer");
	}
	pid_t producer = child_with(input, sink);
	if (producer == 0) {
		execlp("bounded_buffer", "bounded_buffer", "produce", name,
		    (char *)NULL);
		die_child("exec bounded_buffer");
	}
	wait_for(producer, "bounded_buffer produce");
	wait_for(consumer, "bounded_buffer consume");
}

static void
copy_pipe(void)
{
	int ends[2];

	if (pipe(ends) == -1)
		die("pipe");
	pid_t writer = child_with(file, ends[1]);
	if (writer == 0) {
		close(ends[0]);
		close(ends[1]);
		execlp("cat", "cat", (char *)NULL);
		die_child("exec cat");
	}
	pid_t reader = child_with(ends[0], sink);
	if (reader == 0) {
		static char buffer[128 * 1024];
		long n;
		close(ends[1]);
		while ((n = system_read(0, buffer, sizeof buffer)) > 0)
			if (!write_all(1, buffer, (size_t)n))
				die_child("write");
		_exit(n == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(ends[0]);
	close(ends[1]);
	wait_for(writer, "cat");
	wait_for(reader, "the pipe's reader");
}

static void
bench_file(void)
{
	static const struct {
		const char *what;
		void (*copy)(void);
	} ways[] = {
	    {"memcpy, one thread", copy_memory},
	    {"bounded_buffer produce, consume", copy_bounded_buffer},
	    {"cat FILE | reader, a pipe", copy_pipe},
	};
	enum { WAYS = sizeof ways / sizeof ways[0] };
	double speed[WAYS][ROUNDS];

	make_file();
	for (int round = -1; round < ROUNDS; round++)
		for (int way = 0; way < WAYS; way++) {
			lseek(file, 0, SEEK_SET);
			long long start = nanoseconds();
			ways[way].copy();
			double seconds = (double)(nanoseconds() - start) / 1e9;
			if (round >= 0)
				speed[way][round] =
				    (double)size / seconds / 1e9;
		}
	printf("%.0f MiB from a file in memory to /dev/null, processes "
	       "started and ended:\n",
	    (double)size / 0x1p20);
	double first = median(speed[0], ROUNDS);
	for (int way = 0; way < WAYS; way++) {
		double middle = median(speed[way], ROUNDS);
		printf("  %-34s %6.2f GB/s   %.2f of memcpy\n", ways[way].what,
		    middle, middle / first);
	}
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
	long long start = nanoseconds();
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		send_items_ring();
		_exit(EXIT_SUCCESS);
	}
	receive_items_ring();
	double each = (double)(nanoseconds() - start) / (double)items;
	wait_for(child, "the sender");
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
	long long start = nanoseconds();
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
	double each = (double)(nanoseconds() - start) / (double)number_of_items;
	wait_for(child, "the writer");
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
	double ring_times[ROUNDS], pipe_times[ROUNDS], calls[ROUNDS];

	ring = shared_memory(sizeof *ring);
	counts = shared_memory(sizeof *counts);
	for (int round = -1; round < ROUNDS; round++) {
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
	double by_ring = median(ring_times, ROUNDS);
	double by_pipe = median(pipe_times, ROUNDS);
	printf("\n%d-byte items, both sides busy:\n", ITEM);
	printf("  %-34s %6.1f ns   %.6f system calls an item\n", "the ring",
	    by_ring, median(calls, ROUNDS));
	printf("  %-34s %6.1f ns   2 system calls an item, %.0f times the "
	       "ring's time\n",
	    "a pipe", by_pipe, by_pipe / by_ring);
}

/* ---- waiting ------------------------------------------------------------- */

static void
bench_waiting(void)
{
	char name[60];
	struct rusage usage;

	snprintf(name, sizeof name, "--name=/bounded_buffer-%ld-%ld",
	    (long)geteuid(), (long)getpid());
	int errors = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t child = child_with(sink, sink);
	if (child == 0) {
		dup2(errors, 2);
		execlp("bounded_buffer", "bounded_buffer", "consume",
		    "--wait=1", name, (char *)NULL);
		die_child("exec bounded_buffer");
	}
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
	bench_file();
	fflush(stdout);
	bench_items();
	fflush(stdout);
	bench_waiting();
	close_stdout();
	return EXIT_SUCCESS;
}
