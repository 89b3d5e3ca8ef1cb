/*
 * A sender, and the messages that it sends.
 */
#ifndef FIFO_ORDER_SENDER_H
#define FIFO_ORDER_SENDER_H

#include <mach/mach.h>
#include <stdint.h>

struct numbered {
	mach_msg_header_t header;
	int64_t began; /* when the send began: ns on a clock that all share */
	int sender;    /* 0 or 1 */
	int number;    /* counts this sender's messages, from 1 */
};

/* What the receiver receives: a message, or the notification of a sender's end,
 * which comes behind the last one. */
union received {
	mach_msg_header_t header;
	struct {
		struct numbered message;
		mach_msg_trailer_t trailer;
	} numbered;
	mach_dead_name_notification_t dead_name;
};

enum { MOST_COUNT = 10000 };

/* In the child: as the sender of this number, waits for the start and sends
 * COUNT messages to QUEUE. */
_Noreturn void be_sender(mach_port_t queue, int sender, int count);

#endif
