#define _GNU_SOURCE /* accept4, epoll_pwait2 */
#include "windows_ipc/ntalpc/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* What epoll tells of: a connection by its number, or one of these. */
enum { THE_LISTENER = MOST_NUMBERS, THE_QUEUE };

/* ---- its life ----------------------------------------------------------- */

/* Those that wait look at the queue again. */
static void
wake(struct connection_port *port)
{
	port->woken = true;
	eventfd_write(port->wake, 1);
}

void
connection_port_close(struct connection_port *port)
{
	port->closed = true;
	if (port->listener != -1) {
		if (port->name.file[0])
			name_remove(&port->name);
		close(port->listener);
		port->listener = -1;
	}
	for (size_t i = 1; i < MOST_NUMBERS; i++)
		if (port->ports[i])
			server_port_lose(port->ports[i], false);
	wake(port);
}

static void
close_port(struct object *object)
{
	struct connection_port *port = (struct connection_port *)object;

	pthread_mutex_lock(&port->lock);
	connection_port_close(port);
	pthread_mutex_unlock(&port->lock);
}

static void
close_descriptors(struct connection_port *port)
{
	int *const all[] = {
	    &port->listener, &port->epoll, &port->wake, &port->spare};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (*all[i] != -1)
			close(*all[i]);
		*all[i] = -1;
	}
}

static void
destroy(struct object *object)
{
	struct connection_port *port = (struct connection_port *)object;

	close_descriptors(port);
	queue_free(&port->queue);
	sections_free(&port->sections);
	pthread_cond_destroy(&port->idle);
	pthread_mutex_destroy(&port->lock);
	free(port);
}

static void
forget(struct object *object)
{
	struct connection_port *port = (struct connection_port *)object;

	close_descriptors(port);
	for (size_t i = 1; i < MOST_NUMBERS; i++)
		if (port->ports[i])
			port->ports[i]->object.forget(&port->ports[i]->object);
	for (size_t i = 0; i < port->sections.count; i++)
		close(port->sections.section[i]->fd);
}

static struct connection_port *
new_port(void)
{
	struct connection_port *port = calloc(1, sizeof *port);

	if (!port)
		return NULL;
	port->object.type = OBJECT_CONNECTION_PORT;
	port->object.close = close_port;
	port->object.destroy = destroy;
	port->object.forget = forget;
	atomic_init(&port->object.references, 1);
	pthread_mutex_init(&port->lock, NULL);
	pthread_cond_init(&port->idle, NULL);
	port->listener = -1;
	port->epoll = epoll_create1(EPOLL_CLOEXEC);
	port->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* given up for a moment when there are no more descriptors */
	port->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return port;
}

