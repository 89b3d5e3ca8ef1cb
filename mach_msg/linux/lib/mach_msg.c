/*
 * mach_msg(): the book's path goes on from here to mach_msg_trap(), which calls
 * the kernel's mach_msg_overwrite_trap().
 */
#include <mach/mach.h>

#include "mach_msg/linux/lib/gather.h"

/* The errors of a receive have this bit, those of a send haven't. */
enum { RECEIVE_ERROR = 0x4000 };

/* Whether the kernel took the message, though the call may have failed later.
 */
static bool
was_sent(mach_msg_return_t result)
{
	return result == MACH_MSG_SUCCESS || result == MACH_SEND_WILL_NOTIFY ||
	       (result & RECEIVE_ERROR);
}

/* Puts the size of the message that stays in the queue into the header. */
static mach_msg_return_t
tell_size(const struct trap_exchange *exchange, mach_msg_option_t option,
    mach_msg_header_t *msg)
{
	mach_msg_header_t header;

	if (!vm_readable(msg, sizeof *msg))
		return MACH_RCV_INVALID_DATA;
	header = *msg;
	if (!vm_writable(msg, sizeof *msg))
		return MACH_RCV_INVALID_DATA;
	header.msgh_size = exchange->answer.values[0];
	if (option & MACH_RCV_LARGE_IDENTITY)
		header.msgh_local_port = exchange->answer.values[1];
	*msg = header;
	return MACH_RCV_TOO_LARGE;
}

mach_msg_return_t
mach_msg(mach_msg_header_t *msg, mach_msg_option_t option,
    mach_msg_size_t send_size, mach_msg_size_t rcv_size,
    mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
    mach_port_name_t notify)
{
	return mach_msg_overwrite(msg, option, send_size, rcv_size, rcv_name,
	    timeout, notify, NULL, 0);
}

mach_msg_return_t
mach_msg_overwrite(mach_msg_header_t *msg, mach_msg_option_t option,
    mach_msg_size_t send_size, mach_msg_size_t rcv_size,
    mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
    mach_port_name_t notify, mach_msg_header_t *rcv_msg,
    mach_msg_size_t rcv_limit)
{
	bool sends = option & MACH_SEND_MSG;
	struct trap_exchange exchange;
	struct gathered gathered;
	mach_msg_return_t result;
	bool back;

	(void)rcv_limit;
	if (!(option & (MACH_SEND_MSG | MACH_RCV_MSG)))
		return MACH_MSG_SUCCESS;
	trap_prepare(&exchange, TRAP_MACH_MSG);
	exchange.call.arguments[MSG_OPTION] = (uint32_t)option;
	exchange.call.arguments[MSG_SEND_SIZE] = send_size;
	exchange.call.arguments[MSG_RCV_SIZE] = rcv_size;
	exchange.call.arguments[MSG_RCV_NAME] = rcv_name;
	exchange.call.arguments[MSG_TIMEOUT] = timeout;
	exchange.call.arguments[MSG_NOTIFY] = notify;
	if (sends) {
		result = gather(msg, send_size, &exchange, &gathered);
		if (result != MACH_MSG_SUCCESS)
			return result;
	}

	result = mach_msg_trap(&exchange);

	/* a message that wasn't sent has come back: a pseudo-receive */
	back = exchange.answer.body_size > 0 && !was_sent(result);
	if (sends)
		gather_end(&gathered, back || was_sent(result));
	if (!back && rcv_msg)
		msg = rcv_msg;
	if (exchange.answer.body_size > 0)
		result = scatter(&exchange, msg, result);
	connection_close_files(&exchange);
	if (result == MACH_RCV_TOO_LARGE && (option & MACH_RCV_LARGE) &&
	    rcv_size >= sizeof *msg)
		result = tell_size(&exchange, option, msg);
	return result;
}

/* ---- mach_msg_destroy ---------------------------------------------------- */

/* A right that was to be made is made and given back: whoever waits for the end
 * of such a right learns of it. */
static void
destroy_right(mach_port_t name, mach_msg_type_name_t type)
{
	mach_port_t task = mach_task_self();
	mach_port_t right = name;

	if (!MACH_PORT_VALID(name))
		return;
	switch (type) {
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		mach_port_mod_refs(task, name, MACH_PORT_RIGHT_RECEIVE, -1);
		break;
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		if (mach_port_extract_right(task, name, type, &right, &type) ==
		    KERN_SUCCESS)
			mach_port_deallocate(task, right);
		break;
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		mach_port_deallocate(task, name);
		break;
	default: /* a copy was only to be made */
		break;
	}
}

static mach_msg_return_t
destroy_descriptor(mach_msg_type_descriptor_t *descriptor, void *context)
{
	mach_msg_port_descriptor_t *port = (void *)descriptor;
	mach_msg_ool_descriptor_t *memory = (void *)descriptor;
	mach_msg_ool_ports_descriptor_t *ports = (void *)descriptor;
	size_t size = memory->size;

	(void)context;
	if (descriptor->type == MACH_MSG_PORT_DESCRIPTOR) {
		destroy_right(port->name, port->disposition);
		return MACH_MSG_SUCCESS;
	}
	if (descriptor->type == MACH_MSG_OOL_PORTS_DESCRIPTOR) {
		const mach_port_t *names = ports->address;
		for (mach_msg_size_t i = 0; i < ports->count; i++)
			destroy_right(names[i], ports->disposition);
		size *= sizeof *names;
	}
	if (memory->deallocate)
		vm_deallocate(
		    mach_task_self(), (vm_address_t)memory->address, size);
	return MACH_MSG_SUCCESS;
}

void
mach_msg_destroy(mach_msg_header_t *msg)
{
	destroy_right(
	    msg->msgh_remote_port, MACH_MSGH_BITS_REMOTE(msg->msgh_bits));
	if (msg->msgh_bits & MACH_MSGH_BITS_COMPLEX)
		each_descriptor(msg, msg->msgh_size, destroy_descriptor, NULL);
}
