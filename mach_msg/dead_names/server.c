#include "mach_msg/dead_names/server.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/ports.h"

#include <stdlib.h>

/* HOW is what goes along of PORT: a right to send to it, or nothing. */
static void
say_hello(mach_port_t parent, mach_port_t port, mach_msg_type_name_t how)
{
	mach_msg_header_t hello = {
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, how),
	    .msgh_size = sizeof hello,
	    .msgh_remote_port = parent,
	    .msgh_local_port = port};
	mach_msg_return_t result = mach_msg(&hello, MACH_SEND_MSG, sizeof hello,
	    0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);

	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to the client");
}

void
be_server(mach_port_t parent)
{
	mach_port_t own = port_new("the server's port", false);
	struct rights_received request;
	mach_msg_return_t result;

	name_space_call(parent, "where the two meet");
	say_hello(parent, own, MACH_MSG_TYPE_MAKE_SEND);
	port_request(own, MACH_NOTIFY_NO_SENDERS, own);
	do {
		result = mach_msg(&request.rights.header, MACH_RCV_MSG, 0,
		    sizeof request, own, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
		if (result != MACH_MSG_SUCCESS)
			mach_die(result, "mach_msg, to receive");
		if (request.rights.header.msgh_bits & MACH_MSGH_BITS_COMPLEX) {
			name_space_call(request.rights.header.msgh_remote_port,
			    "to reply to the client, once");
			name_space_call(request.rights.send.name,
			    "granted: to send to the client");
			name_space_call(request.rights.receive.name,
			    "given away by the client");
			name_space_show("server");
			say_hello(parent, MACH_PORT_NULL, 0);
		}
	} while (request.rights.header.msgh_id != MACH_NOTIFY_NO_SENDERS);
	exit(EXIT_SUCCESS); /* the client has ended */
}
