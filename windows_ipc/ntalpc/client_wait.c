#include "windows_ipc/ntalpc/client.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- what comes --------------------------------------------------------- */

static struct waiter *
find_waiter(const struct client_port *port, uint32_t id)
{
	struct waiter *waiter = port->waiters;

	while (waiter && (waiter->id != id || waiter->status != STATUS_PENDING))
		waiter = waiter->next;
	return waiter;
}

/* A message for whoever receives next; false when there are too many. */
static bool
keep(struct client_port *port, const struct arrival *arrival,
    const struct parcel *parcel)
{
	struct queued *queued =
	    port->queued < MOST_QUEUED ? queued_new(arrival, parcel) : NULL;

	if (!queued)
		return false;
	if (parcel->packet.kind == PACKET_REPLY)
		queued->owner = port;
	queue_add(&port->inbox, queued);
	port->queued++;
	return true;
}

/* Gives a message to the thread that waits for it. What doesn't fit is kept for
 * its next try, but a reply is lost. */
static bool
hand_over(struct client_port *port, struct waiter *waiter,
    struct arrival *arrival, const struct parcel *parcel)
{
	bool kept = true;

	arrival->message_context = waiter->context;
	waiter->status = arrival_deliver(arrival, NULL, waiter->receiver);
	/* whoever reads may have it in place */
	if (waiter->status == STATUS_SUCCESS &&
	    parcel->message != waiter->receiver->message)
		parcel_copy(parcel, waiter->receiver->message + 1);
	if (waiter->status != STATUS_SUCCESS && waiter->id == 0)
		kept = keep(port, arrival, parcel);
	else if (arrival->view && (waiter->status != STATUS_SUCCESS ||
				      !receiver_takes_view(waiter->receiver)))
		import_unview(&port->exchange, arrival->view);
	if (port->waiters->next)
		pthread_cond_broadcast(&port->change);
	return kept;
}

/* A reply or a callback that no thread waits for: who gave up has no use for
 * it, but who is about to answer a callback will ask for the reply. */
static bool
take_unawaited(struct client_port *port, const struct arrival *arrival,
    const struct parcel *parcel, bool held)
{
	if (held && parcel->packet.kind == PACKET_REPLY)
		return keep(port, arrival, parcel);
	if (arrival->view)
		import_unview(&port->exchange, arrival->view);
	return true;
}

/* A message of the server's: a reply, a callback, or one of its own accord. */
static bool
take_message(struct client_port *port, const struct parcel *parcel)
{
	const struct packet *packet = &parcel->packet;
	struct arrival arrival = arrival_of(packet,
	    LPC_REQUEST |
		(packet->kind == PACKET_REPLY ? 0 : LPC_CONTINUATION_REQUIRED),
	    port->server);
	uint32_t *held = &port->held[packet->id % OUTSTANDING];
	struct waiter *waiter;
	bool was_held = *held == packet->id;

	if (packet->section != 0) {
		arrival.view = import_view(&port->exchange, packet);
		arrival.view_size = packet->view_size;
		if (!arrival.view)
			return false;
	}
	if (packet->kind == PACKET_REPLY && was_held)
		*held = 0;
	waiter =
	    find_waiter(port, packet->kind == PACKET_MESSAGE ? 0 : packet->id);
	if (waiter && (packet->kind == PACKET_MESSAGE || packet->id != 0))
		return hand_over(port, waiter, &arrival, parcel);
	return packet->kind == PACKET_MESSAGE
		   ? keep(port, &arrival, parcel)
		   : take_unawaited(port, &arrival, parcel, was_held);
}

static bool
take_packet(struct client_port *port, const struct parcel *parcel)
{
	const struct packet *packet = &parcel->packet;
	struct waiter *waiter;

	switch (packet->kind) {
	case PACKET_REPLY:
	case PACKET_MESSAGE:
	case PACKET_CALLBACK:
		return take_message(port, parcel);
	case PACKET_CANCELLED:
		if (port->held[packet->id % OUTSTANDING] == packet->id)
			port->held[packet->id % OUTSTANDING] = 0;
		waiter = find_waiter(port, packet->id);
		if (waiter && packet->id != 0)
			waiter->status = STATUS_MESSAGE_LOST;
		pthread_cond_broadcast(&port->change);
		return true;
	case PACKET_SECTION:
		return import_add(&port->exchange, &port->limits.sections,
		    packet, parcel->fd);
	case PACKET_SECTION_GONE:
		import_gone(&port->exchange, packet->section);
		return true;
	default:
		return false;
	}
}

