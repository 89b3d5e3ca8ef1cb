#include "windows_ipc/ntalpc/server.h"

#include <stdlib.h>
#include <string.h>

bool
request_begin(struct server_port *port, const struct packet *packet,
    const unsigned char *data)
{
	struct request *request = &port->requests[packet->id % OUTSTANDING];
	PORT_DATA_ENTRY entries[MOST_ENTRIES];
	int count = message_entries(packet, data, entries);

	if (packet->id >> NUMBER_SHIFT != port->number ||
	    !(packet->id & OWN_MASK) || count < 0)
		return false;
	if ((request->open && request->waited) || request->copying > 0)
		return false;
	free(request->entries);
	*request = (struct request){.id = packet->id,
	    .open = true,
	    .waited = packet->kind == PACKET_REQUEST};
	/* who doesn't wait may have given its memory up */
	if (count == 0 || !request->waited)
		return true;
	request->entries = malloc((size_t)count * sizeof entries[0]);
	if (!request->entries)
		return false;
	memcpy(request->entries, entries, (size_t)count * sizeof entries[0]);
	request->count = count;
	return true;
}

NTSTATUS
request_find(struct connection_port *parent, uint32_t id,
    struct server_port **port, struct request **request)
{
	struct server_port *owner = parent->ports[id >> NUMBER_SHIFT];

	if (!owner || owner->state != PORT_CONNECTED ||
	    (*port && *port != owner))
		return STATUS_MESSAGE_NOT_FOUND;
	*request = &owner->requests[id % OUTSTANDING];
	if ((*request)->id != id)
		return STATUS_MESSAGE_NOT_FOUND;
	if (!(*request)->open)
		return (*request)->cancelled ? STATUS_REQUEST_CANCELED
					     : STATUS_MESSAGE_NOT_FOUND;
	*port = owner;
	return STATUS_SUCCESS;
}

bool
request_end(struct server_port *port, struct request *request)
{
	uint32_t id = request->id;

	while (request->copying > 0)
		pthread_cond_wait(&port->parent->idle, &port->parent->lock);
	if (request->id != id || !request->open)
		return false;
	request->open = false;
	return true;
}

void
requests_free(struct server_port *port)
{
	for (size_t i = 0; i < OUTSTANDING; i++)
		free(port->requests[i].entries);
}
