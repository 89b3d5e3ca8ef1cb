/*
 * A task's name space: its table from names to rights. A name is an index into
 * the table and, in its low byte, a generation, so that a name that is used
 * again looks different.
 */
#ifndef KERNEL_IPC_SPACE_H
#define KERNEL_IPC_SPACE_H

#include "mach_msg/linux/kernel/ipc_port.h"
#include "mach_msg/linux/kernel/ipc_pset.h"

struct ipc_entry {
	mach_port_name_t name;
	mach_port_type_t type;   /* MACH_PORT_TYPE_NONE: free */
	mach_port_urefs_t urefs; /* of send rights or a dead name */
	union {
		struct ipc_object *object;
		struct ipc_port *port;
		struct ipc_pset *pset;
	} is;
	struct ipc_request *request; /* dead-name or send-possible */
	struct ipc_kept *kept;       /* the message kept for this right */
	struct ipc_entry *same_hash;
	struct link free; /* in the list of free entries */
};

struct ipc_space {
	struct ledger *ledger;    /* what its task has the kernel hold */
	struct ipc_entry **table; /* null where nothing has been yet */
	uint32_t size, unused;    /* entries; the first that is new */
	struct link free;
	struct ipc_entry **hash; /* of send and receive rights, by port */
	uint32_t buckets, hashed;
	uint32_t names; /* in use */
};

/* The largest index of a name: a task can't make the kernel's tables larger. */
enum { IPC_SPACE_MAX = 1 << 18 };

/* Most references that one name may have. */
enum { IPC_UREFS_MAX = 0xffff };

/* An empty space; null when there is no memory. */
struct ipc_space *ipc_space_create(void);

/* Ends every right in it. */
void ipc_space_destroy(struct ipc_space *space);

/* The entry of NAME, or null. A right whose port has died is found as the dead
 * name that it has become. */
struct ipc_entry *ipc_space_lookup(
    struct ipc_space *space, mach_port_name_t name);

/* The entry of the send or receive right to PORT, or null. */
struct ipc_entry *ipc_space_find(
    const struct ipc_space *space, const struct ipc_port *port);

/* An entry under a new name: KERN_NO_SPACE when the table is full,
 * KERN_RESOURCE_SHORTAGE. The caller gives it its type. */
kern_return_t ipc_space_new_name(
    struct ipc_space *space, struct ipc_entry **entry);

/* The same under this NAME; also KERN_NAME_EXISTS, KERN_FAILURE when its place
 * is taken by another generation. */
kern_return_t ipc_space_take_name(
    struct ipc_space *space, mach_port_name_t name, struct ipc_entry **entry);

/* Frees the name. Its right must have been given back before. */
void ipc_space_free_name(struct ipc_space *space, struct ipc_entry *entry);

/* The entry is, or is no longer, the one for its port's rights. */
void ipc_space_hash(struct ipc_space *space, struct ipc_entry *entry);
void ipc_space_unhash(struct ipc_space *space, struct ipc_entry *entry);

#endif
