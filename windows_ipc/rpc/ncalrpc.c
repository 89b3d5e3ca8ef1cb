#include "windows_ipc/rpc/ncalrpc.h"
#include "common/common.h"
#include "windows_ipc/command_line.h"

#include <rpcndr.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What the stubs allocate and free arguments with. */
void *__RPC_USER
midl_user_allocate(SIZE_T size)
{
	return malloc(size);
}

void __RPC_USER
midl_user_free(void *memory)
{
	free(memory);
}

void
say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	char *line = length < 0 ? NULL : malloc((size_t)length + 2);
	if (!line)
		fatal("no memory for a line");
	va_start(arguments, format);
	vsnprintf(line, (size_t)length + 1, format, arguments);
	va_end(arguments);
	line[length] = '\n';
	if (!write_all(1, line, (size_t)length + 1))
		die("write standard output");
	free(line);
}

bool
succeeded(RPC_STATUS status)
{
	SetLastError((DWORD)status);
	return status == RPC_S_OK;
}

WCHAR *
string_binding(const char *end_point)
{
	WCHAR *wide = wide_of(end_point), *text;

	if (!succeeded(RpcStringBindingComposeW(
		NULL, (WCHAR[]){L"ncalrpc"}, NULL, wide, NULL, &text)))
		die("RpcStringBindingCompose %s", end_point);
	free(wide);
	return text;
}

bool
is_served(const char *end_point)
{
	WCHAR *text = string_binding(end_point);
	RPC_BINDING_HANDLE binding;
	RPC_STATUS status = RpcBindingFromStringBindingW(text, &binding);

	RpcStringFreeW(&text);
	if (status != RPC_S_OK)
		return false;
	status = RpcMgmtIsServerListening(binding);
	RpcBindingFree(&binding);
	return status == RPC_S_OK;
}

void
listen_at(const char *end_point)
{
	WCHAR protocol[] = L"ncalrpc", *wide = wide_of(end_point);
	/* Windows finds out by itself, Wine doesn't */
	bool taken = is_served(end_point);

	step(end_point, "Open the end point, by which others find this "
			"process.");
	RPC_STATUS status = RpcServerUseProtseqEpW(
	    protocol, RPC_C_LISTEN_MAX_CALLS_DEFAULT, wide, NULL);
	if (!succeeded(taken ? RPC_S_DUPLICATE_ENDPOINT : status))
		die_next("is another server running? stop it, or give another "
			 "--endpoint",
		    "RpcServerUseProtseqEp %s", end_point);
	returned("RPC_S_OK");
	free(wide);
}

/* ---- failures ----------------------------------------------------------- */

static const char *current_call, *current_end_point, *what_next;

static LONG WINAPI
end_with_error(EXCEPTION_POINTERS *exception)
{
	SetLastError(exception->ExceptionRecord->ExceptionCode);
	die_next(what_next, "%s at %s", current_call, current_end_point);
}

void
name_call(const char *call, const char *end_point, const char *next)
{
	current_call = call;
	current_end_point = end_point;
	what_next = next;
	SetUnhandledExceptionFilter(end_with_error);
}

/* ---- the transport ------------------------------------------------------ */

char *
transport_of(const char *end_point, char *buffer, size_t size)
{
	char pipe[512];

	/* Wine's end points are named pipes, Windows' are ALPC ports */
	snprintf(pipe, sizeof pipe, "\\\\.\\pipe\\lrpc\\%s", end_point);
	wchar_t *wide = wide_of(pipe);
	BOOL is_pipe =
	    WaitNamedPipeW(wide, 1) || GetLastError() != ERROR_FILE_NOT_FOUND;
	free(wide);
	if (is_pipe)
		snprintf(buffer, size, "a named pipe, %s", pipe);
	else
		snprintf(buffer, size,
		    "ALPC: the connection port \\RPC Control\\%s", end_point);
	return buffer;
}
