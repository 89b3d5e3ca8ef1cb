#include "common/narrate.h"
#include "common/error.h"
#include "common/io.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_SIZE = 1024, BLOCK_SIZE = 16 * 1024 };

/* The step that is announced and has no result yet. */
struct open_step {
	bool open;
	const char *file;
	int line;
	char object[256];
	const char *statement;
	char sentence[TEXT_SIZE];
};

static struct narration narration;
static struct open_step current;
static int trace_fd = -1;
static int enter_fd;  /* where Enter comes from; -1 when nowhere */
static bool has_turn; /* at the terminal, which others want too */
static bool had_turn; /* before */
static bool colour;
static int columns;

/* ---- turns at the terminal ---------------------------------------------- */

static bool
takes_turns(void)
{
	return narration.stepping && enter_fd >= 0 && system_is_terminal(2);
}

/* Several processes may step at one terminal: one at a time asks for Enter, and
 * each lets the others go first, so that they alternate. */
static void
take_turn(void)
{
	const double after_you = 0.1; /* ample for who is waiting already */

	has_turn = takes_turns();
	if (!has_turn)
		return;
	if (had_turn)
		system_sleep(after_you);
	had_turn = true;
	system_take_terminal(2);
}

static void
end_turn(void)
{
	if (has_turn)
		system_give_terminal(2);
	has_turn = false;
}

void
narrate_await_turn(void)
{
	if (has_turn || !takes_turns())
		return;
	system_take_terminal(2);
	system_give_terminal(2);
}

/* ---- a block of lines for stderr, written whole ------------------------- */

struct block {
	char bytes[BLOCK_SIZE];
	size_t length;
};

static void
add(struct block *block, const char *text, size_t length)
{
	if (length > sizeof block->bytes - block->length)
		length = sizeof block->bytes - block->length;
	memcpy(block->bytes + block->length, text, length);
	block->length += length;
}

static void
add_string(struct block *block, const char *text)
{
	add(block, text, strlen(text));
}

/*
 * Adds RAW, wrapped between words, each line with the speaker and INDENT spaces
 * before it and in colour SGR (a number of ECMA-48's, 0 for none).
 */
static void
add_wrapped(struct block *block, int indent, int sgr, const char *raw)
{
	enum { WIDEST_PID = 7 }; /* digits: all processes wrap alike */
	char speaker[64];
	char printable[BLOCK_SIZE / 2];
	const char *text = escape_controls(raw, printable, sizeof printable);

	snprintf(
	    speaker, sizeof speaker, "%s[%ld] ", narration.role, system_pid());
	size_t prefix =
	    strlen(narration.role) + sizeof "[]" + WIDEST_PID + (size_t)indent;
	size_t room =
	    (size_t)columns > prefix + 20 ? (size_t)columns - prefix : 20;

	do {
		size_t length = strlen(text);
		if (length > room) {
			length = room;
			while (length > 0 && text[length] != ' ')
				length--;
			if (length == 0)
				length = room; /* a word longer than a line */
		}
		char ink[16];
		snprintf(ink, sizeof ink, "\033[%dm", sgr);
		if (colour)
			add_string(block, "\033[2m");
		add_string(block, speaker);
		if (colour)
			add_string(block, "\033[0m");
		add(block, "            ", (size_t)indent);
		if (colour && sgr)
			add_string(block, ink);
		add(block, text, length);
		if (colour && sgr)
			add_string(block, "\033[0m");
		add_string(block, "\n");
		text += length;
		while (*text == ' ')
			text++;
	} while (*text);
}

static void
print_block(const struct block *block)
{
	narrate_await_turn();
	(void)write_all(2, block->bytes, block->length);
}

/* ---- the trace ----------------------------------------------------------- */

