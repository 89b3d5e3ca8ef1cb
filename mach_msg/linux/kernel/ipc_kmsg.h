/*
 * A message while the kernel has it: names of rights have become ports, which
 * the message holds until somebody receives it.
 */
#ifndef KERNEL_IPC_KMSG_H
#define KERNEL_IPC_KMSG_H

#include <sys/types.h>

#include "mach_msg/linux/kernel/connection.h"
#include "mach_msg/linux/kernel/ipc_port.h"
#include "mach_msg/linux/kernel/vm_object.h"

/* A message that is kept beyond the queue's limit: the sender is notified when
 * it leaves the queue. One for each name of a send right. */
struct ipc_kept {
	struct ipc_space *space; /* null: the name is gone */
	mach_port_name_t name;
	struct ipc_port *notify; /* a send-once right */
};

/* Who sent it. */
struct ipc_sender {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

struct ipc_kmsg {
	struct link link; /* in a port's queue, or among the doomed */
	uint64_t stamp;
	struct ipc_port *remote, *local; /* as the sender sees them */
	mach_msg_bits_t bits;            /* with the types of these rights */
	mach_msg_id_t id;
	mach_msg_size_t size; /* of header and inline body */
	bool circular;        /* carries a right to receive itself */
	struct ipc_sender sender;
	struct ipc_kept *kept;
	/* parts, as in trap.h; the names have become ports */
	uint32_t body_size;
	unsigned char *body;
	uint32_t port_count; /* of descriptors and arrays, in their order */
	struct ipc_port **ports;
	uint64_t payload_size;
	unsigned char *payload; /* or extents, so many, of these objects */
	uint32_t extent_count, object_count;
	struct vm_object **objects;
};

/* A descriptor in a message's body. */
struct ipc_descriptor {
	unsigned char *at;
	unsigned type;
	mach_msg_type_name_t disposition;
	uint32_t ports; /* that it carries */
	uint64_t bytes; /* that it has in the payload */
};

/* The first bytes of a complex message are its header and this count. */
uint32_t ipc_kmsg_descriptor_count(const unsigned char *body);

/* Reads the descriptor at OFFSET of the body of SIZE bytes, and moves OFFSET
 * behind it. False when there is none such. */
bool ipc_kmsg_descriptor(unsigned char *body, uint32_t size, uint32_t *offset,
    struct ipc_descriptor *descriptor);

/*
 * Takes the message in from a call, charged to the ledger, with its files.
 * False when the parts don't fit one another: no library has sent that. Else
 * *RESULT is MACH_MSG_SUCCESS, and the message's names are still names: copy
 * them in next; or there is no message: MACH_SEND_NO_BUFFER where the ledger
 * has no room, MACH_SEND_INVALID_MEMORY where a file isn't one to map
 * (vm_object.h), or hasn't the bytes that an extent says.
 */
bool ipc_kmsg_create(struct request *request, const struct ipc_sender *sender,
    struct ledger *ledger, struct ipc_kmsg **kmsg, mach_msg_return_t *result);

/* A message of the kernel's own to the right REMOTE, which carries the receive
 * right of PORT if that isn't null. It is charged to the receiver; null when
 * that has no room, and the rights are still the caller's. */
struct ipc_kmsg *ipc_kmsg_from_kernel(const mach_msg_header_t *header,
    size_t size, struct ipc_port *remote, struct ipc_port *port);

/* Destroys it with the rights in it; notifications of their end go out. */
void ipc_kmsg_destroy(struct ipc_kmsg *kmsg);

/* Frees it when its rights have been given away. */
void ipc_kmsg_free(struct ipc_kmsg *kmsg);

/* The message leaves its queue: whoever had it kept is notified. */
void ipc_kmsg_unkeep(struct ipc_kmsg *kmsg);

/*
 * Turns the names into rights of SPACE's. Returns MACH_MSG_SUCCESS; or an error
 * of the header, and nothing was taken; or one of the body, and the rights up
 * to the wrong one have been taken and are destroyed with the message.
 */
mach_msg_return_t ipc_kmsg_copyin(
    struct ipc_kmsg *kmsg, struct ipc_space *space);

/* Gives back the rights that the body carries. */
void ipc_kmsg_release_body(struct ipc_kmsg *kmsg);

/*
 * Turns the rights into names of SPACE's: in the body, and the arrays' into
 * NAMES (TRAP_NAMES_MAX bytes), *NAMES_SIZE bytes of them. PORT is the port
 * that it was received from; null is a pseudo-receive: the sender gets its own
 * message back. The rights are no longer the message's.
 *
 * Where the space has no room for a name the right is given back and the name
 * is null: MACH_RCV_BODY_ERROR with the bits of what was lacking. When that is
 * the header's, only the header is received: MACH_RCV_HEADER_ERROR. A
 * pseudo-receive returns the bits alone.
 */
mach_msg_return_t ipc_kmsg_copyout(struct ipc_kmsg *kmsg,
    struct ipc_space *space, const struct ipc_port *port, unsigned char *names,
    uint32_t *names_size);

/* The bytes of the trailer that a receiver asks for by its option. */
uint32_t ipc_kmsg_trailer_size(mach_msg_option_t option);

/* Writes that trailer. */
void ipc_kmsg_trailer(const struct ipc_kmsg *kmsg, const struct ipc_port *port,
    mach_port_seqno_t seqno, uint32_t size, mach_msg_max_trailer_t *trailer);

#endif
