#include "mach_msg/linux/lib/gather.h"

#include <stdlib.h>
#include <string.h>

/* Where the next out-of-line part is. */
struct source {
	const struct trap_exchange *exchange;
	const unsigned char *names;
	uint64_t payload_offset;
	bool failed;
};

/* Copies the payload's next SIZE bytes to TO, and is behind them then. False
 * when TO is null, or when they can't be read: the process had no descriptor
 * left for their file. */
static bool
take_payload(struct source *source, void *to, size_t size)
{
	uint64_t offset = source->payload_offset;

	source->payload_offset += size;
	return to ? connection_read(source->exchange, offset, to, size)
		  : size == 0;
}

/* New memory with the payload's next SIZE bytes: mapped, where that pays, or
 * copied. Null when there is none. */
static void *
take_memory(struct source *source, size_t size)
{
	void *to = NULL;

	if (source->exchange->answer.file_count > 0 && size >= VM_MAP_MIN)
		to = vm_map_copyout(
		    source->exchange, source->payload_offset, size);
	if (to) {
		source->payload_offset += size;
		return to;
	}
	to = size > 0 ? vm_pages(size) : NULL;
	if (take_payload(source, to, size))
		return to;
	vm_pages_free(to, size);
	return NULL;
}

/* New memory with the next array of names; null when there is none. */
static void *
take_names(struct source *source, size_t size)
{
	void *to = size > 0 ? vm_pages(size) : NULL;

	if (to)
		memcpy(to, source->names, size);
	source->names += size;
	return to;
}

/* Gives one descriptor memory of the receiver's, and fills that. */
static mach_msg_return_t
place_region(mach_msg_type_descriptor_t *descriptor, void *context)
{
	struct source *source = context;
	mach_msg_ool_descriptor_t *memory = (void *)descriptor;
	bool ports = descriptor->type == MACH_MSG_OOL_PORTS_DESCRIPTOR;
	size_t size = memory->size;
	void *to;

	if (descriptor->type == MACH_MSG_PORT_DESCRIPTOR)
		return MACH_MSG_SUCCESS;
	if (ports)
		size *= sizeof(mach_port_name_t);
	to = ports ? take_names(source, size) : take_memory(source, size);
	memory->address = to;
	memory->deallocate = 1;
	memory->copy = MACH_MSG_ALLOCATE;
	if (size > 0 && !to) {
		source->failed = true;
		memory->size = 0;
	}
	return MACH_MSG_SUCCESS;
}

/* Describes what was to be memory of the receiver's as what it is: names in the
 * answer, or nothing. */
static mach_msg_return_t
forget_region(mach_msg_type_descriptor_t *descriptor, void *context)
{
	mach_msg_ool_ports_descriptor_t *ports = (void *)descriptor;
	mach_port_t **names = context;

	if (descriptor->type == MACH_MSG_PORT_DESCRIPTOR)
		return MACH_MSG_SUCCESS;
	ports->deallocate = 0;
	if (descriptor->type == MACH_MSG_OOL_PORTS_DESCRIPTOR) {
		ports->address = *names;
		*names += ports->count;
	}
	return MACH_MSG_SUCCESS;
}

/* Destroys the message that came out, with the rights in it: the task can't be
 * told their names. */
static void
drop(const struct trap_exchange *exchange)
{
	size_t body = exchange->answer.body_size;
	size_t size = body + exchange->answer.names_size;
	mach_msg_header_t *msg = malloc(size);
	mach_port_t *names;

	if (!msg)
		return;
	/* a copy, as the traps that follow use the connection's bytes */
	memcpy(msg, exchange->bytes, size);
	names = (mach_port_t *)(void *)((char *)msg + body);
	if (msg->msgh_bits & MACH_MSGH_BITS_COMPLEX)
		each_descriptor(
		    msg, (mach_msg_size_t)body, forget_region, &names);
	msg->msgh_size = (mach_msg_size_t)body;
	mach_msg_destroy(msg);
	free(msg);
}

mach_msg_return_t
scatter(const struct trap_exchange *exchange, mach_msg_header_t *msg,
    mach_msg_return_t result)
{
	const struct trap_answer *answer = &exchange->answer;
	const unsigned char *trailer =
	    exchange->bytes + answer->body_size + answer->names_size;
	struct source source = {
	    .exchange = exchange, .names = exchange->bytes + answer->body_size};
	mach_msg_header_t header;
	mach_msg_size_t size, left;

	memcpy(&header, exchange->bytes, sizeof header);
	size = header.msgh_size;
	if (!vm_writable(msg, (size_t)size + answer->trailer_size)) {
		drop(exchange);
		return result == MACH_MSG_SUCCESS ? MACH_RCV_INVALID_DATA
						  : result;
	}
	memcpy(msg, exchange->bytes, answer->body_size);
	left = size - answer->body_size;
	if (left > 0 &&
	    !take_payload(&source, (char *)msg + answer->body_size, left))
		source.failed = true;
	memcpy((char *)msg + size, trailer, answer->trailer_size);
	if (header.msgh_bits & MACH_MSGH_BITS_COMPLEX)
		each_descriptor(msg, size, place_region, &source);
	if (source.failed && result == MACH_MSG_SUCCESS)
		result = MACH_RCV_BODY_ERROR;
	return source.failed ? result | MACH_MSG_VM_SPACE : result;
}
