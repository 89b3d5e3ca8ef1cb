/*
 * The book's four questions about pipes, put to Windows: the rows that
 * four_questions (pipes/four_questions) adds to its table.
 *
 *   1. Does a pipe carry bytes in both directions?
 *   2. If so, in one at a time (half duplex), or in both (full duplex)?
 *   3. Must the processes be related?
 *   4. Can they be on different machines?
 *
 * Prints a line for each answer, with tabs between mechanism, question, answer
 * and evidence.
 *
 * Usage:   four_questions_windows
 * Parts:   it starts itself as the other process of a trial, with an operand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "common/common.h"
#include "windows_ipc/command_line.h"
#include "windows_ipc/deadline.h"

static const char anonymous[] = "Windows anonymous pipe";
static const char named[] = "Windows named pipe";
static const char greetings[] = "Greetings";
enum { GREETINGS = sizeof greetings - 1 };

/* Seconds and milliseconds: more than a trial can take. */
enum { PATIENCE = 10, PATIENCE_MS = 10000 };

static const struct choice options[] = {
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "four-questions",
    .role = "asker",
    .purpose = "The book's four questions about pipes, put to Windows: rows "
	       "for four_questions.",
    .example = "four_questions_windows --explain",
    .options = options,
    .operands = "[TRIAL ARGUMENT]",
};

static void answer(const char *mechanism, int question, const char *word,
    const char *evidence, ...) PRINTF_LIKE(4, 5);

static void
answer(const char *mechanism, int question, const char *word,
    const char *evidence, ...)
{
	va_list arguments;

	printf("%s\t%d\t%s\t", mechanism, question, word);
	va_start(arguments, evidence);
	vprintf(evidence, arguments);
	va_end(arguments);
	printf("\n");
}

/* What a read or write did: "9 bytes" or its error. */
static char *
outcome(BOOL done, DWORD n, char *buffer, size_t size)
{
	if (done)
		snprintf(buffer, size, "%lu byte%s", n, plural(n));
	else
		describe_error(system_last_error(), buffer, size);
	return buffer;
}

/* ---- the other process -------------------------------------------------- */

/* Sends what comes from standard input back to standard output. */
static int
send_back(void)
{
	char buffer[GREETINGS];
	DWORD n;

	if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), buffer, sizeof buffer, &n,
		NULL) ||
	    !WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), buffer, n, &n, NULL))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* Reads from the handle whose NUMBER it is told; the exit code is the error, 0
 * for none. */
static int
read_by_number(const char *number)
{
	HANDLE handle = ULongToHandle(strtoul(number, NULL, 0));
	char buffer[GREETINGS];
	DWORD n;

	return ReadFile(handle, buffer, sizeof buffer, &n, NULL)
		   ? 0
		   : (int)GetLastError();
}

/* Copies the handle that another process has, as a user may with his own
 * processes, and reads from the copy. WHERE is "PROCESS HANDLE". */
static int
read_copy(const char *where)
{
	char buffer[GREETINGS], *number;
	DWORD n = 0;
	HANDLE copy;

	HANDLE owner =
	    OpenProcess(PROCESS_DUP_HANDLE, FALSE, strtoul(where, &number, 10));
	if (!owner ||
	    !DuplicateHandle(owner, ULongToHandle(strtoul(number, NULL, 0)),
		GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS) ||
	    !ReadFile(copy, buffer, sizeof buffer, &n, NULL))
		return (int)GetLastError();
	return n == GREETINGS ? 0 : EXIT_FAILURE;
}

