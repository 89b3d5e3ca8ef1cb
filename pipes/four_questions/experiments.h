/*
 * The book's four questions, put to this system: each function tries, and adds
 * what came of it. They end the program when a trial itself can't be made; a
 * call that waits in vain is ended by a deadline (EINTR).
 */
#ifndef FOUR_QUESTIONS_EXPERIMENTS_H
#define FOUR_QUESTIONS_EXPERIMENTS_H

#include "pipes/four_questions/table.h"

/* For deadline_set(), in this process and, since timers are not inherited, in
 * each child: more than a trial can take. */
enum { PATIENCE = 10 };

void ask_ordinary_pipe(struct table *table);

/* PATH is a name that nobody uses; it is free again when the program ends. */
void ask_fifo(struct table *table, const char *path);

#endif
