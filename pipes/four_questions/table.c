#include "pipes/four_questions/table.h"
#include "common/common.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { QUESTIONS = 4, COLUMNS = 80 };

/* What fits into the table's columns. */
enum { MECHANISM_SIZE = 23, ANSWER_SIZE = 9 };

struct answer {
	char mechanism[MECHANISM_SIZE];
	int question;
	char answer[ANSWER_SIZE];
	char evidence[512];
};

struct table {
	struct answer *answers;
	size_t count;
};

struct table *
table_create(void)
{
	struct table *table = calloc(1, sizeof *table);

	if (!table)
		die("calloc");
	return table;
}

void
table_free(struct table *table)
{
	free(table->answers);
	free(table);
}

static struct answer *
new_answer(struct table *table)
{
	table->answers = realloc(
	    table->answers, (table->count + 1) * sizeof *table->answers);
	if (!table->answers)
		die("realloc");
	return &table->answers[table->count++];
}

void
table_add(struct table *table, const char *mechanism, enum question question,
    const char *answer, const char *evidence, ...)
{
	struct answer *new = new_answer(table);
	va_list arguments;

	new->question = (int)question;
	snprintf(new->mechanism, sizeof new->mechanism, "%s", mechanism);
	snprintf(new->answer, sizeof new->answer, "%s", answer);
	va_start(arguments, evidence);
	vsnprintf(new->evidence, sizeof new->evidence, evidence, arguments);
	va_end(arguments);
}

/* Copies a line's next field, up to a tab or the end, and moves LINE behind it.
 * Returns false when it is empty, or doesn't fit. */
static bool
take_field(const char **line, char *field, size_t size)
{
	size_t length = strcspn(*line, "\t");

	if (length == 0 || length >= size)
		return false;
	snprintf(field, size, "%.*s", (int)length, *line);
	*line += length + ((*line)[length] == '\t');
	return true;
}

bool
table_add_line(struct table *table, const char *line)
{
	struct answer new;
	char question[2];

	if (!take_field(&line, new.mechanism, sizeof new.mechanism) ||
	    !take_field(&line, question, sizeof question) ||
	    !take_field(&line, new.answer, sizeof new.answer) ||
	    !take_field(&line, new.evidence, sizeof new.evidence) || *line ||
	    question[0] < '1' || question[0] > '0' + QUESTIONS)
		return false;
	new.question = question[0] - '0';
	*new_answer(table) = new;
	return true;
}

/* The answer about the mechanism of ANSWER to QUESTION, or null. */
static const struct answer *
find(const struct table *table, const struct answer *answer, int question)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->answers[i].question == question &&
		    strcmp(table->answers[i].mechanism, answer->mechanism) == 0)
			return &table->answers[i];
	return NULL;
}

/* Whether the mechanism has no answer before this one. */
static bool
is_first(const struct table *table, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(table->answers[j].mechanism,
			table->answers[i].mechanism) == 0)
			return false;
	return true;
}

/* Prints TEXT, wrapped between words, behind INDENT columns that are taken in
 * the first line. */
static void
print_wrapped(FILE *file, size_t indent, const char *text)
{
	size_t room = COLUMNS - indent;

	for (;;) {
		size_t length = strlen(text);
		if (length > room) {
			length = room;
			while (length > 0 && text[length] != ' ')
				length--;
			if (length == 0)
				length = room;
		}
		fprintf(file, "%.*s\n", (int)length, text);
		text += length;
		while (*text == ' ')
			text++;
		if (!*text)
			return;
		fprintf(file, "%*s", (int)indent, "");
	}
}

void
table_print(const struct table *table, FILE *file)
{
	static const char *const questions[] = {
	    "1 two-way?", "2 duplex?", "3 relation needed?", "4 network?"};
	static const int widths[] = {12, 11, 20, 0};

	fprintf(file, "%-24s", "");
	for (int i = 0; i < QUESTIONS; i++)
		fprintf(file, "%-*s", widths[i], questions[i]);
	fprintf(file, "\n");
	for (size_t i = 0; i < table->count; i++) {
		if (!is_first(table, i))
			continue;
		fprintf(file, "%-24s", table->answers[i].mechanism);
		for (int q = 1; q <= QUESTIONS; q++) {
			const struct answer *answer =
			    find(table, &table->answers[i], q);
			fprintf(file, "%-*s", widths[q - 1],
			    answer ? answer->answer : "?");
		}
		fprintf(file, "\n");
	}

	fprintf(file, "\nWhat was tried, and what the system said:\n");
	for (size_t i = 0; i < table->count; i++) {
		if (!is_first(table, i))
			continue;
		fprintf(file, "%s\n", table->answers[i].mechanism);
		for (int q = 1; q <= QUESTIONS; q++) {
			const struct answer *answer =
			    find(table, &table->answers[i], q);
			if (!answer)
				continue;
			fprintf(file, "  %d %-9s", q, answer->answer);
			print_wrapped(file, 13, answer->evidence);
		}
	}
}

void
table_print_lines(const struct table *table, FILE *file)
{
	for (size_t i = 0; i < table->count; i++)
		fprintf(file, "%s\t%d\t%s\t%s\n", table->answers[i].mechanism,
		    table->answers[i].question, table->answers[i].answer,
		    table->answers[i].evidence);
}
