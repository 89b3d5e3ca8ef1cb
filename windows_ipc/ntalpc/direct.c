/*
 * The third technique: the server reads and writes the client's own memory,
 * where the client has said so, while its request waits for the answer.
 */
#define _GNU_SOURCE /* process_vm_readv */
#include "windows_ipc/ntalpc/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

/* So much at once; then the client is asked whether it still waits. */
enum { PIECE = 16 * 1024 * 1024 };

static bool
has_ended(int process)
{
	struct pollfd poll_for = {.fd = process, .events = POLLIN};

	return process != -1 && poll(&poll_for, 1, 0) != 0;
}

static ssize_t
copy(pid_t pid, char *here, char *there, size_t size, bool writes)
{
	struct iovec local = {here, size}, remote = {there, size};

	return writes ? process_vm_writev(pid, &local, 1, &remote, 1, 0)
		      : process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static NTSTATUS
status_of(int error)
{
	switch (error) {
	case EPERM:
	case ENOSYS: /* a filter's answer */
		return STATUS_ACCESS_DENIED;
	case ESRCH:
		return STATUS_PORT_DISCONNECTED;
	default:
		return STATUS_PARTIAL_COPY;
	}
}

/* Copies a piece of the client's memory; without the lock, but while COPYING
 * says so the request isn't answered. What has come meanwhile may be that the
 * client has given up. */
static NTSTATUS
copy_piece(struct server_port *port, struct request *request, char *here,
    char *there, size_t size, bool writes, size_t *done)
{
	struct connection_port *parent = port->parent;
	NTSTATUS status;
	ssize_t n = -1;
	int error;

	while (server_port_pump(port, NULL, &status) != PUMPED_NOTHING &&
	       port->state == PORT_CONNECTED)
		;
	if (port->state != PORT_CONNECTED)
		return STATUS_PORT_DISCONNECTED;
	if (!request->open)
		return STATUS_REQUEST_CANCELED;
	request->copying++;
	pthread_mutex_unlock(&parent->lock);
	error = ESRCH;
	if (!has_ended(port->process)) {
		n = copy(port->pid, here, there, size, writes);
		error = errno;
	}
	pthread_mutex_lock(&parent->lock);
	if (--request->copying == 0)
		pthread_cond_broadcast(&parent->idle);
	if (n == -1)
		return status_of(error);
	*done += (size_t)n;
	return (size_t)n == size ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

static NTSTATUS
copy_entry(struct server_port *port, struct request *request, ULONG index,
    char *here, size_t size, bool writes, size_t *done)
{
	NTSTATUS status = STATUS_SUCCESS;
	char *there;

	if (index >= (ULONG)request->count ||
	    size > request->entries[index].Size)
		return STATUS_INVALID_PARAMETER;
	there = request->entries[index].Base;
	while (*done < size && status == STATUS_SUCCESS) {
		size_t left = size - *done;
		status = copy_piece(port, request, here + *done, there + *done,
		    left < PIECE ? left : PIECE, writes, done);
	}
	return status;
}

static NTSTATUS
copy_request_data(HANDLE handle, const PORT_MESSAGE *message, ULONG index,
    void *buffer, size_t size, PSIZE_T done, bool writes)
{
	struct connection_port *parent;
	struct server_port *own, *port;
	struct request *request;
	size_t copied = 0;
	NTSTATUS status;

	if (!message || (!buffer && size > 0))
		return STATUS_ACCESS_VIOLATION;
	status = server_lock(handle, &parent, &own);
	if (status != STATUS_SUCCESS)
		return status;
	port = own;
	status = request_find(parent, message->MessageId, &port, &request);
	if (status == STATUS_SUCCESS) {
		object_keep(&port->object);
		status = copy_entry(
		    port, request, index, buffer, size, writes, &copied);
		object_release(&port->object);
	}
	server_unlock(parent, own);
	if (done)
		*done = copied;
	return status;
}

NTSTATUS NTAPI
NtReadRequestData(HANDLE port, PPORT_MESSAGE message, ULONG index, PVOID buffer,
    SIZE_T size, PSIZE_T done)
{
	return copy_request_data(
	    port, message, index, buffer, size, done, false);
}

NTSTATUS NTAPI
NtWriteRequestData(HANDLE port, PPORT_MESSAGE message, ULONG index,
    PVOID buffer, SIZE_T size, PSIZE_T done)
{
	return copy_request_data(
	    port, message, index, buffer, size, done, true);
}

/* ---- the sender's process ----------------------------------------------- */

struct process {
	struct object object;
	int fd;
};

static void
close_process(struct object *object)
{
	(void)object; /* nobody waits for it */
}

static void
forget_process(struct object *object)
{
	close(((struct process *)object)->fd);
}

static void
destroy_process(struct object *object)
{
	forget_process(object);
	free(object);
}

static NTSTATUS
new_process(int fd, PHANDLE handle)
{
	struct process *process = calloc(1, sizeof *process);

	if (!process || fd == -1) {
		if (fd != -1)
			close(fd);
		free(process);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	process->fd = fd;
	process->object.type = OBJECT_PROCESS;
	process->object.close = close_process;
	process->object.destroy = destroy_process;
	process->object.forget = forget_process;
	atomic_init(&process->object.references, 1);
	if (handle_create(&process->object, handle))
		return STATUS_SUCCESS;
	destroy_process(&process->object);
	return STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI
NtAlpcOpenSenderProcess(PHANDLE process, HANDLE handle, PPORT_MESSAGE message,
    ULONG flags, ACCESS_MASK access, POBJECT_ATTRIBUTES object)
{
	struct connection_port *parent;
	struct server_port *own, *port;
	struct request *request;
	NTSTATUS status;

	(void)access;
	(void)object;
	if (!process || !message)
		return STATUS_ACCESS_VIOLATION;
	if (flags != 0)
		return STATUS_INVALID_PARAMETER;
	status = server_lock(handle, &parent, &own);
	if (status != STATUS_SUCCESS)
		return status;
	port = own;
	status = request_find(parent, message->MessageId, &port, &request);
	if (status == STATUS_SUCCESS)
		status = new_process(
		    fcntl(port->process, F_DUPFD_CLOEXEC, 0), process);
	server_unlock(parent, own);
	return status;
}
