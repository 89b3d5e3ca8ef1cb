/*
 * What the server and its client say to each other.
 */
#ifndef PORT_SETS_MESSAGES_H
#define PORT_SETS_MESSAGES_H

#include <mach/mach.h>

enum { MOST_PORTS = 64 };

/* From the server: a right to send to each counter, as an array out of line. */
struct counters {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_ool_ports_descriptor_t ports;
};

/* From the client, to a counter. */
struct addition {
	mach_msg_header_t header;
	int amount;
};

/* What the client receives. */
struct counters_received {
	struct counters counters;
	mach_msg_trailer_t trailer;
};

/* What a counter receives: an addition, or the notification that nobody can
 * send to it any more. */
union request {
	mach_msg_header_t header;
	struct {
		struct addition addition;
		mach_msg_trailer_t trailer;
	} received;
	mach_no_senders_notification_t no_senders;
};

enum { ADD = 1 };

/* In the child: gets the counters from PARENT, where the two meet, adds 1, 2
 * ... up to ROUNDS to each in turn, and ends. */
_Noreturn void be_client(mach_port_t parent, int rounds);

#endif
