#include "mach_msg/linux/lib/gather.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- descriptors --------------------------------------------------------- */

mach_msg_return_t
each_descriptor(void *msg, mach_msg_size_t size,
    mach_msg_return_t (*each)(
	mach_msg_type_descriptor_t *descriptor, void *context),
    void *context)
{
	mach_msg_base_t *base = msg;
	char *at = (char *)(base + 1), *end = (char *)msg + size;
	mach_msg_return_t result = MACH_MSG_SUCCESS;

	for (mach_msg_size_t left = base->body.msgh_descriptor_count;
	     left > 0 && result == MACH_MSG_SUCCESS; left--) {
		mach_msg_type_descriptor_t *descriptor = (void *)at;
		size_t length = sizeof(mach_msg_port_descriptor_t);
		if (end - at < (ptrdiff_t)length)
			return MACH_SEND_MSG_TOO_SMALL;
		if (descriptor->type > MACH_MSG_OOL_PORTS_DESCRIPTOR)
			return MACH_SEND_INVALID_TYPE;
		if (descriptor->type != MACH_MSG_PORT_DESCRIPTOR)
			length = sizeof(mach_msg_ool_descriptor_t);
		if (end - at < (ptrdiff_t)length)
			return MACH_SEND_MSG_TOO_SMALL;
		at += length;
		result = each(descriptor, context);
	}
	return result;
}

/* ---- the sender ---------------------------------------------------------- */

/* Memory that goes with the message. */
struct region {
	const void *address;
	size_t size;
	mach_msg_copy_options_t copy; /* how the sender wants it to go */
};

/* What is out of line, as the descriptors say. */
struct regions {
	struct region *payload, *names;
	struct iovec *taken;
	size_t payload_count, names_count, taken_count;
	uint64_t payload_size, names_size;
};

/* Notes one descriptor's memory; the arrays have room for all of them. */
static mach_msg_return_t
note_region(mach_msg_type_descriptor_t *descriptor, void *context)
{
	struct regions *regions = context;
	mach_msg_ool_descriptor_t *memory = (void *)descriptor;
	struct region region;

	if (descriptor->type == MACH_MSG_PORT_DESCRIPTOR || memory->size == 0)
		return MACH_MSG_SUCCESS;
	region = (struct region){memory->address, memory->size, memory->copy};
	if (descriptor->type == MACH_MSG_OOL_PORTS_DESCRIPTOR) {
		region.size *= sizeof(mach_port_name_t);
		regions->names[regions->names_count++] = region;
		regions->names_size += region.size;
	} else {
		regions->payload[regions->payload_count++] = region;
		regions->payload_size += region.size;
	}
	if (memory->deallocate)
		regions->taken[regions->taken_count++] =
		    (struct iovec){memory->address, region.size};
	return MACH_MSG_SUCCESS;
}

/* Puts the regions one after the other into the exchange, BEHIND so many bytes
 * that are there. */
static mach_msg_return_t
put_regions(struct trap_exchange *exchange, uint64_t behind,
    const struct region *regions, size_t count)
{
	unsigned char *to = exchange->bytes + behind;

	for (size_t i = 0; i < count; i++) {
		if (!vm_readable(regions[i].address, regions[i].size))
			return MACH_SEND_INVALID_MEMORY;
		memcpy(to, regions[i].address, regions[i].size);
		to += regions[i].size;
	}
	return MACH_MSG_SUCCESS;
}

/* Puts the extents that the regions are in into the exchange, BEHIND so many
 * bytes; COPY has their files. */
static mach_msg_return_t
put_extents(struct trap_exchange *exchange, uint64_t behind,
    const struct regions *regions, struct vm_map_copy *copy)
{
	mach_msg_return_t result = MACH_MSG_SUCCESS;

	for (size_t i = 0;
	     result == MACH_MSG_SUCCESS && i < regions->payload_count; i++) {
		const struct region *region = &regions->payload[i];
		result = vm_map_copyin(
		    copy, region->address, region->size, region->copy);
	}
	if (result == MACH_MSG_SUCCESS)
		result = vm_map_copy_seal(copy);
	memcpy(exchange->bytes + behind, copy->extents,
	    copy->extent_count * sizeof copy->extents[0]);
	exchange->call.extent_count = copy->extent_count;
	exchange->call.file_count = copy->file_count;
	exchange->files = copy->fds;
	return result;
}

