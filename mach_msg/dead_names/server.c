#include "mach_msg/dead_names/server.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/ports.h"
#include "mach_msg/tasks.h"

#include <stdlib.h>

void
be_server(mach_port_t parent)
{
	mach_port_t own = port_new("the server's port", false);
	struct rights_received request;
	mach_msg_return_t result;

	name_space_note(parent, "where the two meet");
	task_hello(parent, own);
	do {
		result = mach_msg(&request.rights.header, MACH_RCV_MSG, 0,
		    sizeof request, own, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
		if (result != MACH_MSG_SUCCESS)
			mach_die(result, "mach_msg, to receive");
		if (request.rights.header.msgh_bits & MACH_MSGH_BITS_COMPLEX) {
			name_space_note(request.rights.header.msgh_remote_port,
			    "to reply to the client, once");
			name_space_note(request.rights.send.name,
			    "granted: to send to the client");
			name_space_note(request.rights.receive.name,
			    "given away by the client");
			name_space_print("server's name space");
			task_hello(parent, MACH_PORT_NULL);
		}
	} while (request.rights.header.msgh_id != MACH_NOTIFY_NO_SENDERS);
	exit(EXIT_SUCCESS); /* the client has ended */
}
