/*
 * All tasks and their names at one moment, as the Mach kernel tells who looks
 * on.
 */
#ifndef LSMP_SNAPSHOT_H
#define LSMP_SNAPSHOT_H

#include <stdbool.h>

#include "mach_msg/linux/ipc_info.h"
#include "mach_msg/linux/lib/connection.h"

enum { PROGRAM_SIZE = 32 };

struct snapshot {
	uint32_t task_count, name_count, member_count;
	const struct ipc_info_task *tasks;
	const struct ipc_info_name *names; /* by task */
	const struct ipc_info_member *members;
	char (*programs)[PROGRAM_SIZE]; /* by task: "fig3_18_server" */
	void *bytes;                    /* where the three lie */
};

/* Asks over the connection. False when the kernel has ended: there is
 * nothing to free then. */
bool snapshot_take(struct connection *connection, struct snapshot *snapshot);

void snapshot_free(struct snapshot *snapshot);

/* Whether process PID is process ANCESTOR or descends from it. */
bool is_of_family(uint32_t pid, uint32_t ancestor);

#endif
