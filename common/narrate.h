/*
 * Narration: a step's text is written once, where a comment would stand, and
 * serves the reader of the source and the viewer of the demo.
 *
 *     step(name, "The name is how the other process finds the object.");
 *     int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, mode);
 *     if (fd == -1)
 *             die("shm_open %s", name);
 *     returned("%d", fd);
 *
 * With --explain (--step, --delay) the viewer sees on stderr the statement that
 * follows the step as it stands in the source, the sentence, and what it
 * returned; with --trace a file gets the same as one JSON object a line.
 * Without them nothing is printed. A death between the two is the step's
 * result.
 *
 * The statements are taken from the sources when the program is built (the
 * Makefile runs common/statements.awk on them), so that an installed program
 * needs no source and nothing is typed twice.
 */
#ifndef COMMON_NARRATE_H
#define COMMON_NARRATE_H

#include "common/system.h"

/* A statement that a step() announces, and where it stands. */
struct statement {
	const char *file; /* as __FILE__ has it */
	int first, last;  /* lines that the step() call covers */
	int line;         /* line that the statement begins on */
	const char *text;
};

/* Every statement of the program, in no order; ends with a null file. */
extern const struct statement statements[];

/* How much narration, and for whom; set once, by the options. */
struct narration {
	const char *figure; /* "3.16", for the trace */
	const char *role;   /* who speaks: "producer" */
	const char *trace;  /* file to append JSON lines to, or null */
	bool explain;       /* print each step */
	bool stepping;      /* and wait for Enter before it */
	double delay;       /* or that many seconds */
};

void narrate_as(const struct narration *how);

/* Another speaker from here on: a forked child's role. A step that is open was
 * its parent's. */
void narrate_role(const char *role);

/* This process runs on where others step: with --step it tells nothing from
 * here on, and waits for no Enter. */
void narrate_no_steps(void);

/* Waits while another process asks for Enter at this one's terminal: what a
 * program prints between its steps stands behind that. */
void narrate_await_turn(void);

/* Standard input is the program's data: Enter is read from the terminal. */
void narrate_input_is_data(void);

/*
 * Announces the statement that follows it. OBJECT is the name of what it acts
 * on ("/OS"); the sentence is a printf format.
 */
#define step(object, ...) step_at(__FILE__, __LINE__, (object), __VA_ARGS__)

void step_at(const char *file, int line, const char *object,
    const char *sentence, ...) PRINTF_LIKE(4, 5);

/* What the statement returned, as a printf format. The last error is kept. */
void returned(const char *result, ...) PRINTF_LIKE(1, 2);

/* "s" but for one: returned("%d byte%s", n, plural(n)). */
#define plural(n) ((n) == 1 ? "" : "s")

/* What a --break run saw and why, or what a person who waits should know: on
 * stderr whether or not --explain is on. */
void remark(const char *what, ...) PRINTF_LIKE(1, 2);

#endif
