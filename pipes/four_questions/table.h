/*
 * Answers to the book's four questions about pipes, and the table of them.
 *
 * Any program can add rows: four_questions runs each executable whose name
 * begins with "four_questions_" in its own directory, and takes what that
 * prints, a line for each answer, with a tab between the fields:
 *
 *     MECHANISM <tab> QUESTION <tab> ANSWER <tab> EVIDENCE
 *
 * QUESTION is a digit from 1 to 4; MECHANISM has at most 22 bytes, ANSWER 8,
 * EVIDENCE 511.
 */
#ifndef FOUR_QUESTIONS_TABLE_H
#define FOUR_QUESTIONS_TABLE_H

#include "common/system.h"

#include <stdio.h>

enum question {
	BIDIRECTIONAL = 1,
	DUPLEX,   /* "half" or "full", "-" where bytes go one way only */
	RELATION, /* is one needed? */
	NETWORK,
};

struct table;

struct table *table_create(void);
void table_free(struct table *table);

/* Notes an answer, a word or two, and the evidence, a printf format: what was
 * tried and what the system said. */
void table_add(struct table *table, const char *mechanism,
    enum question question, const char *answer, const char *evidence, ...)
    PRINTF_LIKE(5, 6);

/* Notes an answer given as a line of the format above, without its newline.
 * Returns false when it isn't one. */
bool table_add_line(struct table *table, const char *line);

/* Prints a row for each mechanism, in the order in which they came, and the
 * evidence beneath, within 80 columns. */
void table_print(const struct table *table, FILE *file);

/* Prints it as lines of the format above. */
void table_print_lines(const struct table *table, FILE *file);

#endif
