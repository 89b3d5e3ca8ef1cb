/* Large memory in messages, when there is much of it: many regions, many
 * writes, many threads, and limits that are reached. */
#define _GNU_SOURCE /* memfd_create, struct ucred */
#include "tests/mach_facts.h"
#include "tests/mach_memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mach_msg/linux/lib/connection.h"

enum { REGION = 256 << 10, LARGE = 8 << 20 };

/* ---- writes ------------------------------------------------------------- */

/* Every other page, which is too much to keep apart. */
static void
scattered_facts(mach_port_t port)
{
	size_t page = page_size();
	char *region = region_of(LARGE), *got;
	bool right = true;

	free_region(send_and_receive(port, region, LARGE), LARGE);
	for (size_t at = 0; at < LARGE; at += 2 * page)
		region[at] = 'B';
	got = send_and_receive(port, region, LARGE);
	for (size_t at = 0; at < LARGE; at += page)
		right = right && got[at] == (at / page % 2 ? 'A' : 'B') &&
			is_all(got + at + 1, page - 1, 'A');
	fact("every other page was written to", right, 1);
	fact("all is in one file", file_at(got) == file_at(got + page), 1);
	fact("which is the sender's, too", file_at(got) == file_at(region), 1);
	free_region(got, LARGE);
	free_region(region, LARGE);
}

/* One page between any two messages: the files become many. */
static void
steady_facts(mach_port_t port)
{
	enum { TIMES = 200 };
	size_t page = page_size();
	char *region = region_of(LARGE), *got = NULL;
	bool right = true;

	for (size_t i = 0; i < TIMES; i++) {
		if (got)
			free_region(got, LARGE);
		region[i * page] = 'B';
		got = send_and_receive(port, region, LARGE);
		right = right && got[i * page] == 'B' && got[0] == 'B';
	}
	for (size_t i = 0; i < LARGE / page; i++)
		right = right && got[i * page] == (i < TIMES ? 'B' : 'A');
	fact("a page is written to before each of 200 messages", right, 1);
	free_region(got, LARGE);
	free_region(region, LARGE);
}

/* ---- threads ------------------------------------------------------------ */

enum { WRITERS = 3, PAGES = REGION / 4096 };

static char *shared;
static atomic_bool enough;

/* Counts in a word of each page, which nobody else writes to. What a message
 * has of it is left to chance, which the thread sanitizer would mind. */
__attribute__((no_sanitize("thread"))) static void *
write_on(void *argument)
{
	uintptr_t own = (uintptr_t)argument, lost = 0;

	for (uint64_t count = 0; !enough; count++)
		for (size_t i = 0; i < PAGES; i++) {
			uint64_t *word =
			    (uint64_t *)(void *)(shared + i * 4096) + own;
			lost += *(volatile uint64_t *)word != count;
			*(volatile uint64_t *)word = count + 1;
		}
	return (void *)lost;
}

static void *
send_on(void *argument)
{
	enum { TIMES = 300 };
	mach_port_t port = new_port(1);
	uintptr_t wrong = 0;

	(void)argument;
	for (int i = 0; i < TIMES; i++) {
		char *got = send_and_receive(port, shared, REGION);
		uint64_t first[PAGES];
		for (size_t n = 0; n < PAGES; n++)
			memcpy(&first[n], got + n * 4096, sizeof first[n]);
		for (size_t n = 0; n < PAGES; n++)
			wrong += memcmp(&first[n], got + n * 4096,
				     sizeof first[n]) != 0;
		free_region(got, REGION);
	}
	mach_port_destroy(mach_task_self(), port);
	return (void *)wrong;
}

static void
thread_facts(void)
{
	pthread_t writers[WRITERS], senders[2];
	void *result;
	uintptr_t lost = 0, wrong = 0;

	shared = region_of(REGION);
	memset(shared, 0, REGION);
	for (uintptr_t i = 0; i < WRITERS; i++)
		if (pthread_create(&writers[i], NULL, write_on, (void *)i) != 0)
			fatal("pthread_create failed");
	for (int i = 0; i < 2; i++)
		if (pthread_create(&senders[i], NULL, send_on, NULL) != 0)
			fatal("pthread_create failed");
	for (int i = 0; i < 2; i++) {
		pthread_join(senders[i], &result);
		wrong += (uintptr_t)result;
	}
	enough = true;
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(writers[i], &result);
		lost += (uintptr_t)result;
	}
	fact("two threads send what three write to: no write is lost",
	    (uint32_t)lost, 0);
	fact("and no message changes", (uint32_t)wrong, 0);
	free_region(shared, REGION);
}

#ifndef __SANITIZE_ADDRESS__
static atomic_int stack_sent; /* 1: not all was right */