/* ---- waiting ------------------------------------------------------------ */

/* Whether the time is up within what a socket waits by itself. */
static bool
is_near(const struct deadline *deadline)
{
	struct timespec left;

	return deadline_left(deadline, &left) && left.tv_sec == 0 &&
	       left.tv_nsec <= SOCKET_WAITS * 1000L;
}

/* Waits for a packet: at first at the socket itself, which costs least, but
 * only its own short time, since another thread couldn't end that; then at both
 * the socket and WAKE. */
static enum received
await_packet(struct client_port *port, struct parcel *parcel,
    const struct deadline *deadline, NTSTATUS *status)
{
	enum received received = RECEIVED_NOTHING;

	if (!is_near(deadline))
		received = wire_receive(port->socket, parcel, true);
	if (received != RECEIVED_NOTHING)
		return received;
	*status = wait_for(port->socket, POLLIN, port->wake, deadline);
	return wire_receive(port->socket, parcel, false);
}

/* The reader's turn: takes a packet, waiting for it with the lock given up. */
static NTSTATUS
read_for_all(struct client_port *port, const struct waiter *waiter,
    const struct deadline *deadline)
{
	struct parcel parcel = parcel_for(waiter->receiver, port->scratch);
	NTSTATUS status = STATUS_SUCCESS;
	enum received received;
	eventfd_t count;

	port->reading = true;
	pthread_mutex_unlock(&port->lock);
	received = await_packet(port, &parcel, deadline, &status);
	pthread_mutex_lock(&port->lock);
	port->reading = false;
	if (port->woken && client_state(port) == STATUS_SUCCESS) {
		eventfd_read(port->wake, &count);
		port->woken = false;
	}
	if (received == RECEIVED_END ||
	    (received == RECEIVED && !take_packet(port, &parcel)))
		client_end(port, false);
	if (port->waiters->next) /* another one is to read */
		pthread_cond_broadcast(&port->change);
	return status;
}

static NTSTATUS
wait_for_reader(struct client_port *port, const struct deadline *deadline)
{
	int error = deadline->forever
			? pthread_cond_wait(&port->change, &port->lock)
			: pthread_cond_timedwait(
			      &port->change, &port->lock, &deadline->at);

	return error ? STATUS_TIMEOUT : STATUS_SUCCESS;
}

NTSTATUS
client_wait(struct client_port *port, struct waiter *waiter,
    const struct deadline *deadline)
{
	struct waiter **place = &port->waiters;
	NTSTATUS status = STATUS_SUCCESS;

	waiter->next = port->waiters;
	port->waiters = waiter;
	while (waiter->status == STATUS_PENDING && status == STATUS_SUCCESS)
		status = port->reading ? wait_for_reader(port, deadline)
				       : read_for_all(port, waiter, deadline);
	while (*place && *place != waiter)
		place = &(*place)->next;
	*place = waiter->next;
	return waiter->status == STATUS_PENDING ? STATUS_TIMEOUT
						: waiter->status;
}

NTSTATUS
client_take(struct client_port *port, struct queued *message,
    const struct receiver *receiver)
{
	NTSTATUS status =
	    arrival_deliver(&message->arrival, message->data, receiver);

	if (status == STATUS_BUFFER_TOO_SMALL) {
		queue_add_first(&port->inbox, message);
		return status;
	}
	if (message->arrival.view && !receiver_takes_view(receiver))
		import_unview(&port->exchange, message->arrival.view);
	port->queued--;
	free(message);
	return status;
}

NTSTATUS
client_receive(struct client_port *port, const struct receiver *receiver,
    const struct deadline *deadline)
{
	struct waiter waiter = {.receiver = receiver, .status = STATUS_PENDING};
	/* a reply's owner is the port: it isn't for everybody */
	struct queued *message = queue_take_of(&port->inbox, NULL);
	NTSTATUS status;

	if (message)
		return client_take(port, message, receiver);
	status = client_state(port);
	if (status != STATUS_SUCCESS)
		return status;
	return client_wait(port, &waiter, deadline);
}
