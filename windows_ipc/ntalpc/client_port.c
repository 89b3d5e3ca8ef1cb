#define _GNU_SOURCE /* struct ucred */
#include "windows_ipc/ntalpc/client.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void
close_port(struct object *object)
{
	struct client_port *port = (struct client_port *)object;

	pthread_mutex_lock(&port->lock);
	client_end(port, true);
	pthread_mutex_unlock(&port->lock);
}

static void
forget(struct object *object)
{
	struct client_port *port = (struct client_port *)object;

	close(port->socket);
	close(port->wake);
	for (size_t i = 0; i < port->sections.count; i++)
		close(port->sections.section[i]->fd);
}

static void
destroy(struct object *object)
{
	struct client_port *port = (struct client_port *)object;

	close(port->socket);
	if (port->wake != -1)
		close(port->wake);
	queue_free(&port->inbox);
	sections_free(&port->sections);
	imports_free(&port->exchange);
	pthread_cond_destroy(&port->change);
	pthread_mutex_destroy(&port->lock);
	free(port);
}

/* Time-outs go by a clock that nobody sets. */
static void
make_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct client_port *
client_port_new(
    int socket, const struct port_name *name, const struct limits *limits)
{
	struct client_port *port = calloc(1, sizeof *port);
	struct timeval waits = {.tv_usec = SOCKET_WAITS};
	struct ucred peer = {.pid = 0};
	socklen_t size = sizeof peer;

	if (!port) {
		close(socket);
		return NULL;
	}
	port->object.type = OBJECT_CLIENT_PORT;
	port->object.close = close_port;
	port->object.destroy = destroy;
	port->object.forget = forget;
	atomic_init(&port->object.references, 1);
	pthread_mutex_init(&port->lock, NULL);
	make_condition(&port->change);
	port->name = *name;
	port->limits = *limits;
	port->socket = socket;
	port->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	port->server = peer.pid;
	setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &waits, sizeof waits);
	if (port->wake == -1 || peer.pid == 0) {
		object_release(&port->object);
		return NULL;
	}
	return port;
}

NTSTATUS
client_lock(HANDLE handle, struct client_port **port)
{
	struct object *object;
	NTSTATUS status = handle_object(handle, OBJECT_CLIENT_PORT, &object);

	if (status != STATUS_SUCCESS)
		return status;
	*port = (struct client_port *)object;
	pthread_mutex_lock(&(*port)->lock);
	return STATUS_SUCCESS;
}

void
client_unlock(struct client_port *port)
{
	pthread_mutex_unlock(&port->lock);
	object_release(&port->object);
}

NTSTATUS
client_state(const struct client_port *port)
{
	return port->disconnected || port->lost ? STATUS_PORT_DISCONNECTED
						: STATUS_SUCCESS;
}

void
client_wake(struct client_port *port)
{
	port->woken = true;
	eventfd_write(port->wake, 1);
}

void
client_end(struct client_port *port, bool by_us)
{
	bool was_lost = port->lost;

	if (by_us)
		port->disconnected = true;
	else
		port->lost = true;
	shutdown(port->socket, SHUT_RDWR); /* wakes who reads or sends */
	for (struct waiter *w = port->waiters; w; w = w->next)
		if (w->status == STATUS_PENDING)
			w->status = STATUS_PORT_DISCONNECTED;
	pthread_cond_broadcast(&port->change);
	client_wake(port);
	/* a server that was killed has left its name */
	if (!by_us && !was_lost && !port->disconnected)
		name_sweep(&port->name);
}
