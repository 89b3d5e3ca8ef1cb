#include "mach_msg/linux/kernel/ipc_port.h"

#include "mach_msg/linux/kernel/ipc_kmsg.h"
#include "mach_msg/linux/kernel/ipc_mqueue.h"
#include "mach_msg/linux/kernel/ipc_notify.h"
#include "mach_msg/linux/kernel/ipc_pset.h"
#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/memory.h"

uint32_t ipc_port_count;

uint32_t
ipc_object_number(void)
{
	static uint32_t last;

	return ++last ? last : ++last;
}

struct ipc_port *
ipc_port_create(struct ledger *ledger)
{
	struct ipc_port *port = memory_get(ledger, sizeof *port);

	if (!port)
		return NULL;
	ipc_port_count++;
	port->object.active = true;
	port->object.references = 1;
	port->object.number = ipc_object_number();
	list_init(&port->object.receivers);
	list_init(&port->mqueue.messages);
	list_init(&port->mqueue.senders);
	port->mqueue.limit = MACH_PORT_QLIMIT_DEFAULT;
	list_init(&port->requests);
	list_init(&port->members);
	return port;
}

void
ipc_port_reference(struct ipc_port *port)
{
	port->object.references++;
}

void
ipc_port_release(struct ipc_port *port)
{
	if (--port->object.references > 0)
		return;
	ipc_port_count--;
	memory_free(port);
}

/* ---- making rights ------------------------------------------------------- */

struct ipc_port *
ipc_port_make_send(struct ipc_port *port)
{
	port->mscount++;
	return ipc_port_copy_send(port);
}

struct ipc_port *
ipc_port_copy_send(struct ipc_port *port)
{
	if (!ipc_port_valid(port))
		return port;
	port->srights++;
	ipc_port_reference(port);
	return port;
}

struct ipc_port *
ipc_port_make_send_once(struct ipc_port *port)
{
	port->sorights++;
	ipc_port_reference(port);
	return port;
}

/* ---- giving them back ---------------------------------------------------- */

void
ipc_port_release_send(struct ipc_port *port)
{
	if (!ipc_port_valid(port))
		return;
	if (--port->srights == 0 && port->object.active && port->nsrequest) {
		struct ipc_port *notify = port->nsrequest;
		port->nsrequest = NULL;
		ipc_notify_no_senders(notify, port->mscount);
	}
	ipc_port_release(port);
}

void
ipc_port_release_send_once(struct ipc_port *port)
{
	if (!ipc_port_valid(port))
		return;
	/* the notification itself uses the right up */
	if (port->object.active)
		ipc_notify_send_once(port);
	else
		ipc_notify_done(port);
}

/* Ends the port: nobody can ever receive from it again. */
static void
ipc_port_destroy(struct ipc_port *port)
{
	struct ipc_port *notify = port->nsrequest;

	ipc_port_clear_receiver(port);
	port->object.active = false;
	port->task = NULL;
	port->nsrequest = NULL;
	if (notify)
		ipc_port_release_send_once(notify);
	while (!list_empty(&port->requests))
		ipc_right_port_died(list_element(
		    port->requests.next, struct ipc_request, link));
	ipc_mqueue_destroy(port);
	ipc_port_release(port);
}

void
ipc_port_release_receive(struct ipc_port *port)
{
	struct ipc_port *notify;

	if (!ipc_port_valid(port))
		return;
	notify = port->pdrequest;
	port->destination = NULL;
	port->pdrequest = NULL;
	if (!notify) {
		ipc_port_destroy(port);
		return;
	}
	ipc_port_clear_receiver(port);
	ipc_notify_port_destroyed(notify, port);
}

void
ipc_port_release_right(struct ipc_port *port, mach_msg_type_name_t type)
{
	switch (type) {
	case MACH_MSG_TYPE_PORT_RECEIVE:
		ipc_port_release_receive(port);
		break;
	case MACH_MSG_TYPE_PORT_SEND:
		ipc_port_release_send(port);
		break;
	case MACH_MSG_TYPE_PORT_SEND_ONCE:
		ipc_port_release_send_once(port);
		break;
	default:
		break;
	}
}

/* ---- the receive right --------------------------------------------------- */

void
ipc_port_clear_receiver(struct ipc_port *port)
{
	ipc_pset_remove_all(port);
	port->object.space = NULL;
	port->object.name = MACH_PORT_NULL;
	port->mscount = 0;
	port->mqueue.seqno = 0;
	port->context = 0;
	ipc_mqueue_wake_receivers(&port->object);
}

bool
ipc_port_send_receive(struct ipc_port *port, struct ipc_port *destination)
{
	for (struct ipc_port *at = destination; at; at = at->destination)
		if (at == port)
			return true;
	port->destination = destination;
	return false;
}

/* ---- requests ------------------------------------------------------------ */

struct ipc_port *
ipc_port_nsrequest(
    struct ipc_port *port, struct ipc_port *notify, mach_port_mscount_t sync)
{
	struct ipc_port *previous = port->nsrequest;

	port->nsrequest = notify;
	if (notify && port->srights == 0 && sync <= port->mscount) {
		port->nsrequest = NULL;
		ipc_notify_no_senders(notify, port->mscount);
	}
	return previous;
}

void
ipc_port_send_possible(struct ipc_port *port)
{
	for (struct link *at = port->requests.next, *next;
	     at != &port->requests; at = next) {
		struct ipc_request *request =
		    list_element(at, struct ipc_request, link);
		next = at->next;
		if (request->armed)
			ipc_right_send_possible(request);
	}
}
