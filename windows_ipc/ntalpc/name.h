/*
 * Names of connection ports: each is a socket in one directory, which only its
 * user can enter: $ALPC_RUN_DIR, else $XDG_RUNTIME_DIR/alpc, else
 * /tmp/alpc-UID.
 *
 * A process that is killed leaves its socket. Whoever creates a port removes
 * those that nobody listens at, and so does a client whose server has gone.
 */
#ifndef NTALPC_NAME_H
#define NTALPC_NAME_H

#include "windows_ipc/ntalpc/wire.h"

#include <limits.h>

/* A socket's path is short; it is reached by /proc/self/fd/N/NAME. */
enum { LONGEST_NAME = 80 };

/* A name as its file has it: "\RPC Control\x" is "RPC Control%5Cx". */
struct port_name {
	char file[LONGEST_NAME + 1];
};

/* STATUS_OBJECT_PATH_SYNTAX_BAD when it doesn't begin with a backslash,
 * STATUS_OBJECT_NAME_INVALID when it is empty or too long. */
NTSTATUS name_parse(const UNICODE_STRING *text, struct port_name *name);

/* A listening socket under the name. STATUS_OBJECT_NAME_COLLISION,
 * STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS name_listen(const struct port_name *name, int *socket);

/* Takes the name of a listening socket away. */
void name_remove(const struct port_name *name);

/* A socket connected to it. STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_ACCESS_DENIED, STATUS_TIMEOUT, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS name_connect(
    const struct port_name *name, int *socket, const struct deadline *deadline);

/* Removes the name if nobody listens at it any more. */
void name_sweep(const struct port_name *name);

#endif
