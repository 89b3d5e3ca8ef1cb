/*
 * Figure 3.25: a Windows anonymous pipe, the child.
 *
 * Reads from its standard input, which its parent has made the read end of a
 * pipe, up to the end, and prints what came.
 *
 * Usage:   fig3_25_pipe_child < FILE, or started by another program
 * Partner: fig3_23_pipe_parent.
 *
 * Differs from the book because every call is checked, it reads to the end
 * instead of once and 25 bytes, needs no zero byte to be sent, and ends its
 * line. (As printed it doesn't compile: a variable has two spellings.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "common/common.h"
#include "windows_ipc/command_line.h"
#include "windows_ipc/deadline.h"

enum { BUFFER_SIZE = 4096 };

/* So many reads are narrated; then the others are like them. */
enum { NARRATED_READS = 2 };

static const struct choice options[] = {
    {'p', "patience", "SECONDS",
	"give up when nothing comes for so long (never)"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.25",
    .role = "child",
    .purpose = "Figure 3.25: a child reads a message from its standard input, "
	       "a pipe that its\nparent has created, and prints it.",
    .example = "fig3_23_pipe_parent --explain",
    .options = options,
};

/* Whether the pipe goes on after a read of no bytes: then somebody has written
 * that many. Of the end of anything else, PeekNamedPipe knows nothing. */
static bool
was_empty_write(HANDLE handle)
{
	return PeekNamedPipe(handle, NULL, 0, NULL, NULL, NULL);
}

int
wmain(int argc, wchar_t *wide_argv[])
{
	char **argv = utf8_arguments(argc, wide_argv);
	char buffer[BUFFER_SIZE];
	double patience = NO_DEADLINE;
	DWORD n, error = 0;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'p':
			patience = parse_seconds("--patience", optarg);
			break;
		}
	narrate_input_is_data();

	step("read end", "The parent has put the read end where standard input "
			 "is looked for.");
	HANDLE ReadHandle = GetStdHandle(STD_INPUT_HANDLE);
	if (ReadHandle == INVALID_HANDLE_VALUE)
		die("GetStdHandle");
	returned("handle %#lx", HandleToULong(ReadHandle));

	for (int reads = 0; !error; reads++) {
		if (reads < NARRATED_READS)
			step("read end",
			    "Read what is there, at most %d bytes; wait while "
			    "there is nothing.",
			    BUFFER_SIZE);
		deadline_set(patience);
		if (!ReadFile(ReadHandle, buffer, BUFFER_SIZE, &n, NULL))
			error = GetLastError();
		else if (n == 0 && !was_empty_write(ReadHandle))
			error = ERROR_HANDLE_EOF; /* it was no pipe */
		deadline_clear();                 /* it is for reads alone */
		if (error && error != ERROR_BROKEN_PIPE &&
		    error != ERROR_HANDLE_EOF &&
		    error != ERROR_OPERATION_ABORTED) {
			SetLastError(error);
			die("read standard input");
		}
		if (reads == 0)
			printf("child read ");
		if (!error && fwrite(buffer, 1, n, stdout) != n)
			die("write standard output");
		if (!error)
			returned("%lu byte%s", n, plural(n));
	}
	if (error == ERROR_BROKEN_PIPE)
		returned("FALSE, ERROR_BROKEN_PIPE: all write ends are closed");
	else if (error == ERROR_HANDLE_EOF)
		returned("0 bytes: end-of-file");
	printf("\n");
	if (error == ERROR_OPERATION_ABORTED)
		fatal("no end-of-file within %g seconds", patience);
	close_stdout();
	return EXIT_SUCCESS;
}
