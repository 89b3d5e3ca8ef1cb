#include "common/options.h"
#include "common/error.h"
#include "common/io.h"
#include "common/narrate.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VERSION
#define VERSION "unknown"
#endif

enum { MAX_OPTIONS = 32 };

static const struct choice shared[] = {
    {'e', "explain", NULL, "narrate each step on standard error"},
    {'s', "step", NULL, "the same, waiting for Enter before each step"},
    {'d', "delay", "SECONDS", "the same, waiting that long instead"},
    {'b', "break", "NAME", "run with one defect; --break=list lists them"},
    {'t', "trace", "FILE", "append each step to FILE as a line of JSON"},
    {'h', "help", NULL, "show this and exit"},
    {'V', "version", NULL, "show the version and exit"},
    {0, NULL, NULL, NULL},
};

static struct narration narration;
static const struct defect *defect;
static const char *delay; /* as it was written */

/* ---- what --help, --version and --break=list print ---------------------- */

static void
print_choices(const struct choice *choice)
{
	char left[64];

	for (; choice->letter; choice++) {
		snprintf(left, sizeof left, "-%c, --%s%s%s", choice->letter,
		    choice->name, choice->argument ? "=" : "",
		    choice->argument ? choice->argument : "");
		printf("  %-22s %s\n", left, choice->help);
	}
}

static _Noreturn void
print_help(const struct program *program)
{
	printf("Usage: %s [OPTION]...%s%s\n%s\n\n", program_name,
	    program->operands ? " " : "",
	    program->operands ? program->operands : "", program->purpose);
	print_choices(program->options);
	print_choices(shared);
	printf("\nExample: %s\n", program->example);
	close_stdout();
	exit(EXIT_SUCCESS);
}

static _Noreturn void
print_version(void)
{
	printf("%s %s\n", program_name, VERSION);
	close_stdout();
	exit(EXIT_SUCCESS);
}

static void
choose_defect(const struct program *program, const char *name)
{
	static const struct defect none[] = {{NULL, NULL, NULL}};
	const struct defect *defects =
	    program->defects ? program->defects : none;

	if (strcmp(name, "list") == 0) {
		int width = 14; /* and more where a name has more */
		for (const struct defect *d = defects; d->name; d++)
			if ((int)strlen(d->name) > width)
				width = (int)strlen(d->name);
		for (const struct defect *d = defects; d->name; d++)
			printf("%-*s %s\n", width, d->name, d->help);
		close_stdout();
		exit(EXIT_SUCCESS);
	}
	for (const struct defect *d = defects; d->name; d++)
		if (strcmp(d->name, name) == 0) {
			defect = d;
			return;
		}
	usage_error(
	    "--break=%s: no such defect; --break=list lists them", name);
}

bool
broken(const char *name)
{
	return defect && strcmp(defect->name, name) == 0;
}

bool
any_broken(void)
{
	return defect != NULL;
}

void
broke(const char *name, const char *seen, ...)
{
	long saved = system_last_error();
	char text[512];
	va_list arguments;

	if (!broken(name))
		return;
	va_start(arguments, seen);
	vsnprintf(text, sizeof text, seen, arguments);
	va_end(arguments);
	remark("%s: %s. %s", name, text, defect->why);
	system_set_last_error(saved);
}

/* ---- parsing ------------------------------------------------------------- */

/* Fills in getopt_long's two tables from the program's options and the shared
 * ones. The short options begin with '+' (stop at an operand, everywhere) and
 * ':' (tell a missing argument apart). */
static void
build_tables(
    const struct program *program, struct option *long_options, char *letters)
{
	const struct choice *lists[] = {program->options, shared};
	size_t n = 0;

	*letters++ = '+';
	*letters++ = ':';
	for (size_t i = 0; i < 2; i++)
		for (const struct choice *c = lists[i];
		     c->letter && n < MAX_OPTIONS - 1; c++) {
			long_options[n++] = (struct option){c->name,
			    c->argument ? required_argument : no_argument, NULL,
			    c->letter};
			*letters++ = (char)c->letter;
			if (c->argument)
				*letters++ = ':';
		}
	long_options[n] = (struct option){NULL, 0, NULL, 0};
	*letters = '\0';
}

/* Handles one of the shared options; false when LETTER is none of them. */
static bool
take_shared(int letter, const struct program *program)
{
	switch (letter) {
	case 'e':
		narration.explain = true;
		return true;
	case 's':
		narration.explain = narration.stepping = true;
		return true;
	case 'd':
		narration.explain = true;
		narration.delay = parse_seconds("--delay", optarg);
		delay = optarg;
		return true;
	case 'b':
		choose_defect(program, optarg);
		return true;
	case 't':
		narration.trace = optarg;
		return true;
	case 'h':
		print_help(program);
	case 'V':
		print_version();
	default:
		return false;
	}
}

