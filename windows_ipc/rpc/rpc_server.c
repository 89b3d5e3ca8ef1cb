/*
 * RPC between two processes of one machine: the server.
 *
 * What a Windows application calls, and Windows carries over ALPC: the book's
 * figure 3.19 is what lies beneath. Prints a line for each call.
 *
 * Usage:   rpc_server [--endpoint=NAME]
 * Partner: rpc_client, which can also end it: rpc_client --stop.
 * Parts:   figures.idl, the interface, from which the stubs are made;
 *          ncalrpc.h.
 *
 * The book names remote procedure calls and has no program for them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/common.h"
#include "windows_ipc/command_line.h"
#include "windows_ipc/rpc/callback.h"
#include "windows_ipc/rpc/figures.h"
#include "windows_ipc/rpc/ncalrpc.h"

static const struct choice options[] = {
    {'E', "endpoint", "NAME", "where to listen (" DEFAULT_END_POINT ")"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "rpc",
    .role = "server",
    .purpose = "RPC over ncalrpc, the server: echoes, inverts, counts, and "
	       "calls its client back.",
    .example = "rpc_server & rpc_client --wait=5 --stop",
    .options = options,
};

/* ---- what clients call: the interface of figures.idl -------------------- */

void
echo(handle_t binding, const char *text, ULONG room, unsigned char *answer,
    ULONG *length)
{
	ULONG n = 0;

	(void)binding;
	for (; n < room && text[n]; n++) {
		char c = text[n];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		answer[n] = (unsigned char)(letter ? c ^ ('a' ^ 'A') : c);
	}
	*length = n;
	say("echo: %lu byte%s", n, plural(n));
}

void
invert(handle_t binding, ULONG size, const unsigned char *bytes,
    unsigned char *inverted)
{
	(void)binding;
	for (ULONG i = 0; i < size; i++)
		inverted[i] = (unsigned char)~bytes[i];
	say("invert: %lu byte%s", size, plural(size));
}

void
open_counter(handle_t binding, counter *opened)
{
	(void)binding;
	*opened = calloc(1, sizeof(LONG));
	if (!*opened)
		RpcRaiseException(RPC_S_OUT_OF_MEMORY);
	say("open_counter");
}

LONG
add(counter open, LONG n)
{
	/* the client's threads may call at once */
	LONG sum = InterlockedExchangeAdd(open, n) + n;

	say("add: %ld, in all %ld", n, sum);
	return sum;
}

void
close_counter(counter *open)
{
	say("close_counter at %ld", *(LONG *)*open);
	free(*open);
	*open = NULL; /* tells the run-time that it is closed */
}

/* The run-time calls it for each counter of a client that has gone. */
void __RPC_USER
counter_rundown(counter open)
{
	say("counter_rundown at %ld: its client has gone", *(LONG *)open);
	free(open);
}

/* The client's tick() may raise an exception: the run-time passes it on to the
 * client. */
void
count_down(handle_t binding, const char *end_point, LONG from)
{
	WCHAR *text = string_binding(end_point);
	RPC_BINDING_HANDLE client;

	(void)binding;
	RPC_STATUS status = RpcBindingFromStringBindingW(text, &client);
	RpcStringFreeW(&text);
	if (status != RPC_S_OK)
		RpcRaiseException(status);
	say("count_down from %ld: calling the client back", from);
	for (LONG n = from; n > 0; n--)
		tick(client, n);
	RpcBindingFree(&client);
}

void
stop(handle_t binding)
{
	(void)binding;
	say("stop");
	RpcMgmtStopServerListening(NULL);
}

/* ---- the server --------------------------------------------------------- */

int
wmain(int argc, wchar_t *wide_argv[])
{
	char **argv = utf8_arguments(argc, wide_argv);
	const char *end_point = DEFAULT_END_POINT;
	char transport[640];
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'E':
			end_point = optarg;
			break;
		}

	if (!*end_point)
		usage_error("--endpoint=: a name is needed");
	step(end_point,
	    "Register the interface: these are the procedures "
	    "that a client may call. Only clients of this machine.");
	RPC_STATUS status = RpcServerRegisterIf2(figures_v1_0_s_ifspec, NULL,
	    NULL, RPC_IF_ALLOW_LOCAL_ONLY, RPC_C_LISTEN_MAX_CALLS_DEFAULT,
	    (unsigned)-1, NULL);
	if (!succeeded(status))
		die("RpcServerRegisterIf2");
	returned("RPC_S_OK");

	listen_at(end_point);
	say("%s is carried by %s", end_point,
	    transport_of(end_point, transport, sizeof transport));
	step(end_point, "Listen: the run-time's threads call the procedures, "
			"until one of them is stop().");
	status = RpcServerListen(1, RPC_C_LISTEN_MAX_CALLS_DEFAULT, FALSE);
	if (!succeeded(status))
		die("RpcServerListen");
	returned("RPC_S_OK");
	RpcServerUnregisterIf(figures_v1_0_s_ifspec, NULL, TRUE);
	close_stdout();
	return EXIT_SUCCESS;
}
