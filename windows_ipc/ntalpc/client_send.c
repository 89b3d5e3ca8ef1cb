#define _GNU_SOURCE /* gettid */
#include "windows_ipc/ntalpc/client.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

/* ---- packets ------------------------------------------------------------ */

/* Sends one packet. While it waits for room the lock is given up. */
static NTSTATUS
send_packet(struct client_port *port, const struct packet *packet,
    const void *data, int fd, const struct deadline *deadline)
{
	NTSTATUS status = client_state(port);

	while (status == STATUS_SUCCESS) {
		if (wire_send(port->socket, packet, data, fd))
			return STATUS_SUCCESS;
		if (errno != EAGAIN) {
			client_end(port, false);
			return STATUS_PORT_DISCONNECTED;
		}
		pthread_mutex_unlock(&port->lock);
		status = wait_for(port->socket, POLLOUT, -1, deadline);
		pthread_mutex_lock(&port->lock);
		if (status == STATUS_SUCCESS)
			status = client_state(port);
	}
	return status;
}

/* The server gets a section before the first view of it. */
static NTSTATUS
send_section(struct client_port *port, const struct section *section,
    const struct deadline *deadline)
{
	struct packet packet = {.kind = PACKET_SECTION,
	    .section = section->number,
	    .view_size = section->size};
	struct exchange *exchange = &port->exchange;

	for (size_t i = 0; i < exchange->sent_count; i++)
		if (exchange->sent[i] == section->number)
			return STATUS_SUCCESS;
	if (exchange->sent_count == MOST_SECTIONS)
		return STATUS_INSUFFICIENT_RESOURCES;
	exchange->sent[exchange->sent_count++] = section->number;
	return send_packet(port, &packet, "", section->fd, deadline);
}

NTSTATUS
client_post(struct client_port *port, const struct outgoing *outgoing,
    const struct deadline *deadline)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (outgoing->section)
		status = send_section(port, outgoing->section, deadline);
	if (status == STATUS_SUCCESS)
		status = send_packet(
		    port, &outgoing->packet, outgoing->data, -1, deadline);
	return status;
}

/* ---- requests ----------------------------------------------------------- */

/* An id whose place no unanswered request has; 0 when there is none. */
static uint32_t
new_id(struct client_port *port)
{
	for (int i = 0; i < OUTSTANDING + 1; i++) {
		port->last = (port->last + 1) & OWN_MASK;
		if (port->last != 0 && !port->held[port->last % OUTSTANDING])
			return port->number << NUMBER_SHIFT | port->last;
	}
	return 0;
}

/* Where yama restricts ptrace the server may read this process only if it is
 * allowed to, and that counts for one process at a time. */
static atomic_uint direct_requests;

static void
allow_server(const struct client_port *port)
{
	if (atomic_fetch_add(&direct_requests, 1) == 0)
		prctl(PR_SET_PTRACER, (unsigned long)port->server, 0, 0, 0);
}

static void
disallow_server(void)
{
	if (atomic_fetch_sub(&direct_requests, 1) == 1)
		prctl(PR_SET_PTRACER, 0, 0, 0, 0);
}

/* Tells the server that nobody waits for the reply any more; it need not arrive
 * at once. */
static void
give_up(struct client_port *port, uint32_t id)
{
	static const struct deadline at_once;
	struct packet packet = {.kind = PACKET_CANCEL, .id = id};

	if (client_state(port) == STATUS_SUCCESS &&
	    send_packet(port, &packet, "", -1, &at_once) == STATUS_SUCCESS)
		port->held[id % OUTSTANDING] = 0;
}

