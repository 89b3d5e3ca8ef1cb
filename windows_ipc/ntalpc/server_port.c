#define _GNU_SOURCE /* struct ucred */
#include "windows_ipc/ntalpc/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD /* Linux 6.5 */
#define SO_PEERPIDFD 77
#endif

/* ---- its life ----------------------------------------------------------- */

/* Takes its messages out of the queue: their views go with it. */
static void
purge(struct server_port *port)
{
	struct queued *message;

	while ((message = queue_take_of(&port->parent->queue, port)) != NULL)
		free(message);
	port->queued = 0;
}

/* Tells the server that the client has gone. */
static void
tell_end(struct server_port *port)
{
	struct packet none = {.kind = PACKET_MESSAGE};
	struct arrival arrival = arrival_of(&none, LPC_PORT_CLOSED, port->pid);
	struct queued *message;

	arrival.port_context = port->context;
	message = queued_new(&arrival, NULL);
	if (!message)
		return;
	message->owner = port;
	port->queued++;
	connection_port_queue(port->parent, message);
}

static void
close_port(struct object *object)
{
	struct server_port *port = (struct server_port *)object;

	pthread_mutex_lock(&port->parent->lock);
	server_port_lose(port, false);
	purge(port);
	pthread_mutex_unlock(&port->parent->lock);
}

static void
close_descriptors(struct server_port *port)
{
	int *const all[] = {
	    &port->socket, &port->process, &port->callback_wake};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (*all[i] != -1)
			close(*all[i]);
		*all[i] = -1;
	}
}

static void
destroy(struct object *object)
{
	struct server_port *port = (struct server_port *)object;

	close_descriptors(port);
	imports_free(&port->exchange);
	requests_free(port);
	object_release(&port->parent->object);
	free(port);
}

/* The connection port's does it, for those without a handle too. */
static void
forget(struct object *object)
{
	close_descriptors((struct server_port *)object);
}

/* The client's process, so that its number can't become another's unnoticed;
 * -1 where Linux can't tell. */
static int
process_of(int socket, pid_t pid)
{
	int fd;
	socklen_t size = sizeof fd;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0)
		return fd;
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* How many connections the process has. */
static size_t
connections_of(const struct connection_port *parent, pid_t pid)
{
	size_t count = 0;

	for (size_t i = 1; i < MOST_NUMBERS; i++)
		count += parent->ports[i] && parent->ports[i]->pid == pid;
	return count;
}

/* A number that no client has, the last one's followed by the next. */
static uint32_t
free_number(struct connection_port *parent)
{
	uint32_t number = parent->last_number;

	do
		number = number % (MOST_NUMBERS - 1) + 1;
	while (parent->ports[number]);
	parent->last_number = number;
	return number;
}

/* Whether the socket's other end may be a client: this user's, or root's, and
 * one that hasn't too many connections. */
static bool
is_welcome(struct connection_port *parent, int socket, struct ucred *peer)
{
	socklen_t size = sizeof *peer;

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, peer, &size) == 0 &&
	       (peer->uid == geteuid() || peer->uid == 0) &&
	       parent->port_count < MOST_CLIENTS &&
	       connections_of(parent, peer->pid) < MOST_OF_ONE_PROCESS;
}

void
server_port_new(struct connection_port *parent, int socket)
{
	struct ucred peer;
	struct server_port *port =
	    is_welcome(parent, socket, &peer) ? calloc(1, sizeof *port) : NULL;
	struct epoll_event event = {.events = EPOLLIN};

	if (!port) {
		close(socket);
		return;
	}
	port->object.type = OBJECT_SERVER_PORT;
	port->object.close = close_port;
	port->object.destroy = destroy;
	port->object.forget = forget;
	atomic_init(&port->object.references, 1); /* the table's */
	port->parent = parent;
	object_keep(&parent->object);
	port->number = free_number(parent);
	port->socket = socket;
	port->pid = peer.pid;
	port->process = process_of(socket, peer.pid);
	port->callback_wake = -1;
	event.data.u64 = port->number;
	if (epoll_ctl(parent->epoll, EPOLL_CTL_ADD, socket, &event) == -1) {
		object_release(&port->object);
		return;
	}
	parent->ports[port->number] = port;
	parent->port_count++;
}

