#define _GNU_SOURCE
#include "windows_ipc/ntalpc/object.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* Windows' handles are multiples of 4, and 0 is none. */
enum { HANDLE_STEP = 4, MOST_HANDLES = 1 << 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct object **table;
static size_t room;
static size_t first_free; /* no entry below it is free */

/* ---- a forked child ----------------------------------------------------- */

/* Handles are a process's own, and a child that kept a port's descriptor would
 * keep the port alive. */
static void
lock_table(void)
{
	pthread_mutex_lock(&lock);
}

static void
unlock_table(void)
{
	pthread_mutex_unlock(&lock);
}

static void
forget_all(void)
{
	for (size_t i = 0; i < room; i++)
		if (table[i])
			table[i]->forget(table[i]);
	table = NULL; /* the objects' locks may be held by nobody */
	room = first_free = 0;
	pthread_mutex_unlock(&lock);
}

static void
at_first(void)
{
	pthread_atfork(lock_table, unlock_table, forget_all);
}

/* ---- handles ------------------------------------------------------------ */

static bool
make_room(void)
{
	size_t more = room ? 2 * room : 64;
	struct object **larger;

	if (more > MOST_HANDLES)
		return false;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
	larger = realloc(table, more * sizeof table[0]);
	if (!larger)
		return false;
	for (size_t i = room; i < more; i++)
		larger[i] = NULL;
	table = larger;
	room = more;
	return true;
}

bool
handle_create(struct object *object, HANDLE *handle)
{
	size_t i;

	pthread_once(&once, at_first);
	pthread_mutex_lock(&lock);
	i = first_free;
	while (i < room && table[i])
		i++;
	first_free = i;
	if (i == room && !make_room()) {
		pthread_mutex_unlock(&lock);
		return false;
	}
	table[i] = object;
	first_free = i + 1;
	pthread_mutex_unlock(&lock);
	*handle = (HANDLE)((ULONG_PTR)(i + 1) * HANDLE_STEP);
	return true;
}

/* The entry of a handle, or -1. */
static ptrdiff_t
index_of(HANDLE handle)
{
	ULONG_PTR value = (ULONG_PTR)handle;

	if (value == 0 || value % HANDLE_STEP || value / HANDLE_STEP > room ||
	    !table[value / HANDLE_STEP - 1])
		return -1;
	return (ptrdiff_t)(value / HANDLE_STEP - 1);
}

NTSTATUS
handle_object(HANDLE handle, int types, struct object **object)
{
	NTSTATUS status = STATUS_SUCCESS;

	pthread_mutex_lock(&lock);
	ptrdiff_t i = index_of(handle);
	if (i < 0) {
		status = STATUS_INVALID_HANDLE;
	} else if (!((int)table[i]->type & types)) {
		status = STATUS_OBJECT_TYPE_MISMATCH;
	} else {
		*object = table[i];
		object_keep(*object);
	}
	pthread_mutex_unlock(&lock);
	return status;
}

NTSTATUS NTAPI
NtClose(HANDLE handle)
{
	struct object *object = NULL;

	pthread_mutex_lock(&lock);
	ptrdiff_t i = index_of(handle);
	if (i >= 0) {
		object = table[i];
		table[i] = NULL;
		if ((size_t)i < first_free)
			first_free = (size_t)i;
	}
	pthread_mutex_unlock(&lock);
	if (!object)
		return STATUS_INVALID_HANDLE;
	object->close(object);
	object_release(object);
	return STATUS_SUCCESS;
}

DWORD
GetCurrentProcessId(void)
{
	return (DWORD)getpid();
}

/* ---- references --------------------------------------------------------- */

void
object_keep(struct object *object)
{
	atomic_fetch_add(&object->references, 1);
}

void
object_release(struct object *object)
{
	if (atomic_fetch_sub(&object->references, 1) == 1)
		object->destroy(object);
}
