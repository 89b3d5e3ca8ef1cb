/*
 * Fuzzes the trap protocol (mach_msg/linux/trap.h): the kernel's objects, in
 * this process, with tasks that do what the input says. After each step what
 * the kernel has counted is compared with what is there, and in the end nothing
 * may be left.
 *
 * Usage:   make fuzz-mach, which is
 *          mach_fuzz [OPTION...] [CORPUS | FILE...]    as libFuzzer has it
 *
 * An input is a row of steps of 16 bytes each: what (enum step_kind), who, and
 * 14 bytes that say more, in the order in which they are read below. In
 * tests/fuzz/mach there is one for each thing that tasks do, and what has been
 * found: xxd -c 16 shows a step a line.
 */
#define _GNU_SOURCE /* memfd_create */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/mach_fuzz.h"

enum step_kind {
	CONNECT,
	CALL,       /* a trap with arguments */
	MESSAGE,    /* mach_msg, with the descriptors named before */
	DESCRIPTOR, /* of the next message */
	FILES,      /* something comes over the socket */
	MANGLE,     /* a word of the next call, or the state, is another */
	CLOSE,
	KILL,
	PASS, /* time */
	ABORT,
	SHORTAGE,
	TURN, /* of the kernel */
	STEPS,
};

struct step {
	uint8_t kind, who, more[14];
};

enum { CLIENTS = 8, DESCRIPTORS_MAX = 6, PORTS_MAX = 6 };

/* A thread of a task, and what its next call is made of. */
static struct client {
	struct thread *thread; /* null: none */
	int socket;
	pid_t pid;
	size_t body_size, names_size, payload_size;
	unsigned char body[DESCRIPTORS_MAX * 16]; /* the descriptors */
	uint32_t names[DESCRIPTORS_MAX * PORTS_MAX];
	uint32_t descriptors; /* in the body */
	uint32_t mangled, with;
	bool mangles;
} clients[CLIENTS];

/* ---- what bytes stand for ----------------------------------------------- */

/* One of the first names, whose generations are those of names that have been
 * used again, and the two that are none. */
static mach_port_name_t
name_of(uint8_t byte)
{
	if (byte == 0xff)
		return MACH_PORT_DEAD;
	if (byte == 0)
		return MACH_PORT_NULL;
	return (uint32_t)(byte & 0x1f) << 8 | (3 + 4 * (byte >> 5));
}

/* What stands where no name does. */
static uint32_t
number_of(uint8_t byte)
{
	static const uint32_t special[] = {MACH_NOTIFY_NO_SENDERS,
	    MACH_NOTIFY_PORT_DESTROYED, MACH_NOTIFY_DEAD_NAME,
	    MACH_NOTIFY_SEND_POSSIBLE, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
	    0xffffffff, 0xfffffffe, MACH_PORT_QLIMIT_MAX};

	if (byte < 0x80)
		return byte;
	return special[byte % (sizeof special / sizeof special[0])];
}

static mach_msg_type_name_t
disposition_of(uint8_t byte)
{
	return byte & 8 ? byte >> 3 : MACH_MSG_TYPE_MOVE_RECEIVE + byte % 8;
}

/* ---- connections -------------------------------------------------------- */

static void
close_client(struct client *client)
{
	if (!client->thread)
		return;
	if (fuzz_is_open(client->thread))
		fuzz_closed(client->thread);
	close(client->socket);
	*client = (struct client){.thread = NULL};
}

static void
connect_client(struct client *client, const struct step *step)
{
	close_client(client);
	fuzz_turn();
	client->pid = 1 + step->more[0] % FUZZ_PROCESSES;
	client->thread = fuzz_connect(client->pid, &client->socket);
	if (!client->thread)
		close(client->socket);
}

/* Its page, or null when the kernel has closed its connection. */
static struct trap_page *
page_of(const struct client *client)
{
	return client->thread && fuzz_is_open(client->thread)
		   ? client->thread->connection.page
		   : NULL;
}

/* The process's sockets close, but for one that a child has open still. */
static void
kill_process(pid_t pid, uint8_t inherited)
{
	fuzz_kill(pid);
	for (size_t i = 0; i < CLIENTS; i++)
		if (clients[i].pid == pid && inherited != i + 1)
			close_client(&clients[i]);
}

/* ---- files -------------------------------------------------------------- */

