/* What macOS says of messages: headers, sizes, trailers, bodies, and addresses
 * where nothing is. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "tests/mach_facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- headers and sizes --------------------------------------------------- */

static mach_msg_return_t
send_bits(mach_msg_bits_t bits, mach_port_t port, mach_msg_size_t size)
{
	union message message;

	address_to(&message, port, 0, 0);
	message.header.msgh_bits = bits;
	return mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	    size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static void
header_facts(mach_port_t port)
{
	const uint32_t known =
	    MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK |
	    MACH_MSGH_BITS_VOUCHER_MASK | MACH_MSGH_BITS_COMPLEX;
	uint32_t unknown = 0, refused = 0;

	for (uint32_t bit = 1; bit != 0; bit <<= 1) {
		if (bit & known)
			continue;
		unknown++;
		refused += send_bits(MACH_MSG_TYPE_COPY_SEND | bit, port, 24) ==
			   MACH_SEND_INVALID_HEADER;
	}
	fact("bits that msgh_bits hasn't", unknown, 16);
	fact("each is refused", refused, 16);
	fact("no remote disposition", (uint32_t)send_bits(0, port, 24),
	    MACH_SEND_INVALID_HEADER);
	fact("a receive right as remote disposition",
	    (uint32_t)send_bits(MACH_MSG_TYPE_MOVE_RECEIVE, port, 24),
	    MACH_SEND_INVALID_HEADER);
	fact("a receive right as local disposition",
	    (uint32_t)send_bits(MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
				    MACH_MSG_TYPE_MOVE_RECEIVE),
		port, 24),
	    MACH_SEND_INVALID_HEADER);
	fact("a local disposition, and no local port",
	    (uint32_t)send_bits(MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
				    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		port, 24),
	    MACH_MSG_SUCCESS);
	fact("a local port that isn't the right for it",
	    (uint32_t)send_reply_right(
		port, 0, 0x77703, MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    MACH_SEND_INVALID_REPLY);
	drain(port);
}

static void
size_facts(mach_port_t port)
{
	const mach_msg_bits_t complex =
	    MACH_MSG_TYPE_COPY_SEND | MACH_MSGH_BITS_COMPLEX;
	union message message;

	fact("a size of 20", (uint32_t)send_bits(19, port, 20),
	    MACH_SEND_MSG_TOO_SMALL);
	fact("a size of 26", (uint32_t)send_bits(19, port, 26),
	    MACH_SEND_MSG_TOO_SMALL);
	fact("a size of 24", (uint32_t)send_bits(19, port, 24),
	    MACH_MSG_SUCCESS);
	fact("a size beyond 64 MiB",
	    (uint32_t)send_bits(19, port, (64 << 20) + (1 << 20)),
	    MACH_SEND_TOO_LARGE);
	fact("a complex message of 24", (uint32_t)send_bits(complex, port, 24),
	    MACH_SEND_MSG_TOO_SMALL);
	fact("a complex message without descriptors",
	    (uint32_t)send_bits(complex, port, 28), MACH_MSG_SUCCESS);
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_right(&message, MACH_PORT_NULL, 0);
	message.right.body.msgh_descriptor_count = 2;
	fact("a descriptor beyond the end", (uint32_t)send_message(&message, 0),
	    MACH_SEND_MSG_TOO_SMALL);
	message.right.body.msgh_descriptor_count = 1;
	message.right.port.type = 9;
	fact("a descriptor of no type", (uint32_t)send_message(&message, 0),
	    MACH_SEND_INVALID_TYPE);
	message.right.port.type = MACH_MSG_PORT_DESCRIPTOR;
	fact("a right without a disposition",
	    (uint32_t)send_message(&message, 0), MACH_SEND_INVALID_TYPE);
	fact("and nothing of all that was sent", drain(port), 2);
}

/* ---- receiving ----------------------------------------------------------- */

static mach_msg_return_t
receive_with(mach_port_t port, union message *message, mach_msg_size_t size,
    mach_msg_option_t option)
{
	memset(message, 0xee, sizeof *message);
	return mach_msg(&message->header,
	    MACH_RCV_MSG | MACH_RCV_TIMEOUT | option, 0, size, port, 0,
	    MACH_PORT_NULL);
}

static void
trailer_facts(mach_port_t port)
{
	static const struct {
		uint32_t elements, size;
	} trailers[] = {{MACH_RCV_TRAILER_NULL, 8},
	    {MACH_RCV_TRAILER_SEQNO, 12}, {MACH_RCV_TRAILER_SENDER, 20},
	    {MACH_RCV_TRAILER_AUDIT, 52}, {MACH_RCV_TRAILER_CTX, 60},
	    {MACH_RCV_TRAILER_AV, 68}};
	const mach_msg_max_trailer_t *trailer;
	union message message;
	uint32_t seqno = status_of(port).mps_seqno;

	need(mach_port_set_context(mach_task_self(), port, 0x1234567890abcdef),
	    "mach_port_set_context");
	for (size_t i = 0; i < sizeof trailers / sizeof trailers[0]; i++) {
		mach_msg_option_t option =
		    MACH_RCV_TRAILER_TYPE(MACH_MSG_TRAILER_FORMAT_0) |
		    MACH_RCV_TRAILER_ELEMENTS(trailers[i].elements);
		need(send_now(port, 7), "send");
		need(
		    receive_with(port, &message, 32 + trailers[i].size, option),
		    "receive, with room for the trailer and no more");
		fact("trailer size", trailer_of(&message)->msgh_trailer_size,
		    trailers[i].size);
	}
	trailer = trailer_of(&message);
	fact("its sequence number", trailer->msgh_seqno, seqno + 5);
	fact("the sender's uid", trailer->msgh_sender.val[0], geteuid());
	fact("its gid", trailer->msgh_sender.val[1], getegid());
	fact("the audit token's pid", trailer->msgh_audit.val[5],
	    (uint32_t)getpid());
	fact("its uid", trailer->msgh_audit.val[1], geteuid());
	fact("the context", trailer->msgh_context == 0x1234567890abcdef, 1);
}

/* Receives into a buffer with no room for a trailer. */
static mach_msg_return_t
call_receive_large(mach_port_t port, mach_msg_id_t id)
{
	union message message;

	(void)id;
	return mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_LARGE, 0, 39,
	    port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

static void
room_facts(mach_port_t port)
{
	mach_port_t task = mach_task_self(), set;
	uint32_t seqno = status_of(port).mps_seqno;
	struct caller *caller;
	union message message;

	need(send_now(port, 8), "send");
	fact("a buffer of 39, with no room for the trailer",
	    (uint32_t)receive_with(port, &message, 39, 0), MACH_RCV_TOO_LARGE);
	fact("the message is gone",
	    (uint32_t)receive_with(port, &message, 40, 0), MACH_RCV_TIMED_OUT);
	fact("and has had a number", status_of(port).mps_seqno, seqno + 1);
	need(send_now(port, 9), "send");
	fact("with MACH_RCV_LARGE",
	    (uint32_t)receive_with(port, &message, 39, MACH_RCV_LARGE),
	    MACH_RCV_TOO_LARGE);
	fact("its size is told", message.header.msgh_size, 32);
	fact("it isn't gone", (uint32_t)receive_with(port, &message, 40, 0),
	    MACH_MSG_SUCCESS);
	caller = caller_start(call_receive_large, port, 0);
	need(send_now(port, 10), "send");
	fact("it comes while the receiver is blocked",
	    (uint32_t)caller_join(caller), MACH_RCV_TOO_LARGE);
	fact("and stays", status_of(port).mps_msgcount, 1);
	need(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set), "set");
	need(mach_port_insert_member(task, port, set), "insert");
	fact("MACH_RCV_LARGE_IDENTITY, from a set",
	    (uint32_t)receive_with(
		set, &message, 24, MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY),
	    MACH_RCV_TOO_LARGE);
	fact("names the port", message.header.msgh_local_port == port, 1);
	need(mach_port_deallocate(task, set), "deallocate");
	drain(port);
}

/* A send and a receive in one call. */
static void
combined_facts(mach_port_t port)
{
	union message message, other;

	need(send_now(port, 11), "send");
	fact("no option", (uint32_t)mach_msg(NULL, 0, 24, 1000, port, 0, 0),
	    MACH_MSG_SUCCESS);
	address_to(&message, 0x77703, MACH_MSG_TYPE_COPY_SEND, 12);
	fact("the send of a combined call fails",
	    (uint32_t)mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG,
		24, sizeof message, port, 0, MACH_PORT_NULL),
	    MACH_SEND_INVALID_DEST);
	fact("nothing was received", status_of(port).mps_msgcount, 1);
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 12);
	fact("it succeeds",
	    (uint32_t)mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG,
		24, sizeof message, port, 0, MACH_PORT_NULL),
	    MACH_MSG_SUCCESS);
	fact("the first message was received", (uint32_t)message.header.msgh_id,
	    11);
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 13);
	memset(&other, 0, sizeof other);
	fact("mach_msg_overwrite with a buffer of its own",
	    (uint32_t)mach_msg_overwrite(&message.header,
		MACH_SEND_MSG | MACH_RCV_MSG, 24, sizeof other, port, 0,
		MACH_PORT_NULL, &other.header, 0),
	    MACH_MSG_SUCCESS);
	fact("has the message there", (uint32_t)other.header.msgh_id, 12);
	fact("and leaves what was sent", (uint32_t)message.header.msgh_id, 13);
	drain(port);
}

