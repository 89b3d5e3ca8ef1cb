/*
 * A sheet of characters for line drawings: lines that meet become the right
 * corner or crossing, in Unicode's box characters or in ASCII.
 */
#ifndef PIPES_CANVAS_H
#define PIPES_CANVAS_H

#include <stdbool.h>
#include <stdio.h>

enum { CANVAS_ROWS = 64, CANVAS_COLUMNS = 256 };

struct canvas {
	unsigned char lines[CANVAS_ROWS][CANVAS_COLUMNS]; /* directions */
	char text[CANVAS_ROWS][CANVAS_COLUMNS];
};

/* Lines between two places, both included. What is outside is not drawn. */
void canvas_horizontal(struct canvas *canvas, int row, int from, int to);
void canvas_vertical(struct canvas *canvas, int column, int from, int to);

/* A double line from left to right: a pipe. */
void canvas_bar(struct canvas *canvas, int row, int from, int to);

/* The four sides of a box. */
void canvas_box(
    struct canvas *canvas, int top, int left, int bottom, int right);

/* Text, with a '?' for what is not printable ASCII. */
void canvas_text(struct canvas *canvas, int row, int column, const char *text);

/* Text as far to the left as no line is in its way, with a blank on either
 * side. Returns false when there is no such place within COLUMNS columns. */
bool canvas_text_beside(
    struct canvas *canvas, int row, const char *text, int columns);

/* The head of an arrow, over a line. */
void canvas_head(struct canvas *canvas, int row, int column, bool up);

/* Prints the rows that hold something, without blanks at their ends. */
void canvas_print(const struct canvas *canvas, FILE *file, bool unicode);

#endif
