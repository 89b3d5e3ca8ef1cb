#define _GNU_SOURCE /* memfd_create, process_vm_readv */
#include "mach_msg/linux/lib/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* What is out of line, as the descriptors say. */
struct regions {
	struct iovec *payload, *names, *taken;
	size_t payload_count, names_count, taken_count;
	uint64_t payload_size, names_size;
};

/* Notes one descriptor's memory; the arrays have room for all of them. */
static mach_msg_return_t
note_region(mach_msg_type_descriptor_t *descriptor, void *context)
{
	struct regions *regions = context;
	mach_msg_ool_descriptor_t *memory = (void *)descriptor;
	struct iovec region = {memory->address, memory->size};

	if (descriptor->type == MACH_MSG_PORT_DESCRIPTOR)
		return MACH_MSG_SUCCESS;
	if (descriptor->type == MACH_MSG_OOL_PORTS_DESCRIPTOR) {
		region.iov_len *= sizeof(mach_port_name_t);
		regions->names[regions->names_count++] = region;
		regions->names_size += region.iov_len;
	} else {
		regions->payload[regions->payload_count++] = region;
		regions->payload_size += region.iov_len;
	}
	if (memory->deallocate && region.iov_len > 0)
		regions->taken[regions->taken_count++] = region;
	return MACH_MSG_SUCCESS;
}

/* Copies the region to TO; false when it isn't there to be read. */
static bool
copy_region(unsigned char *to, const struct iovec *region)
{
	struct iovec local = {to, region->iov_len};
	ssize_t n;

	if (region->iov_len == 0)
		return true;
	/* this way an address that isn't there is an error and no signal */
	n = process_vm_readv(getpid(), &local, 1, region, 1, 0);
	if (n == -1 && (errno == EPERM || errno == ENOSYS)) {
		memcpy(to, region->iov_base, region->iov_len);
		return true;
	}
	return n == (ssize_t)region->iov_len;
}

/* Copies the body; false when it isn't there to be read. The header has been
 * read: what lies in its page is there. */
static bool
copy_body(unsigned char *to, const mach_msg_header_t *msg, size_t size)
{
	enum { PAGE = 4096 }; /* the smallest */
	struct iovec region = {(void *)(uintptr_t)msg, size};

	if (((uintptr_t)msg + sizeof *msg - 1) / PAGE !=
	    ((uintptr_t)msg + size - 1) / PAGE)
		return copy_region(to, &region);
	memcpy(to, msg, size);
	return true;
}

/* Puts the regions into the exchange, behind what is there; false when one
 * isn't there to be read. */
static bool
put_regions(struct trap_exchange *exchange, uint64_t behind,
    const struct iovec *regions, size_t count)
{
	unsigned char *to = exchange->bytes + behind;

	for (size_t i = 0; i < count; i++) {
		if (!copy_region(to, &regions[i]))
			return false;
		to += regions[i].iov_len;
	}
	return true;
}

static bool
write_region(int fd, const struct iovec *region)
{
	const char *at = region->iov_base;
	size_t left = region->iov_len;

	while (left > 0) {
		ssize_t n = write(fd, at, left);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		left -= (size_t)n;
	}
	return true;
}

/* Puts the regions into a memfd that can't change any more. */
static mach_msg_return_t
regions_to_memfd(const struct iovec *regions, size_t count, int *memfd)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;

	*memfd = memfd_create("mach_msg", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*memfd == -1)
		return MACH_SEND_NO_BUFFER;
	for (size_t i = 0; i < count; i++)
		if (!write_region(*memfd, &regions[i])) {
			bool wrong = errno == EFAULT;
			close(*memfd);
			return wrong ? MACH_SEND_INVALID_MEMORY
				     : MACH_SEND_NO_BUFFER;
		}
	if (fcntl(*memfd, F_ADD_SEALS, seals) == -1) {
		close(*memfd);
		return MACH_SEND_NO_BUFFER;
	}
	return MACH_MSG_SUCCESS;
}

