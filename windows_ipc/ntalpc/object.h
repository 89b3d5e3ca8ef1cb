/*
 * Handles, and the objects that they name: one table for the process.
 */
#ifndef NTALPC_OBJECT_H
#define NTALPC_OBJECT_H

#include <ntlpcapi.h>

#include <stdatomic.h>
#include <stdbool.h>

enum object_type {
	OBJECT_CONNECTION_PORT = 1,
	OBJECT_CLIENT_PORT = 2,
	OBJECT_SERVER_PORT = 4,
	OBJECT_PROCESS = 8,
	OBJECT_PORTS =
	    OBJECT_CONNECTION_PORT | OBJECT_CLIENT_PORT | OBJECT_SERVER_PORT
};

/* The first member of each object. */
struct object {
	enum object_type type;
	atomic_int references;
	/* its handle was closed: what waits shall return */
	void (*close)(struct object *object);
	/* the last reference has gone */
	void (*destroy)(struct object *object);
	/* in a forked child: closes the descriptors, and nothing more */
	void (*forget)(struct object *object);
};

/* Gives OBJECT a handle, which takes over the caller's reference; false when
 * there is no room. */
bool handle_create(struct object *object, HANDLE *handle);

/*
 * The object of a handle with one more reference, for object_release(). TYPES
 * is a sum of those allowed. STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH.
 */
NTSTATUS handle_object(HANDLE handle, int types, struct object **object);

void object_keep(struct object *object);
void object_release(struct object *object);

#endif