/* The payload: in the page if all of it fits, else in files. */
static mach_msg_return_t
gather_payload(struct trap_exchange *exchange, const struct regions *regions,
    struct gathered *gathered)
{
	uint64_t size = regions->payload_size;
	uint64_t others = exchange->call.body_size + exchange->call.names_size;

	exchange->call.payload_size = size;
	if (others + size <= TRAP_INLINE_MAX || size == 0)
		return put_regions(
		    exchange, others, regions->payload, regions->payload_count);
	gathered->copy = vm_map_copy_create();
	return gathered->copy
		   ? put_extents(exchange, others, regions, gathered->copy)
		   : MACH_SEND_NO_BUFFER;
}

static mach_msg_return_t
gather_names(struct trap_exchange *exchange, const struct regions *regions)
{
	if (regions->names_size > TRAP_NAMES_MAX)
		return MACH_SEND_TOO_LARGE;
	exchange->call.names_size = (uint32_t)regions->names_size;
	return put_regions(exchange, exchange->call.body_size, regions->names,
	    regions->names_count);
}

/* The regions of a message: the rest of its body, and what is out of line. */
static mach_msg_return_t
gather_regions(const mach_msg_header_t *msg, mach_msg_size_t size,
    struct trap_exchange *exchange, struct gathered *gathered)
{
	uint32_t body = exchange->call.body_size;
	bool complex = msg->msgh_bits & MACH_MSGH_BITS_COMPLEX;
	size_t most = body / sizeof(mach_msg_port_descriptor_t) + 1;
	struct regions regions = {.payload = NULL};
	mach_msg_return_t result = MACH_MSG_SUCCESS;
	void *readable = (void *)(uintptr_t)msg; /* it is only read */

	regions.taken = malloc(
	    most * sizeof *regions.taken + 2 * most * sizeof *regions.payload);
	if (!regions.taken)
		return MACH_SEND_NO_BUFFER;
	gathered->taken = regions.taken;
	regions.payload = (struct region *)(void *)(regions.taken + most);
	regions.names = regions.payload + most;
	if (size > body) {
		const char *rest = (const char *)readable + body;
		if (!vm_readable(rest, size - body))
			result = MACH_SEND_INVALID_DATA;
		regions.payload[regions.payload_count++] =
		    (struct region){rest, size - body, MACH_MSG_PHYSICAL_COPY};
		regions.payload_size = size - body;
	}
	if (complex && result == MACH_MSG_SUCCESS)
		result = each_descriptor(readable, body, note_region, &regions);
	if (result == MACH_SEND_MSG_TOO_SMALL && size > body)
		result = MACH_SEND_TOO_LARGE; /* too many descriptors */
	if (result == MACH_MSG_SUCCESS)
		result = gather_names(exchange, &regions);
	if (result == MACH_MSG_SUCCESS)
		result = gather_payload(exchange, &regions, gathered);
	gathered->taken_count = regions.taken_count;
	return result;
}

mach_msg_return_t
gather(const mach_msg_header_t *msg, mach_msg_size_t size,
    struct trap_exchange *exchange, struct gathered *gathered)
{
	uint32_t body = size < TRAP_BODY_MAX ? size : TRAP_BODY_MAX;
	mach_msg_return_t result;
	bool complex;

	*gathered = (struct gathered){.taken = NULL};
	if (size < sizeof *msg || size % 4 != 0)
		return MACH_SEND_MSG_TOO_SMALL;
	if (size > TRAP_MESSAGE_MAX)
		return MACH_SEND_TOO_LARGE;
	if (!vm_readable(msg, body))
		return MACH_SEND_INVALID_DATA;
	complex = msg->msgh_bits & MACH_MSGH_BITS_COMPLEX;
	if (complex && size < sizeof(mach_msg_base_t))
		return MACH_SEND_MSG_TOO_SMALL;
	if (!exchange->connection)
		return MACH_SEND_INVALID_DEST;
	exchange->call.body_size = body;
	memcpy(exchange->bytes, msg, body);
	if (size <= TRAP_BODY_MAX && !complex)
		return MACH_MSG_SUCCESS;
	result = gather_regions(msg, size, exchange, gathered);
	if (result != MACH_MSG_SUCCESS)
		gather_end(gathered, false);
	return result;
}

void
gather_end(struct gathered *gathered, bool sent)
{
	for (size_t i = 0; sent && i < gathered->taken_count; i++)
		vm_deallocate(mach_task_self(),
		    (vm_address_t)gathered->taken[i].iov_base,
		    gathered->taken[i].iov_len);
	free(gathered->taken);
	vm_map_copy_free(gathered->copy);
}
