#include "windows_ipc/ntalpc/message.h"

#include <stdlib.h>
#include <string.h>

/* ---- limits ------------------------------------------------------------- */

static size_t
limit(SIZE_T asked, size_t own)
{
	return asked > 0 && asked < own ? asked : own;
}

NTSTATUS
limits_of(const ALPC_PORT_ATTRIBUTES *attributes, struct limits *limits)
{
	static const ALPC_PORT_ATTRIBUTES none;
	const size_t memory = (size_t)1 << 40;

	if (!attributes)
		attributes = &none;
	if (attributes->MaxMessageLength > 0xFFFF ||
	    (attributes->MaxMessageLength > 0 &&
		attributes->MaxMessageLength < HEADER_SIZE))
		return STATUS_INVALID_PARAMETER;
	limits->message = limit(
	    attributes->MaxMessageLength, ALPC_MAX_ALLOWED_MESSAGE_LENGTH);
	limits->sections.section = limit(attributes->MaxSectionSize, memory);
	limits->sections.total = limit(attributes->MaxTotalSectionSize, memory);
	limits->sections.view = limit(attributes->MaxViewSize, memory);
	return STATUS_SUCCESS;
}

/* ---- to be sent --------------------------------------------------------- */

static NTSTATUS
prepare_attributes(PALPC_MESSAGE_ATTRIBUTES attributes,
    const struct sections *sections, struct outgoing *outgoing)
{
	ULONG valid = attributes->ValidAttributes;
	const ALPC_DATA_VIEW_ATTR *view;
	const ALPC_CONTEXT_ATTR *context;
	struct packet *packet = &outgoing->packet;

	if (valid & ~attributes->AllocatedAttributes)
		return STATUS_INVALID_PARAMETER;
	if (valid &
	    (ALPC_MESSAGE_SECURITY_ATTRIBUTE | ALPC_MESSAGE_HANDLE_ATTRIBUTE))
		return STATUS_NOT_SUPPORTED;
	if (valid & ALPC_MESSAGE_CONTEXT_ATTRIBUTE) {
		context = AlpcGetMessageAttribute(
		    attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
		outgoing->context = context->MessageContext;
	}
	if (!(valid & ALPC_MESSAGE_VIEW_ATTRIBUTE))
		return STATUS_SUCCESS;
	view = AlpcGetMessageAttribute(attributes, ALPC_MESSAGE_VIEW_ATTRIBUTE);
	outgoing->section = section_of(sections, view, &packet->view_offset);
	if (!outgoing->section || view->ViewSize == 0)
		return STATUS_INVALID_PARAMETER;
	packet->section = outgoing->section->number;
	packet->view_size = view->ViewSize;
	return STATUS_SUCCESS;
}

NTSTATUS
message_prepare(const PORT_MESSAGE *message,
    PALPC_MESSAGE_ATTRIBUTES attributes, const struct limits *limits,
    const struct sections *sections, struct outgoing *outgoing)
{
	USHORT data = (USHORT)message->u1.s1.DataLength;
	USHORT total = (USHORT)message->u1.s1.TotalLength;
	PORT_DATA_ENTRY entries[MOST_ENTRIES];

	memset(outgoing, 0, sizeof *outgoing);
	if (total < data + HEADER_SIZE)
		return STATUS_INVALID_PARAMETER;
	if (total > limits->message)
		return STATUS_PORT_MESSAGE_TOO_LONG;
	outgoing->packet.length = data;
	outgoing->packet.data_info = (USHORT)message->u2.s2.DataInfoOffset;
	outgoing->data = message + 1;
	if (message_entries(&outgoing->packet, outgoing->data, entries) < 0)
		return STATUS_INVALID_PARAMETER;
	return attributes ? prepare_attributes(attributes, sections, outgoing)
			  : STATUS_SUCCESS;
}

int
message_entries(const struct packet *packet, const unsigned char *data,
    PORT_DATA_ENTRY entries[MOST_ENTRIES])
{
	const size_t head = offsetof(PORT_DATA_INFORMATION, DataEntries);
	size_t offset = packet->data_info, length = packet->length;
	ULONG count;

	if (offset == 0)
		return 0;
	if (offset < HEADER_SIZE || offset - HEADER_SIZE > length ||
	    length - (offset - HEADER_SIZE) < head)
		return -1;
	data += offset - HEADER_SIZE;
	length -= offset - HEADER_SIZE + head;
	memcpy(&count, data, sizeof count);
	if (count > MOST_ENTRIES || count > length / sizeof entries[0])
		return -1;
	memcpy(entries, data + head, count * sizeof entries[0]);
	return (int)count;
}

/* ---- received ----------------------------------------------------------- */

struct parcel
parcel_for(const struct receiver *receiver, unsigned char *rest)
{
	struct parcel parcel = {.rest = rest, .fd = -1};

	if (receiver && receiver->message && *receiver->length >= HEADER_SIZE) {
		parcel.message = receiver->message;
		parcel.room = *receiver->length - HEADER_SIZE;
	}
	return parcel;
}

bool
receiver_takes_view(const struct receiver *receiver)
{
	return receiver->attributes &&
	       (receiver->attributes->AllocatedAttributes &
		   ALPC_MESSAGE_VIEW_ATTRIBUTE);
}

struct arrival
arrival_of(const struct packet *packet, int type, pid_t pid)
{
	struct arrival arrival = {.view = NULL};
	PORT_MESSAGE *header = &arrival.header;

	header->u1.s1.DataLength = (CSHORT)packet->length;
	header->u1.s1.TotalLength = (CSHORT)(packet->length + HEADER_SIZE);
	header->u2.s2.Type = (CSHORT)type;
	header->u2.s2.DataInfoOffset = (CSHORT)packet->data_info;
	header->ClientId.UniqueProcess = (HANDLE)(ULONG_PTR)pid;
	header->ClientId.UniqueThread = (HANDLE)(ULONG_PTR)packet->thread;
	header->MessageId = packet->id;
	header->ClientViewSize = packet->callback; /* all its bytes */
	return arrival;
}

NTSTATUS
arrival_deliver(const struct arrival *arrival, const void *data,
    const struct receiver *receiver)
{
	PALPC_MESSAGE_ATTRIBUTES attributes = receiver->attributes;
	size_t length = (USHORT)arrival->header.u1.s1.DataLength;
	ALPC_DATA_VIEW_ATTR *view;
	ALPC_CONTEXT_ATTR *context;
	bool fits = *receiver->length >= HEADER_SIZE + length;

	*receiver->length = HEADER_SIZE + length;
	if (!fits)
		return STATUS_BUFFER_TOO_SMALL;
	*receiver->message = arrival->header;
	if (data && length > 0)
		memcpy(receiver->message + 1, data, length);
	if (!attributes)
		return STATUS_SUCCESS;
	attributes->ValidAttributes = 0;
	view = AlpcGetMessageAttribute(attributes, ALPC_MESSAGE_VIEW_ATTRIBUTE);
	if (view && arrival->view) {
		*view = (ALPC_DATA_VIEW_ATTR){
		    0, NULL, arrival->view, arrival->view_size};
		attributes->ValidAttributes |= ALPC_MESSAGE_VIEW_ATTRIBUTE;
	}
	context =
	    AlpcGetMessageAttribute(attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
	if (context) {
		*context = (ALPC_CONTEXT_ATTR){arrival->port_context,
		    arrival->message_context, 0, arrival->header.MessageId,
		    arrival->header.CallbackId};
		attributes->ValidAttributes |= ALPC_MESSAGE_CONTEXT_ATTRIBUTE;
	}
	return STATUS_SUCCESS;
}

/* ---- queues ------------------------------------------------------------- */

struct queued *
queued_new(const struct arrival *arrival, const struct parcel *parcel)
{
	size_t length = parcel ? parcel->packet.length : 0;
	struct queued *message = malloc(sizeof *message + length);

	if (!message)
		return NULL;
	message->next = NULL;
	message->owner = NULL;
	message->arrival = *arrival;
	if (parcel)
		parcel_copy(parcel, message->data);
	return message;
}

void
queue_add(struct queue *queue, struct queued *message)
{
	message->next = NULL;
	if (queue->first)
		queue->last->next = message;
	else
		queue->first = message;
	queue->last = message;
}

void
queue_add_first(struct queue *queue, struct queued *message)
{
	message->next = queue->first;
	if (!queue->first)
		queue->last = message;
	queue->first = message;
}

struct queued *
queue_take(struct queue *queue)
{
	struct queued *message = queue->first;

	if (message)
		queue->first = message->next;
	return message;
}

struct queued *
queue_take_of(struct queue *queue, const void *owner)
{
	struct queued **place = &queue->first, *message, *before = NULL;

	while (*place && (*place)->owner != owner) {
		before = *place;
		place = &before->next;
	}
	message = *place;
	if (!message)
		return NULL;
	*place = message->next;
	if (queue->last == message)
		queue->last = before;
	return message;
}

void
queue_free(struct queue *queue)
{
	struct queued *message;

	while ((message = queue_take(queue)) != NULL)
		free(message);
}