/* How many bytes the UTF-8 sequence at TEXT has, 0 when it is none. */
static size_t
utf8_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80   ? 1
			: text[0] < 0xc2 ? 0
			: text[0] < 0xe0 ? 2
			: text[0] < 0xf0 ? 3
			: text[0] < 0xf5 ? 4
					 : 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* what the lengths alone don't exclude: too long, surrogate, too large
	 */
	if ((text[0] == 0xe0 && text[1] < 0xa0) ||
	    (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

/* Adds ,"KEY":"TEXT"; a byte that is no UTF-8 becomes U+FFFD. */
static void
add_json(struct block *block, const char *key, const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	char escape[8];

	add_string(block, ",\"");
	add_string(block, key);
	add_string(block, "\":\"");
	while (*c) {
		size_t length = utf8_length(c);
		if (length == 0) {
			add_string(block, "\\ufffd");
			length = 1;
		} else if (*c == '"' || *c == '\\' || *c < ' ') {
			snprintf(escape, sizeof escape, "\\u%04x", *c);
			add_string(block, escape);
		} else {
			add(block, (const char *)c, length);
		}
		c += length;
	}
	add_string(block, "\"");
}

/* Appends the current step to the trace with RESULT: one write, so that other
 * processes' lines stay whole too. */
static void
trace(const char *result)
{
	struct block line = {.length = 0};
	struct wall_time now = system_now();
	time_t seconds = (time_t)now.seconds;
	char number[96];
	size_t n;

	add_string(&line, "{\"time\":\"");
	n = strftime(
	    number, sizeof number, "%Y-%m-%dT%H:%M:%S", gmtime(&seconds));
	snprintf(number + n, sizeof number - n, ".%09ldZ\",\"pid\":%ld",
	    now.nanoseconds, system_pid());
	add_string(&line, number);
	add_json(&line, "role", narration.role);
	add_json(&line, "figure", narration.figure);
	add_json(&line, "file", current.file);
	snprintf(number, sizeof number, ",\"line\":%d", current.line);
	add_string(&line, number);
	add_json(&line, "statement", current.statement);
	add_json(&line, "result", result);
	add_json(&line, "sentence", current.sentence);
	add_json(&line, "object", current.object);
	add_string(&line, "}\n");
	if (system_append(trace_fd, line.bytes, line.length) !=
	    (long)line.length) {
		trace_fd =
		    -1; /* it failed once; the death below must not try */
		die("write %s", narration.trace);
	}
}

/* ---- steps --------------------------------------------------------------- */

/* Ends the current step, where there is one, with RESULT in colour SGR. */
static void
finish(const char *result, int sgr)
{
	if (!current.open)
		return;
	current.open = false;
	if (narration.explain && *result) {
		static struct block block;
		char text[TEXT_SIZE + sizeof "-> "];
		snprintf(text, sizeof text, "-> %s", result);
		block.length = 0;
		add_wrapped(&block, 2, sgr, text);
		print_block(&block);
	}
	if (trace_fd != -1)
		trace(result);
}

static void
finish_with_death(const char *reason)
{
	finish(reason, 31);
}

void
narrate_as(const struct narration *how)
{
	const char *terminal = getenv("TERM");

	narration = *how;
	columns = system_columns(2);
	if (columns <= 0)
		columns = 80;
	colour = system_is_terminal(2) && !getenv("NO_COLOR") &&
		 !(terminal && strcmp(terminal, "dumb") == 0);
	if (narration.trace) {
		trace_fd = system_open_append(narration.trace);
		if (trace_fd == -1)
			die("open %s", narration.trace);
	}
	before_death = finish_with_death;
}

void
narrate_role(const char *role)
{
	narration.role = role;
	current.open = false; /* the fork() is the parent's step */
	had_turn = false; /* a child's turn comes before its parent's next */
}

void
narrate_no_steps(void)
{
	if (narration.stepping)
		narration.explain = false;
}

void
narrate_input_is_data(void)
{
	if (narration.stepping)
		enter_fd = system_open_terminal();
}

/* Waits for Enter; at the end of the input it never waits again. */
static void
wait_for_enter(void)
{
	char c = '\0';
	bool prompt = enter_fd >= 0 && system_is_terminal(enter_fd);

	if (enter_fd < 0)
		return;
	if (prompt)
		(void)write_all(2, "[Enter] ", 8);
	do {
		/* byte by byte: what comes after Enter may be another's */
		long n = system_read(enter_fd, &c, 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			enter_fd = -1;
	} while (enter_fd >= 0 && c != '\n');
	if (prompt && (enter_fd < 0 || !system_shows_typing(enter_fd)))
		(void)write_all(2, "\n", 1);
}

void
step_at(
    const char *file, int line, const char *object, const char *sentence, ...)
{
	if (!narration.explain && trace_fd == -1)
		return;

	finish("", 0); /* a statement whose result tells nothing */

	va_list arguments;
	va_start(arguments, sentence);
	vsnprintf(
	    current.sentence, sizeof current.sentence, sentence, arguments);
	va_end(arguments);

	current.open = true;
	current.file = file;
	current.line = line;
	current.statement = "";
	snprintf(current.object, sizeof current.object, "%s", object);
	for (const struct statement *s = statements; s->file; s++)
		if (strcmp(s->file, file) == 0 && s->first <= line &&
		    line <= s->last) {
			current.line = s->line;
			current.statement = s->text;
			break;
		}

	if (!narration.explain)
		return;
	static struct block block;
	char text[TEXT_SIZE];
	snprintf(text, sizeof text, "%d: %s", current.line, current.statement);
	block.length = 0;
	add_wrapped(&block, 0, 1, text);
	add_wrapped(&block, 2, 0, current.sentence);
	if (narration.stepping)
		take_turn();
	print_block(&block);
	if (narration.stepping)
		wait_for_enter();
	else if (narration.delay > 0)
		system_sleep(narration.delay);
	end_turn();
}

void
returned(const char *result, ...)
{
	long saved = system_last_error();
	char text[TEXT_SIZE];
	va_list arguments;

	va_start(arguments, result);
	vsnprintf(text, sizeof text, result, arguments);
	va_end(arguments);
	finish(text, 32);
	system_set_last_error(saved);
}

void
remark(const char *what, ...)
{
	static struct block block;
	char text[2 * TEXT_SIZE];
	va_list arguments;

	va_start(arguments, what);
	vsnprintf(text, sizeof text, what, arguments);
	va_end(arguments);
	block.length = 0;
	add_wrapped(&block, 0, 33, text);
	print_block(&block);
}
