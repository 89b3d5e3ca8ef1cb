#include "pipes/canvas.h"

#include <string.h>

enum {
	UP = 1,
	DOWN = 2,
	LEFT = 4,
	RIGHT = 8,
	DOUBLE = 16, /* LEFT and RIGHT are a pipe */
};

/* What stands in a cell's text for the heads of arrows; no character has these
 * codes. */
enum { HEAD_UP = 1, HEAD_DOWN = 2 };

static bool
inside(int row, int column)
{
	return row >= 0 && row < CANVAS_ROWS && column >= 0 &&
	       column < CANVAS_COLUMNS;
}

static void
add(struct canvas *canvas, int row, int column, int directions)
{
	if (inside(row, column))
		canvas->lines[row][column] |= (unsigned char)directions;
}

void
canvas_horizontal(struct canvas *canvas, int row, int from, int to)
{
	for (int column = from; column <= to; column++)
		add(canvas, row, column,
		    (column > from ? LEFT : 0) | (column < to ? RIGHT : 0));
}

void
canvas_vertical(struct canvas *canvas, int column, int from, int to)
{
	for (int row = from; row <= to; row++)
		add(canvas, row, column,
		    (row > from ? UP : 0) | (row < to ? DOWN : 0));
}

void
canvas_bar(struct canvas *canvas, int row, int from, int to)
{
	for (int column = from; column <= to; column++)
		add(canvas, row, column, LEFT | RIGHT | DOUBLE);
}

void
canvas_box(struct canvas *canvas, int top, int left, int bottom, int right)
{
	canvas_horizontal(canvas, top, left, right);
	canvas_horizontal(canvas, bottom, left, right);
	canvas_vertical(canvas, left, top, bottom);
	canvas_vertical(canvas, right, top, bottom);
}

void
canvas_text(struct canvas *canvas, int row, int column, const char *text)
{
	for (; *text; text++, column++) {
		char c = '?';
		if (*text >= ' ' && *text <= '~')
			c = *text;
		if (inside(row, column))
			canvas->text[row][column] = c;
	}
}

/* Whether nothing stands in a row's columns from FROM to TO, as far as they are
 * on the sheet. */
static bool
is_free(const struct canvas *canvas, int row, int from, int to)
{
	for (int column = from; column <= to; column++)
		if (inside(row, column) &&
		    (canvas->lines[row][column] || canvas->text[row][column]))
			return false;
	return true;
}

bool
canvas_text_beside(
    struct canvas *canvas, int row, const char *text, int columns)
{
	int length = (int)strlen(text);

	for (int column = 0; column + length <= columns; column++)
		if (is_free(canvas, row, column - 1, column + length)) {
			canvas_text(canvas, row, column, text);
			return true;
		}
	return false;
}

void
canvas_head(struct canvas *canvas, int row, int column, bool up)
{
	if (inside(row, column))
		canvas->text[row][column] = up ? HEAD_UP : HEAD_DOWN;
}

/* The character for a cell's lines. */
static const char *
line_character(int lines, bool unicode)
{
	/* by UP + DOWN + LEFT + RIGHT */
	static const char *const boxes[] = {" ", "╵", "╷", "│", "╴", "┘", "┐",
	    "┤", "╶", "└", "┌", "├", "─", "┴", "┬", "┼"};
	static const char *const bars[] = {"═", "╧", "╤", "╪"};

	if (unicode)
		return lines & DOUBLE
			   ? bars[lines & (UP | DOWN)]
			   : boxes[lines & (UP | DOWN | LEFT | RIGHT)];
	if (lines & DOUBLE)
		return lines & (UP | DOWN) ? "+" : "=";
	bool upright = lines & (UP | DOWN), across = lines & (LEFT | RIGHT);
	return upright && across ? "+" : upright ? "|" : across ? "-" : " ";
}

static bool
is_blank(const struct canvas *canvas, int row, int column)
{
	char c = canvas->text[row][column];

	return c == ' ' || (!c && !canvas->lines[row][column]);
}

void
canvas_print(const struct canvas *canvas, FILE *file, bool unicode)
{
	for (int row = 0; row < CANVAS_ROWS; row++) {
		int last = CANVAS_COLUMNS - 1;
		while (last >= 0 && is_blank(canvas, row, last))
			last--;
		if (last < 0)
			continue;
		for (int column = 0; column <= last; column++) {
			char c = canvas->text[row][column];
			if (c == HEAD_UP)
				fputs(unicode ? "▲" : "^", file);
			else if (c == HEAD_DOWN)
				fputs(unicode ? "▼" : "v", file);
			else if (c)
				fputc(c, file);
			else
				fputs(line_character(
					  canvas->lines[row][column], unicode),
				    file);
		}
		fputc('\n', file);
	}
}
