#define _DEFAULT_SOURCE /* TIOCGWINSZ, struct winsize */
#include "mach_msg/lsmp/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/common.h"

/* Sequences of ECMA-48 and DEC. */
#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

static bool is_terminal;
static struct termios before; /* how the terminal was */
static bool has_before;
static char *shown; /* the text */
static struct winsize size;

static void
give_back(void)
{
	const char last[] = SHOW_CURSOR "\r\n";

	(void)write_all(STDOUT_FILENO, last, sizeof last - 1);
	if (has_before)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void
screen_begin(void)
{
	struct termios quiet;

	is_terminal = isatty(STDOUT_FILENO);
	if (!is_terminal)
		return;
	setvbuf(stdout, NULL, _IOFBF, 1 << 16); /* all at once: no flicker */
	has_before = tcgetattr(STDIN_FILENO, &before) == 0;
	system_at_end(give_back);
	if (has_before) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	}
	printf(HIDE_CURSOR);
}

/* Whether another window size than before is the case; SIZE is it then. */
static bool
has_other_size(void)
{
	struct winsize now = {.ws_row = 0};

	if (!is_terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == -1 ||
	    memcmp(&now, &size, sizeof now) == 0)
		return false;
	size = now;
	return true;
}

static void
draw_lines(const char *text)
{
	int rows = size.ws_row ? size.ws_row : 24;
	int columns = size.ws_col ? size.ws_col : 80;
	int lines = 0, line = 0;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	printf(HOME);
	for (; *text; text = strchr(text, '\n') + 1, line++) {
		int length = (int)strcspn(text, "\n");
		if (line == rows - 1 && lines > rows) {
			printf("\r\n... and %d lines more" CLEAR_LINE,
			    lines - line);
			break;
		}
		/* in the last column, clearing would clear that */
		printf("%s%.*s%s", line > 0 ? "\r\n" : "",
		    length < columns ? length : columns, text,
		    length < columns ? CLEAR_LINE : "");
	}
	printf(CLEAR_BELOW);
}

void
screen_draw(const char *text)
{
	bool other_size = has_other_size();

	if (shown && strcmp(shown, text) == 0 && !other_size)
		return;
	free(shown);
	shown = strdup(text);
	if (!shown)
		die("strdup");
	if (is_terminal)
		draw_lines(text);
	else
		printf("%s\n", text);
	if (fflush(stdout) != 0)
		die("write standard output");
}
