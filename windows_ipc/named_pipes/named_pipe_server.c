/*
 * A Windows named pipe: the server.
 *
 * Creates instances of the pipe and waits for clients, any number of them one
 * after the other, as many at once as there are instances. What a client sends
 * goes back to it with the letters' case changed, and for each client that has
 * left a line is printed.
 *
 * One thread serves them all: its calls are overlapped. They return before they
 * are done, and set an event when they are.
 *
 * Usage:   named_pipe_server [--name=NAME] [--mode=byte|message]
 *              [--instances=N] [--clients=N]
 * Partner: named_pipe_client; any program that opens \\.\pipe\NAME.
 *
 * The book names CreateNamedPipe and has no program for it. ConnectNamedPipe,
 * by which it lets a client connect, is the server's wait for one.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "common/common.h"
#include "windows_ipc/command_line.h"
#include "windows_ipc/named_pipes/pipe_name.h"

enum {
	PIPE_BUFFER = 4096,
	FIRST_ROOM = 4096,
	LONGEST_MESSAGE = 64 * 1024 * 1024,
	MOST_INSTANCES = MAXIMUM_WAIT_OBJECTS
};

static const struct choice options[] = {
    {'n', "name", "NAME", "the pipe \\\\.\\pipe\\NAME (" DEFAULT_PIPE ")"},
    {'M', "mode", "MODE", "byte or message: what the pipe carries (message)"},
    {'i', "instances", "N", "so many clients at once, at most 64 (4)"},
    {'c', "clients", "N", "end after so many clients (never)"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "named-pipes",
    .role = "server",
    .purpose = "A Windows named pipe's server: sends back what each client "
	       "sends, with the\nletters' case changed.",
    .example = "named_pipe_server --explain --clients=1",
    .options = options,
};

/* One instance of the pipe: it has one client at a time. */
struct instance {
	HANDLE pipe;
	OVERLAPPED overlapped; /* of the call that is under way */
	enum { CONNECTING, READING, WRITING } state;
	ULONG client;       /* process number */
	DWORD length, room; /* what has come and is to be sent back: LENGTH */
	char *bytes;        /* BYTES, in room for ROOM */
	unsigned long long messages, total;
};

static struct instance instances[MOST_INSTANCES];
static unsigned long long clients_served;
static bool message_mode = true;

/* ---- a client's turn ---------------------------------------------------- */

static void wait_for_client(struct instance *instance);

/* The client has gone: tells of it, and makes the instance free for another.
 * What came and wasn't sent back was TOO_LONG, or its client's last words. */
static void
forget_client(struct instance *instance, bool too_long)
{
	printf("client %lu: %llu %s%s, %llu byte%s%s\n", instance->client,
	    instance->messages, message_mode ? "message" : "read",
	    plural(instance->messages), instance->total,
	    plural(instance->total),
	    too_long               ? "; then a message that is too long"
	    : instance->length > 0 ? "; it left before its answer"
				   : "");
	if (fflush(stdout) != 0 || ferror(stdout))
		die("write standard output");
	clients_served++;
	step("instance", "Disconnect from the client: the instance is free "
			 "for another.");
	if (!DisconnectNamedPipe(instance->pipe))
		die("DisconnectNamedPipe");
	returned("TRUE");
	wait_for_client(instance);
}

/* An overlapped read or write has returned: it is DONE or under way, and its
 * event is set or will be; any other failure means that the client has gone. */
static void
has_begun(struct instance *instance, BOOL done)
{
	DWORD error = done ? 0 : GetLastError();

	if (error && error != ERROR_IO_PENDING && error != ERROR_MORE_DATA)
		forget_client(instance, false);
	else
		returned(done ? "TRUE" : "FALSE, error %lu", error);
}

/* Begins to read what the client sends; a message goes on behind what of it is
 * there. */
static void
begin_to_read(struct instance *instance)
{
	if (instance->length == instance->room) {
		instance->room =
		    instance->room ? 2 * instance->room : FIRST_ROOM;
		instance->bytes = realloc(instance->bytes, instance->room);
		if (!instance->bytes)
			fatal("no memory for %lu bytes", instance->room);
	}
	instance->state = READING;
	step("instance", "Begin to read.");
	BOOL done = ReadFile(instance->pipe, instance->bytes + instance->length,
	    instance->room - instance->length, NULL, &instance->overlapped);
	has_begun(instance, done);
}

