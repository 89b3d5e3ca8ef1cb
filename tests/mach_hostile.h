/*
 * What the hostile tasks are written with: a connection to the kernel without
 * the library's care, and the rules that are broken, by what they are about.
 */
#ifndef TESTS_MACH_HOSTILE_H
#define TESTS_MACH_HOSTILE_H

#include "mach_msg/linux/lib/connection.h"
#include "tests/mach_facts.h"

/* How a call ends; 1 is how a child does that has failed. REFUSED is answered
 * with MACH_SEND_INVALID_MEMORY. */
enum { DROPPED = 2, ANSWERED, NEITHER, REFUSED };

/* A task breaks a rule, and returns what came of its call. */
struct rule {
	const char *name;
	int (*broken)(void);
	int outcome; /* as it has to be */
};

/* Each list ends with one that has no name. */
extern const struct rule hostile_calls[]; /* what is in the page */
extern const struct rule hostile_files[]; /* what comes over the socket */
extern const struct rule hostile_times[]; /* when, and how often */

/* What goes on until the task is killed, while the others go on: it writes a
 * byte to STARTED when it has begun. */
struct flood {
	const char *name;
	void (*flood)(int started); /* doesn't return */
};
extern const struct flood hostile_floods[];

/* ---- a connection without the library's care: mach_hostile_task.c ---------
 */

extern struct connection own;
extern struct trap_exchange call; /* the next one, as it should be */
extern uint32_t self;             /* the task's name for itself */

void connect_to_kernel(void);

/* A task of its own, with a message to its own port prepared, which the kernel
 * would answer. */
void become_task(void);

/* The same as a further thread of that task, with a connection of its own. */
void become_thread(void);

/* Makes the call, and doesn't wait. */
void post(void);

/* What comes of the call that was posted. */
int outcome(void);

/* Both. */
int as_it_should_be(void);

/* The same with an unknown trap. */
int unknown_trap(void);

/* The same with a message that says it has NUMBER descriptors, the first of
 * this type and count. */
int descriptors(uint32_t number, uint8_t type, uint32_t count);

#endif