static bool
watch(struct connection_port *port, int fd, unsigned what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = what};

	return epoll_ctl(port->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static NTSTATUS
open_port(struct connection_port *port, const OBJECT_ATTRIBUTES *object)
{
	NTSTATUS status;

	if (port->epoll == -1 || port->wake == -1 || port->spare == -1 ||
	    !watch(port, port->wake, THE_QUEUE))
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!object || !object->ObjectName)
		return STATUS_SUCCESS;
	status = name_parse(object->ObjectName, &port->name);
	if (status == STATUS_SUCCESS)
		status = name_listen(&port->name, &port->listener);
	if (status != STATUS_SUCCESS) {
		port->listener = -1;
		return status;
	}
	fcntl(port->listener, F_SETFL, O_NONBLOCK);
	return watch(port, port->listener, THE_LISTENER)
		   ? STATUS_SUCCESS
		   : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI
NtAlpcCreatePort(
    PHANDLE handle, POBJECT_ATTRIBUTES object, PALPC_PORT_ATTRIBUTES attributes)
{
	struct connection_port *port;
	struct limits limits;
	NTSTATUS status = limits_of(attributes, &limits);

	if (!handle)
		return STATUS_ACCESS_VIOLATION;
	if (status != STATUS_SUCCESS)
		return status;
	port = new_port();
	if (!port)
		return STATUS_NO_MEMORY;
	port->limits = limits;
	status = open_port(port, object);
	if (status == STATUS_SUCCESS && !handle_create(&port->object, handle))
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (status != STATUS_SUCCESS) {
		close_port(&port->object);
		object_release(&port->object);
	}
	return status;
}

/* ---- locking ------------------------------------------------------------ */

NTSTATUS
server_lock(
    HANDLE handle, struct connection_port **parent, struct server_port **port)
{
	struct object *object;
	NTSTATUS status = handle_object(
	    handle, OBJECT_CONNECTION_PORT | OBJECT_SERVER_PORT, &object);

	if (status != STATUS_SUCCESS)
		return status;
	*port = NULL;
	if (object->type == OBJECT_SERVER_PORT) {
		*port = (struct server_port *)object;
		*parent = (*port)->parent;
	} else {
		*parent = (struct connection_port *)object;
	}
	pthread_mutex_lock(&(*parent)->lock);
	return STATUS_SUCCESS;
}

void
server_unlock(struct connection_port *parent, struct server_port *port)
{
	pthread_mutex_unlock(&parent->lock);
	object_release(port ? &port->object : &parent->object);
}

/* ---- receiving ---------------------------------------------------------- */

void
connection_port_queue(struct connection_port *port, struct queued *message)
{
	queue_add(&port->queue, message);
	wake(port);
}

/* Whether the queue has the result of a receive, in *STATUS. */
static bool
take_queued(struct connection_port *port, const struct receiver *receiver,
    NTSTATUS *status)
{
	struct queued *message = queue_take(&port->queue);
	struct server_port *owner;
	eventfd_t count;

	if (!message) {
		if (port->woken && !port->closed) {
			eventfd_read(port->wake, &count);
			port->woken = false;
		}
		*status = STATUS_PORT_DISCONNECTED;
		return port->closed;
	}
	*status = arrival_deliver(&message->arrival, message->data, receiver);
	if (*status == STATUS_BUFFER_TOO_SMALL) {
		queue_add_first(&port->queue, message);
		return true;
	}
	owner = message->owner;
	owner->queued--;
	if (message->arrival.view && !receiver_takes_view(receiver))
		import_unview(&owner->exchange, message->arrival.view);
	free(message);
	return true;
}

/* Takes a client that connects. Without descriptors left it is turned away:
 * else it would be told of again and again. */
static void
accept_client(struct connection_port *port)
{
	int fd =
	    accept4(port->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd != -1) {
		server_port_new(port, fd);
		return;
	}
	if (errno != EMFILE && errno != ENFILE)
		return;
	close(port->spare);
	fd = accept4(port->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd != -1)
		close(fd);
	port->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Waits for one event. STATUS_TIMEOUT. */
static NTSTATUS
wait_for_event(struct connection_port *port, struct epoll_event *event,
    const struct deadline *deadline)
{
	struct timespec left;
	int n;

	do
		n = epoll_pwait2(port->epoll, event, 1,
		    deadline_left(deadline, &left), NULL);
	while (n == -1 && errno == EINTR);
	return n == 1 ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

/* Does what an event asks for; whether that was a message for RECEIVER. */
static bool
handle_event(struct connection_port *port, const struct epoll_event *event,
    const struct receiver *receiver, NTSTATUS *status)
{
	struct server_port *client;
	bool delivered = false;

	if (event->data.u64 == THE_LISTENER && port->listener != -1)
		accept_client(port);
	if (event->data.u64 >= MOST_NUMBERS)
		return false;
	client = port->ports[event->data.u64];
	if (!client)
		return false;
	object_keep(&client->object);
	if (event->events & EPOLLOUT)
		server_port_flush(client);
	if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		delivered = server_port_pump(client, receiver, status) ==
			    PUMPED_DELIVERED;
	object_release(&client->object);
	return delivered;
}

NTSTATUS
connection_port_receive(struct connection_port *port,
    const struct receiver *receiver, const struct deadline *deadline)
{
	struct epoll_event event;
	NTSTATUS status;
	bool done;

	for (;;) {
		pthread_mutex_lock(&port->lock);
		done = take_queued(port, receiver, &status);
		pthread_mutex_unlock(&port->lock);
		if (done)
			return status;
		status = wait_for_event(port, &event, deadline);
		if (status != STATUS_SUCCESS)
			return status;
		pthread_mutex_lock(&port->lock);
		/* what is in the queue came before */
		done = (port->queue.first || port->closed)
			   ? false
			   : handle_event(port, &event, receiver, &status);
		pthread_mutex_unlock(&port->lock);
		if (done)
			return status;
	}
}