static void
send_files(int socket, const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {
	    .header = {CMSG_LEN(count * sizeof *fds), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec part = {"", 1};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = count > 0 ? &control : NULL,
	    .msg_controllen = count > 0 ? CMSG_SPACE(count * sizeof *fds) : 0};

	memcpy(CMSG_DATA(&control.header), fds, count * sizeof *fds);
	sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A memfd of that size with some of the seals. */
static void
send_memfd(
    const struct client *client, size_t size, uint8_t seals, size_t count)
{
	static const int all[] = {
	    F_SEAL_WRITE, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL};
	int fds[2] = {memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING)};

	fuzz_expect(fds[0] != -1 && ftruncate(fds[0], (off_t)size) == 0,
	    "a memfd of the fuzzer's");
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (seals >> i & 1)
			fcntl(fds[0], F_ADD_SEALS, all[i]);
	fds[1] = fds[0];
	send_files(client->socket, fds, count);
	close(fds[0]);
}

/* ---- calls -------------------------------------------------------------- */

/* The call is in the page: the thread rings, or sleeps, or neither. */
static void
post(struct client *client, struct trap_page *page,
    const struct trap_call *call, uint8_t how)
{
	uint32_t state = how & 1 ? TRAP_WAITING : TRAP_CALLED;

	page->call = *call;
	if (client->mangles) {
		uint32_t *words = (uint32_t *)(void *)page;
		size_t count = offsetof(struct trap_page, answer) / 4 + 24;
		words[client->mangled % count] = client->with;
		client->mangles = false;
	}
	atomic_store(&page->aborted, 0);
	atomic_store(&page->state, state);
	if (!(how & 2))
		fuzz_rang(client->thread);
	if (!(how & 4))
		fuzz_turn();
}

static void
make_call(struct client *client, const struct step *step)
{
	struct trap_page *page = page_of(client);
	const uint8_t *more = step->more;
	struct trap_call call = {.number = more[0] % (TRAP_COUNT + 1)};

	if (!page)
		return;
	if (call.number == TRAP_MACH_MSG)
		call.number = client->thread->task ? TRAP_THREAD : TRAP_TASK;
	/* names stand first, but which argument is one depends on the trap */
	for (size_t i = 0; i < 6; i++)
		call.arguments[i] = more[1] >> i & 1 ? number_of(more[3 + i])
						     : name_of(more[3 + i]);
	post(client, page, &call, more[2]);
}

/* One more descriptor of the next message. */
static void
add_descriptor(struct client *client, const struct step *step)
{
	const uint8_t *more = step->more;
	mach_msg_ool_ports_descriptor_t ports = {.count = more[2] % PORTS_MAX,
	    .disposition = disposition_of(more[1])};
	mach_msg_port_descriptor_t port = {.name = name_of(more[3]),
	    .disposition = disposition_of(more[1]),
	    .type = MACH_MSG_PORT_DESCRIPTOR};
	mach_msg_ool_descriptor_t memory = {
	    .size = (uint32_t)more[2] << (more[1] & 7),
	    .type = MACH_MSG_OOL_DESCRIPTOR};
	const void *bytes = &ports;
	size_t size = sizeof ports;

	if (client->descriptors == DESCRIPTORS_MAX)
		return;
	ports.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
	if (more[0] % 3 == 0) {
		bytes = &port;
		size = sizeof port;
	} else if (more[0] % 3 == 1) {
		bytes = &memory;
		size = sizeof memory;
		client->payload_size += memory.size;
	} else {
		for (size_t i = 0; i < ports.count; i++)
			client->names[client->names_size++] =
			    name_of(more[3 + i]);
	}
	memcpy(client->body + client->body_size, bytes, size);
	client->body_size += size;
	client->descriptors++;
}

/* Puts the message into the page, and what of it is said of it into the call.
 */
static void
write_message(struct client *client, struct trap_page *page,
    struct trap_call *call, const mach_msg_header_t *header, uint8_t words)
{
	mach_msg_base_t base = {*header, {client->descriptors}};
	bool complex = header->msgh_bits & MACH_MSGH_BITS_COMPLEX;
	size_t size = complex ? sizeof base : sizeof *header;
	size_t names = client->names_size * sizeof client->names[0];

	memcpy(page->bytes, &base, size);
	if (complex) {
		memcpy(page->bytes + size, client->body, client->body_size);
		size += client->body_size;
		call->names_size = (uint32_t)names;
		call->payload_size = client->payload_size;
	}
	/* of the rest the kernel looks at the size alone */
	size += 4 * (size_t)words;
	memset(page->bytes + size - 4 * (size_t)words, 'x', 4 * (size_t)words);
	memcpy(page->bytes + size, client->names, call->names_size);
	call->body_size = (uint32_t)size;
	call->arguments[MSG_SEND_SIZE] = (uint32_t)size;
}

/* The payload isn't there, but in a file: PARTS of it, so many more than one.
 */
static void
put_into_file(struct client *client, struct trap_page *page,
    struct trap_call *call, uint32_t parts)
{
	struct trap_extent extent = {.size = call->payload_size / (parts + 1)};
	size_t place = call->body_size + call->names_size;

	send_memfd(client, (size_t)call->payload_size, 7, 1);
	call->file_count = 1;
	call->extent_count = parts + 1;
	for (uint32_t i = 0; i <= parts; i++) {
		if (i == parts)
			extent.size = call->payload_size - extent.offset;
		memcpy(page->bytes + place, &extent, sizeof extent);
		place += sizeof extent;
		extent.offset += extent.size;
	}
}

static mach_msg_option_t
options_of(uint8_t byte, uint8_t more)
{
	static const uint32_t each[] = {MACH_SEND_MSG, MACH_RCV_MSG,
	    MACH_SEND_TIMEOUT, MACH_RCV_TIMEOUT, MACH_RCV_LARGE, MACH_SEND_KEEP,
	    MACH_SEND_NOTIFY, MACH_SEND_INTERRUPT | MACH_RCV_INTERRUPT};
	uint32_t option = (uint32_t)(more >> 4) << 24; /* the trailer */

	for (size_t i = 0; i < sizeof each / sizeof each[0]; i++)
		if (byte >> i & 1)
			option |= each[i];
	return (mach_msg_option_t)option;
}

static void
make_message(struct client *client, const struct step *step)
{
	static const uint16_t room[] = {4096, 24, 32, 40, 48, 64, 100, 0};
	struct trap_page *page = page_of(client);
	const uint8_t *more = step->more;
	struct trap_call call = {.number = TRAP_MACH_MSG};
	mach_msg_header_t header = {
	    .msgh_bits = MACH_MSGH_BITS(
		disposition_of(more[2]), more[4] ? disposition_of(more[3]) : 0),
	    .msgh_remote_port = name_of(more[5]),
	    .msgh_local_port = name_of(more[4]),
	    .msgh_id = more[6]};

	if (!page)
		return;
	call.arguments[MSG_OPTION] = (uint32_t)options_of(more[0], more[1]);
	call.arguments[MSG_RCV_NAME] = name_of(more[7]);
	call.arguments[MSG_RCV_SIZE] = room[more[8] % 8];
	call.arguments[MSG_TIMEOUT] = more[9] & 0xf;
	call.arguments[MSG_NOTIFY] = name_of(more[10]);
	if (client->descriptors > 0 && !(more[9] & 0x80))
		header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	if (call.arguments[MSG_OPTION] & MACH_SEND_MSG)
		write_message(client, page, &call, &header, more[11]);
	if (more[1] & 8)
		put_into_file(client, page, &call, more[9] >> 4 & 3);
	client->descriptors = 0;
	client->body_size = client->names_size = client->payload_size = 0;
	post(client, page, &call, more[1]);
}

/* ---- steps -------------------------------------------------------------- */

static void
take_step(const struct step *step)
{
	struct client *client = &clients[step->who % CLIENTS];
	const uint8_t *more = step->more;
	struct trap_page *page;

	switch (step->kind % STEPS) {
	case CONNECT:
		connect_client(client, step);
		break;
	case CALL:
		make_call(client, step);
		break;
	case MESSAGE:
		make_message(client, step);
		break;
	case DESCRIPTOR:
		add_descriptor(client, step);
		break;
	case FILES:
		if (client->thread)
			send_memfd(client, more[0], more[1], more[2] % 3);
		break;
	case MANGLE:
		client->mangles = true;
		client->mangled = more[0];
		memcpy(&client->with, more + 1, sizeof client->with);
		break;
	case CLOSE:
		close_client(client);
		break;
	case KILL:
		kill_process(1 + more[0] % FUZZ_PROCESSES, more[1]);
		break;
	case PASS:
		fuzz_pass(more[0] & 0x1f);
		break;
	case ABORT:
		page = page_of(client);
		if (page) {
			atomic_store(&page->aborted, 1);
			fuzz_rang(client->thread);
		}
		break;
	case SHORTAGE:
		fuzz_shortage(more[0]);
		break;
	default:
		fuzz_turn();
	}
	fuzz_check();
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct step step;

	fuzz_begin();
	for (; size >= sizeof step; size -= sizeof step) {
		memcpy(&step, input, sizeof step);
		input += sizeof step;
		take_step(&step);
	}
	for (size_t i = 0; i < CLIENTS; i++)
		close_client(&clients[i]);
	fuzz_end();
	return 0;
}