/* Sends a request and waits for its reply. */
static NTSTATUS
request(struct client_port *port, PPORT_MESSAGE message,
    struct outgoing *outgoing, const struct receiver *receiver,
    const struct deadline *deadline)
{
	struct waiter waiter = {.id = new_id(port),
	    .receiver = receiver,
	    .status = STATUS_PENDING,
	    .context = outgoing->context};
	bool direct = outgoing->packet.data_info != 0;
	NTSTATUS status;

	if (waiter.id == 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	message->MessageId = outgoing->packet.id = waiter.id;
	outgoing->packet.kind = PACKET_REQUEST;
	if (direct)
		allow_server(port);
	port->held[waiter.id % OUTSTANDING] = waiter.id;
	status = client_post(port, outgoing, deadline);
	if (status != STATUS_SUCCESS) {
		port->held[waiter.id % OUTSTANDING] = 0;
	} else {
		status = client_wait(port, &waiter, deadline);
		if (status == STATUS_TIMEOUT)
			give_up(port, waiter.id);
	}
	if (direct)
		disallow_server();
	return status;
}

/* The reply of that id that came while nobody waited for it, or null. */
static struct queued *
take_reply(struct client_port *port, uint32_t id)
{
	struct queued *reply = queue_take_of(&port->inbox, port),
		      *first = reply;

	while (reply && reply->arrival.header.MessageId != id) {
		queue_add(&port->inbox, reply);
		reply = queue_take_of(&port->inbox, port);
		if (reply == first) {
			queue_add(&port->inbox, reply);
			return NULL;
		}
	}
	return reply;
}

/* Answers a callback, and goes on waiting for the reply to its own request. */
static NTSTATUS
answer(struct client_port *port, const PORT_MESSAGE *message,
    struct outgoing *outgoing, const struct receiver *receiver,
    const struct deadline *deadline)
{
	struct waiter waiter = {.id = message->MessageId,
	    .receiver = receiver,
	    .status = STATUS_PENDING};
	struct queued *early = NULL;
	NTSTATUS status;

	/* the server may not have waited for it */
	if (receiver->message)
		early = take_reply(port, waiter.id);
	if (early)
		return client_take(port, early, receiver);
	if (waiter.id == 0 || port->held[waiter.id % OUTSTANDING] != waiter.id)
		return STATUS_MESSAGE_NOT_FOUND;
	outgoing->packet.kind = PACKET_ANSWER;
	outgoing->packet.id = message->MessageId;
	outgoing->packet.callback = message->CallbackId;
	status = client_post(port, outgoing, deadline);
	if (status != STATUS_SUCCESS || !receiver->message)
		return status;
	status = client_wait(port, &waiter, deadline);
	if (status == STATUS_TIMEOUT)
		give_up(port, waiter.id);
	return status;
}

/* Sends a message that nobody waits for. */
static NTSTATUS
send_message(struct client_port *port, PPORT_MESSAGE message,
    struct outgoing *outgoing, const struct deadline *deadline)
{
	outgoing->packet.kind = PACKET_MESSAGE;
	outgoing->packet.id = new_id(port);
	if (outgoing->packet.id == 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	message->MessageId = outgoing->packet.id;
	return client_post(port, outgoing, deadline);
}

/* This thread's number, asked for once. */
static uint32_t
own_thread(void)
{
	static _Thread_local uint32_t thread;

	if (thread == 0)
		thread = (uint32_t)gettid();
	return thread;
}

NTSTATUS
client_call(struct client_port *port, ULONG flags, PPORT_MESSAGE send,
    PALPC_MESSAGE_ATTRIBUTES attributes, const struct receiver *receiver,
    const struct deadline *deadline)
{
	struct outgoing outgoing;
	NTSTATUS status = STATUS_SUCCESS;

	if (!send)
		return client_receive(port, receiver, deadline);
	status = client_state(port);
	if (status == STATUS_SUCCESS)
		status = message_prepare(send, attributes, &port->limits,
		    &port->sections, &outgoing);
	if (status != STATUS_SUCCESS)
		return status;
	outgoing.packet.thread = own_thread();
	if (flags & ALPC_MSGFLG_SYNC_REQUEST)
		return request(port, send, &outgoing, receiver, deadline);
	if (flags & ALPC_MSGFLG_REPLY_MESSAGE)
		return answer(port, send, &outgoing, receiver, deadline);
	status = send_message(port, send, &outgoing, deadline);
	if (status != STATUS_SUCCESS || !receiver->message)
		return status;
	return client_receive(port, receiver, deadline);
}

NTSTATUS
client_cancel(struct client_port *port, uint32_t id)
{
	struct waiter *waiter = port->waiters;

	while (waiter && (waiter->id != id || waiter->status != STATUS_PENDING))
		waiter = waiter->next;
	if (id == 0 || !waiter)
		return STATUS_MESSAGE_NOT_FOUND;
	waiter->status = STATUS_MESSAGE_LOST;
	give_up(port, id);
	pthread_cond_broadcast(&port->change);
	client_wake(port); /* it may be the one that reads */
	return STATUS_PENDING;
}