/* Reads from the named pipe at PATH. */
static int
read_by_name(const char *path)
{
	wchar_t *wide = wide_of(path);
	HANDLE pipe = CreateFileW(wide, GENERIC_READ, 0, NULL, OPEN_EXISTING,
	    SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
	char buffer[GREETINGS];
	DWORD n = 0;

	free(wide);
	if (pipe == INVALID_HANDLE_VALUE ||
	    !ReadFile(pipe, buffer, sizeof buffer, &n, NULL))
		return (int)GetLastError();
	return n == GREETINGS ? 0 : EXIT_FAILURE;
}

/* Starts this program for TRIAL with ARGUMENT, and standard input and output as
 * said; it inherits handles or not. Returns the process. */
static HANDLE
start(const char *trial, const char *argument, HANDLE input, HANDLE output,
    BOOL inherits)
{
	STARTUPINFOW si = {.cb = sizeof si};
	struct command_line line = {NULL, 0};
	PROCESS_INFORMATION pi;

	command_line_add_neighbour(&line, L"four_questions_windows.exe");
	command_line_add(&line, trial);
	command_line_add(&line, argument);
	if (inherits) {
		si.dwFlags = STARTF_USESTDHANDLES;
		si.hStdInput = input;
		si.hStdOutput = output;
	}
	if (!CreateProcessW(NULL, line.text, NULL, NULL, inherits,
		DETACHED_PROCESS, NULL, NULL, &si, &pi))
		die("CreateProcess %s", utf8_of(line.text));
	CloseHandle(pi.hThread);
	free(line.text);
	return pi.hProcess;
}

/* Waits for it and returns its exit code. */
static DWORD
exit_code_of(HANDLE process)
{
	DWORD code;

	if (WaitForSingleObject(process, PATIENCE_MS) != WAIT_OBJECT_0) {
		TerminateProcess(process, EXIT_FAILURE);
		fatal("the other process did not end within %d seconds",
		    PATIENCE);
	}
	if (!GetExitCodeProcess(process, &code))
		die("GetExitCodeProcess");
	CloseHandle(process);
	return code;
}

/* ---- anonymous pipes ---------------------------------------------------- */

/* Creates a pipe; which of its ends a child inherits is said. */
static void
create(HANDLE *reading, HANDLE *writing, BOOL read_end, BOOL write_end)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof sa, .bInheritHandle = TRUE};

	if (!CreatePipe(reading, writing, &sa, 0) ||
	    !SetHandleInformation(*reading, HANDLE_FLAG_INHERIT,
		read_end ? HANDLE_FLAG_INHERIT : 0) ||
	    !SetHandleInformation(*writing, HANDLE_FLAG_INHERIT,
		write_end ? HANDLE_FLAG_INHERIT : 0))
		die("CreatePipe");
}

static void
ask_anonymous_direction(void)
{
	char write_said[256], read_said[256], buffer[GREETINGS];
	HANDLE reading, writing;
	DWORD n;

	create(&reading, &writing, FALSE, FALSE);
	step(anonymous, "1. Write to the read end.");
	BOOL written = WriteFile(reading, greetings, GREETINGS, &n, NULL);
	returned("%s", outcome(written, n, write_said, sizeof write_said));
	step(anonymous, "1. Read from the write end.");
	deadline_set(PATIENCE);
	BOOL got = ReadFile(writing, buffer, sizeof buffer, &n, NULL);
	returned("%s", outcome(got, n, read_said, sizeof read_said));
	deadline_clear();
	CloseHandle(reading);
	CloseHandle(writing);
	answer(anonymous, 1, written || got ? "yes" : "no",
	    "write to the read end: %s; read from the write end: %s",
	    write_said, read_said);
}

static void
ask_anonymous_duplex(void)
{
	HANDLE there_read, there_write, back_read, back_write;
	char buffer[GREETINGS];
	DWORD n, back;

	create(&there_read, &there_write, TRUE, FALSE);
	create(&back_read, &back_write, FALSE, TRUE);
	HANDLE child = start("send-back", "-", there_read, back_write, TRUE);
	CloseHandle(there_read);
	CloseHandle(back_write);
	step(anonymous,
	    "2. With a child and two pipes, one for each direction.");
	deadline_set(PATIENCE);
	BOOL done = WriteFile(there_write, greetings, GREETINGS, &n, NULL) &&
		    ReadFile(back_read, buffer, sizeof buffer, &back, NULL);
	deadline_clear();
	if (!done)
		die("write to the child and read");
	returned("%lu bytes came back", back);
	exit_code_of(child);
	CloseHandle(there_write);
	CloseHandle(back_read);
	answer(anonymous, 2, "-",
	    "bytes go one way only; with two pipes %lu bytes went there and "
	    "came back",
	    back);
}

