/*
 * What the tasks share that break the rules of the trap.
 */
#ifndef TESTS_MACH_HOSTILE_H
#define TESTS_MACH_HOSTILE_H

#include "mach_msg/linux/lib/connection.h"

/* How a call ends; 1 is how a child does that has failed. REFUSED is answered
 * with MACH_SEND_INVALID_MEMORY. */
enum { DROPPED = 2, ANSWERED, NEITHER, REFUSED };

/* Something that no library does, and how it ends. */
struct rule {
	const char *name;
	int (*broken)(void);
	int outcome;
};

/* Those about memory files: mach_hostile_memory.c. */
extern const struct rule memory_rules[];
extern const size_t memory_rule_count;

/* In the process that breaks a rule: its connection, and its next call, as it
 * should be. */
extern struct connection own;
extern struct trap_exchange call;

/* Makes the call, whatever has become of it. */
int as_it_should_be(void);

/* The same for a message that says it has so many descriptors of a type and
 * count. */
int descriptors(uint32_t number, uint8_t type, uint32_t count);

#endif
