/*
 * What happens at the limits of a pipe: the defects of figure 3.21 that need no
 * figure around them. Each returns the program's exit status.
 */
#ifndef FIG3_21_EXPERIMENTS_H
#define FIG3_21_EXPERIMENTS_H

/* A pipe whose read end nobody holds: what write returns, and what happens to
 * a process that doesn't ask. */
int run_no_reader(void);

/* A message written in two pieces, to a child that reads once: prints what it
 * gets, "read Greet". */
int run_short_read(void);

/* How much a pipe takes before the writer blocks, and when it goes on. */
int run_full_pipe(void);

#endif
