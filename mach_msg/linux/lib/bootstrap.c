/* The calls of <servers/bootstrap.h>: messages to the bootstrap server. */
#include <mach/mach.h>
#include <servers/bootstrap.h>

#include <string.h>

#include "mach_msg/linux/bootstrap_protocol.h"

/* A request, and its reply with the trailer. */
union exchange {
	bootstrap_request_t request;
	struct {
		bootstrap_reply_t message;
		mach_msg_trailer_t trailer;
	} reply;
};

/* Sends the request and waits for the reply, at a port made for it: the server
 * may die meanwhile, and then its send-once right tells (id 71). */
static kern_return_t
exchange_with(mach_port_t bp, union exchange *exchange)
{
	bootstrap_request_t *request = &exchange->request;
	mach_port_t reply_port = mach_reply_port();
	mach_msg_id_t id = request->header.msgh_id + BOOTSTRAP_REPLY;
	kern_return_t result;

	request->header.msgh_bits =
	    MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
					 MACH_MSG_TYPE_MAKE_SEND_ONCE);
	request->header.msgh_size = sizeof *request;
	request->header.msgh_remote_port = bp;
	request->header.msgh_local_port = reply_port;
	result = mach_msg(&request->header, MACH_SEND_MSG | MACH_RCV_MSG,
	    sizeof *request, sizeof exchange->reply, reply_port,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
	mach_port_mod_refs(
	    mach_task_self(), reply_port, MACH_PORT_RIGHT_RECEIVE, -1);
	if (result != MACH_MSG_SUCCESS)
		return result;
	if (exchange->reply.message.header.msgh_id != id) {
		mach_msg_destroy(&exchange->reply.message.header);
		return MIG_SERVER_DIED;
	}
	return exchange->reply.message.result;
}

/* Asks for NAME; PORT goes along, null for none. What the reply carries goes
 * into *RIGHT, if that isn't null. */
static kern_return_t
ask(mach_port_t bp, mach_msg_id_t id, const char *name, mach_port_t port,
    mach_port_t *right)
{
	union exchange exchange;
	bootstrap_request_t *request = &exchange.request;
	size_t length = strlen(name);
	mach_port_t own = bp == bootstrap_port ? bp : MACH_PORT_NULL;
	kern_return_t result = KERN_FAILURE;

	if (length >= sizeof request->name)
		return BOOTSTRAP_UNKNOWN_SERVICE;
	for (int attempt = 0; attempt < 2; attempt++) {
		memset(&exchange, 0, sizeof exchange);
		request->header.msgh_id = id;
		request->body.msgh_descriptor_count = 1;
		request->port.name = port;
		request->port.disposition = MACH_MSG_TYPE_COPY_SEND;
		request->port.type = MACH_MSG_PORT_DESCRIPTOR;
		memcpy(request->name, name, length);
		result = exchange_with(bp, &exchange);
		if (own == MACH_PORT_NULL ||
		    (result != MACH_SEND_INVALID_DEST &&
			result != MIG_SERVER_DIED))
			break;
		/* it has died, and all names with it; there is a new port */
		if (task_get_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT,
			&bp) != KERN_SUCCESS)
			break;
		mach_port_deallocate(mach_task_self(), bootstrap_port);
		bootstrap_port = bp;
	}
	if (result == KERN_SUCCESS && right)
		*right = exchange.reply.message.port.name;
	return result;
}

kern_return_t
bootstrap_register(mach_port_t bp, char *service_name, mach_port_t sp)
{
	return ask(bp, BOOTSTRAP_REGISTER, service_name, sp, NULL);
}

kern_return_t
bootstrap_check_in(mach_port_t bp, const char *service_name, mach_port_t *sp)
{
	return ask(bp, BOOTSTRAP_CHECK_IN, service_name, MACH_PORT_NULL, sp);
}

kern_return_t
bootstrap_look_up(mach_port_t bp, const char *service_name, mach_port_t *sp)
{
	return ask(bp, BOOTSTRAP_LOOK_UP, service_name, MACH_PORT_NULL, sp);
}

const char *
bootstrap_strerror(kern_return_t r)
{
	return mach_error_string(r);
}