/* A thread whose stack lies in the region, and is written to as it is sent. */
static void *
send_own_stack(void *argument)
{
	mach_port_t port = new_port(1);
	bool right = true;

	for (int i = 0; i < 20; i++) {
		char *got = send_and_receive(port, argument, LARGE);
		right = right && is_all(got, LARGE / 2, 'A');
		free_region(got, LARGE);
	}
	stack_sent = right ? 2 : 1;
	for (;;)
		pause();
	return NULL;
}

static void
stack_facts(void)
{
	char *region = region_of(LARGE);
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	if (pthread_attr_setstack(&attributes, region + LARGE / 2, LARGE / 2) !=
		0 ||
	    pthread_create(&thread, &attributes, send_own_stack, region) != 0)
		fatal("pthread_create failed");
	pthread_attr_destroy(&attributes);
	while (stack_sent == 0)
		system_sleep(0.001);
	fact("a thread sends its own stack", stack_sent == 2, 1);
}
#endif

/* ---- one message -------------------------------------------------------- */

/* More regions than a message can have files, and then more than it can have
 * extents, between small ones. */
static void
mixed_facts(mach_port_t port)
{
	enum { REGIONS = 100, MANY = 1600 };
	static struct {
		mach_msg_header_t header;
		mach_msg_body_t body;
		mach_msg_ool_descriptor_t memory[MANY];
		mach_msg_max_trailer_t trailer;
	} message;
	char *regions[REGIONS], small[MANY];
	bool right = true;

	for (int i = 0; i < REGIONS; i++) {
		regions[i] = region_of(REGION);
		memset(regions[i], i, REGION);
	}
	for (int i = 0; i < MANY; i++) {
		mach_msg_ool_descriptor_t *memory = &message.memory[i];
		small[i] = (char)i;
		memory->address = i % 2 ? regions[i / 2 % REGIONS] : &small[i];
		memory->size = i % 2 ? REGION : 1;
		memory->copy = MACH_MSG_VIRTUAL_COPY;
		memory->type = MACH_MSG_OOL_DESCRIPTOR;
	}
	message.header.msgh_remote_port = port;
	message.header.msgh_bits =
	    MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	message.body.msgh_descriptor_count = MANY;
	need(mach_msg(&message.header, MACH_SEND_MSG,
		 sizeof message - sizeof message.trailer, 0, MACH_PORT_NULL, 0,
		 MACH_PORT_NULL),
	    "send");
	need(mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
		 sizeof message, port, 1000, MACH_PORT_NULL),
	    "receive");
	for (int i = 0; i < MANY; i++) {
		size_t size = i % 2 ? REGION : 1;
		right = right && message.memory[i].size == size &&
			is_all(message.memory[i].address, size,
			    (char)(i % 2 ? i / 2 % REGIONS : i));
		free_region(message.memory[i].address, size);
	}
	for (int i = 0; i < REGIONS; i++)
		free_region(regions[i], REGION);
	fact("800 times 256 KiB and 800 times a byte in a message", right, 1);
}

/* A queue that is full gives the memory back that was to go. */
static void
returned_facts(mach_port_t port)
{
	char *region = region_of(REGION), *back;
	uint32_t file;
	union message message;

	need(set_limit(port, 0), "set_limit");
	free_region(send_and_receive(new_port(1), region, REGION), REGION);
	file = file_at(region);
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_memory(&message, region, REGION, true);
	fact("a full queue",
	    (uint32_t)send_message(&message, MACH_SEND_TIMEOUT),
	    MACH_SEND_TIMED_OUT);
	back = message.memory.memory.address;
	fact("gives the memory back", file_at(back) == file, 1);
	fact("with its bytes", is_all(back, REGION, 'A'), 1);
	free_region(back, REGION);
	need(set_limit(port, 5), "set_limit");
}

/* Receives all, and frees it. */
static void
drain_memory(mach_port_t port)
{
	union message message;

	while (receive(port, &message, 0) == MACH_MSG_SUCCESS)
		free_region(
		    message.memory.memory.address, message.memory.memory.size);
}

/* ---- what is kept ------------------------------------------------------- */

/* How many descriptors of memory files the process has. */
static uint32_t
files_of(pid_t pid)
{
	char path[64], name[64];
	uint32_t count = 0;

	for (int fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
		ssize_t n = readlink(path, name, sizeof name - 1);
		name[n < 0 ? 0 : n] = '\0';
		count +=
		    strstr(name, "mach memory") || strstr(name, "mach_msg");
	}
	return count;
}

static pid_t
kernel_process(void)
{
	struct ucred peer = {.pid = 0};
	socklen_t size = sizeof peer;
	int fd = mach_kernel_connect();

	if (fd == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == -1)
		fatal("no kernel");
	close(fd);
	return peer.pid;
}

