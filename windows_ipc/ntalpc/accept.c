#include "windows_ipc/ntalpc/server.h"

/* The client that asks, by its request's id. */
static NTSTATUS
find_asking(
    struct connection_port *parent, uint32_t id, struct server_port **port)
{
	*port = parent->ports[id >> NUMBER_SHIFT];
	if (*port && (*port)->state == PORT_ASKING && !(id & OWN_MASK))
		return STATUS_SUCCESS;
	/* the number was a client's that has gone, or has its answer */
	return id >> NUMBER_SHIFT && !(id & OWN_MASK) && !*port
		   ? STATUS_REQUEST_CANCELED
		   : STATUS_MESSAGE_NOT_FOUND;
}

/* Tells the client; then it is connected, or gone. */
static NTSTATUS
answer(struct server_port *port, const struct outgoing *outgoing, bool accept,
    PHANDLE handle)
{
	NTSTATUS status;

	if (accept) {
		port->state = PORT_CONNECTED;
		object_keep(&port->object);
		if (!handle_create(&port->object, handle)) {
			object_release(&port->object);
			server_port_lose(port, false);
			return STATUS_INSUFFICIENT_RESOURCES;
		}
	}
	status = server_port_post(port, outgoing);
	if (!accept && status == STATUS_SUCCESS)
		server_port_lose(port, false);
	/* an accepted one's end is told by LPC_PORT_CLOSED */
	return accept ? STATUS_SUCCESS : status;
}

NTSTATUS NTAPI
NtAlpcAcceptConnectPort(PHANDLE handle, HANDLE connection, ULONG flags,
    POBJECT_ATTRIBUTES object, PALPC_PORT_ATTRIBUTES attributes, PVOID context,
    PPORT_MESSAGE request, PALPC_MESSAGE_ATTRIBUTES message, BOOLEAN accept)
{
	struct connection_port *parent;
	struct server_port *unused, *port;
	struct outgoing outgoing;
	struct limits limits;
	NTSTATUS status = limits_of(attributes, &limits);

	(void)flags;
	(void)object;
	(void)message;
	if (!request || (accept && !handle))
		return STATUS_ACCESS_VIOLATION;
	if (status != STATUS_SUCCESS)
		return status;
	status = server_lock(connection, &parent, &unused);
	if (status != STATUS_SUCCESS)
		return status;
	status = unused ? STATUS_OBJECT_TYPE_MISMATCH
			: message_prepare(request, NULL, &parent->limits,
			      &parent->sections, &outgoing);
	if (status == STATUS_SUCCESS)
		status = find_asking(parent, request->MessageId, &port);
	if (status == STATUS_SUCCESS) {
		outgoing.packet.kind =
		    accept ? PACKET_ACCEPTED : PACKET_REFUSED;
		outgoing.packet.id = port->number;
		outgoing.packet.view_size = parent->limits.message;
		port->context = context;
		status = answer(port, &outgoing, accept, handle);
	}
	server_unlock(parent, unused);
	return status;
}
