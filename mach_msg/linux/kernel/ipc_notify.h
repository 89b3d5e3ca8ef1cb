/*
 * Notifications: messages that the kernel itself sends. Each takes the
 * send-once right NOTIFY and uses it up; a full queue doesn't stop it.
 */
#ifndef KERNEL_IPC_NOTIFY_H
#define KERNEL_IPC_NOTIFY_H

#include "mach_msg/linux/kernel/ipc_port.h"

/* A name that a request was made for is gone, with its right. */
void ipc_notify_port_deleted(struct ipc_port *notify, mach_port_name_t name);
/* The queue has room again, or the kept message has been received. */
void ipc_notify_send_possible(struct ipc_port *notify, mach_port_name_t name);
/* Carries the receive right of a port whose holder gave it up. */
void ipc_notify_port_destroyed(struct ipc_port *notify, struct ipc_port *port);
void ipc_notify_no_senders(
    struct ipc_port *notify, mach_port_mscount_t mscount);
/* The send-once right itself was destroyed unused. */
void ipc_notify_send_once(struct ipc_port *notify);
void ipc_notify_dead_name(struct ipc_port *notify, mach_port_name_t name);

/* A send-once right has been used: counts it off. */
void ipc_notify_done(struct ipc_port *right);

/* The MIG record that says how numbers are laid out here. */
extern const NDR_record_t ipc_notify_ndr;

#endif