void
server_port_lose(struct server_port *port, bool tell)
{
	struct connection_port *parent = port->parent;
	bool was_connected = port->state == PORT_CONNECTED;

	if (port->state == PORT_LOST)
		return;
	port->state = PORT_LOST;
	/* a thread that polls it shall wake, before its number is another's */
	shutdown(port->socket, SHUT_RDWR);
	epoll_ctl(parent->epoll, EPOLL_CTL_DEL, port->socket, NULL);
	while (port->first_unsent) {
		struct unsent *unsent = port->first_unsent;
		port->first_unsent = unsent->next;
		if (unsent->fd != -1)
			close(unsent->fd);
		free(unsent);
	}
	for (size_t i = 0; i < OUTSTANDING; i++)
		port->requests[i].open = false;
	callbacks_end(port);
	parent->ports[port->number] = NULL;
	parent->port_count--;
	if (tell && was_connected)
		tell_end(port);
	else
		purge(port);
	object_release(&port->object);
}

/* ---- what comes --------------------------------------------------------- */

/* Hands a message out or queues it. */
static enum pumped
pass_on(struct server_port *port, struct arrival *arrival,
    const struct parcel *parcel, const struct receiver *receiver,
    NTSTATUS *status)
{
	bool fits = receiver && *receiver->length >=
				    HEADER_SIZE + (size_t)parcel->packet.length;
	struct queued *queued;

	arrival->port_context = port->context;
	if (fits) {
		*status = arrival_deliver(arrival, NULL, receiver);
		if (arrival->view && !receiver_takes_view(receiver))
			import_unview(&port->exchange, arrival->view);
		return PUMPED_DELIVERED;
	}
	queued = queued_new(arrival, parcel);
	if (!queued || port->queued == MOST_QUEUED) {
		free(queued);
		server_port_lose(port, true);
		return PUMPED;
	}
	queued->owner = port;
	port->queued++;
	connection_port_queue(port->parent, queued);
	return PUMPED;
}

/* Where the parcel's data lies, once join() has seen to it. */
static const unsigned char *
data_of(const struct parcel *parcel)
{
	return parcel->room > 0 ? (unsigned char *)(parcel->message + 1)
				: parcel->rest;
}

/* A client's message that may be answered; false when it can't be one. */
static bool
take_message(
    struct server_port *port, struct parcel *parcel, struct arrival *arrival)
{
	const struct packet *packet = &parcel->packet;

	if ((size_t)packet->length + HEADER_SIZE >
		port->parent->limits.message ||
	    !request_begin(port, packet, data_of(parcel)))
		return false;
	*arrival = arrival_of(
	    packet, LPC_REQUEST | LPC_CONTINUATION_REQUIRED, port->pid);
	if (packet->section == 0)
		return true;
	arrival->view = import_view(&port->exchange, packet);
	arrival->view_size = packet->view_size;
	return arrival->view != NULL;
}

static void
take_cancel(struct server_port *port, uint32_t id)
{
	struct request *request = &port->requests[id % OUTSTANDING];

	if (request->id != id || !request->open)
		return;
	request->open = false;
	request->cancelled = true;
}

/* A packet that is for the layer itself; false when it can't be one. */
static bool
take_control(struct server_port *port, const struct parcel *parcel)
{
	const struct packet *packet = &parcel->packet;

	switch (packet->kind) {
	case PACKET_CANCEL:
		take_cancel(port, packet->id);
		return true;
	case PACKET_ANSWER:
		callback_answer(port, parcel);
		return true;
	case PACKET_SECTION:
		return import_add(&port->exchange,
		    &port->parent->limits.sections, packet, parcel->fd);
	case PACKET_SECTION_GONE:
		import_gone(&port->exchange, packet->section);
		return true;
	default:
		return false;
	}
}

/* A message that doesn't fit the receiver lies in two pieces: into one. */
static void
join(struct parcel *parcel)
{
	size_t room = parcel->room, length = parcel->packet.length;

	if (length <= room)
		return;
	memmove(parcel->rest + room, parcel->rest, length - room);
	memcpy(parcel->rest, parcel->message + 1, room);
	parcel->room = 0;
}

enum pumped
server_port_pump(
    struct server_port *port, const struct receiver *receiver, NTSTATUS *status)
{
	struct arrival arrival;
	struct parcel parcel = parcel_for(receiver, port->parent->scratch);
	bool is_message;

