#include "windows_ipc/ntalpc/client.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/* The server's answer to a connection request, into RECEIVER. */
static NTSTATUS
take_answer(struct client_port *port, const struct parcel *parcel,
    const struct receiver *receiver)
{
	const struct packet *packet = &parcel->packet;
	struct arrival arrival = arrival_of(packet, LPC_REQUEST, port->server);
	NTSTATUS status = STATUS_SUCCESS;

	if (packet->kind != PACKET_ACCEPTED && packet->kind != PACKET_REFUSED)
		return STATUS_PORT_DISCONNECTED;
	if (packet->id == 0 || packet->id >= MOST_NUMBERS)
		return STATUS_PORT_DISCONNECTED;
	if (receiver->message) {
		status = arrival_deliver(&arrival, NULL, receiver);
		if (status == STATUS_SUCCESS)
			parcel_copy(parcel, receiver->message + 1);
	}
	if (packet->kind == PACKET_REFUSED)
		return STATUS_PORT_CONNECTION_REFUSED;
	port->number = packet->id;
	if (packet->view_size < port->limits.message)
		port->limits.message = packet->view_size;
	return status;
}

static NTSTATUS
await_answer(struct client_port *port, const struct receiver *receiver,
    const struct deadline *deadline)
{
	struct parcel parcel = parcel_for(NULL, port->scratch);
	NTSTATUS status = STATUS_SUCCESS;

	while (status == STATUS_SUCCESS)
		switch (wire_receive(port->socket, &parcel, false)) {
		case RECEIVED:
			if (parcel.fd != -1)
				close(parcel.fd);
			return take_answer(port, &parcel, receiver);
		case RECEIVED_END: /* the server ended without an answer */
			name_sweep(&port->name);
			return STATUS_PORT_CONNECTION_REFUSED;
		case RECEIVED_NOTHING:
			status = wait_for(
			    port->socket, POLLIN, port->wake, deadline);
			break;
		}
	return status;
}

static NTSTATUS
ask(struct client_port *port, const PORT_MESSAGE *message,
    const struct receiver *receiver, const struct deadline *deadline)
{
	static const PORT_MESSAGE empty = {
	    .u1.s1 = {.DataLength = 0, .TotalLength = HEADER_SIZE}};
	struct outgoing outgoing;
	NTSTATUS status = message_prepare(message ? message : &empty, NULL,
	    &port->limits, &port->sections, &outgoing);

	outgoing.packet.kind = PACKET_CONNECT;
	outgoing.packet.data_info = 0;
	if (status == STATUS_SUCCESS)
		status = client_post(port, &outgoing, deadline);
	return status == STATUS_SUCCESS ? await_answer(port, receiver, deadline)
					: status;
}

/* Connects, and asks to be accepted. The port isn't known to anybody yet. */
static NTSTATUS
connect_port(const struct port_name *name, const struct limits *limits,
    const PORT_MESSAGE *message, const struct receiver *receiver,
    const struct deadline *deadline, struct client_port **result)
{
	struct client_port *port;
	int socket;
	NTSTATUS status = name_connect(name, &socket, deadline);

	if (status != STATUS_SUCCESS)
		return status;
	port = client_port_new(socket, name, limits);
	if (!port)
		return STATUS_INSUFFICIENT_RESOURCES;
	pthread_mutex_lock(&port->lock);
	status = ask(port, message, receiver, deadline);
	pthread_mutex_unlock(&port->lock);
	if (status == STATUS_SUCCESS)
		*result = port;
	else
		object_release(&port->object);
	return status;
}

NTSTATUS NTAPI
NtAlpcConnectPort(PHANDLE handle, PUNICODE_STRING text,
    POBJECT_ATTRIBUTES object, PALPC_PORT_ATTRIBUTES attributes, ULONG flags,
    PSID required, PPORT_MESSAGE message, PSIZE_T length,
    PALPC_MESSAGE_ATTRIBUTES out, PALPC_MESSAGE_ATTRIBUTES in,
    PLARGE_INTEGER timeout)
{
	struct receiver receiver = {
	    length ? message : NULL, length, length ? in : NULL};
	struct deadline deadline = deadline_of(timeout);
	struct client_port *port;
	struct port_name name;
	struct limits limits;
	NTSTATUS status = limits_of(attributes, &limits);

	(void)object;
	(void)flags;
	(void)required;
	(void)out;
	if (!handle || !text || (length && !message))
		return STATUS_ACCESS_VIOLATION;
	if (status == STATUS_SUCCESS)
		status = name_parse(text, &name);
	if (status == STATUS_SUCCESS)
		status = connect_port(
		    &name, &limits, message, &receiver, &deadline, &port);
	if (status != STATUS_SUCCESS)
		return status;
	if (!handle_create(&port->object, handle)) {
		object_release(&port->object);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	return STATUS_SUCCESS;
}
