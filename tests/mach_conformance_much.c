/* Large memory in messages, when there is much of it: many regions, many
 * writes, many threads, and limits that are reached. */
#define _GNU_SOURCE /* RLIMIT_FSIZE, close_range */
#include "tests/mach_facts.h"
#include "tests/mach_memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { REGION = 256 << 10, LARGE = 8 << 20 };

/* ---- writes ---------------------------------------------------------------
 */

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

/* ---- threads --------------------------------------------------------------
 */

enum { WRITERS = 3, PAGES = REGION / 4096 };

static char *shared;
static atomic_bool enough;

/* Counts in a word of each page, which nobody else writes to. */
static void *
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

/* ---- one message ----------------------------------------------------------
 */

/* More regions than a message can have files, between small ones. */
static void
mixed_facts(mach_port_t port)
{
	enum { MANY = 200 };
	struct {
		mach_msg_header_t header;
		mach_msg_body_t body;
		mach_msg_ool_descriptor_t memory[MANY];
		mach_msg_max_trailer_t trailer;
	} message = {
	    .header = {.msgh_remote_port = port,
		.msgh_bits = MACH_MSGH_BITS_COMPLEX |
			     MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0)},
	    .body = {MANY}};
	char *regions[MANY];
	bool right = true;

	for (int i = 0; i < MANY; i++) {
		mach_msg_size_t size =
		    i % 2 ? REGION : (mach_msg_size_t)(i + 1);
		regions[i] = region_of(size);
		memset(regions[i], i, size);
		message.memory[i] =
		    (mach_msg_ool_descriptor_t){.address = regions[i],
			.size = size,
			.copy = MACH_MSG_VIRTUAL_COPY,
			.deallocate = i % 3 == 0,
			.type = MACH_MSG_OOL_DESCRIPTOR};
	}
	need(mach_msg(&message.header, MACH_SEND_MSG,
		 sizeof message - sizeof message.trailer, 0, MACH_PORT_NULL, 0,
		 MACH_PORT_NULL),
	    "send");
	need(mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
		 sizeof message, port, 1000, MACH_PORT_NULL),
	    "receive");
	for (int i = 0; i < MANY; i++) {
		mach_msg_size_t size = message.memory[i].size;
		right = right &&
			size == (i % 2 ? REGION : (mach_msg_size_t)(i + 1)) &&
			is_all(message.memory[i].address, size, (char)i);
		free_region(message.memory[i].address, size);
		if (i % 3)
			free_region(regions[i], size);
	}
	fact("200 regions, large and small, in a message", right, 1);
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

/* ---- limits ---------------------------------------------------------------
 */

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
	char *got;

	for (int fd = 3; fd < 100; fd++) {
		char path[32], name[64] = "";
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if (readlink(path, name, sizeof name - 1) > 0 &&
		    strstr(name, "mach memory"))
			dup2(1, fd);
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
limit_facts_of_tasks(void)
{
	char *region = region_of(REGION);

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

	scattered_facts(port);
	steady_facts(port);
	thread_facts();
	mixed_facts(port);
	returned_facts(port);
	many_facts(port);
	limit_facts_of_tasks();
}
