#define _GNU_SOURCE /* pread of large offsets */
#include "mach_msg/linux/lib/gather.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Where the next out-of-line part is. */
struct source {
	const struct trap_exchange *exchange;
	const unsigned char *names, *payload;
	uint64_t payload_offset;
	bool failed;
};

/* Copies the payload's next SIZE bytes to TO. */
static bool
take_payload(struct source *source, void *to, size_t size)
{
	char *at = to;

	if (!source->exchange->answer.in_memfd) {
		memcpy(to, source->payload + source->payload_offset, size);
		source->payload_offset += size;
		return true;
	}
	while (size > 0) {
		ssize_t n = pread(source->exchange->answer_memfd, at, size,
		    (off_t)source->payload_offset);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
		source->payload_offset += (uint64_t)n;
	}
	return true;
}

/* Gives one descriptor memory of the receiver's, and fills that. */
static mach_msg_return_t
place_region(mach_msg_type_descriptor_t *descriptor, void *context)
{
	struct source *source = context;
	mach_msg_ool_descriptor_t *memory = (void *)descriptor;
	bool ports = descriptor->type == MACH_MSG_OOL_PORTS_DESCRIPTOR;
	size_t size = memory->size;

	if (descriptor->type == MACH_MSG_PORT_DESCRIPTOR)
		return MACH_MSG_SUCCESS;
	if (ports)
		size *= sizeof(mach_port_name_t);
	memory->deallocate = 1;
	memory->copy = MACH_MSG_ALLOCATE;
	memory->address = size > 0 ? vm_pages(size) : NULL;
	if (size > 0 && !memory->address) {
		source->failed = true;
		memory->size = 0;
		if (!ports)
			source->payload_offset += size;
	} else if (ports && size > 0) {
		memcpy(memory->address, source->names, size);
	} else if (size > 0 && !take_payload(source, memory->address, size)) {
		source->failed = true;
	}
	if (ports)
		source->names += size;
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
scatter(const struct trap_exchange *exchange, mach_msg_header_t *msg,
    mach_msg_return_t result)
{
	const struct trap_answer *answer = &exchange->answer;
	const unsigned char *trailer =
	    exchange->bytes + answer->body_size + answer->names_size;
	struct source source = {.exchange = exchange,
	    .names = exchange->bytes + answer->body_size,
	    .payload = trailer + answer->trailer_size};
	mach_msg_size_t size, left;

	memcpy(msg, exchange->bytes, answer->body_size);
	size = msg->msgh_size;
	left = size - answer->body_size;
	if (left > 0 &&
	    !take_payload(&source, (char *)msg + answer->body_size, left))
		source.failed = true;
	memcpy((char *)msg + size, trailer, answer->trailer_size);
	if (msg->msgh_bits & MACH_MSGH_BITS_COMPLEX)
		each_descriptor(msg, size, place_region, &source);
	if (source.failed && result == MACH_MSG_SUCCESS)
		result = MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE;
	return result;
}
