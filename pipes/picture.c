#include "pipes/picture.h"
#include "pipes/canvas.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

enum { MAX_CELLS = 64, GAP = 3 };

/* A descriptor as it is drawn. */
struct cell {
	const struct end *end; /* null: closed */
	pid_t pid;
	char process[48]; /* the box's title */
	char label[24];
	int left, width; /* columns: of the cell's left line, and within it */
};

struct layout {
	struct cell cells[MAX_CELLS];
	size_t cell_count;
	const struct end *pipes[MAX_CELLS]; /* one end of each */
	size_t pipe_count;
	int width;
	bool complete; /* all ends are in it */
};

bool
locale_is_utf8(void)
{
	return setlocale(LC_CTYPE, "") &&
	       strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* ---- what to draw ------------------------------------------------------- */

static void
add_cell(struct layout *layout, const struct cell *cell)
{
	if (layout->cell_count < MAX_CELLS)
		layout->cells[layout->cell_count++] = *cell;
	else
		layout->complete = false;
}

/* As wide for every process's number, so that no picture looks different
 * because of it. */
static void
title_of(struct cell *cell, const char *process)
{
	snprintf(cell->process, sizeof cell->process, "%s %-7ld", process,
	    (long)cell->pid);
}

static const struct end *
find_end(const struct ends *ends, pid_t pid, int fd)
{
	for (size_t i = 0; i < ends->count; i++)
		if (ends->end[i].pid == pid && ends->end[i].fd == fd)
			return &ends->end[i];
	return NULL;
}

static void
choose_cells(struct layout *layout, const struct ends *ends,
    const struct named_end named[], size_t named_count)
{
	for (size_t i = 0; i < named_count; i++) {
		struct cell cell = {.pid = named[i].pid,
		    .end = find_end(ends, named[i].pid, named[i].fd)};
		title_of(&cell, named[i].process);
		if (cell.end)
			snprintf(cell.label, sizeof cell.label, "%s = %d",
			    named[i].name, named[i].fd);
		else
			snprintf(cell.label, sizeof cell.label, "%s closed",
			    named[i].name);
		/* open or closed, the picture stays where it is */
		cell.width =
		    (int)strlen(named[i].name) + (int)sizeof " closed" + 1;
		add_cell(layout, &cell);
	}
	for (size_t i = 0; i < ends->count; i++) {
		const struct end *end = &ends->end[i];
		bool is_named = false;
		for (size_t j = 0; j < named_count; j++)
			is_named |= named[j].pid == end->pid;
		if (is_named)
			continue;
		struct cell cell = {.pid = end->pid, .end = end};
		title_of(&cell, end->process);
		snprintf(cell.label, sizeof cell.label, "fd %d", end->fd);
		cell.width = (int)strlen(cell.label) + 2;
		add_cell(layout, &cell);
	}
}

static void
choose_pipes(struct layout *layout)
{
	for (size_t i = 0; i < layout->cell_count; i++) {
		const struct end *end = layout->cells[i].end;
		bool known = !end;
		for (size_t j = 0; j < layout->pipe_count; j++)
			known = known || same_pipe(layout->pipes[j], end);
		if (!known)
			layout->pipes[layout->pipe_count++] = end;
	}
}

/* Whether another process begins with this cell. */
static bool
begins_process(const struct layout *layout, size_t i)
{
	return i == 0 || layout->cells[i - 1].pid != layout->cells[i].pid;
}

static void
place_cells(struct layout *layout)
{
	int column = 0;

	for (size_t i = 0; i < layout->cell_count;) {
		size_t first = i;
		int title = (int)strlen(layout->cells[first].process);
		do {
			struct cell *cell = &layout->cells[i];
			cell->left = column;
			column += cell->width + 1;
			i++;
		} while (i < layout->cell_count && !begins_process(layout, i));
		/* a box is at least as wide as its title */
		int inside = column - layout->cells[first].left - 1;
		if (inside < title) {
			layout->cells[i - 1].width += title - inside;
			column += title - inside;
		}
		layout->width = column + 1;
		column = layout->width + GAP;
	}
}

/* ---- the drawing -------------------------------------------------------- */

enum { TITLES, TOP, LABELS, BOTTOM, HEADS, FIRST_PIPE };

/* What to say beneath a pipe: its name, and when nobody here holds an end. */
static void
describe_pipe(const struct layout *layout, const struct end *pipe, char *text,
    size_t size)
{
	bool reader = false, writer = false;

	for (size_t i = 0; i < layout->cell_count; i++) {
		const struct end *end = layout->cells[i].end;
		if (!end || !same_pipe(end, pipe))
			continue;
		reader |= end->reads;
		writer |= end->writes;
	}
	snprintf(text, size, "%s%s%s", pipe->pipe,
	    reader ? "" : "; nobody here reads",
	    writer ? "" : "; nobody here writes");
}

static void
draw_process(struct canvas *canvas, const struct layout *layout, size_t first)
{
	size_t last = first;

	while (
	    last + 1 < layout->cell_count && !begins_process(layout, last + 1))
		last++;
	int left = layout->cells[first].left;
	int right = layout->cells[last].left + layout->cells[last].width + 1;
	canvas_box(canvas, TOP, left, BOTTOM, right);
	const char *title = layout->cells[first].process;
	canvas_text(canvas, TITLES,
	    left + (right - left + 1 - (int)strlen(title)) / 2, title);
	for (size_t i = first; i <= last; i++) {
		const struct cell *cell = &layout->cells[i];
		canvas_vertical(canvas, cell->left, TOP, BOTTOM);
		canvas_text(canvas, LABELS,
		    cell->left + 1 +
			(cell->width - (int)strlen(cell->label)) / 2,
		    cell->label);
	}
}

/* The line from a cell to its pipe; its head is where the bytes go. */
static void
draw_connection(
    struct canvas *canvas, const struct layout *layout, const struct cell *cell)
{
	int pipe = 0;

	while (!same_pipe(layout->pipes[pipe], cell->end))
		pipe++;
	int column = cell->left + 1 + cell->width / 2;
	int row = FIRST_PIPE + 2 * pipe;
	canvas_vertical(canvas, column, BOTTOM, row);
	if (cell->end->reads)
		canvas_head(canvas, BOTTOM, column, true);
	if (cell->end->writes)
		canvas_head(canvas, row - 1, column, false);
}

/* Draws it, or returns false where there is no room for the pipes' names. */
static bool
draw(FILE *file, const struct layout *layout, int columns)
{
	static struct canvas canvas;

	memset(&canvas, 0, sizeof canvas);
	for (size_t i = 0; i < layout->cell_count; i++)
		if (begins_process(layout, i))
			draw_process(&canvas, layout, i);
	for (int i = 0; i < (int)layout->pipe_count; i++)
		canvas_bar(&canvas, FIRST_PIPE + 2 * i, 0, layout->width - 1);
	for (size_t i = 0; i < layout->cell_count; i++)
		if (layout->cells[i].end)
			draw_connection(&canvas, layout, &layout->cells[i]);
	/* last, where the lines to the pipes below leave room */
	for (int i = 0; i < (int)layout->pipe_count; i++) {
		char text[128];
		describe_pipe(layout, layout->pipes[i], text, sizeof text);
		if (!canvas_text_beside(
			&canvas, FIRST_PIPE + 2 * i + 1, text, columns))
			return false;
	}
	canvas_print(&canvas, file, locale_is_utf8());
	return true;
}

/* ---- the list ----------------------------------------------------------- */

static void
list(FILE *file, const struct ends *ends)
{
	for (size_t i = 0; i < ends->count; i++) {
		const struct end *pipe = &ends->end[i];
		bool first = true;
		for (size_t j = 0; j < i; j++)
			first &= !same_pipe(&ends->end[j], pipe);
		if (!first)
			continue;
		fprintf(file, "%s\n", pipe->pipe);
		for (size_t j = i; j < ends->count; j++) {
			const struct end *end = &ends->end[j];
			if (!same_pipe(end, pipe))
				continue;
			fprintf(file, "  %s %ld, fd %d: %s\n", end->process,
			    (long)end->pid, end->fd,
			    end->reads && end->writes ? "reads and writes"
			    : end->reads              ? "reads"
						      : "writes");
		}
	}
}

/* Whether somebody here reads from the pipe and somebody here writes to it. */
static bool
is_between(const struct ends *ends, const struct end *pipe)
{
	bool reader = false, writer = false;

	for (size_t i = 0; i < ends->count; i++)
		if (same_pipe(&ends->end[i], pipe)) {
			reader |= ends->end[i].reads;
			writer |= ends->end[i].writes;
		}
	return reader && writer;
}

/* Draws the picture, or returns false where it is too large. */
static bool
try_to_draw(FILE *file, const struct ends *ends, const struct named_end named[],
    size_t named_count, int columns)
{
	struct layout layout = {.complete = true};

	choose_cells(&layout, ends, named, named_count);
	choose_pipes(&layout);
	place_cells(&layout);
	if (layout.width > columns || layout.width > CANVAS_COLUMNS ||
	    FIRST_PIPE + 2 * layout.pipe_count >= CANVAS_ROWS ||
	    !layout.complete)
		return false;
	return draw(file, &layout, columns);
}

void
picture_print(FILE *file, const struct ends *ends,
    const struct named_end named[], size_t named_count, int columns)
{
	struct ends between = {NULL, 0};

	for (size_t i = 0; i < ends->count; i++)
		if (is_between(ends, &ends->end[i]))
			ends_add(&between, &ends->end[i]);
	if (ends->count == 0 && named_count == 0) {
		fprintf(file, "no pipe: no process here holds an end of one\n");
	} else if (try_to_draw(file, ends, named, named_count, columns)) {
		/* that was all */
	} else if (between.count > 0 &&
		   try_to_draw(file, &between, named, named_count, columns)) {
		fprintf(file,
		    "%zu ends of pipes whose other end is elsewhere "
		    "are left out\n",
		    ends->count - between.count);
	} else {
		list(file, ends);
	}
	ends_free(&between);
}
