#include "mach_msg/linux/kernel/memory.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Stands before each piece of memory. */
struct header {
	_Alignas(
	    max_align_t) struct ledger *ledger; /* null: the kernel's own */
	size_t size;
};

/* What is put by for notifications. */
enum { RESERVE = 1 << 20 };
static void *reserve;

/* ---- ledgers ------------------------------------------------------------- */

struct ledger *
ledger_create(void)
{
	struct ledger *ledger = calloc(1, sizeof *ledger);

	if (ledger)
		ledger->references = 1;
	return ledger;
}

void
ledger_release(struct ledger *ledger)
{
	if (ledger && --ledger->references == 0)
		free(ledger);
}

static uint64_t
descriptors_max(void)
{
	static uint64_t max;
	struct rlimit limit;

	if (max == 0) {
		max = LEDGER_DESCRIPTORS_MAX;
		if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
		    limit.rlim_cur / 4 < max)
			max = limit.rlim_cur / 4;
	}
	return max;
}

static uint64_t
payload_max(void)
{
	static uint64_t max;

	if (max == 0) {
		uint64_t half = (uint64_t)sysconf(_SC_PHYS_PAGES) *
				(uint64_t)sysconf(_SC_PAGESIZE) / 2;
		max = half < LEDGER_PAYLOAD_MAX ? half : LEDGER_PAYLOAD_MAX;
	}
	return max;
}

bool
ledger_take_descriptors(struct ledger *ledger, uint32_t count, uint64_t payload)
{
	if (!ledger)
		return true;
	if (ledger->descriptors + count > descriptors_max() ||
	    payload > payload_max() - ledger->payload)
		return false;
	ledger->references++;
	ledger->descriptors += count;
	ledger->payload += payload;
	return true;
}

void
ledger_give_descriptors(struct ledger *ledger, uint32_t count, uint64_t payload)
{
	if (!ledger)
		return;
	ledger->descriptors -= count;
	ledger->payload -= payload;
	ledger_release(ledger);
}

/* ---- memory -------------------------------------------------------------- */

static bool
exceeds(const struct ledger *ledger, size_t size)
{
	return ledger && size > LEDGER_BYTES_MAX - ledger->bytes;
}

static void *
get(struct ledger *ledger, size_t size)
{
	struct header *header = calloc(1, sizeof *header + size);

	if (!header)
		return NULL;
	header->ledger = ledger;
	header->size = size;
	if (ledger) {
		ledger->references++;
		ledger->bytes += size;
	}
	return header + 1;
}

void *
memory_get(struct ledger *ledger, size_t size)
{
	if (exceeds(ledger, size))
		return NULL;
	if (!reserve)
		reserve = malloc(RESERVE);
	return reserve ? get(ledger, size) : NULL;
}

void *
memory_need(struct ledger *ledger, size_t size)
{
	void *memory;

	if (exceeds(ledger, size))
		return NULL;
	memory = get(ledger, size);
	if (!memory) {
		free(reserve);
		reserve = NULL;
		memory = get(ledger, size);
	}
	return memory;
}

void *
memory_resize(void *memory, size_t size)
{
	struct header *old = (struct header *)memory - 1, *header;
	struct ledger *ledger = old->ledger;
	size_t before = old->size;

	if (size > before && exceeds(ledger, size - before))
		return NULL;
	header = realloc(old, sizeof *header + size);
	if (!header)
		return NULL;
	header->size = size;
	if (ledger)
		ledger->bytes += size - before;
	return header + 1;
}

void
memory_free(void *memory)
{
	struct header *header;

	if (!memory)
		return;
	header = (struct header *)memory - 1;
	if (header->ledger) {
		header->ledger->bytes -= header->size;
		ledger_release(header->ledger);
	}
	free(header);
}
