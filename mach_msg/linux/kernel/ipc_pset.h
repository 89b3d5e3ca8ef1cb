/*
 * A port set: receiving from it takes the message that has waited longest in
 * any of its members.
 */
#ifndef KERNEL_IPC_PSET_H
#define KERNEL_IPC_PSET_H

#include "mach_msg/linux/kernel/ipc_port.h"

struct ipc_pset {
	struct ipc_object object;
	struct link members; /* struct ipc_member */
	struct link ready;   /* those with messages, the oldest message first */
};

/* A port's membership of a set; a port may be in several. */
struct ipc_member {
	struct ipc_port *port;
	struct ipc_pset *pset;
	struct link in_port, in_pset, ready;
};

/* Charged to the ledger; null when that has no room. */
struct ipc_pset *ipc_pset_create(struct ledger *ledger);

/* Empties the set; receivers that are blocked on it get MACH_RCV_PORT_DIED. */
void ipc_pset_destroy(struct ipc_pset *pset);

/* KERN_ALREADY_IN_SET, KERN_RESOURCE_SHORTAGE; KERN_NOT_IN_SET. */
kern_return_t ipc_pset_insert(struct ipc_pset *pset, struct ipc_port *port);
kern_return_t ipc_pset_remove(struct ipc_pset *pset, struct ipc_port *port);

/* Takes the port out of every set. */
void ipc_pset_remove_all(struct ipc_port *port);

/* The port's first message is another than before: its sets look anew. */
void ipc_pset_ready(struct ipc_port *port);

/* The member whose first message is the oldest, or null. */
struct ipc_port *ipc_pset_first(const struct ipc_pset *pset);

/* The set of a link in a port's list of memberships. */
struct ipc_pset *ipc_pset_of_member(struct link *in_port);

#endif
