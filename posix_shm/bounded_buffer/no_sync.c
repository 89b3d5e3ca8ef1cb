#include "posix_shm/bounded_buffer/no_sync.h"
#include "common/common.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Small, so that all of it is gone over many times. */
enum { SLOTS = 16, ITEMS = 100000, WORDS = 64 };

/* An item is its number, written out many times: an item whose words differ was
 * read while it was written. */
struct item {
	uint32_t words[WORDS];
};

/* volatile: every word is stored and loaded, in this order, as a larger item's
 * would be. */
struct buffer {
	volatile struct item slots[SLOTS];
};

/* A processor may be taken away at any moment; here that is now and then
 * helped, so that the defect shows on a machine with one processor too. */
static void
maybe_switch(uint32_t number)
{
	if (number % 512 == 0)
		sched_yield();
}

static void
produce(struct buffer *buffer)
{
	unsigned in = 0;

	for (uint32_t number = 1; number <= ITEMS; number++) {
		/* missing here: wait while the buffer is full */
		for (int i = 0; i < WORDS; i++) {
			buffer->slots[in].words[i] = number;
			if (i == WORDS / 2)
				maybe_switch(number);
		}
		in = (in + 1) % SLOTS;
	}
}

/* Marks in ARRIVED the items that arrived whole; returns the number of torn
 * ones. */
static unsigned
consume(const struct buffer *buffer, bool *arrived)
{
	unsigned out = 0, torn = 0;

	for (uint32_t turn = 1; turn <= ITEMS; turn++) {
		/* missing here: wait while the buffer is empty */
		uint32_t number = buffer->slots[out].words[0];
		bool whole = true;
		for (int i = 1; i < WORDS; i++) {
			if (i == WORDS / 2)
				maybe_switch(turn);
			if (buffer->slots[out].words[i] != number)
				whole = false;
		}
		if (whole)
			arrived[number] = true;
		else
			torn++;
		out = (out + 1) % SLOTS;
	}
	return torn;
}

int
run_without_sync(void)
{
	static bool arrived[ITEMS + 1]; /* [0]: a slot that was still empty */
	unsigned lost = 0;
	char name[40];

	snprintf(name, sizeof name, "/bounded_buffer-%ld-%ld", (long)geteuid(),
	    (long)getpid());
	int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
	if (fd == -1)
		die("shm_open %s", name);
	shm_unlink(name); /* the child inherits the mapping, not the name */
	if (ftruncate(fd, sizeof(struct buffer)) == -1)
		die("ftruncate %s", name);
	struct buffer *buffer = mmap(
	    NULL, sizeof *buffer, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (buffer == MAP_FAILED)
		die("mmap %s", name);
	close(fd);

	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		produce(buffer);
		_exit(EXIT_SUCCESS);
	}
	unsigned torn = consume(buffer, arrived);
	kill(child, SIGKILL); /* whatever it does after the last turn is moot */
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
		;

	for (int number = 1; number <= ITEMS; number++)
		lost += !arrived[number];
	broke("no-sync",
	    "of %d items %u never arrived whole, and %u time%s an item was "
	    "torn: taken while it was being put in",
	    ITEMS, lost, torn, plural(torn));
	return EXIT_FAILURE;
}