/* Bytes that the file mapped there has in memory. */
static size_t
bytes_kept(const char *region)
{
	struct stat status;

	for (int fd = 0; fd < 1024; fd++)
		if (fstat(fd, &status) == 0 &&
		    (uint32_t)status.st_ino == file_at(region))
			return (size_t)status.st_blocks * 512;
	return 0;
}

static void
kept_facts(void)
{
	enum { MANY = 100 };
	uint32_t before = files_of(getpid());
	char *region = region_of(LARGE);

	free_region(region, LARGE / 4);
	fact("what is freed of a region is no memory any more",
	    bytes_kept(region + LARGE / 2) == LARGE / 4 * 3, 1);
	free_region(region, LARGE);
	for (int i = 0; i < MANY; i++) {
		/* another size each time, so that none is in another's place */
		size_t size = REGION + (size_t)(MANY - i) * page_size();
		region = region_of(size);
		if (munmap(region, size) == -1)
			die("munmap");
	}
	fact("what is unmapped without a word isn't kept either",
	    files_of(getpid()) < before + MANY / 2, 1);
}

/* Parts of one region, which is a file that is there once. */
static void
charge_facts(mach_port_t port)
{
	enum { MANY = 20 };
	const size_t gib = (size_t)1 << 30;
	vm_address_t region = 0;
	mach_msg_return_t result = MACH_MSG_SUCCESS;

	need(set_limit(port, MANY), "set_limit");
	need(vm_allocate(mach_task_self(), &region, gib, VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	for (size_t i = 0; i < MANY && result == MACH_MSG_SUCCESS; i++)
		result = send_memory(
		    port, (char *)region + i * REGION, REGION, false);
	fact("20 parts of a region of 1 GiB in a queue", (uint32_t)result,
	    MACH_MSG_SUCCESS);
	free_region((void *)region, gib);
	drain_memory(port);
	need(set_limit(port, 5), "set_limit");
}

/* ---- limits ------------------------------------------------------------- */

/* More regions than a task may have files. */
static void
many_facts(mach_port_t port)
{
	enum { MANY = 600 };
	static char *regions[MANY], *got[MANY];
	bool right = true;

	for (int i = 0; i < MANY; i++) {
		regions[i] = region_of(REGION);
		memset(regions[i], i, REGION);
	}
	for (int i = 0; i < MANY; i++)
		got[i] = send_and_receive(port, regions[i], REGION);
	for (int i = 0; i < MANY; i++) {
		right = right && is_all(got[i], REGION, (char)i);
		free_region(regions[i], REGION);
		free_region(got[i], REGION);
	}
	fact("600 regions", right, 1);
}

/* Regions whose descriptors the program has closed, and used for another file,
 * behind the library's back. */
static int
close_descriptors(char *memory)
{
	mach_port_t port = new_port(1);
	int other = memfd_create("other", 0);
	char *got;

	if (other == -1 || ftruncate(other, REGION) == -1)
		die_child("memfd_create");
	for (int fd = 3; fd < 100; fd++) {
		char path[32], name[64] = "";
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if (readlink(path, name, sizeof name - 1) > 0 &&
		    strstr(name, "mach memory"))
			dup2(other, fd);
	}
	memory[1] = 'B';
	got = send_and_receive(port, memory, REGION);
	free_region(memory, REGION);
	return got[0] == 'A' && got[1] == 'B' &&
		       is_all(got + 2, REGION - 2, 'A')
		   ? 0
		   : 2;
}

/* No file may be that large; but memory may. */
static int
no_large_file(char *memory)
{
	struct rlimit limit = {4096, 4096};

	if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
		return 3;
	return is_all(region_of(LARGE), LARGE, memory[0]) ? 0 : 2;
}

static void
limit_facts_of_tasks(mach_port_t port)
{
	char *region = region_of(REGION);

	free_region(send_and_receive(port, region, REGION), REGION);
	fact("its descriptor was closed: it is copied",
	    (uint32_t)in_child(close_descriptors, region), 0);
	fact("no large file: no file",
	    (uint32_t)in_child(no_large_file, region), 0);
	free_region(region, REGION);
}

void
much_facts(void)
{
	mach_port_t port = new_port(1);
	pid_t kernel = kernel_process();
	uint32_t here, there = files_of(kernel);

#ifndef __SANITIZE_ADDRESS__ /* it minds who reads all of a stack */
	stack_facts();       /* which leaves its memory */
#endif
	here = files_of(getpid());
	scattered_facts(port);
	steady_facts(port);
	thread_facts();
	mixed_facts(port);
	returned_facts(port);
	many_facts(port);
	limit_facts_of_tasks(port);
	charge_facts(port);
	fact("nothing is left in this task", files_of(getpid()), here);
	fact("nor in the kernel", files_of(kernel), there);
	kept_facts();
}
