#include "mach_msg/ports.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"

mach_port_t
port_new(const char *what, bool sends)
{
	mach_port_t port;
	kern_return_t result = mach_port_allocate(
	    mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_allocate");
	if (sends)
		port_make_send(port);
	name_space_note(port, what);
	return port;
}

void
port_make_send(mach_port_t port)
{
	kern_return_t result = mach_port_insert_right(
	    mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_insert_right 0x%x", port);
}

void
port_end(mach_port_t port)
{
	kern_return_t result = mach_port_mod_refs(
	    mach_task_self(), port, MACH_PORT_RIGHT_RECEIVE, -1);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_mod_refs 0x%x", port);
}

void
port_drop(mach_port_t name)
{
	kern_return_t result = mach_port_deallocate(mach_task_self(), name);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_deallocate 0x%x", name);
}

mach_port_status_t
port_status(mach_port_t port)
{
	mach_port_status_t status = {0};
	mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
	kern_return_t result = mach_port_get_attributes(mach_task_self(), port,
	    MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_get_attributes 0x%x", port);
	return status;
}

mach_port_type_t
port_type(mach_port_t name)
{
	mach_port_type_t type;
	kern_return_t result = mach_port_type(mach_task_self(), name, &type);

	if (result == KERN_INVALID_NAME)
		return MACH_PORT_TYPE_NONE;
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_type 0x%x", name);
	return type;
}

mach_port_urefs_t
port_refs(mach_port_t name, mach_port_right_t right)
{
	mach_port_urefs_t refs;
	kern_return_t result =
	    mach_port_get_refs(mach_task_self(), name, right, &refs);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_get_refs 0x%x", name);
	return refs;
}

void
port_request(mach_port_t name, mach_msg_id_t msgid, mach_port_t notify)
{
	mach_port_t previous;
	kern_return_t result = mach_port_request_notification(mach_task_self(),
	    name, msgid, 0, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_request_notification %d for 0x%x",
		    msgid, name);
}
