/*
 * Command lines. A Windows program gets one string, in UTF-16, and splits it
 * into arguments itself; here they are UTF-8, as everywhere in the toolkit.
 */
#ifndef WINDOWS_IPC_COMMAND_LINE_H
#define WINDOWS_IPC_COMMAND_LINE_H

#include <stddef.h>
#include <wchar.h>

/* main() with arguments in UTF-16 (link with -municode): no header declares it.
 */
int wmain(int argc, wchar_t *argv[]);

/* The arguments of wmain() in UTF-8, with a null behind the last one. They stay
 * for good. Ends the program when memory does. */
char **utf8_arguments(int argc, wchar_t *argv[]);

/* TEXT in UTF-16; what isn't UTF-8 becomes U+FFFD. The caller frees it. */
wchar_t *wide_of(const char *text);

/* The same the other way round; an unpaired surrogate becomes U+FFFD. */
char *utf8_of(const wchar_t *wide);

/*
 * A command line under construction, for CreateProcess, which wants it to be
 * writable. Begin with {NULL, 0}; free text.
 */
struct command_line {
	wchar_t *text;
	size_t length; /* without the null at its end */
};

/* The program, quoted if need be: the file NAME in this program's own
 * directory. It must be the first. */
void command_line_add_neighbour(struct command_line *line, const wchar_t *name);

/*
 * An argument, in quotes if need be, so that the program that is started reads
 * exactly ARGUMENT: blanks, quotes and backslashes included.
 *
 * Source: "Parsing C command-line arguments" in Microsoft's C documentation;
 * CommandLineToArgvW does the same.
 */
void command_line_add(struct command_line *line, const char *argument);

#endif
