/*
 * What becomes of arguments on their way through a Windows command line:
 * prints each as the program that was started has it, one a line, in brackets.
 *
 * Usage:   arguments_probe ARGUMENT...
 * Partner: itself: it is its own child, which the arguments are for.
 *
 * Windows gives a program one string. The child splits its own with
 * CommandLineToArgvW, too, and fails where that and wmain's arguments differ.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <shellapi.h>

#include "common/common.h"
#include "windows_ipc/command_line.h"

/* The child's first argument. */
static const char marker[] = "--child";

static void
compare_arguments(int argc, wchar_t *wide_argv[])
{
	int count;
	wchar_t **split = CommandLineToArgvW(GetCommandLineW(), &count);

	if (!split)
		die("CommandLineToArgvW");
	if (count != argc)
		fatal(
		    "CommandLineToArgvW: %d arguments, wmain: %d", count, argc);
	/* the program's own name is no matter: some make it a full path */
	for (int i = 1; i < argc; i++)
		if (wcscmp(split[i], wide_argv[i]) != 0)
			fatal("CommandLineToArgvW: [%s], wmain: [%s]",
			    utf8_of(split[i]), utf8_of(wide_argv[i]));
	LocalFree(split);
}

static void
print_arguments(int argc, char *argv[])
{
	for (int i = 2; i < argc; i++)
		printf("[%s]\n", argv[i]);
	close_stdout();
}

static int
start_child(int argc, char *argv[])
{
	struct command_line line = {NULL, 0};
	STARTUPINFOW si = {.cb = sizeof si};
	PROCESS_INFORMATION pi;
	DWORD code;

	command_line_add_neighbour(&line, L"arguments_probe.exe");
	command_line_add(&line, marker);
	for (int i = 1; i < argc; i++)
		command_line_add(&line, argv[i]);
	if (!CreateProcessW(
		NULL, line.text, NULL, NULL, TRUE, 0, NULL, NULL, &si, &pi))
		die("CreateProcess %s", utf8_of(line.text));
	if (WaitForSingleObject(pi.hProcess, INFINITE) == WAIT_FAILED)
		die("WaitForSingleObject");
	if (!GetExitCodeProcess(pi.hProcess, &code))
		die("GetExitCodeProcess");
	return (int)code;
}

int
wmain(int argc, wchar_t *wide_argv[])
{
	char **argv = utf8_arguments(argc, wide_argv);

	system_keep_standard_streams();
	set_program_name(argv[0]);
	if (argc < 2 || strcmp(argv[1], marker) != 0)
		return start_child(argc, argv);
	compare_arguments(argc, wide_argv);
	print_arguments(argc, argv);
	return EXIT_SUCCESS;
}
