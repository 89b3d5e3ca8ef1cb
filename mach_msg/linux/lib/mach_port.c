/* The calls of <mach/mach_port.h>: each is a trap. */
#include <mach/mach.h>

#include <stdlib.h>
#include <string.h>

#include "mach_msg/linux/lib/connection.h"

/* ---- those that give back a number, or nothing --------------------------- */

/* The trap with one number given back into *RESULT. */
static kern_return_t
trap_for_one(enum trap_number number, const uint32_t *arguments, size_t count,
    uint32_t *result)
{
	uint32_t values[TRAP_VALUES];
	kern_return_t error = trap(number, arguments, count, values);

	if (error == KERN_SUCCESS)
		*result = values[0];
	return error;
}

kern_return_t
mach_port_allocate(
    ipc_space_t task, mach_port_right_t right, mach_port_name_t *name)
{
	uint32_t arguments[] = {task, right};

	return trap_for_one(TRAP_PORT_ALLOCATE, arguments, 2, name);
}

kern_return_t
mach_port_allocate_name(
    ipc_space_t task, mach_port_right_t right, mach_port_name_t name)
{
	uint32_t arguments[] = {task, right, name};

	return trap(TRAP_PORT_ALLOCATE_NAME, arguments, 3, NULL);
}

kern_return_t
mach_port_rename(
    ipc_space_t task, mach_port_name_t old_name, mach_port_name_t new_name)
{
	uint32_t arguments[] = {task, old_name, new_name};

	return trap(TRAP_PORT_RENAME, arguments, 3, NULL);
}

kern_return_t
mach_port_deallocate(ipc_space_t task, mach_port_name_t name)
{
	uint32_t arguments[] = {task, name};

	return trap(TRAP_PORT_DEALLOCATE, arguments, 2, NULL);
}

kern_return_t
mach_port_destroy(ipc_space_t task, mach_port_name_t name)
{
	uint32_t arguments[] = {task, name};

	return trap(TRAP_PORT_DESTROY, arguments, 2, NULL);
}

kern_return_t
mach_port_mod_refs(ipc_space_t task, mach_port_name_t name,
    mach_port_right_t right, mach_port_delta_t delta)
{
	uint32_t arguments[] = {task, name, right, (uint32_t)delta};

	return trap(TRAP_PORT_MOD_REFS, arguments, 4, NULL);
}

kern_return_t
mach_port_get_refs(ipc_space_t task, mach_port_name_t name,
    mach_port_right_t right, mach_port_urefs_t *refs)
{
	uint32_t arguments[] = {task, name, right};

	return trap_for_one(TRAP_PORT_GET_REFS, arguments, 3, refs);
}

kern_return_t
mach_port_type(ipc_space_t task, mach_port_name_t name, mach_port_type_t *ptype)
{
	uint32_t arguments[] = {task, name};

	return trap_for_one(TRAP_PORT_TYPE, arguments, 2, ptype);
}

kern_return_t
mach_port_insert_right(ipc_space_t task, mach_port_name_t name,
    mach_port_t poly, mach_msg_type_name_t poly_poly)
{
	uint32_t arguments[] = {task, name, poly, poly_poly};

	return trap(TRAP_PORT_INSERT_RIGHT, arguments, 4, NULL);
}

kern_return_t
mach_port_extract_right(ipc_space_t task, mach_port_name_t name,
    mach_msg_type_name_t msgt_name, mach_port_t *poly,
    mach_msg_type_name_t *poly_poly)
{
	uint32_t arguments[] = {task, name, msgt_name}, values[TRAP_VALUES];
	kern_return_t error =
	    trap(TRAP_PORT_EXTRACT_RIGHT, arguments, 3, values);

	if (error == KERN_SUCCESS) {
		*poly = values[0];
		*poly_poly = values[1];
	}
	return error;
}

