/*
 * What Linux tells of the processes that the tasks are in. No message could
 * tell it: who sends one may lie.
 */
#ifndef KERNEL_LINUX_PROCESS_H
#define KERNEL_LINUX_PROCESS_H

#include <stdbool.h>

#include "mach_msg/linux/kernel/ipc_kmsg.h"

/* Who has connected the other end of the socket; false when that isn't a
 * process of this user's. */
bool linux_process_of(int socket, struct ipc_sender *peer);

/* A descriptor that gets readable when the process dies, or -1 with errno set.
 * SOCKET is one that it has connected, so that it is known for sure which
 * process had the number then; or -1. */
int linux_process_open(int socket, pid_t pid);

/* The number of the process's parent; 0 when it is gone already. */
pid_t linux_process_parent(pid_t pid);

#endif
