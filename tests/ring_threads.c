/*
 * The ring between two threads of one process, so that the thread sanitizer can
 * see both ends: items of several sizes go through and are checked.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/common.h"
#include "posix_shm/bounded_buffer/ring.h"

enum { LARGEST = 4096 };

static struct ring ring;
static size_t item_size;
static uint64_t items;

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "bounded-buffer",
    .role = "threads",
    .purpose = "Checks the bounded buffer's ring between two threads.",
    .example = "ring_threads",
    .options = options,
};

static void *
produce(void *unused)
{
	struct ring_handle end;
	uint64_t item[LARGEST / sizeof(uint64_t)];

	ring_open(&end, &ring, PRODUCER);
	for (uint64_t number = 0; number < items; number++) {
		for (size_t i = 0; i < item_size / sizeof item[0]; i++)
			item[i] = number;
		if (!ring_put(&end, item, item_size))
			fatal("the consumer is gone");
	}
	ring_finish(&end, RING_DONE);
	if (ring_wait_for_end(&end) != RING_DONE)
		fatal("the consumer did not finish");
	return unused;
}

static void
consume(void)
{
	struct ring_handle end;
	uint64_t item[LARGEST / sizeof(uint64_t)];
	uint64_t number = 0;

	ring_open(&end, &ring, CONSUMER);
	for (; ring_get(&end, item, item_size); number++)
		for (size_t i = 0; i < item_size / sizeof item[0]; i++)
			if (item[i] != number)
				fatal("item %llu is torn or out of turn",
				    (unsigned long long)number);
	if (number != items)
		fatal("%llu items arrived", (unsigned long long)number);
	ring_finish(&end, RING_DONE);
}

int
main(int argc, char *argv[])
{
	static const struct {
		size_t size;
		uint64_t items;
	} rounds[] = {{8, 1000000}, {64, 200000}, {4096, 20000}, {8, 0}};

	while (next_option(argc, argv, &program) != -1)
		;
	for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
		pthread_t producer;
		item_size = rounds[i].size;
		items = rounds[i].items;
		if (!ring_create(&ring))
			die("sem_init");
		if (pthread_create(&producer, NULL, produce, NULL) != 0)
			fatal("pthread_create");
		consume();
		pthread_join(producer, NULL);
		printf("%llu items of %zu bytes\n", (unsigned long long)items,
		    item_size);
	}
	close_stdout();
	return EXIT_SUCCESS;
}
