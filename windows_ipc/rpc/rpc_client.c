/*
 * RPC between two processes of one machine: a client.
 *
 * Calls procedures of the server as if they were its own: with a string, with
 * megabytes, with a handle to something that the server keeps, and with one
 * that calls the client back.
 *
 * Usage:   rpc_client [--endpoint=NAME] [--message=TEXT] [--size=BYTES]
 *              [--wait=SECONDS] [--stop]
 * Partner: rpc_server.
 * Parts:   figures.idl, the interfaces, from which the stubs are made;
 *          ncalrpc.h.
 *
 * The book names remote procedure calls and has no program for them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/common.h"
#include "windows_ipc/command_line.h"
#include "windows_ipc/message.h"
#include "windows_ipc/rpc/callback.h"
#include "windows_ipc/rpc/figures.h"
#include "windows_ipc/rpc/ncalrpc.h"

enum { LARGEST = 256 * 1024 * 1024 };

static const struct choice options[] = {
    {'E', "endpoint", "NAME", "where the server is (" DEFAULT_END_POINT ")"},
    {'m', "message", "TEXT",
	"a string to send (Greetings); - takes standard input"},
    {'S', "size", "BYTES", "how much to send there and back (4MiB)"},
    {'w', "wait", "SECONDS", "wait so long for the server (0)"},
    {'k', "keep-open", NULL, "keep a counter open until input ends"},
    {'x', "stop", NULL, "have the server end"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "rpc",
    .role = "client",
    .purpose = "RPC over ncalrpc, a client: a string, megabytes, a context "
	       "handle, and a callback.",
    .example = "rpc_client --explain --wait=5",
    .options = options,
};

static const char *end_point = DEFAULT_END_POINT;

/* The name of a call, for the error that it may end with. */
static void
calling(const char *call)
{
	name_call(call, end_point,
	    "start rpc_server first, or give it time with --wait=SECONDS");
}

/* ---- the calls ---------------------------------------------------------- */

static void
call_echo(handle_t server, const struct message *message)
{
	ULONG room = message->length + 1, length = 0;
	unsigned char *answer = calloc(room, 1);

	if (!answer)
		fatal("no memory for %lu bytes", room);
	calling("echo");
	step("echo", "Call a procedure that is in another process. The stub "
		     "packs the string into a message and waits for the "
		     "answer.");
	echo(server, message->bytes, room, answer, &length);
	returned("%lu byte%s", length, plural(length));
	say("echo: %.*s", (int)length, (char *)answer);
	free(answer);
}

static void
call_invert(handle_t server, ULONG size)
{
	unsigned char *bytes = malloc((size_t)size + 1);
	unsigned char *inverted = calloc((size_t)size + 1, 1);
	ULONG right = 0;

	if (!bytes || !inverted)
		fatal("no memory for twice %lu bytes", size);
	/* without a pattern, so that a byte in a wrong place is seen */
	for (ULONG i = 0; i < size; i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 24);
	calling("invert");
	step("invert", "Send %lu byte%s, and get as many back.", size,
	    plural(size));
	invert(server, size, bytes, inverted);
	for (ULONG i = 0; i < size; i++)
		right += inverted[i] == (unsigned char)~bytes[i];
	returned("%lu of them are right", right);
	say("invert: %lu byte%s there and back, %lu right", size, plural(size),
	    right);
	free(bytes);
	free(inverted);
	if (right != size)
		fatal("invert: %lu bytes are wrong", size - right);
}

/* Waits until standard input ends. */
static void
wait_for_end_of_input(void)
{
	char c;

	while (read_all(0, &c, 1) == 1)
		;
}

static void
call_counter(handle_t server, bool keep_open)
{
	counter open = NULL;
	LONG sum = 0;

	calling("open_counter");
	step("counter", "Have the server make a counter. What comes back is "
			"a context handle: it means something only there.");
	open_counter(server, &open);
	returned("a context handle");
	calling("add");
	for (LONG n = 1; n <= 3; n++) {
		step("counter", "Add %ld to it.", n);
		sum = add(open, n);
		returned("%ld", sum);
	}
	say("counter: %ld", sum);
	if (keep_open)
		wait_for_end_of_input();
	calling("close_counter");
	step("counter", "Close it. For a client that dies before, the server "
			"is told.");
	close_counter(&open);
	returned("a null handle");
}

/* What the server calls, in a thread of the run-time's. */
void
tick(handle_t binding, LONG n)
{
	(void)binding;
	say("tick: %ld", n);
}

static void
call_count_down(handle_t server)
{
	char own_end_point[64];

	snprintf(own_end_point, sizeof own_end_point, "ipc-figures-client-%lu",
	    GetCurrentProcessId());
	step("callback", "To be called back, be a server: register an "
			 "interface, and open an end point.");
	RPC_STATUS status = RpcServerRegisterIf2(callback_v1_0_s_ifspec, NULL,
	    NULL, RPC_IF_ALLOW_LOCAL_ONLY | RPC_IF_AUTOLISTEN,
	    RPC_C_LISTEN_MAX_CALLS_DEFAULT, (unsigned)-1, NULL);
	if (!succeeded(status))
		die("RpcServerRegisterIf2");
	returned("RPC_S_OK");
	listen_at(own_end_point);
	calling("count_down");
	step("count_down", "While this call waits for its answer, the server "
			   "calls tick() here, three times.");
	count_down(server, own_end_point, 3);
	returned("done");
}

/* A binding handle says which server calls go to: nothing is sent yet. */
static handle_t
bind_to_server(void)
{
	WCHAR *text = string_binding(end_point);
	handle_t server;

	step(end_point, "Make a binding handle from the protocol sequence, "
			"ncalrpc, and the end point.");
	RPC_STATUS status = RpcBindingFromStringBindingW(text, &server);
	if (!succeeded(status))
		die("RpcBindingFromStringBinding %s", end_point);
	returned("RPC_S_OK");
	RpcStringFreeW(&text);
	return server;
}

/* Waits up to SECONDS for the server. */
static void
wait_for_server(double seconds)
{
	ULONGLONG end = GetTickCount64() + (ULONGLONG)(seconds * 1000);

	while (GetTickCount64() < end && !is_served(end_point))
		Sleep(10);
}

int
wmain(int argc, wchar_t *wide_argv[])
{
	char **argv = utf8_arguments(argc, wide_argv);
	const char *string = "Greetings";
	size_t size = 4 * 1024 * 1024;
	bool keep_open = false, stop_server = false;
	double seconds = 0;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'E':
			end_point = optarg;
			break;
		case 'm':
			string = optarg;
			break;
		case 'S':
			size = parse_size("--size", optarg);
			break;
		case 'w':
			seconds = parse_seconds("--wait", optarg);
			break;
		case 'k':
			keep_open = true;
			break;
		case 'x':
			stop_server = true;
			break;
		}
	if (size > LARGEST)
		usage_error("--size=%zu: more than 256MiB", size);
	if (!*end_point)
		usage_error("--endpoint=: a name is needed");
	struct message message = message_of(string);
	if (memchr(message.bytes, 0, message.length))
		fatal("--message: a string ends at a zero byte, so it can't "
		      "have one");

	handle_t server = bind_to_server();
	wait_for_server(seconds);
	call_echo(server, &message);
	call_invert(server, (ULONG)size);
	call_counter(server, keep_open);
	call_count_down(server);
	if (stop_server) {
		calling("stop");
		step(end_point, "Have the server end.");
		stop(server);
		returned("done");
	}
	RpcBindingFree(&server);
	free(message.bytes);
	close_stdout();
	return EXIT_SUCCESS;
}