kern_return_t
mach_port_request_notification(ipc_space_t task, mach_port_name_t name,
    mach_msg_id_t msgid, mach_port_mscount_t sync, mach_port_t notify,
    mach_msg_type_name_t notify_poly, mach_port_t *previous)
{
	uint32_t arguments[] = {
	    task, name, (uint32_t)msgid, sync, notify, notify_poly};

	return trap_for_one(
	    TRAP_PORT_REQUEST_NOTIFICATION, arguments, 6, previous);
}

kern_return_t
mach_port_move_member(
    ipc_space_t task, mach_port_name_t member, mach_port_name_t after)
{
	uint32_t arguments[] = {task, member, after};

	return trap(TRAP_PORT_MOVE_MEMBER, arguments, 3, NULL);
}

kern_return_t
mach_port_insert_member(
    ipc_space_t task, mach_port_name_t name, mach_port_name_t pset)
{
	uint32_t arguments[] = {task, name, pset};

	return trap(TRAP_PORT_INSERT_MEMBER, arguments, 3, NULL);
}

kern_return_t
mach_port_extract_member(
    ipc_space_t task, mach_port_name_t name, mach_port_name_t pset)
{
	uint32_t arguments[] = {task, name, pset};

	return trap(TRAP_PORT_EXTRACT_MEMBER, arguments, 3, NULL);
}

/* ---- attributes ---------------------------------------------------------- */

/* How many elements a flavor has; 0: there is no such flavor. */
static mach_msg_type_number_t
flavor_count(mach_port_flavor_t flavor)
{
	switch (flavor) {
	case MACH_PORT_LIMITS_INFO:
		return MACH_PORT_LIMITS_INFO_COUNT;
	case MACH_PORT_RECEIVE_STATUS:
		return MACH_PORT_RECEIVE_STATUS_COUNT;
	case MACH_PORT_DNREQUESTS_SIZE:
		return MACH_PORT_DNREQUESTS_SIZE_COUNT;
	default:
		return 0;
	}
}

kern_return_t
mach_port_get_attributes(ipc_space_read_t task, mach_port_name_t name,
    mach_port_flavor_t flavor, mach_port_info_t info,
    mach_msg_type_number_t *info_count)
{
	uint32_t arguments[] = {task, name, (uint32_t)flavor};
	uint32_t values[TRAP_VALUES];
	mach_msg_type_number_t count = flavor_count(flavor);
	kern_return_t error;

	if (*info_count < count)
		return KERN_FAILURE;
	error = trap(TRAP_PORT_GET_ATTRIBUTES, arguments, 3, values);
	if (error == KERN_SUCCESS) {
		memcpy(info, values, count * sizeof *info);
		*info_count = count;
	}
	return error;
}

kern_return_t
mach_port_set_attributes(ipc_space_t task, mach_port_name_t name,
    mach_port_flavor_t flavor, mach_port_info_t info,
    mach_msg_type_number_t info_count)
{
	uint32_t arguments[] = {task, name, (uint32_t)flavor, 0};

	if (flavor == MACH_PORT_LIMITS_INFO) {
		if (info_count < MACH_PORT_LIMITS_INFO_COUNT)
			return KERN_FAILURE;
		memcpy(&arguments[3], info, sizeof arguments[3]);
	}
	return trap(TRAP_PORT_SET_ATTRIBUTES, arguments, 4, NULL);
}

kern_return_t
mach_port_get_context(
    ipc_space_read_t task, mach_port_name_t name, mach_port_context_t *context)
{
	uint32_t arguments[] = {task, name}, values[TRAP_VALUES];
	kern_return_t error = trap(TRAP_PORT_GET_CONTEXT, arguments, 2, values);

	if (error == KERN_SUCCESS)
		memcpy(context, values, sizeof *context);
	return error;
}

kern_return_t
mach_port_set_context(
    ipc_space_t task, mach_port_name_t name, mach_port_context_t context)
{
	uint32_t arguments[4] = {task, name};

	memcpy(&arguments[2], &context, sizeof context);
	return trap(TRAP_PORT_SET_CONTEXT, arguments, 4, NULL);
}

