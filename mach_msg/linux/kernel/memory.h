/*
 * The kernel's memory. What a task makes the kernel hold is charged to the
 * task's ledger, which has limits: no task can use up what the others need. The
 * charge ends when the memory is given back, and may outlive the task.
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits of a ledger: bytes of the kernel's memory, and descriptors, of which a
 * task has no more than a quarter of the kernel's. */
enum { LEDGER_BYTES_MAX = 128 << 20, LEDGER_DESCRIPTORS_MAX = 2048 };

/* Bytes of memory files (vm_object.h), of which a task has no more than half
 * the machine's memory. */
#define LEDGER_PAYLOAD_MAX ((uint64_t)4 << 30)

/* What a task has the kernel hold. */
struct ledger {
	uint32_t references;  /* the task's, and one of each piece of memory */
	uint32_t descriptors; /* connections, and memory files */
	uint64_t bytes;
	uint64_t payload; /* bytes of these files */
};

/* A new ledger; null when there is no memory. The caller has its reference. */
struct ledger *ledger_create(void);
void ledger_release(struct ledger *ledger);

/* Charges COUNT descriptors with PAYLOAD bytes in files; false when that
 * would exceed a limit. Without a ledger nothing is charged. */
bool ledger_take_descriptors(
    struct ledger *ledger, uint32_t count, uint64_t payload);
void ledger_give_descriptors(
    struct ledger *ledger, uint32_t count, uint64_t payload);

/* Zeroed memory, charged to the ledger if that isn't null; null when a limit
 * is reached or the machine has none. memory_free() gives it back. */
void *memory_get(struct ledger *ledger, size_t size);

/* The same for what the kernel owes somebody: where the machine has none, the
 * kernel has put some by. */
void *memory_need(struct ledger *ledger, size_t size);

/* As realloc(3), with the same ledger; null when there is no memory, and the
 * old stays as it was. What is added isn't zeroed. */
void *memory_resize(void *memory, size_t size);

/* Null is nothing to give back. */
void memory_free(void *memory);

#endif
