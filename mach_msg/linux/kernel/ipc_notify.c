#include "mach_msg/linux/kernel/ipc_notify.h"

#include <string.h>

#include "mach_msg/linux/kernel/ipc_kmsg.h"
#include "mach_msg/linux/kernel/ipc_mqueue.h"

const NDR_record_t ipc_notify_ndr = {
    .int_rep = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__};

/* The parts of notifications that a receiver gets before the trailer. */
struct name_notification {
	mach_msg_header_t header;
	NDR_record_t ndr;
	uint32_t value; /* a name, or a count */
};

struct port_notification {
	mach_msg_header_t header;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t port;
};

void
ipc_notify_done(struct ipc_port *right)
{
	right->sorights--;
	ipc_port_release(right);
}

/* Sends a message of SIZE bytes, which carries the receive right of PORT if
 * that isn't null. */
static void
notify_with(struct ipc_port *notify, mach_msg_id_t id,
    mach_msg_header_t *header, size_t size, struct ipc_port *port)
{
	struct ipc_kmsg *kmsg;

	header->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, 0);
	if (port)
		header->msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	header->msgh_size = (mach_msg_size_t)size;
	header->msgh_id = id;
	kmsg = ipc_kmsg_from_kernel(header, size, notify, port);
	if (!kmsg) { /* who has left so many unread loses this one */
		ipc_port_release_receive(port);
		ipc_notify_done(notify);
	} else if (!notify->object.active ||
		   (port && ipc_port_send_receive(port, notify))) {
		ipc_kmsg_destroy(kmsg);
	} else {
		ipc_mqueue_put(notify, kmsg);
	}
}

static void
notify_value(struct ipc_port *notify, mach_msg_id_t id, uint32_t value)
{
	struct name_notification message = {
	    .ndr = ipc_notify_ndr, .value = value};

	notify_with(notify, id, &message.header, sizeof message, NULL);
}

void
ipc_notify_port_deleted(struct ipc_port *notify, mach_port_name_t name)
{
	notify_value(notify, MACH_NOTIFY_PORT_DELETED, name);
}

void
ipc_notify_send_possible(struct ipc_port *notify, mach_port_name_t name)
{
	notify_value(notify, MACH_NOTIFY_SEND_POSSIBLE, name);
}

void
ipc_notify_dead_name(struct ipc_port *notify, mach_port_name_t name)
{
	notify_value(notify, MACH_NOTIFY_DEAD_NAME, name);
}

void
ipc_notify_no_senders(struct ipc_port *notify, mach_port_mscount_t mscount)
{
	notify_value(notify, MACH_NOTIFY_NO_SENDERS, mscount);
}

void
ipc_notify_send_once(struct ipc_port *notify)
{
	mach_msg_header_t header = {0};

	notify_with(
	    notify, MACH_NOTIFY_SEND_ONCE, &header, sizeof header, NULL);
}

void
ipc_notify_port_destroyed(struct ipc_port *notify, struct ipc_port *port)
{
	struct port_notification message = {.body = {1},
	    .port = {.disposition = MACH_MSG_TYPE_PORT_RECEIVE,
		.type = MACH_MSG_PORT_DESCRIPTOR}};

	notify_with(notify, MACH_NOTIFY_PORT_DESTROYED, &message.header,
	    sizeof message, port);
}
