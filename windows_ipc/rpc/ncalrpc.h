/*
 * RPC on one machine (protocol sequence ncalrpc): what server and client share.
 * Each is both: the server calls the client back.
 */
#ifndef RPC_NCALRPC_H
#define RPC_NCALRPC_H

#include "common/system.h"

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

#include <rpc.h>

#define DEFAULT_END_POINT "ipc-figures"

/* Prints a line, a printf format, at once and whole: several threads may. */
void say(const char *format, ...) PRINTF_LIKE(1, 2);

/* The calls of rpcrt4 return what failed instead of setting the last error:
 * this sets it, for die(). Returns whether STATUS is success. */
bool succeeded(RPC_STATUS status);

/* The string binding of END_POINT, "ncalrpc:[END_POINT]". Free it with
 * RpcStringFree. */
WCHAR *string_binding(const char *end_point);

/* Whether a server listens at END_POINT. */
bool is_served(const char *end_point);

/* Has this process listen at END_POINT, a name that nobody uses. */
void listen_at(const char *end_point);

/*
 * A remote call that fails raises an exception, which C without __try can't
 * catch: from here on it ends the program with an error line that names CALL
 * and END_POINT, and says NEXT.
 */
void name_call(const char *call, const char *end_point, const char *next);

/* What carries the calls to END_POINT, where a server listens, into BUFFER of
 * SIZE bytes; returns BUFFER. */
char *transport_of(const char *end_point, char *buffer, size_t size);

#endif
