/* The parts of mach_rounds.c. */
#ifndef TESTS_MACH_ROUNDS_H
#define TESTS_MACH_ROUNDS_H

#include "tests/mach_facts.h"

/* ---- what the tasks do: mach_rounds_task.c ------------------------------ */

/* By number: one sends, one receives and passes on, one holds. */
enum { SENDER, RECEIVER, HOLDER, TASKS };

/* What each gets when it has said hello. */
struct introduction {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t next, server;
};
enum { INTRODUCTION = 4711 }; /* its id */

/* Forks it: it says hello at HUB, with its number as the message's id and a
 * right to its own port, and goes on until it is killed. */
pid_t rounds_task_start(int number, mach_port_t hub);

/* ---- what is left: mach_rounds_left.c ----------------------------------- */

/* Notes what the kernel has: its own counts, what lsmp prints, and what Linux
 * says of its process. */
void books_open(void);

/* Compares it with what it has now; ends the program when something is left. */
void books_compare(void);

#endif