/* ---- those that give back arrays ----------------------------------------- */

/* Copies SIZE bytes of what came, from OFFSET on, to new memory, which is null
 * for none. */
static kern_return_t
take_array(const struct trap_exchange *exchange, size_t offset, size_t size,
    uint32_t **array)
{
	*array = NULL;
	if (size == 0)
		return KERN_SUCCESS;
	*array = vm_pages(size);
	if (!*array)
		return KERN_RESOURCE_SHORTAGE;
	if (connection_read(exchange, offset, *array, size))
		return KERN_SUCCESS;
	vm_pages_free(*array, size);
	return KERN_FAILURE;
}

/* A trap about NAME that gives back numbers, half of them into each array; all
 * into the first if SECOND is null. */
static kern_return_t
trap_for_arrays(enum trap_number number, ipc_space_t task,
    mach_port_name_t name, uint32_t **first, uint32_t **second,
    mach_msg_type_number_t *count)
{
	struct trap_exchange exchange;
	kern_return_t error = KERN_FAILURE;
	size_t size;

	trap_prepare(&exchange, number);
	exchange.call.arguments[0] = task;
	exchange.call.arguments[1] = name;
	if (trap_make(&exchange) == 0)
		error = exchange.answer.result;
	if (error != KERN_SUCCESS)
		return error;
	size = (size_t)exchange.answer.payload_size / (second ? 2 : 1);
	*count = (mach_msg_type_number_t)(size / sizeof(uint32_t));
	error = take_array(&exchange, 0, size, first);
	if (error == KERN_SUCCESS && second) {
		error = take_array(&exchange, size, size, second);
		if (error != KERN_SUCCESS)
			vm_pages_free(*first, size);
	}
	connection_close_files(&exchange);
	return error;
}

kern_return_t
mach_port_names(ipc_space_t task, mach_port_name_array_t *names,
    mach_msg_type_number_t *names_count, mach_port_type_array_t *types,
    mach_msg_type_number_t *types_count)
{
	kern_return_t error = trap_for_arrays(
	    TRAP_PORT_NAMES, task, MACH_PORT_NULL, names, types, names_count);

	if (error == KERN_SUCCESS)
		*types_count = *names_count;
	return error;
}

kern_return_t
mach_port_get_set_status(ipc_space_read_t task, mach_port_name_t name,
    mach_port_name_array_t *members, mach_msg_type_number_t *members_count)
{
	return trap_for_arrays(
	    TRAP_PORT_GET_SET_STATUS, task, name, members, NULL, members_count);
}

kern_return_t
mach_port_peek(ipc_space_t task, mach_port_name_t name,
    mach_msg_trailer_type_t trailer_type, mach_port_seqno_t *request_seqno,
    mach_msg_size_t *msg_size, mach_msg_id_t *msg_id,
    mach_msg_trailer_info_t trailer_info,
    mach_msg_type_number_t *trailer_info_count)
{
	struct trap_exchange exchange;
	const uint32_t *values;
	uint32_t size;

	if (REQUESTED_TRAILER_SIZE(trailer_type) > *trailer_info_count)
		return KERN_INVALID_VALUE;
	trap_prepare(&exchange, TRAP_PORT_PEEK);
	exchange.call.arguments[0] = task;
	exchange.call.arguments[1] = name;
	exchange.call.arguments[2] = trailer_type;
	exchange.call.arguments[3] = *request_seqno;
	if (trap_make(&exchange) != 0)
		return KERN_FAILURE;
	if (exchange.answer.result != KERN_SUCCESS)
		return exchange.answer.result;
	values = exchange.answer.values;
	*request_seqno = values[0];
	*msg_size = values[1];
	*msg_id = (mach_msg_id_t)values[2];
	size = (uint32_t)exchange.answer.payload_size;
	memcpy(trailer_info, exchange.bytes, size);
	*trailer_info_count = size;
	return KERN_SUCCESS;
}