/* A message with a body of that many bytes arrives byte for byte. */
static void
body_fact(mach_port_t port, const char *name, mach_msg_size_t body)
{
	mach_msg_size_t size =
	    (mach_msg_size_t)sizeof(mach_msg_header_t) + body;
	unsigned char *out = malloc(size), *in = malloc(size + 8);
	mach_msg_header_t *header = (void *)out;
	mach_msg_return_t result;

	if (!out || !in)
		die("malloc");
	for (mach_msg_size_t i = 0; i < size; i++)
		out[i] = (unsigned char)(i * 2654435761U >> 13);
	*header = (mach_msg_header_t){
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
	    .msgh_remote_port = port};
	result = mach_msg(header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, size, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	if (result == MACH_MSG_SUCCESS)
		result = mach_msg((mach_msg_header_t *)(void *)in,
		    MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, size + 8, port, 0,
		    MACH_PORT_NULL);
	fact(name,
	    result == MACH_MSG_SUCCESS &&
		memcmp(in + sizeof *header, out + sizeof *header, body) == 0,
	    1);
	free(out);
	free(in);
}

void
message_facts(void)
{
	mach_port_t port = new_port(1);

	header_facts(port);
	size_facts(port);
	trailer_facts(port);
	room_facts(port);
	combined_facts(port);
	body_fact(port, "a body of 32 KiB - 24", (32 << 10) - 24);
	body_fact(port, "a body of 32 KiB - 20", (32 << 10) - 20);
	body_fact(port, "a body of 48 KiB", 48 << 10);
	body_fact(port, "a body of 1 MiB + 4", (1 << 20) + 4);
	body_fact(port, "a body of 64 MiB", 64 << 20);
}

/* ---- addresses ----------------------------------------------------------- */

/* A page, and behind it what can't be touched. */
enum { NOTHING = 2 << 20 };
static unsigned char *page, *nothing;

static mach_msg_return_t
send_from(void *address, mach_msg_size_t size)
{
	return mach_msg(address, MACH_SEND_MSG | MACH_SEND_TIMEOUT, size, 0,
	    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

/* A header to PORT that ends SIZE bytes before the page does. */
static mach_msg_header_t *
header_at_end(mach_port_t port, size_t size)
{
	mach_msg_header_t *header = (void *)(nothing - size);

	memset(page, 0, (size_t)(nothing - page));
	header->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	header->msgh_remote_port = port;
	return header;
}

static void
send_address_facts(mach_port_t port)
{
	mach_msg_header_t *header = header_at_end(port, 24);
	union message message;

	fact("a message at the end of a page", (uint32_t)send_from(header, 24),
	    MACH_MSG_SUCCESS);
	fact("whose body isn't there", (uint32_t)send_from(header, 28),
	    MACH_SEND_INVALID_DATA);
	fact("a large one", (uint32_t)send_from(header, 64 << 10),
	    MACH_SEND_INVALID_DATA);
	header->msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	fact("a complex one", (uint32_t)send_from(header, 28),
	    MACH_SEND_INVALID_DATA);
	fact("half a header", (uint32_t)send_from(nothing - 12, 24),
	    MACH_SEND_INVALID_DATA);
	fact("a null message", (uint32_t)send_from(NULL, 24),
	    MACH_SEND_INVALID_DATA);
	fact("only one was sent", drain(port), 1);

	fact("out-of-line memory that isn't there",
	    (uint32_t)send_memory(port, nothing, 100, false),
	    MACH_SEND_INVALID_MEMORY);
	fact("that isn't there in part",
	    (uint32_t)send_memory(port, nothing - 3, 4, false),
	    MACH_SEND_INVALID_MEMORY);
	fact("the 3 bytes that are there",
	    (uint32_t)send_memory(port, nothing - 3, 3, false),
	    MACH_MSG_SUCCESS);
	fact("a large region",
	    (uint32_t)send_memory(port, nothing - 1024, 1 << 20, false),
	    MACH_SEND_INVALID_MEMORY);
	fact("one of no bytes, anywhere",
	    (uint32_t)send_memory(port, nothing, 0, false), MACH_MSG_SUCCESS);
	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_rights(&message, (void *)nothing, 2, MACH_MSG_TYPE_COPY_SEND);
	fact("an array of names that isn't there",
	    (uint32_t)send_message(&message, 0), MACH_SEND_INVALID_MEMORY);
	fact("two were sent", drain(port), 2);
}

/* Receives a message with a reply right into a buffer that isn't there. */
static void
receive_address_fact(const char *name, mach_port_t port, void *address)
{
	mach_port_t reply = new_port(0);
	union message message;

	need(send_reply_right(port, 1, reply, MACH_MSG_TYPE_MAKE_SEND_ONCE),
	    "send");
	fact(name,
	    (uint32_t)mach_msg(address, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, 100,
		port, 0, MACH_PORT_NULL),
	    MACH_RCV_INVALID_DATA);
	fact("the message is gone", status_of(port).mps_msgcount, 0);
	fact("and its reply right, unused",
	    receive(reply, &message, 0) == MACH_MSG_SUCCESS
		? (uint32_t)message.header.msgh_id
		: 0,
	    MACH_NOTIFY_SEND_ONCE);
	drop_receive(reply);
}

void
address_facts(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	mach_port_t port = new_port(1);
	mach_msg_header_t *header;

	page = mmap(NULL, size + NOTHING, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED ||
	    mprotect(page, size, PROT_READ | PROT_WRITE) == -1)
		die("mmap");
	nothing = page + size;
	send_address_facts(port);
	receive_address_fact("a buffer that isn't there", port, nothing);
	receive_address_fact("that isn't there in part", port, nothing - 28);
	receive_address_fact("a null buffer", port, NULL);

	need(send_now(port, 2), "send");
	fact("MACH_RCV_LARGE, to a header that isn't there",
	    (uint32_t)mach_msg((void *)nothing,
		MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_LARGE, 0, 24, port,
		0, MACH_PORT_NULL),
	    MACH_RCV_INVALID_DATA);
	fact("the message stays", drain(port), 1);

	header = header_at_end(port, 24);
	if (mprotect(page, size, PROT_READ) == -1)
		die("mprotect");
	receive_address_fact("a buffer that is only to be read", port, page);
	fact("a message from such memory", (uint32_t)send_from(header, 24),
	    MACH_MSG_SUCCESS);
	while (send_now(port, 3) == MACH_MSG_SUCCESS)
		;
	fact("on a full queue it can't come back",
	    (uint32_t)send_from(header, 24), MACH_SEND_TIMED_OUT);
	/* send_now() has added one, which did come back */
	fact("nor do its rights", refs_of(port, MACH_PORT_RIGHT_SEND), 2);
	munmap(page, size + NOTHING);
}