static void
ask_anonymous_relation(void)
{
	char number[32], where[64], stranger_said[256], copy_said[256];
	HANDLE reading, writing;
	DWORD n;

	create(&reading, &writing, TRUE, FALSE);
	snprintf(number, sizeof number, "%#lx", HandleToULong(reading));
	for (int i = 0; i < 3; i++) /* one for each who may read */
		if (!WriteFile(writing, greetings, GREETINGS, &n, NULL))
			die("write to the pipe");

	step(anonymous, "3. Tell a child that inherits nothing the handle's "
			"number.");
	DWORD code =
	    exit_code_of(start("read-number", number, NULL, NULL, FALSE));
	SetLastError(code);
	returned("%s",
	    outcome(code == 0, GREETINGS, stranger_said, sizeof stranger_said));
	step(anonymous, "3. Let a child read that inherits it.");
	bool inherited =
	    exit_code_of(start("read-number", number, NULL, NULL, TRUE)) == 0;
	returned(inherited ? "it read 9 bytes" : "it read nothing");

	snprintf(where, sizeof where, "%lu %s", GetCurrentProcessId(), number);
	step(anonymous, "3. Let a child that inherits nothing copy it.");
	DWORD copy = exit_code_of(start("read-copy", where, NULL, NULL, FALSE));
	SetLastError(copy);
	returned(
	    "%s", outcome(copy == 0, GREETINGS, copy_said, sizeof copy_said));
	CloseHandle(reading);
	CloseHandle(writing);
	answer(anonymous, 3, inherited && code != 0 ? "yes" : "no",
	    "a child that inherited the handle %s; one that inherited nothing, "
	    "told the number, got %s (with DuplicateHandle its user's "
	    "processes get in all the same: %s)",
	    inherited ? "read from it" : "could not read", stranger_said,
	    copy_said);
}

static void
ask_anonymous_network(void)
{
	char said[256];
	WCHAR path[MAX_PATH];
	HANDLE reading, writing;

	create(&reading, &writing, FALSE, FALSE);
	step(anonymous, "4. Ask for a name that another machine could use.");
	DWORD length =
	    GetFinalPathNameByHandleW(reading, path, MAX_PATH, VOLUME_NAME_DOS);
	outcome(length > 0, length, said, sizeof said);
	returned("%s", said);
	CloseHandle(reading);
	CloseHandle(writing);
	answer(anonymous, 4, length > 0 ? "yes" : "no",
	    "it has no name to open it by: GetFinalPathNameByHandle: %s", said);
}

/* ---- named pipes -------------------------------------------------------- */

/* A server's end that nobody is connected to, whose name is put into PATH. */
static HANDLE
create_named(char *path, size_t size)
{
	static unsigned count;

	snprintf(path, size, "\\\\.\\pipe\\four-questions-%lu-%u",
	    GetCurrentProcessId(), ++count);
	wchar_t *wide = wide_of(path);
	HANDLE server = CreateNamedPipeW(wide, PIPE_ACCESS_DUPLEX,
	    PIPE_TYPE_BYTE | PIPE_READMODE_BYTE, 1, 4096, 4096, 0, NULL);
	if (server == INVALID_HANDLE_VALUE)
		die("CreateNamedPipe %s", path);
	free(wide);
	return server;
}

static HANDLE
open_named(const char *path)
{
	wchar_t *wide = wide_of(path);
	HANDLE client = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, 0, NULL,
	    OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
	    NULL);

	free(wide);
	return client;
}

