/*
 * Rights as a task holds them: entries of its name space, and how they come in,
 * go out, and end.
 */
#ifndef KERNEL_IPC_RIGHT_H
#define KERNEL_IPC_RIGHT_H

#include "mach_msg/linux/kernel/ipc_space.h"

/* What a right is once it is in a message: MACH_MSG_TYPE_PORT_SEND for a
 * MACH_MSG_TYPE_COPY_SEND ...; 0 for what is no disposition. */
mach_msg_type_name_t ipc_right_copyin_type(mach_msg_type_name_t disposition);

/* Whether NAME can be used with this disposition; a dead name counts where
 * DEAD_OK. */
bool ipc_right_copyin_check(struct ipc_space *space, mach_port_name_t name,
    mach_msg_type_name_t disposition, bool dead_ok);

/* Takes the right, which was checked, out of the space: moved, copied, or made
 * from a receive right. A dead name gives IP_DEAD. */
struct ipc_port *ipc_right_copyin(struct ipc_space *space,
    mach_port_name_t name, mach_msg_type_name_t disposition);

/* Puts a right of TYPE into the space, and its name into *NAME: MACH_PORT_NULL
 * for a null right, MACH_PORT_DEAD for one that has died. KERN_NO_SPACE,
 * KERN_RESOURCE_SHORTAGE: the right is given back, and *NAME is null. */
kern_return_t ipc_right_copyout(struct ipc_space *space, struct ipc_port *port,
    mach_msg_type_name_t type, mach_port_name_t *name);

/* The same under NAME: KERN_RIGHT_EXISTS when the port's rights have another
 * name there, KERN_NAME_EXISTS, KERN_INVALID_CAPABILITY for a dead port,
 * KERN_UREFS_OVERFLOW. On an error the right is still the caller's. */
kern_return_t ipc_right_copyout_name(struct ipc_space *space,
    mach_port_name_t name, struct ipc_port *port, mach_msg_type_name_t type);

/* Turns the entry of a port that has died into a dead name. */
void ipc_right_check(struct ipc_space *space, struct ipc_entry *entry);

/* Ends all rights of the name, and the name. */
void ipc_right_destroy(struct ipc_space *space, struct ipc_entry *entry);

/* mach_port_deallocate and mach_port_mod_refs. */
kern_return_t ipc_right_deallocate(
    struct ipc_space *space, struct ipc_entry *entry);
kern_return_t ipc_right_mod_refs(struct ipc_space *space,
    struct ipc_entry *entry, mach_port_right_t right, mach_port_delta_t delta);

/* How many references the name has to a right of this kind. */
mach_port_urefs_t ipc_right_refs(
    const struct ipc_entry *entry, mach_port_right_t right);

/* The type with the bits of its requests. */
mach_port_type_t ipc_right_type(const struct ipc_entry *entry);

/* Gives the right another name, which must be free. */
kern_return_t ipc_right_rename(
    struct ipc_space *space, struct ipc_entry *entry, mach_port_name_t name);

/*
 * Requests a dead-name notification, or a send-possible one, for the name;
 * takes the send-once right NOTIFY (null: none) unless it fails, and returns
 * the one before it in *PREVIOUS. NOW: a name that is dead already is notified
 * of; otherwise that is KERN_INVALID_ARGUMENT. KERN_INVALID_RIGHT for a port
 * set, KERN_UREFS_OVERFLOW, KERN_RESOURCE_SHORTAGE.
 */
kern_return_t ipc_right_request(struct ipc_space *space,
    struct ipc_entry *entry, bool send_possible, bool now,
    struct ipc_port *notify, struct ipc_port **previous);

/* The request's port has died: the name becomes a dead name and has one more
 * reference. */
void ipc_right_port_died(const struct ipc_request *request);

/* The request's port has room. */
void ipc_right_send_possible(const struct ipc_request *request);

/* Ends the name's request; returns its send-once right, or null. */
struct ipc_port *ipc_right_take_request(struct ipc_entry *entry);

#endif
