/*
 * How long it takes until another task has memory that is out of line, beside a
 * pipe, and a copy into a section that both have mapped beforehand; each from
 * when the sender has the bytes until the receiver has read all of them, or has
 * received them, by the receiver's own look at the clock: on one processor it
 * may go on, and give the memory back, before the sender hears of it. The
 * sender's memory is new each time.
 */
#define _GNU_SOURCE /* MADV_HUGEPAGE, memfd_create */
#include "tests/bench_mach_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bench.h"
#include "tests/mach_facts.h"

enum { MIB = 1 << 20, SIZE = 64 * MIB, CHUNK = 1 * MIB, HUGE_PAGE = 2 * MIB };
enum { ROUNDS = 11, GIB_ROUNDS = 5, SMALL_ROUNDS = 201 };

/* What the receiver is told to do, as a message's id. */
enum order { READ_MEMORY, TAKE_MEMORY, READ_SECTION, READ_PIPE };

static char *section; /* of SIZE bytes, which both have */
static int data[2], acks[2];
static mach_port_t receiver;
static long long finished; /* when the receiver had what it was told of */

/* ---- the receiver ------------------------------------------------------- */

static void
sum_all(const char *bytes, size_t size)
{
	static volatile uint64_t result;
	const uint64_t *words = (const void *)bytes;
	uint64_t sum = 0;

	for (size_t i = 0; i < size / sizeof *words; i++)
		sum += words[i];
	result = sum;
	(void)result;
}

static void
read_pipe(char *to)
{
	for (size_t got = 0; got < SIZE;) {
		size_t most = SIZE - got < CHUNK ? SIZE - got : CHUNK;
		ssize_t n = read(data[0], to, most);
		if (n <= 0)
			die_child("read");
		sum_all(to, (size_t)n);
		got += (size_t)n;
	}
}

static _Noreturn void
receive_all(void)
{
	mach_port_t port = new_port(0);
	char *chunk = malloc(CHUNK);
	union message message;
	long long now;

	if (!chunk)
		die_child("malloc");
	memset(chunk, 0, CHUNK);
	need(send_reply_right(bootstrap_port, 0, port, MACH_MSG_TYPE_MAKE_SEND),
	    "send");
	for (;;) {
		const mach_msg_ool_descriptor_t *memory =
		    &message.memory.memory;
		need(receive(port, &message, 600000), "receive");
		if (message.header.msgh_id == READ_SECTION)
			sum_all(section, SIZE);
		else if (message.header.msgh_id == READ_PIPE)
			read_pipe(chunk);
		else if (message.header.msgh_id == READ_MEMORY)
			sum_all(memory->address, memory->size);
		now = bench_now();
		if (write(acks[1], &now, sizeof now) != sizeof now)
			die_child("write");
		if (message.header.msgh_bits & MACH_MSGH_BITS_COMPLEX)
			need(vm_deallocate(mach_task_self(),
				 (vm_address_t)memory->address, memory->size),
			    "vm_deallocate");
	}
}

static void
receive_all_for_ever(void)
{
	receive_all();
}

/* ---- the sender --------------------------------------------------------- */

static void
order(enum order id)
{
	need(send_to(receiver, MACH_MSG_TYPE_COPY_SEND, (int)id, 0, 0), "send");
}

static void
await_ack(void)
{
	while (read(acks[0], &finished, sizeof finished) != sizeof finished)
		if (errno != EINTR)
			die("read");
}

