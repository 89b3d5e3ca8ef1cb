/*
 * What the client and the server say to each other: rights go from the client
 * to the server, and each message is answered when the server has done its
 * part.
 */
#ifndef SEND_RIGHTS_MESSAGES_H
#define SEND_RIGHTS_MESSAGES_H

#include <mach/mach.h>

/* Ids. */
enum {
	GRANT = 1,       /* a right to send to the client's port P1 */
	SEND_RIGHT,      /* one to send to Q */
	SEND_ONCE_RIGHT, /* one to send to Q once; the server does */
	RECEIVE_RIGHT,   /* Q itself, with what is queued there */
	DONE,            /* the server's answer to each */
};

/* A message with one right. */
struct right_message {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t right;
};

/* What the server receives: a right, a grant, which is a header alone, or the
 * notification that the client has dropped its right to send. */
union received {
	mach_msg_header_t header;
	struct {
		struct right_message message;
		mach_msg_trailer_t trailer;
	} right;
	mach_no_senders_notification_t no_senders;
};

/* In the child: the server. PARENT is a right to send to where the two meet.
 * Ends with the client's last right to send to it. */
_Noreturn void be_server(mach_port_t parent);

#endif