static void
begin_to_answer(struct instance *instance)
{
	for (DWORD i = 0; i < instance->length; i++) {
		char c = instance->bytes[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			instance->bytes[i] ^= 'a' ^ 'A';
	}
	instance->messages++;
	instance->total += instance->length;
	instance->state = WRITING;
	step("instance",
	    "Begin to write the answer, %lu byte%s, into the same pipe.",
	    instance->length, plural(instance->length));
	BOOL done = WriteFile(instance->pipe, instance->bytes, instance->length,
	    NULL, &instance->overlapped);
	has_begun(instance, done);
}

static void
take_client(struct instance *instance)
{
	instance->length = 0;
	instance->messages = instance->total = 0;
	if (!GetNamedPipeClientProcessId(instance->pipe, &instance->client))
		instance->client = 0;
	begin_to_read(instance);
}

/* Begins to wait; a client that was faster is there already. */
static void
wait_for_client(struct instance *instance)
{
	instance->state = CONNECTING;
	step("instance", "Wait for a client, without being blocked.");
	BOOL done = ConnectNamedPipe(instance->pipe, &instance->overlapped);
	DWORD error = done ? ERROR_PIPE_CONNECTED : GetLastError();
	returned("%s, error %lu", done ? "TRUE" : "FALSE", error);
	if (error == ERROR_PIPE_CONNECTED)
		take_client(instance);
	else if (error == ERROR_NO_DATA) /* it came and has gone */
		forget_client(instance, false);
	else if (error != ERROR_IO_PENDING)
		die("ConnectNamedPipe");
}

/* The instance's event is set: goes on with what the call was for. */
static void
go_on(struct instance *instance)
{
	DWORD n = 0;

	BOOL done = GetOverlappedResult(
	    instance->pipe, &instance->overlapped, &n, TRUE);
	DWORD error = done ? 0 : GetLastError();
	if (error && error != ERROR_MORE_DATA) {
		forget_client(instance, false);
		return;
	}
	switch (instance->state) {
	case CONNECTING:
		take_client(instance);
		break;
	case READING:
		instance->length += n;
		if (error == ERROR_MORE_DATA &&
		    instance->length < LONGEST_MESSAGE)
			begin_to_read(instance);
		else if (error == ERROR_MORE_DATA)
			forget_client(instance, true);
		else
			begin_to_answer(instance);
		break;
	case WRITING:
		instance->length = 0;
		begin_to_read(instance);
		break;
	}
}

/* ---- all of them -------------------------------------------------------- */

static void
create_instance(struct instance *instance, const wchar_t *path, DWORD most)
{
	/* who creates the first one has the name; PIPE_REJECT_REMOTE_CLIENTS:
	 * else whoever reaches this machine over the network is a client too */
	DWORD open_mode =
	    PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED |
	    (instance == instances ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0);
	DWORD pipe_mode =
	    PIPE_REJECT_REMOTE_CLIENTS |
	    (message_mode ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE
			  : PIPE_TYPE_BYTE | PIPE_READMODE_BYTE);

	step("instance", "Create an instance of the pipe, full duplex, for one "
			 "client at a time.");
	instance->pipe = CreateNamedPipeW(path, open_mode, pipe_mode, most,
	    PIPE_BUFFER, PIPE_BUFFER, 0, NULL);
	if (instance->pipe == INVALID_HANDLE_VALUE)
		die_next("is another server running? stop it, or give another "
			 "--name",
		    "CreateNamedPipe %s", utf8_of(path));
	returned("handle %#lx", HandleToULong(instance->pipe));
	/* manual reset, as overlapped calls want it */
	instance->overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!instance->overlapped.hEvent)
		die("CreateEvent");
}

/* The number that follows I, round and round from 0 to COUNT - 1. */
static DWORD
after(DWORD i, DWORD count)
{
	return i + 1 < count ? i + 1 : 0;
}

static void
serve(DWORD count, unsigned long long clients)
{
	HANDLE events[MOST_INSTANCES];
	DWORD next = 0;

	for (DWORD i = 0; i < count; i++) {
		events[i] = instances[i].overlapped.hEvent;
		wait_for_client(&instances[i]);
	}
	while (clients == 0 || clients_served < clients) {
		if (WaitForMultipleObjects(count, events, FALSE, INFINITE) ==
		    WAIT_FAILED)
			die("WaitForMultipleObjects");
		/* it would name the first that is set: all get their turn */
		while (WaitForSingleObject(events[next], 0) != WAIT_OBJECT_0)
			next = after(next, count);
		go_on(&instances[next]);
		next = after(next, count);
	}
	for (DWORD i = 0; i < count; i++) {
		CloseHandle(instances[i].pipe);
		CloseHandle(events[i]);
		free(instances[i].bytes);
	}
}

int
wmain(int argc, wchar_t *wide_argv[])
{
	char **argv = utf8_arguments(argc, wide_argv);
	const char *name = DEFAULT_PIPE;
	size_t count = 4, clients = 0;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			name = optarg;
			break;
		case 'M':
			message_mode = parse_mode_is_message(optarg);
			break;
		case 'i':
			count = parse_count(
			    "--instances", optarg, 1, MOST_INSTANCES);
			break;
		case 'c':
			clients = parse_count("--clients", optarg, 1, INT_MAX);
			break;
		}
	wchar_t *path = pipe_path(name);

	for (size_t i = 0; i < count; i++)
		create_instance(&instances[i], path, (DWORD)count);
	serve((DWORD)count, clients);
	free(path);
	close_stdout();
	return EXIT_SUCCESS;
}