static void
ask_named_duplex(void)
{
	char path[128], request[GREETINGS], reply[GREETINGS];
	static const char hello[] = "Hello, to";
	DWORD n, there = 0, back = 0;

	HANDLE server = create_named(path, sizeof path);
	HANDLE client = open_named(path);
	if (client == INVALID_HANDLE_VALUE)
		die("CreateFile %s", path);
	step(named, "1. Write at one end, read at the other; then the other "
		    "way round.");
	deadline_set(PATIENCE);
	BOOL done = WriteFile(client, greetings, GREETINGS, &n, NULL) &&
		    ReadFile(server, request, GREETINGS, &there, NULL) &&
		    WriteFile(server, hello, GREETINGS, &n, NULL) &&
		    ReadFile(client, reply, GREETINGS, &back, NULL);
	if (!done)
		die("write to the pipe and read");
	returned("%lu bytes there, %lu back", there, back);
	answer(named, 1, "yes",
	    "%lu bytes went from client to server and %lu from server to "
	    "client, through the same two handles",
	    there, back);

	step(named, "2. Let both write before either reads.");
	done = WriteFile(client, greetings, GREETINGS, &n, NULL) &&
	       WriteFile(server, hello, GREETINGS, &n, NULL) &&
	       ReadFile(server, request, GREETINGS, &there, NULL) &&
	       ReadFile(client, reply, GREETINGS, &back, NULL);
	if (!done)
		die("write to the pipe and read");
	bool full = memcmp(request, greetings, GREETINGS) == 0 &&
		    memcmp(reply, hello, GREETINGS) == 0;
	returned(full ? "each got the other's bytes" : "bytes are mixed");
	deadline_clear();
	CloseHandle(client);
	CloseHandle(server);
	answer(named, 2, full ? "full" : "half",
	    "when both had written, each read %s: there are two queues, one "
	    "for each direction",
	    full ? "the other's bytes" : "what came first");
}

static void
ask_named_relation(void)
{
	char path[128], said[256];
	DWORD n;

	HANDLE server = create_named(path, sizeof path);
	HANDLE stranger = start("read-name", path, NULL, NULL, FALSE);
	deadline_set(PATIENCE);
	BOOL connected = ConnectNamedPipe(server, NULL) ||
			 GetLastError() == ERROR_PIPE_CONNECTED;
	if (!connected || !WriteFile(server, greetings, GREETINGS, &n, NULL))
		die("write to %s", path);
	deadline_clear();
	step(named, "3. Let a process read that inherited nothing and knows "
		    "the name.");
	DWORD code = exit_code_of(stranger);
	SetLastError(code);
	outcome(code == 0, GREETINGS, said, sizeof said);
	returned("%s", said);
	CloseHandle(server);
	answer(named, 3, code == 0 ? "no" : "yes",
	    "a process that inherited nothing opened it by its name: %s", said);
}

static void
ask_named_network(void)
{
	char path[128], remote[160], said[256];

	HANDLE server = create_named(path, sizeof path);
	snprintf(remote, sizeof remote, "\\\\localhost\\pipe\\%s",
	    strrchr(path, '\\') + 1);
	step(named, "4. Open it by the name that another machine would use.");
	HANDLE client = open_named(remote);
	bool opened = client != INVALID_HANDLE_VALUE;
	outcome(opened, 0, said, sizeof said);
	returned("%s", opened ? "opened" : said);
	if (opened)
		CloseHandle(client);
	CloseHandle(server);
	answer(named, 4, opened ? "yes" : "not here",
	    "the book says that the processes may be on different machines, "
	    "through \\\\MACHINE\\pipe\\NAME. %s%s",
	    opened ? "With this machine's own name it opened"
		   : "Not shown: Wine has no such pipes; it takes Windows. "
		     "\\\\localhost\\pipe\\NAME: ",
	    opened ? "" : said);
}

int
wmain(int argc, wchar_t *wide_argv[])
{
	char **argv = utf8_arguments(argc, wide_argv);
	const char *operands[2] = {NULL, ""};
	int option, count = 0;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == OPERAND && count < 2)
			operands[count++] = optarg;
	if (operands[0] && strcmp(operands[0], "send-back") == 0)
		return send_back();
	if (operands[0] && strcmp(operands[0], "read-number") == 0)
		return read_by_number(operands[1]);
	if (operands[0] && strcmp(operands[0], "read-copy") == 0)
		return read_copy(operands[1]);
	if (operands[0] && strcmp(operands[0], "read-name") == 0)
		return read_by_name(operands[1]);
	if (operands[0])
		usage_error("%s: no such trial", operands[0]);

	ask_anonymous_direction();
	ask_anonymous_duplex();
	ask_anonymous_relation();
	ask_anonymous_network();
	ask_named_duplex();
	ask_named_relation();
	ask_named_network();
	close_stdout();
	return EXIT_SUCCESS;
}
