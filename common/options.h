/*
 * The command line: the options that every program shares, parsed once, so that
 * a figure program adds only its own.
 *
 *     while ((option = next_option(argc, argv, &program)) != -1)
 *             switch (option) {
 *             case 'n':
 *                     name = optarg;
 *                     break;
 *             }
 *
 * Source: getopt_long(3). Options and operands may come in any order, also
 * where the system's getopt stops at the first operand.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include "common/system.h"

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

/* An option of the program's own. */
struct choice {
	int letter;           /* -n */
	const char *name;     /* --name */
	const char *argument; /* "NAME", or null when it takes none */
	const char *help;     /* one line for --help */
};

/* A defect for --break. */
struct defect {
	const char *name;
	const char *help; /* one line for --break=list */
	const char *why;  /* why it goes wrong: a sentence for broke() */
};

struct program {
	const char *figure;   /* "3.16", or the mechanism's name */
	const char *role;     /* who speaks in the narration */
	const char *operands; /* for --help: "produce|consume"; null: none */
	const char *purpose;  /* one or two lines for --help */
	const char *example;  /* one command line for --help */
	const struct choice *options; /* the last one's letter is 0 */
	const struct defect *defects; /* the last one's name is null; or null */
};

/* What next_option() returns for an operand. */
enum { OPERAND = 1 };

/*
 * Returns the letter of the next option of the program's own with its argument
 * in optarg, OPERAND with the operand in optarg, or -1 when there are no more.
 * Handles the shared options itself: --help and --version end the program with
 * 0, --break=list too, a wrong command line ends it through usage_error(). The
 * narration is set up before it returns -1.
 */
int next_option(int argc, char *argv[], const struct program *program);

/*
 * The options that make another program narrate as this one does, for its
 * command line: "--explain", "--delay=0.5" ...; the last one is null.
 */
enum { NARRATION_OPTIONS = 4 };
void narration_options(const char *words[NARRATION_OPTIONS + 1]);

/* Whether --break=NAME was given; NAME is one of the program's defects. */
bool broken(const char *name);

/* With --break=NAME: remarks what was SEEN, a printf format, and why. Without:
 * nothing. The last error is kept. */
void broke(const char *name, const char *seen, ...) PRINTF_LIKE(2, 3);

/* Whether there is a --break at all. */
bool any_broken(void);

/*
 * Values of options; what can't be one is a usage error that names OPTION.
 * parse_size: bytes, as a decimal number with an optional KiB, MiB or GiB.
 * parse_count: a decimal number from LEAST to MOST.
 * parse_seconds: seconds, with decimals.
 * parse_mode: file-access permissions in octal, at most 0777.
 */
size_t parse_size(const char *option, const char *text);
size_t parse_count(
    const char *option, const char *text, size_t least, size_t most);
double parse_seconds(const char *option, const char *text);
unsigned parse_mode(const char *option, const char *text);

#endif
