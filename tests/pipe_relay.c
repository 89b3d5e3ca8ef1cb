/*
 * A parent that hands on what it gets, as it comes: starts COMMAND, and copies
 * standard input, piece by piece, into an anonymous pipe that is COMMAND's
 * standard input. Ends when COMMAND does, with its exit code.
 *
 * Usage:   pipe_relay COMMAND
 *
 * What Wine makes of a Linux pipe is not all that it makes of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "common/common.h"
#include "windows_ipc/command_line.h"

static HANDLE write_end;

static DWORD WINAPI
hand_on(LPVOID unused)
{
	HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
	char piece[4096];
	DWORD n, written;

	(void)unused;
	while (ReadFile(input, piece, sizeof piece, &n, NULL) && n > 0)
		if (!WriteFile(write_end, piece, n, &written, NULL))
			break;
	CloseHandle(write_end);
	return 0;
}

int
wmain(int argc, wchar_t *argv[])
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof sa, .bInheritHandle = TRUE};
	STARTUPINFOW si = {
	    .cb = sizeof si,
	    .dwFlags = STARTF_USESTDHANDLES,
	    .hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE),
	    .hStdError = GetStdHandle(STD_ERROR_HANDLE),
	};
	PROCESS_INFORMATION pi;
	DWORD code;

	if (argc != 2)
		usage_error("one COMMAND is needed");
	if (!CreatePipe(&si.hStdInput, &write_end, &sa, 0))
		die("CreatePipe");
	if (!SetHandleInformation(write_end, HANDLE_FLAG_INHERIT, 0))
		die("SetHandleInformation");
	if (!CreateProcessW(
		NULL, argv[1], NULL, NULL, TRUE, 0, NULL, NULL, &si, &pi))
		die("CreateProcess %s", utf8_of(argv[1]));
	CloseHandle(si.hStdInput);
	if (!CreateThread(NULL, 0, hand_on, NULL, 0, NULL))
		die("CreateThread");
	if (WaitForSingleObject(pi.hProcess, INFINITE) == WAIT_FAILED)
		die("WaitForSingleObject");
	if (!GetExitCodeProcess(pi.hProcess, &code))
		die("GetExitCodeProcess");
	return (int)code;
}
