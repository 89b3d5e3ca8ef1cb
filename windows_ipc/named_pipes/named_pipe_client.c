/*
 * A Windows named pipe: a client.
 *
 * Opens the pipe like a file, sends a message, and prints the answer, which
 * comes back through the same handle: a named pipe is full duplex.
 *
 * Usage:   named_pipe_client [--name=NAME] [--mode=byte|message]
 *              [--message=TEXT] [--count=N] [--wait=SECONDS]
 * Partner: named_pipe_server.
 *
 * The book has no program for it, and says that a client connects with
 * ConnectNamedPipe: --break=connect-in-client tries.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "common/common.h"
#include "windows_ipc/command_line.h"
#include "windows_ipc/message.h"
#include "windows_ipc/named_pipes/pipe_name.h"

enum { BUFFER_SIZE = 4096 };

/* So many reads are narrated; then the others are like them. */
enum { NARRATED_READS = 2 };

static const struct choice options[] = {
    {'n', "name", "NAME", "the pipe \\\\.\\pipe\\NAME (" DEFAULT_PIPE ")"},
    {'M', "mode", "MODE", "byte or message, as the server's (message)"},
    {'m', "message", "TEXT",
	"what to send (Greetings); - takes standard input"},
    {'c', "count", "N", "send it so many times (1)"},
    {'w', "wait", "SECONDS", "wait so long for a server with time for us (0)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"half-message", "read bytes where messages come: joined and split",
	"A handle to a pipe of messages reads bytes until "
	"SetNamedPipeHandleState says otherwise. Then a read takes what there "
	"is, and nothing tells where one message ends."},
    {"connect-in-client", "ConnectNamedPipe in the client, as the book says",
	"ConnectNamedPipe is how a server waits for a client. A client has "
	"connected when CreateFile returns."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "named-pipes",
    .role = "client",
    .purpose = "A Windows named pipe's client: sends a message to "
	       "named_pipe_server and prints\nthe answer.",
    .example = "named_pipe_client --wait=5 --message=Greetings",
    .options = options,
    .defects = defects,
};

/* ---- getting an instance ------------------------------------------------ */

/* Milliseconds from now to END, by GetTickCount64; at least 1. */
static DWORD
left_until(ULONGLONG end)
{
	ULONGLONG now = GetTickCount64();

	return now < end ? (DWORD)(end - now) : 1;
}

/* Waits until END for somebody to create the pipe. No call does that. */
static void
wait_for_server(const wchar_t *path, ULONGLONG end)
{
	while (GetTickCount64() < end && !WaitNamedPipeW(path, 1) &&
	       GetLastError() == ERROR_FILE_NOT_FOUND)
		Sleep(10);
}

/* Opens the pipe, waiting up to SECONDS for a server, and for one of its
 * instances to be free. */
static HANDLE
open_pipe(const wchar_t *path, double seconds)
{
	ULONGLONG end = GetTickCount64() + (ULONGLONG)(seconds * 1000);
	/* the server may learn who we are, and not act in our name */
	DWORD flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT |
		      SECURITY_IDENTIFICATION;
	char *name = utf8_of(path);

	wait_for_server(path, end);
	for (;;) {
		step(name, "Open the pipe like a file. That connects to a free "
			   "instance of the server's.");
		HANDLE pipe = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0,
		    NULL, OPEN_EXISTING, flags, NULL);
		if (pipe != INVALID_HANDLE_VALUE) {
			returned("handle %#lx", HandleToULong(pipe));
			free(name);
			return pipe;
		}
		if (GetLastError() == ERROR_FILE_NOT_FOUND)
			die_next("start named_pipe_server first, or give it "
				 "time with --wait=SECONDS",
			    "CreateFile %s", name);
		if (GetLastError() != ERROR_PIPE_BUSY)
			die("CreateFile %s", name);
		returned("ERROR_PIPE_BUSY");
		step(name, "All instances are taken. Wait until one is free.");
		bool found = WaitNamedPipeW(path, left_until(end));
		if (!found && GetLastError() != ERROR_FILE_NOT_FOUND)
			die_next("its instances are all taken: try again, or "
				 "give it time with --wait=SECONDS",
			    "WaitNamedPipe %s", name);
		returned(found ? "TRUE" : "the server has gone");
		wait_for_server(path, end);
	}
}

/* ---- there and back ----------------------------------------------------- */

/* Where messages come: has a read return one, and not what there is. */
static void
read_messages(HANDLE pipe)
{
	DWORD mode = PIPE_READMODE_MESSAGE;

	step("pipe", "Have reads return one message each. The server decides "
		     "what is written; each side, how it reads.");
	if (!SetNamedPipeHandleState(pipe, &mode, NULL, NULL))
		die_next("the server's pipe may be one of bytes: --mode=byte",
		    "SetNamedPipeHandleState");
	returned("TRUE");
}

/* A call on the pipe has failed. */
static _Noreturn void
die_of_server(const char *what)
{
	die_next(GetLastError() == ERROR_PIPE_NOT_CONNECTED
		     ? "the server has ended the connection"
		     : "the server has gone",
	    "%s", what);
}

static void
begin_to_write(HANDLE pipe, const struct message *message, OVERLAPPED *writing)
{
	step("pipe",
	    "Begin to write the message, %lu byte%s. Overlapped: the "
	    "answer can be read while it is still under way.",
	    message->length, plural(message->length));
	BOOL done =
	    WriteFile(pipe, message->bytes, message->length, NULL, writing);
	DWORD error = GetLastError();
	if (!done && error != ERROR_IO_PENDING)
		die_of_server("write to the pipe");
	returned(done ? "TRUE" : "FALSE, error %lu", error);
}

