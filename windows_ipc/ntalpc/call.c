/*
 * The calls that are for ports of both sides.
 */
#include "windows_ipc/ntalpc/client.h"
#include "windows_ipc/ntalpc/server.h"

#include <string.h>

/* ---- sending and receiving ---------------------------------------------- */

/* Sends from the server's side: a reply, a callback, or a message. */
static NTSTATUS
server_send(struct connection_port *parent, struct server_port *own,
    ULONG flags, const PORT_MESSAGE *message,
    PALPC_MESSAGE_ATTRIBUTES attributes, const struct receiver *receiver,
    const struct deadline *deadline)
{
	struct server_port *port = own;
	struct outgoing outgoing;
	struct request *request;
	NTSTATUS status;

	if (own && (own->disconnected || own->state == PORT_LOST))
		return STATUS_PORT_DISCONNECTED;
	status = message_prepare(
	    message, attributes, &parent->limits, &parent->sections, &outgoing);
	if (status != STATUS_SUCCESS)
		return status;
	if (own && message->MessageId == 0 &&
	    !(flags & (ALPC_MSGFLG_REPLY_MESSAGE | ALPC_MSGFLG_SYNC_REQUEST))) {
		outgoing.packet.kind = PACKET_MESSAGE;
		return server_port_post(own, &outgoing);
	}
	status = request_find(parent, message->MessageId, &port, &request);
	if (status != STATUS_SUCCESS)
		return status;
	if (flags & ALPC_MSGFLG_SYNC_REQUEST)
		return callback_ask(
		    port, message->MessageId, &outgoing, receiver, deadline);
	if (!request_end(port, request))
		return STATUS_MESSAGE_NOT_FOUND;
	outgoing.packet.kind = request->waited ? PACKET_REPLY : PACKET_MESSAGE;
	outgoing.packet.id = message->MessageId;
	return server_port_post(port, &outgoing);
}

/* What a server communication port receives: nothing, and in time. */
static NTSTATUS
server_port_receive(
    const struct server_port *port, const struct deadline *deadline)
{
	if (port->disconnected)
		return STATUS_PORT_DISCONNECTED;
	return wait_for(-1, 0, -1, deadline);
}

static NTSTATUS
server_call(HANDLE handle, ULONG flags, PPORT_MESSAGE send,
    PALPC_MESSAGE_ATTRIBUTES attributes, const struct receiver *receiver,
    const struct deadline *deadline)
{
	struct connection_port *parent;
	struct server_port *own;
	bool callback = flags & ALPC_MSGFLG_SYNC_REQUEST;
	NTSTATUS status = server_lock(handle, &parent, &own);

	if (status != STATUS_SUCCESS)
		return status;
	if (send)
		status = server_send(
		    parent, own, flags, send, attributes, receiver, deadline);
	pthread_mutex_unlock(&parent->lock);
	if (status == STATUS_SUCCESS && receiver->message && !callback)
		status =
		    own ? server_port_receive(own, deadline)
			: connection_port_receive(parent, receiver, deadline);
	object_release(own ? &own->object : &parent->object);
	return status;
}

NTSTATUS NTAPI
NtAlpcSendWaitReceivePort(HANDLE handle, ULONG flags, PPORT_MESSAGE send,
    PALPC_MESSAGE_ATTRIBUTES send_attributes, PPORT_MESSAGE receive,
    PSIZE_T length, PALPC_MESSAGE_ATTRIBUTES receive_attributes,
    PLARGE_INTEGER timeout)
{
	struct receiver receiver = {receive, length, receive_attributes};
	struct deadline deadline = deadline_of(timeout);
	struct client_port *client;
	NTSTATUS status;

	if ((flags & ALPC_MSGFLG_SYNC_REQUEST) &&
	    (!send || (flags & ALPC_MSGFLG_REPLY_MESSAGE)))
		return STATUS_INVALID_PARAMETER_2;
	if ((flags & ALPC_MSGFLG_SYNC_REQUEST) && !receive)
		return STATUS_LPC_RECEIVE_BUFFER_EXPECTED;
	if (receive && !length)
		return STATUS_ACCESS_VIOLATION;
	status = client_lock(handle, &client);
	if (status == STATUS_OBJECT_TYPE_MISMATCH)
		return server_call(
		    handle, flags, send, send_attributes, &receiver, &deadline);
	if (status != STATUS_SUCCESS)
		return status;
	if (send || receive)
		status = client_call(
		    client, flags, send, send_attributes, &receiver, &deadline);
	client_unlock(client);
	return status;
}

/* ---- cancelling --------------------------------------------------------- */