static char *
new_memory(size_t size)
{
	vm_address_t address = 0;

	need(vm_allocate(mach_task_self(), &address, size, VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	memset((void *)address, 'A', size);
	return (char *)address;
}

static void
send_out_of_line(
    char *memory, size_t size, enum order id, mach_msg_copy_options_t copy)
{
	union message message;

	address_to(&message, receiver, MACH_MSG_TYPE_COPY_SEND, (int)id);
	carry_memory(&message, memory, (mach_msg_size_t)size, false);
	message.memory.memory.copy = copy & 0xff;
	need(send_message(&message, 0), "send");
	await_ack();
}

static void
by_mach(char *memory, size_t size)
{
	send_out_of_line(memory, size, READ_MEMORY, MACH_MSG_VIRTUAL_COPY);
}

/* The same memory each time, which nobody has written to since the last. */
static void
by_mach_again(char *memory, size_t size)
{
	static char *same;

	(void)memory;
	if (!same)
		same = new_memory(SIZE);
	by_mach(same, size);
}

static void
by_mach_copied(char *memory, size_t size)
{
	send_out_of_line(memory, size, READ_MEMORY, MACH_MSG_PHYSICAL_COPY);
}

static void
by_mach_unread(char *memory, size_t size)
{
	send_out_of_line(memory, size, TAKE_MEMORY, MACH_MSG_VIRTUAL_COPY);
}

static void
by_section(char *memory, size_t size)
{
	memcpy(section, memory, size);
	order(READ_SECTION);
	await_ack();
}

static void
by_pipe(char *memory, size_t size)
{
	order(READ_PIPE);
	while (size > 0) {
		ssize_t n = write(data[1], memory, size);
		if (n <= 0)
			die("write");
		memory += n;
		size -= (size_t)n;
	}
	await_ack();
}

/* ---- times -------------------------------------------------------------- */

/* Milliseconds that it takes to hand over new memory. */
static double
time_new(void (*hand_over)(char *memory, size_t size), size_t size)
{
	char *memory = new_memory(size);
	long long start = bench_now();

	hand_over(memory, size);
	need(vm_deallocate(mach_task_self(), (vm_address_t)memory, size),
	    "vm_deallocate");
	return (double)(finished - start) / 1e6;
}

/* What the last comparison measured, by way and round. */
static double times[BENCH_WAYS][SMALL_ROUNDS];
static int rounds;

/* They take turns; a first round isn't counted. */
static void
compare(void (*const ways[])(char *memory, size_t size), size_t count,
    size_t size, int most)
{
	rounds = most;
	for (int round = -1; round < rounds; round++)
		for (size_t i = 0; i < count; i++) {
			double time = time_new(ways[i], size);
			if (round >= 0)
				times[i][round] = time;
		}
}

static double
time_of(int way)
{
	double sorted[SMALL_ROUNDS];

	memcpy(sorted, times[way], sizeof sorted);
	return bench_median(sorted, (size_t)rounds);
}

static double
ratio_of(int way, int other)
{
	double ratios[SMALL_ROUNDS];

	for (int i = 0; i < rounds; i++)
		ratios[i] = times[way][i] / times[other][i];
	return bench_median(ratios, (size_t)rounds);
}

/* Kilobytes that the file has behind NAME, first of the mapping at ADDRESS if
 * that isn't null; 0 when it says nothing. */
static long
kilobytes(const char *path, const void *address, const char *name)
{
	FILE *file = fopen(path, "re");
	char line[512], start[32];
	bool here = address == NULL;
	long found = 0;

	if (!file)
		die("open %s", path);
	snprintf(start, sizeof start, "%lx-", (unsigned long)address);
	while (found == 0 && fgets(line, sizeof line, file)) {
		if (address && strncmp(line, start, strlen(start)) == 0)
			here = true;
		if (here && strncmp(line, name, strlen(name)) == 0)
			found = strtol(line + strlen(name), NULL, 10);
	}
	fclose(file);
	return found;
}

/* The pages that new memory of that size is made of. */
static const char *
pages_of(size_t size)
{
	char *memory = new_memory(size);
	bool huge = kilobytes("/proc/self/smaps", memory, "ShmemPmdMapped:") ==
		    (long)(size >> 10);

	need(vm_deallocate(mach_task_self(), (vm_address_t)memory, size),
	    "vm_deallocate");
	return huge ? "huge pages of 2 MiB" : "pages of 4 KiB";
}

/* ---- what is printed ---------------------------------------------------- */

static void
print(const char *what, int way)
{
	printf("  %-31s %9.3f ms\n", what, time_of(way));
	fflush(stdout);
}

static void
bench_64_mib(void)
{
	enum { AGAIN, NEW, COPIED, PIPE, SECTION, WAYS };
	static void (*const ways[])(char *, size_t) = {
	    by_mach_again, by_mach, by_mach_copied, by_pipe, by_section};
	static const struct {
		const char *what;
		int way;
	} mapped[] = {{"mach_msg, new memory each time", NEW},
	    {"mach_msg, the same each time", AGAIN}};

	compare(ways, WAYS, SIZE, ROUNDS);
	printf("\n64 MiB to another process, which reads all; %s:\n",
	    pages_of(SIZE));
	print("a pipe", PIPE);
	print("a section mapped beforehand", SECTION);
	print("mach_msg, PHYSICAL_COPY", COPIED);
	for (int i = 0; i < 2; i++)
		printf("  %-31s %9.3f ms   %.2f of the pipe, %.2f of the "
		       "section\n",
		    mapped[i].what, time_of(mapped[i].way),
		    ratio_of(mapped[i].way, PIPE),
		    ratio_of(mapped[i].way, SECTION));
}

static void
bench_small(size_t size)
{
	enum { MAPPED, COPIED, WAYS };
	static void (*const ways[])(char *, size_t) = {by_mach, by_mach_copied};

	compare(ways, WAYS, size, SMALL_ROUNDS);
	printf("  %4zu KiB  %9.3f ms  by PHYSICAL_COPY  %9.3f ms   %.2f of "
	       "that\n",
	    size >> 10, time_of(COPIED), time_of(MAPPED),
	    ratio_of(MAPPED, COPIED));
	fflush(stdout);
}

static long
memory_in_use(void)
{
	return kilobytes("/proc/meminfo", NULL, "Shmem:") +
	       kilobytes("/proc/meminfo", NULL, "AnonPages:");
}

static void
bench_gib(void)
{
	const size_t size = (size_t)1 << 30;
	double took[GIB_ROUNDS], grown[GIB_ROUNDS];
	const char *pages = pages_of(size);

	if (kilobytes("/proc/meminfo", NULL, "MemAvailable:") < 3L << 20) {
		printf("\n1 GiB: this machine hasn't the memory\n");
		return;
	}
	for (int i = 0; i < GIB_ROUNDS; i++) {
		char *memory = new_memory(size);
		long before = memory_in_use();
		long long start = bench_now();
		by_mach_unread(memory, size);
		took[i] = (double)(bench_now() - start) / 1e6;
		grown[i] = (double)(memory_in_use() - before) / 1024;
		need(
		    vm_deallocate(mach_task_self(), (vm_address_t)memory, size),
		    "vm_deallocate");
	}
	printf("\n1 GiB to another process, which reads nothing; %s:\n", pages);
	printf("  %-31s %9.3f ms\n", "mach_msg, new memory each time",
	    bench_median(took, GIB_ROUNDS));
	printf("  %-31s %9.3f MiB\n", "memory in use grows by",
	    bench_median(grown, GIB_ROUNDS));
}

void
bench_memory(mach_port_t client)
{
	static const size_t sizes[] = {
	    64 << 10, 128 << 10, 256 << 10, 512 << 10, MIB, 4 * MIB};
	union message message;
	pid_t task;

	section = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (section == MAP_FAILED || pipe(data) == -1 || pipe(acks) == -1)
		die("a section and two pipes");
	madvise(section, SIZE, MADV_HUGEPAGE);
	memset(section, 0, SIZE);
	task = task_start(receive_all_for_ever, client);
	need(receive(client, &message, 60000), "the receiver's port");
	receiver = message.header.msgh_remote_port;

	bench_64_mib();
	bench_gib();
	printf("\nMemory of other sizes, new each time, the receiver reads "
	       "all:\n");
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		bench_small(sizes[i]);
	task_end(task);
}