/* Reads from the pipe; returns how many bytes, and whether there is more of the
 * message. */
static DWORD
read_piece(
    HANDLE pipe, char *buffer, DWORD size, OVERLAPPED *reading, bool *more)
{
	static int reads;
	DWORD n = 0;

	if (reads++ < NARRATED_READS)
		step("pipe", "Read the answer, at most %lu bytes.", size);
	BOOL done = ReadFile(pipe, buffer, size, NULL, reading);
	if (!done && GetLastError() != ERROR_IO_PENDING &&
	    GetLastError() != ERROR_MORE_DATA)
		die_of_server("read from the pipe");
	done = GetOverlappedResult(pipe, reading, &n, TRUE);
	*more = !done && GetLastError() == ERROR_MORE_DATA;
	if (!done && !*more)
		die_of_server("read from the pipe");
	returned("%lu byte%s%s", n, plural(n),
	    *more ? ", ERROR_MORE_DATA: the message goes on" : "");
	return n;
}

static void
print_bytes(const char *bytes, DWORD length)
{
	if (fwrite(bytes, 1, length, stdout) != length)
		die("write standard output");
}

/* Sends the message and prints the answer, which is as long. */
static void
exchange(HANDLE pipe, const struct message *message, bool messages)
{
	OVERLAPPED writing = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	OVERLAPPED reading = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	char buffer[BUFFER_SIZE];
	DWORD received = 0, n;
	bool more = messages || message->length > 0;

	if (!writing.hEvent || !reading.hEvent)
		die("CreateEvent");
	begin_to_write(pipe, message, &writing);
	while (more) {
		n = read_piece(pipe, buffer, sizeof buffer, &reading, &more);
		received += n;
		if (!messages) /* nothing but its length tells its end */
			more = received < message->length;
		print_bytes(buffer, n);
	}
	if (!GetOverlappedResult(pipe, &writing, &n, TRUE))
		die_of_server("write to the pipe");
	printf("\n");
	CloseHandle(writing.hEvent);
	CloseHandle(reading.hEvent);
}

/* ---- what goes wrong ---------------------------------------------------- */

/* Sends the message twice and reads the answers as bytes: a third more than one
 * of them has, and then the rest. */
static void
read_as_bytes(HANDLE pipe, const struct message *message)
{
	OVERLAPPED overlapped = {
	    .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	DWORD room = message->length + message->length / 3, there = 0, n, rest;
	char *buffer = calloc(2, message->length + 1);
	bool more;

	if (!overlapped.hEvent)
		die("CreateEvent");
	if (!buffer)
		fatal("no memory for two answers");
	for (int i = 0; i < 2; i++) {
		begin_to_write(pipe, message, &overlapped);
		if (!GetOverlappedResult(pipe, &overlapped, &n, TRUE))
			die_of_server("write to the pipe");
	}
	/* both must be there, or the first read would wait for one alone */
	while (there < 2 * message->length) {
		if (!PeekNamedPipe(pipe, NULL, 0, NULL, &there, NULL))
			die_of_server("PeekNamedPipe");
		Sleep(1);
	}
	n = read_piece(pipe, buffer, room, &overlapped, &more);
	print_bytes(buffer, n);
	printf("\n");
	rest = read_piece(
	    pipe, buffer, 2 * message->length - n, &overlapped, &more);
	print_bytes(buffer, rest);
	printf("\n");
	broke("half-message",
	    "two answers of %lu bytes came; the first read returned %lu "
	    "byte%s, "
	    "the second %lu",
	    message->length, n, plural(n), rest);
	free(buffer);
	CloseHandle(overlapped.hEvent);
}

static _Noreturn void
connect_in_client(HANDLE pipe)
{
	OVERLAPPED overlapped = {
	    .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	char reason[256];

	step("pipe", "Wait for a client at the client's end.");
	if (ConnectNamedPipe(pipe, &overlapped))
		fatal("ConnectNamedPipe succeeded in a client");
	DWORD error = GetLastError();
	broke("connect-in-client", "ConnectNamedPipe: %s",
	    describe_error((long)error, reason, sizeof reason));
	SetLastError(error);
	die("ConnectNamedPipe");
}

int
wmain(int argc, wchar_t *wide_argv[])
{
	char **argv = utf8_arguments(argc, wide_argv);
	const char *name = DEFAULT_PIPE, *text = "Greetings";
	size_t count = 1;
	double seconds = 0;
	bool messages = true;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			name = optarg;
			break;
		case 'M':
			messages = parse_mode_is_message(optarg);
			break;
		case 'm':
			text = optarg;
			break;
		case 'c':
			count = parse_count("--count", optarg, 0, INT_MAX);
			break;
		case 'w':
			seconds = parse_seconds("--wait", optarg);
			break;
		}
	wchar_t *path = pipe_path(name);
	struct message message = message_of(text);
	/* both answers have to fit into the pipe before one is read */
	if (broken("half-message") &&
	    (message.length < 3 || message.length > BUFFER_SIZE / 2))
		usage_error("--break=half-message: a message of 3 to %d bytes",
		    BUFFER_SIZE / 2);
	HANDLE pipe = open_pipe(path, seconds);

	if (broken("connect-in-client"))
		connect_in_client(pipe);
	if (messages && !broken("half-message"))
		read_messages(pipe);
	if (broken("half-message"))
		read_as_bytes(pipe, &message);
	else
		for (size_t i = 0; i < count; i++)
			exchange(pipe, &message, messages);

	step("pipe", "Close the handle. The pipe stays: it is the server's.");
	if (!CloseHandle(pipe))
		die("close the pipe");
	returned("TRUE");
	free(message.bytes);
	free(path);
	close_stdout();
	return EXIT_SUCCESS;
}