static NTSTATUS
server_cancel(HANDLE handle, uint32_t id)
{
	struct connection_port *parent;
	struct server_port *own, *port;
	struct request *request;
	struct outgoing outgoing = {
	    .packet = {.kind = PACKET_CANCELLED, .id = id}, .data = ""};
	NTSTATUS status = server_lock(handle, &parent, &own);

	if (status != STATUS_SUCCESS)
		return status;
	port = own;
	status = request_find(parent, id, &port, &request);
	if (status == STATUS_SUCCESS && !request_end(port, request))
		status = STATUS_MESSAGE_NOT_FOUND;
	if (status == STATUS_SUCCESS)
		status = server_port_post(port, &outgoing);
	if (status == STATUS_SUCCESS)
		status = STATUS_PENDING;
	server_unlock(parent, own);
	return status;
}

NTSTATUS NTAPI
NtAlpcCancelMessage(HANDLE handle, ULONG flags, PALPC_CONTEXT_ATTR message)
{
	struct client_port *client;
	NTSTATUS status;

	if (flags & ~0xFu)
		return STATUS_INVALID_PARAMETER;
	if (!message)
		return STATUS_ACCESS_VIOLATION;
	status = client_lock(handle, &client);
	if (status == STATUS_OBJECT_TYPE_MISMATCH)
		return server_cancel(handle, message->MessageId);
	if (status != STATUS_SUCCESS)
		return status;
	status = client_cancel(client, message->MessageId);
	client_unlock(client);
	return status;
}

/* ---- disconnecting ------------------------------------------------------ */

NTSTATUS NTAPI
NtAlpcDisconnectPort(HANDLE handle, ULONG flags)
{
	struct connection_port *parent;
	struct server_port *own;
	struct client_port *client;
	NTSTATUS status;

	if (flags & ~1u)
		return STATUS_INVALID_PARAMETER;
	status = client_lock(handle, &client);
	if (status == STATUS_SUCCESS) {
		status = client_state(client);
		client_end(client, true);
		client_unlock(client);
		return status;
	}
	if (status != STATUS_OBJECT_TYPE_MISMATCH)
		return status;
	status = server_lock(handle, &parent, &own);
	if (status != STATUS_SUCCESS)
		return status;
	if (own)
		own->disconnected = true;
	else
		connection_port_close(parent);
	server_unlock(parent, own);
	return STATUS_SUCCESS;
}

/* ---- what a port is ----------------------------------------------------- */

/* Copies an answer of SIZE bytes out. */
static NTSTATUS
give(const void *answer, ULONG size, PVOID buffer, ULONG room, PULONG returned)
{
	if (returned)
		*returned = size;
	if (room < size)
		return STATUS_INFO_LENGTH_MISMATCH;
	if (!buffer)
		return STATUS_ACCESS_VIOLATION;
	memcpy(buffer, answer, size);
	return STATUS_SUCCESS;
}

static NTSTATUS
query_basic(struct object *object, PVOID buffer, ULONG size, PULONG returned)
{
	ALPC_BASIC_INFORMATION basic = {.Flags = 0};
	struct server_port *port = (struct server_port *)object;

	if (object->type == OBJECT_SERVER_PORT) {
		pthread_mutex_lock(&port->parent->lock);
		basic.PortContext = port->context;
		pthread_mutex_unlock(&port->parent->lock);
	}
	return give(&basic, sizeof basic, buffer, size, returned);
}

static NTSTATUS
query_session(struct object *object, PVOID buffer, ULONG size, PULONG returned)
{
	ALPC_SERVER_SESSION_INFORMATION session = {.SessionId = 0};

	if (object->type != OBJECT_CLIENT_PORT)
		return STATUS_INVALID_PARAMETER;
	session.ProcessId = (ULONG)((struct client_port *)object)->server;
	return give(&session, sizeof session, buffer, size, returned);
}

NTSTATUS NTAPI
NtAlpcQueryInformation(HANDLE handle, ALPC_PORT_INFORMATION_CLASS information,
    PVOID buffer, ULONG size, PULONG returned)
{
	struct object *object;
	NTSTATUS status = handle_object(handle, OBJECT_PORTS, &object);

	if (status != STATUS_SUCCESS)
		return status;
	switch (information) {
	case AlpcBasicInformation:
		status = query_basic(object, buffer, size, returned);
		break;
	case AlpcServerSessionInformation:
		status = query_session(object, buffer, size, returned);
		break;
	default:
		status = STATUS_INVALID_INFO_CLASS;
	}
	object_release(object);
	return status;
}
