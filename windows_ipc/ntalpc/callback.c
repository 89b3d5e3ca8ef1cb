/* Callbacks: no public reference says how ALPC does them; this is a model. */
#include "windows_ipc/ntalpc/server.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void
forget(struct server_port *port, const struct callback *callback)
{
	struct callback **place = &port->callbacks;

	while (*place != callback)
		place = &(*place)->next;
	*place = callback->next;
}

/* Any thread may read the answer: the one that waits for it reads too, and is
 * woken when another one has. */
static NTSTATUS
wait_for_answer(struct server_port *port, struct callback *callback,
    const struct deadline *deadline)
{
	struct connection_port *parent = port->parent;
	eventfd_t count;
	NTSTATUS status;

	callback->next = port->callbacks;
	port->callbacks = callback;
	while (callback->status == STATUS_PENDING) {
		if (server_port_pump(port, NULL, &status) != PUMPED_NOTHING)
			continue;
		int socket = port->socket;
		pthread_mutex_unlock(&parent->lock);
		status =
		    wait_for(socket, POLLIN, port->callback_wake, deadline);
		pthread_mutex_lock(&parent->lock);
		if (status == STATUS_TIMEOUT &&
		    callback->status == STATUS_PENDING)
			return STATUS_TIMEOUT;
		/* for another waiter it is set again */
		if (port->callbacks == callback && !callback->next)
			eventfd_read(port->callback_wake, &count);
	}
	return callback->status;
}

NTSTATUS
callback_ask(struct server_port *port, uint32_t request,
    struct outgoing *outgoing, const struct receiver *receiver,
    const struct deadline *deadline)
{
	struct callback callback = {
	    .receiver = receiver, .status = STATUS_PENDING};
	NTSTATUS status;

	if (port->callback_wake == -1)
		port->callback_wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (port->callback_wake == -1)
		return STATUS_INSUFFICIENT_RESOURCES;
	do
		callback.id = ++port->last_callback;
	while (callback.id == 0);
	outgoing->packet.kind = PACKET_CALLBACK;
	outgoing->packet.id = request;
	outgoing->packet.callback = callback.id;
	status = server_port_post(port, outgoing);
	if (status != STATUS_SUCCESS)
		return status;
	status = wait_for_answer(port, &callback, deadline);
	forget(port, &callback);
	return status;
}

void
callback_answer(struct server_port *port, const struct parcel *parcel)
{
	struct arrival arrival =
	    arrival_of(&parcel->packet, LPC_REQUEST, port->pid);
	struct callback *callback = port->callbacks;

	while (callback && callback->id != parcel->packet.callback)
		callback = callback->next;
	if (!callback || callback->status != STATUS_PENDING)
		return;
	arrival.port_context = port->context;
	callback->status = arrival_deliver(&arrival, NULL, callback->receiver);
	if (callback->status == STATUS_SUCCESS)
		parcel_copy(parcel, callback->receiver->message + 1);
	eventfd_write(port->callback_wake, 1);
}

void
callbacks_end(struct server_port *port)
{
	if (!port->callbacks)
		return;
	for (struct callback *c = port->callbacks; c; c = c->next)
		if (c->status == STATUS_PENDING)
			c->status = STATUS_PORT_DISCONNECTED;
	eventfd_write(port->callback_wake, 1);
}
