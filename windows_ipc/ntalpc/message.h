/*
 * Messages between a caller's buffers and the wire.
 */
#ifndef NTALPC_MESSAGE_H
#define NTALPC_MESSAGE_H

#include "windows_ipc/ntalpc/section.h"

enum { MOST_ENTRIES = 64 };

/* What a port allows; from its attributes. */
struct limits {
	size_t message; /* header included */
	struct section_limits sections;
};

/* STATUS_INVALID_PARAMETER for a MaxMessageLength that can't be. */
NTSTATUS limits_of(
    const ALPC_PORT_ATTRIBUTES *attributes, struct limits *limits);

/* ---- to be sent ---------------------------------------------------------- */

struct outgoing {
	struct packet packet;
	const void *data;
	const struct section *section; /* null: no view */
	PVOID context;                 /* the MessageContext, else null */
};

/*
 * Checks a message of the caller's against LIMITS, and its view against
 * SECTIONS. STATUS_INVALID_PARAMETER, STATUS_PORT_MESSAGE_TOO_LONG,
 * STATUS_NOT_SUPPORTED.
 */
NTSTATUS message_prepare(const PORT_MESSAGE *message,
    PALPC_MESSAGE_ATTRIBUTES attributes, const struct limits *limits,
    const struct sections *sections, struct outgoing *outgoing);

/* Copies the entries that a message of DATA declares, MOST_ENTRIES at most, and
 * returns how many; -1 when what it declares lies outside of it. */
int message_entries(const struct packet *packet, const unsigned char *data,
    PORT_DATA_ENTRY entries[MOST_ENTRIES]);

/* ---- received ------------------------------------------------------------ */

/* Where a caller wants a message. */
struct receiver {
	PPORT_MESSAGE message; /* null: nowhere */
	PSIZE_T length;
	PALPC_MESSAGE_ATTRIBUTES attributes;
};

/* A parcel that comes straight to RECEIVER, if that is one and has room for a
 * header, else to REST. */
struct parcel parcel_for(const struct receiver *receiver, unsigned char *rest);

/* A message that has come, without its data. */
struct arrival {
	PORT_MESSAGE header;
	void *view; /* null: none */
	size_t view_size;
	PVOID port_context, message_context;
};

/* The header that a packet becomes: of TYPE, from process PID. */
struct arrival arrival_of(const struct packet *packet, int type, pid_t pid);

/* Hands it out, with its data unless that is null and in place already.
 * STATUS_BUFFER_TOO_SMALL. */
NTSTATUS arrival_deliver(const struct arrival *arrival, const void *data,
    const struct receiver *receiver);

/* Whether a view is delivered there at all. */
bool receiver_takes_view(const struct receiver *receiver);

/* ---- queues -------------------------------------------------------------- */

struct queued {
	struct queued *next;
	void *owner; /* whose it is, for the queue's user */
	struct arrival arrival;
	unsigned char data[];
};

struct queue {
	struct queued *first, *last;
};

/* A message with a copy of the parcel's data, if there is one; null without
 * memory. */
struct queued *queued_new(
    const struct arrival *arrival, const struct parcel *parcel);
void queue_add(struct queue *queue, struct queued *message);
void queue_add_first(struct queue *queue, struct queued *message);
struct queued *queue_take(struct queue *queue);
void queue_free(struct queue *queue);

/* Takes the first message of that owner out; null when there is none. */
struct queued *queue_take_of(struct queue *queue, const void *owner);

#endif
