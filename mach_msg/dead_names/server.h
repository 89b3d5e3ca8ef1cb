/*
 * The server that is killed, and the messages that it exchanges with the
 * client.
 */
#ifndef DEAD_NAMES_SERVER_H
#define DEAD_NAMES_SERVER_H

#include <mach/mach.h>

/* What the client gives: a right to reply in the header, and two more. */
struct rights {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t send, receive;
};

struct rights_received {
	struct rights rights;
	mach_msg_trailer_t trailer;
};

/*
 * In the child: makes a port, tells the client through PARENT, a send right,
 * receives the client's rights, and keeps them until it is killed. When the
 * client ends instead, so does the server.
 */
_Noreturn void be_server(mach_port_t parent);

#endif
