/*
 * What passes between the two communication ports of a pair: packets over a
 * SEQPACKET connection. One is a struct packet and LENGTH bytes of data; a
 * SECTION packet carries a descriptor.
 *
 * Neither end trusts the other: what is read here is checked before it is used.
 */
#ifndef NTALPC_WIRE_H
#define NTALPC_WIRE_H

#include <ntlpcapi.h>

#include <stdbool.h>
#include <time.h>

enum packet_kind {
	PACKET_CONNECT = 1, /* the client's first */
	PACKET_ACCEPTED,    /* the server's answer: number, view_size: its
			     * maximum message length */
	PACKET_REFUSED,
	PACKET_MESSAGE, /* nobody waits for an answer to it */
	PACKET_REQUEST, /* somebody does */
	PACKET_REPLY,
	PACKET_CANCEL,    /* of a request: the client doesn't wait any more */
	PACKET_CANCELLED, /* the server will not answer it */
	PACKET_CALLBACK,  /* the server asks back, in the midst of a request */
	PACKET_ANSWER,    /* the client's answer to that */
	PACKET_SECTION,   /* view_size: its size; with its descriptor */
	PACKET_SECTION_GONE,
	PACKET_KINDS
};

struct packet {
	uint32_t kind;
	uint32_t id;        /* the message's */
	uint32_t callback;  /* the callback's */
	uint32_t thread;    /* the sender's, by its own word */
	uint32_t section;   /* 0: none */
	uint16_t length;    /* of the data */
	uint16_t data_info; /* where data information is, from the header */
	uint64_t view_offset;
	uint64_t view_size;
};

enum {
	HEADER_SIZE = sizeof(PORT_MESSAGE),
	LONGEST_DATA = ALPC_MAX_ALLOWED_MESSAGE_LENGTH - HEADER_SIZE
};

/*
 * A packet that comes, and room for its data: ROOM bytes behind MESSAGE, what
 * exceeds them at REST, which has room for the longest. A packet is as long as
 * a message's header, and comes in its place: so no byte of the data is moved.
 */
struct parcel {
	struct packet packet;
	PPORT_MESSAGE message; /* null: all data comes to REST */
	size_t room;
	unsigned char *rest;
	int fd; /* what came with it, or -1 */
};
_Static_assert(sizeof(struct packet) == HEADER_SIZE, "in the header's place");

enum received { RECEIVED, RECEIVED_NOTHING, RECEIVED_END };

/* Receives a packet, waiting for it as long as the socket's SO_RCVTIMEO says if
 * WAITS. RECEIVED_END: the peer has closed, or what came can't be a packet. */
enum received wire_receive(int socket, struct parcel *parcel, bool waits);

/* Copies a parcel's data. */
void parcel_copy(const struct parcel *parcel, void *to);

/* Sends a packet with its LENGTH bytes of data and FD, if it isn't -1; never
 * waits. False with errno set: EAGAIN when there is no room. */
bool wire_send(
    int socket, const struct packet *packet, const void *data, int fd);

/* ---- limits of time ------------------------------------------------------ */

struct deadline {
	bool forever;
	struct timespec at; /* of CLOCK_MONOTONIC */
};

/* From a call's TIMEOUT: NULL is for ever, negative from now, positive a point
 * in time since 1601, in units of 100 ns. */
struct deadline deadline_of(const LARGE_INTEGER *timeout);

/* What is left in *LEFT, 0 if nothing; returns null where there is no limit,
 * else LEFT: as ppoll takes it. */
const struct timespec *deadline_left(
    const struct deadline *deadline, struct timespec *left);

/* Waits until FD has EVENTS or WAKE can be read. STATUS_SUCCESS,
 * STATUS_TIMEOUT. */
NTSTATUS wait_for(
    int fd, short events, int wake, const struct deadline *deadline);

#endif