/* The payload: in the page if all of it fits, else in a memfd. */
static mach_msg_return_t
gather_payload(struct trap_exchange *exchange, const struct regions *regions)
{
	uint64_t size = regions->payload_size;
	uint64_t others = exchange->call.body_size + exchange->call.names_size;

	exchange->call.payload_size = size;
	if (others + size > TRAP_INLINE_MAX && size > 0)
		return regions_to_memfd(
		    regions->payload, regions->payload_count, &exchange->memfd);
	return put_regions(
		   exchange, others, regions->payload, regions->payload_count)
		   ? MACH_MSG_SUCCESS
		   : MACH_SEND_INVALID_MEMORY;
}

static mach_msg_return_t
gather_names(struct trap_exchange *exchange, const struct regions *regions)
{
	if (regions->names_size > TRAP_NAMES_MAX)
		return MACH_SEND_TOO_LARGE;
	exchange->call.names_size = (uint32_t)regions->names_size;
	return put_regions(exchange, exchange->call.body_size, regions->names,
		   regions->names_count)
		   ? MACH_MSG_SUCCESS
		   : MACH_SEND_INVALID_MEMORY;
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

	regions.payload = malloc(3 * most * sizeof *regions.payload);
	if (!regions.payload)
		return MACH_SEND_NO_BUFFER;
	regions.names = regions.payload + most;
	regions.taken = regions.names + most;
	if (size > body) {
		regions.payload[regions.payload_count++] =
		    (struct iovec){(char *)readable + body, size - body};
		regions.payload_size = size - body;
	}
	if (complex)
		result = each_descriptor(readable, body, note_region, &regions);
	if (result == MACH_SEND_MSG_TOO_SMALL && size > body)
		result = MACH_SEND_TOO_LARGE; /* too many descriptors */
	if (result == MACH_MSG_SUCCESS)
		result = gather_names(exchange, &regions);
	if (result == MACH_MSG_SUCCESS)
		result = gather_payload(exchange, &regions);
	gathered->taken = regions.payload;
	gathered->taken_count = regions.taken_count;
	memmove(gathered->taken, regions.taken,
	    regions.taken_count * sizeof *regions.taken);
	return result;
}

mach_msg_return_t
gather(const mach_msg_header_t *msg, mach_msg_size_t size,
    struct trap_exchange *exchange, struct gathered *gathered)
{
	mach_msg_return_t result;

	*gathered = (struct gathered){.taken = NULL};
	if (size < sizeof *msg || size % 4 != 0)
		return MACH_SEND_MSG_TOO_SMALL;
	if (size > TRAP_MESSAGE_MAX)
		return MACH_SEND_TOO_LARGE;
	if ((msg->msgh_bits & MACH_MSGH_BITS_COMPLEX) &&
	    size < sizeof(mach_msg_base_t))
		return MACH_SEND_MSG_TOO_SMALL;
	exchange->call.body_size = size < TRAP_BODY_MAX ? size : TRAP_BODY_MAX;
	if (!exchange->connection)
		return MACH_SEND_INVALID_DEST;
	if (!copy_body(exchange->bytes, msg, exchange->call.body_size))
		return MACH_SEND_INVALID_DATA;
	if (size <= TRAP_BODY_MAX && !(msg->msgh_bits & MACH_MSGH_BITS_COMPLEX))
		return MACH_MSG_SUCCESS;
	result = gather_regions(msg, size, exchange, gathered);
	if (result != MACH_MSG_SUCCESS)
		gather_end(exchange, gathered, false);
	return result;
}

void
gather_end(struct trap_exchange *exchange, struct gathered *gathered, bool sent)
{
	for (size_t i = 0; sent && i < gathered->taken_count; i++)
		vm_deallocate(mach_task_self(),
		    (vm_address_t)gathered->taken[i].iov_base,
		    gathered->taken[i].iov_len);
	free(gathered->taken);
	if (exchange->memfd != -1)
		close(exchange->memfd);
	exchange->memfd = -1;
}
