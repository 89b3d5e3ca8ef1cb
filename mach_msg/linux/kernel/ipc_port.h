/*
 * A port: a queue of messages that one task may receive from, and that others
 * may send to by rights. Rights are counted here; their names are each task's
 * own (ipc_space.h).
 *
 * Ports and port sets are the two objects that a name can stand for.
 */
#ifndef KERNEL_IPC_PORT_H
#define KERNEL_IPC_PORT_H

#include <mach/mach.h>
#include <stdbool.h>

#include "mach_msg/linux/kernel/list.h"

struct ipc_kmsg;
struct ipc_space;
struct ledger;
struct task;

struct ipc_object {
	bool is_set;
	bool active; /* false: dead, and waits for its last reference */
	uint32_t references;
	uint32_t number;       /* which it is, for who looks on: mach_debug.c */
	struct link receivers; /* threads that are blocked receiving */
	struct ipc_space *space;
	mach_port_name_t name; /* of the receive right or the set */
};

/* Messages that wait, and who waits to put one in: ipc_mqueue.h. */
struct ipc_mqueue {
	struct link messages;
	struct link senders; /* threads, each with its message */
	mach_port_msgcount_t count, limit;
	mach_port_seqno_t seqno;
};

struct ipc_port {
	struct ipc_object object; /* space: null in transit, or the kernel's */
	struct ipc_port *destination; /* in transit: where its message goes */
	uint32_t srights, sorights;   /* rights that exist, in names and in
				       * messages */
	mach_port_mscount_t mscount;  /* send rights made since it moved */
	struct ipc_mqueue mqueue;
	struct ipc_port *nsrequest, *pdrequest; /* send-once rights */
	struct link requests; /* for dead names: struct ipc_request */
	struct link members;  /* sets that it is in: struct ipc_member */
	mach_port_context_t context;
	struct task *task; /* a task's own port: the kernel answers */
};

/* What a name's request notifies of: ipc_right.h. */
struct ipc_request {
	struct link link; /* in the port's requests */
	struct ipc_space *space;
	mach_port_name_t name;
	struct ipc_port *notify; /* a send-once right */
	bool send_possible;      /* and not only of the death */
	bool armed;              /* a send has found the queue full */
};

/* In the place of a port in a message: the right died. */
#define IP_DEAD ((struct ipc_port *)UINTPTR_MAX)

static inline bool
ipc_port_valid(const struct ipc_port *port)
{
	return port && port != IP_DEAD;
}

/* How many ports there are, dead ones too that somebody refers to. */
extern uint32_t ipc_port_count;

/* A number that no object has had; not 0. */
uint32_t ipc_object_number(void);

/* A new port that nobody holds yet, charged to the ledger; null when that has
 * no room. The caller has its one reference. */
struct ipc_port *ipc_port_create(struct ledger *ledger);

void ipc_port_reference(struct ipc_port *port);
void ipc_port_release(struct ipc_port *port);

/* Makes rights: each has a reference of its own. Null and IP_DEAD stay what
 * they are, and a dead port's right is made as one that will be found dead. */
struct ipc_port *ipc_port_make_send(struct ipc_port *port);
struct ipc_port *ipc_port_copy_send(struct ipc_port *port);
struct ipc_port *ipc_port_make_send_once(struct ipc_port *port);

/* Gives back a right that no name stands for any more. The last send right's
 * end, and an unused send-once right's, are notified. */
void ipc_port_release_send(struct ipc_port *port);
void ipc_port_release_send_once(struct ipc_port *port);
/* The receive right's end is the port's, or its port-destroyed notification. */
void ipc_port_release_receive(struct ipc_port *port);

/* The same by the type of the right: MACH_MSG_TYPE_PORT_SEND ... */
void ipc_port_release_right(struct ipc_port *port, mach_msg_type_name_t type);

/* Takes the receive right from its holder, who moves it or gives it up: the
 * port leaves its sets, and blocked receivers get MACH_RCV_PORT_DIED. */
void ipc_port_clear_receiver(struct ipc_port *port);

/* Whether PORT's receive right, sent to DESTINATION, would wait in its own
 * queue, directly or in a circle: nobody could ever receive it. Else notes
 * where it is going. */
bool ipc_port_send_receive(struct ipc_port *port, struct ipc_port *destination);

/* Registers for no-senders; takes the send-once right NOTIFY (null: none) and
 * returns the one before it, or null. */
struct ipc_port *ipc_port_nsrequest(
    struct ipc_port *port, struct ipc_port *notify, mach_port_mscount_t sync);

/* The queue has room: whoever waited to know is notified. */
void ipc_port_send_possible(struct ipc_port *port);

#endif
