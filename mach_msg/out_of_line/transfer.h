/*
 * What the sender and the receiver agree on: how the bytes travel, and the
 * messages.
 */
#ifndef OUT_OF_LINE_TRANSFER_H
#define OUT_OF_LINE_TRANSFER_H

#include <mach/mach.h>
#include <stddef.h>
#include <stdint.h>

#include "mach_msg/out_of_line/pages.h"

/* How the bytes travel. */
enum way {
	OUT_OF_LINE, /* a descriptor says where they are */
	IN_LINE,     /* they are in the message */
	NAIVE_MAP,   /* a file in memory, mapped by both */
	POINTER,     /* their address, as a number */
};

struct transfer {
	enum way way;
	size_t size; /* bytes */
	int file;    /* the file of NAIVE_MAP */
};

/* Ids of what the sender sends; each is answered with a report. */
enum { BYTES = 1, COUNT_PAGES, LOOK };

/* OUT_OF_LINE */
struct described {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_ool_descriptor_t memory;
};

/* POINTER; and what the others ask by. */
struct pointed {
	mach_msg_header_t header;
	uint64_t address;
};

/* What the receiver found. */
struct report {
	mach_msg_header_t header;
	int64_t received; /* when it had the message: ns of clock_now() */
	int64_t read;     /* when it had read all bytes */
	uint64_t others;  /* bytes that weren't the sender's */
	int64_t first;    /* the first byte, now */
	struct pages pages;
};

struct report_received {
	struct report report;
	mach_msg_trailer_t trailer;
};

/* In the child: the receiver. PARENT is a right to send to where the two meet.
 * Ends with the sender's last right to send to it. */
_Noreturn void be_receiver(mach_port_t parent, const struct transfer *transfer);

#endif