	if (port->state == PORT_LOST)
		return PUMPED;
	switch (wire_receive(port->socket, &parcel, false)) {
	case RECEIVED_NOTHING:
		return PUMPED_NOTHING;
	case RECEIVED_END:
		server_port_lose(port, true);
		return PUMPED;
	case RECEIVED:
		break;
	}
	join(&parcel);
	if (port->state == PORT_NEW && parcel.packet.kind == PACKET_CONNECT) {
		port->state = PORT_ASKING;
		parcel.packet.id = port->number << NUMBER_SHIFT;
		parcel.packet.data_info = 0;
		arrival = arrival_of(
		    &parcel.packet, LPC_CONNECTION_REQUEST, port->pid);
		return pass_on(port, &arrival, &parcel, receiver, status);
	}
	is_message = parcel.packet.kind == PACKET_MESSAGE ||
		     parcel.packet.kind == PACKET_REQUEST;
	if (port->state == PORT_CONNECTED && is_message &&
	    take_message(port, &parcel, &arrival))
		return pass_on(port, &arrival, &parcel, receiver, status);
	if (port->state == PORT_CONNECTED && !is_message &&
	    take_control(port, &parcel))
		return PUMPED;
	if (parcel.fd != -1 && port->state != PORT_CONNECTED)
		close(parcel.fd);
	server_port_lose(port, true); /* it isn't one of this layer's */
	return PUMPED;
}

/* ---- what goes ---------------------------------------------------------- */

static void
want_events(struct server_port *port, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u64 = port->number};

	epoll_ctl(port->parent->epoll, EPOLL_CTL_MOD, port->socket, &event);
}

/* Keeps a packet until the client reads; false when that is too much. */
static bool
put_off(struct server_port *port, const struct packet *packet, const void *data,
    int fd)
{
	struct unsent *unsent = malloc(sizeof *unsent + packet->length);

	port->unsent_bytes += sizeof *unsent + packet->length;
	if (!unsent || port->unsent_bytes > MOST_UNSENT) {
		free(unsent);
		return false;
	}
	unsent->next = NULL;
	unsent->packet = *packet;
	unsent->fd = fd == -1 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	memcpy(unsent->data, data, packet->length);
	if (port->first_unsent)
		port->last_unsent->next = unsent;
	else
		port->first_unsent = unsent;
	port->last_unsent = unsent;
	want_events(port, EPOLLIN | EPOLLOUT);
	return true;
}

static bool
send_or_put_off(struct server_port *port, const struct packet *packet,
    const void *data, int fd)
{
	if (!port->first_unsent) {
		if (wire_send(port->socket, packet, data, fd))
			return true;
		if (errno != EAGAIN)
			return false;
	}
	return put_off(port, packet, data, fd);
}

/* The client gets a section before the first view of it. */
static bool
send_section(struct server_port *port, const struct section *section)
{
	struct packet packet = {.kind = PACKET_SECTION,
	    .section = section->number,
	    .view_size = section->size};
	struct exchange *exchange = &port->exchange;

	for (size_t i = 0; i < exchange->sent_count; i++)
		if (exchange->sent[i] == section->number)
			return true;
	if (exchange->sent_count == MOST_SECTIONS)
		return false;
	exchange->sent[exchange->sent_count++] = section->number;
	return send_or_put_off(port, &packet, "", section->fd);
}

NTSTATUS
server_port_post(struct server_port *port, const struct outgoing *outgoing)
{
	if (port->state == PORT_LOST)
		return STATUS_PORT_DISCONNECTED;
	if ((!outgoing->section || send_section(port, outgoing->section)) &&
	    send_or_put_off(port, &outgoing->packet, outgoing->data, -1))
		return STATUS_SUCCESS;
	server_port_lose(port, true);
	return STATUS_PORT_DISCONNECTED;
}

void
server_port_flush(struct server_port *port)
{
	struct unsent *unsent;

	while ((unsent = port->first_unsent) != NULL) {
		if (!wire_send(port->socket, &unsent->packet, unsent->data,
			unsent->fd)) {
			if (errno != EAGAIN)
				server_port_lose(port, true);
			return;
		}
		port->unsent_bytes -= sizeof *unsent + unsent->packet.length;
		port->first_unsent = unsent->next;
		if (unsent->fd != -1)
			close(unsent->fd);
		free(unsent);
	}
	want_events(port, EPOLLIN);
}
