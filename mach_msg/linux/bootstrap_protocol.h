/*
 * What the bootstrap_*() calls and the bootstrap server say to each other. A
 * reply has its request's id plus 100.
 */
#ifndef MACH_LINUX_BOOTSTRAP_PROTOCOL_H
#define MACH_LINUX_BOOTSTRAP_PROTOCOL_H

#include <mach/mach.h>
#include <servers/bootstrap.h>

enum {
	BOOTSTRAP_CHECK_IN = 402,
	BOOTSTRAP_REGISTER = 403,
	BOOTSTRAP_LOOK_UP = 404,
	BOOTSTRAP_REPLY = 100,
};

/* The port is the one to register; null for the other two. */
typedef struct {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t port;
	char name[BOOTSTRAP_MAX_NAME_LEN];
} bootstrap_request_t;

/* The port is the receive right or the send right asked for, or null. */
typedef struct {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t port;
	kern_return_t result;
} bootstrap_reply_t;

#endif
