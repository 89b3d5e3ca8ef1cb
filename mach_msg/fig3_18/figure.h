/*
 * What the figure's client and server agree on: the name, and the message.
 */
#ifndef FIG3_18_FIGURE_H
#define FIG3_18_FIGURE_H

#include <mach/mach.h>

#define DEFAULT_NAME "org.ipc-figures.server"

/* The figure's message: a header and a number. */
struct message {
	mach_msg_header_t header;
	int data;
};

/* The same as it is received: the kernel adds a trailer. */
struct received_message {
	struct message message;
	mach_msg_trailer_t trailer;
};

enum { MESSAGE_ID = 318, REPLY_ID = 418 };

#endif