int
next_option(int argc, char *argv[], const struct program *program)
{
	static struct option long_options[MAX_OPTIONS];
	static char letters[2 + 2 * MAX_OPTIONS];
	static bool only_operands; /* after "--" */

	if (!letters[0]) {
		system_keep_standard_streams();
		if (argc > 0)
			set_program_name(argv[0]);
		build_tables(program, long_options, letters);
		opterr = 0;
	}
	for (;;) {
		const char *word = optind < argc ? argv[optind] : "";
		int letter = only_operands ? -1
					   : getopt_long(argc, argv, letters,
						 long_options, NULL);

		if (letter == ':')
			usage_error("option '%s' needs an argument", word);
		if (letter == '?' && strncmp(word, "--", 2) != 0 && optopt)
			usage_error("unknown option '-%c'", optopt);
		if (letter == '?')
			usage_error("option '%s' is unknown, ambiguous or "
				    "takes no argument",
			    word);
		if (letter != -1 && take_shared(letter, program))
			continue;
		if (letter != -1)
			return letter;

		if (!only_operands && strcmp(word, "--") == 0)
			only_operands = true;
		if (optind < argc && !program->operands)
			usage_error("unexpected operand '%s'", argv[optind]);
		if (optind < argc) {
			optarg = argv[optind++];
			return OPERAND;
		}
		narration.figure = program->figure;
		narration.role = program->role;
		narrate_as(&narration);
		return -1;
	}
}

/* "OPTION=VALUE", which stays for good. */
static const char *
option_word(const char *option, const char *value)
{
	size_t size = strlen(option) + strlen(value) + sizeof "=";
	char *word = malloc(size);

	if (!word)
		die("malloc");
	snprintf(word, size, "%s=%s", option, value);
	return word;
}

void
narration_options(const char *words[NARRATION_OPTIONS + 1])
{
	if (narration.explain)
		*words++ = "--explain";
	if (narration.stepping)
		*words++ = "--step";
	if (delay)
		*words++ = option_word("--delay", delay);
	if (narration.trace)
		*words++ = option_word("--trace", narration.trace);
	*words = NULL;
}

/* ---- values of options --------------------------------------------------- */

size_t
parse_size(const char *option, const char *text)
{
	static const struct {
		const char *suffix;
		unsigned long long bytes;
	} units[] = {{"", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024},
	    {"GiB", 1024 * 1024 * 1024}};
	size_t digits = strspn(text, "0123456789");
	char *end;

	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (digits == 0 || errno == ERANGE)
		usage_error("%s=%s: not a size in bytes", option, text);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(end, units[i].suffix) == 0) {
			if (number >
			    (unsigned long long)PTRDIFF_MAX / units[i].bytes)
				usage_error("%s=%s: too large", option, text);
			return (size_t)(number * units[i].bytes);
		}
	usage_error("%s=%s: not a size in bytes (KiB, MiB and GiB are known)",
	    option, text);
}

size_t
parse_count(const char *option, const char *text, size_t least, size_t most)
{
	size_t digits = strspn(text, "0123456789");

	errno = 0;
	unsigned long long number = strtoull(text, NULL, 10);
	if (digits == 0 || text[digits] != '\0' || errno == ERANGE ||
	    number < least || number > most)
		usage_error("%s=%s: not a number from %zu to %zu", option, text,
		    least, most);
	return (size_t)number;
}

double
parse_seconds(const char *option, const char *text)
{
	const double most = 1e6; /* more than a week is a slip of the finger */
	char *end;
	double seconds = strtod(text, &end);

	if (*text == '\0' || strspn(text, "0123456789.") != strlen(text) ||
	    *end != '\0')
		usage_error("%s=%s: not a number of seconds", option, text);
	if (seconds > most)
		usage_error(
		    "%s=%s: more than %.0f seconds", option, text, most);
	return seconds;
}

unsigned
parse_mode(const char *option, const char *text)
{
	size_t digits = strspn(text, "01234567");

	if (digits == 0 || digits > 5 || text[digits] != '\0' ||
	    strtoul(text, NULL, 8) > 0777)
		usage_error(
		    "%s=%s: not an octal mode from 0 to 0777", option, text);
	return (unsigned)strtoul(text, NULL, 8);
}
