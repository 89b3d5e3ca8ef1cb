/* What a task knows without asking: itself and its bootstrap port. */
#include <mach/mach.h>

#include <pthread.h>

#include "mach_msg/linux/lib/connection.h"

mach_port_t
mach_task_self_get(void)
{
	return trap_task_self();
}

mach_port_name_t
mach_reply_port(void)
{
	const uint32_t none = 0;
	uint32_t values[TRAP_VALUES];

	if (trap(TRAP_REPLY_PORT, &none, 0, values) != KERN_SUCCESS)
		return MACH_PORT_NULL;
	return values[0];
}

/* ---- the bootstrap port -------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
bootstrap_port_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
bootstrap_port_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

mach_port_t *
mach_bootstrap_port_place(void)
{
	static mach_port_t place;
	static unsigned of_generation; /* the parent's is not the child's */
	mach_port_t task = mach_task_self();

	bootstrap_port_lock();
	if (of_generation != trap_generation()) {
		of_generation = trap_generation();
		if (task_get_special_port(task, TASK_BOOTSTRAP_PORT, &place) !=
		    KERN_SUCCESS)
			place = MACH_PORT_NULL;
	}
	bootstrap_port_unlock();
	return &place;
}

kern_return_t
task_get_special_port(
    task_inspect_t task, int which_port, mach_port_t *special_port)
{
	uint32_t arguments[] = {task, (uint32_t)which_port};
	uint32_t values[TRAP_VALUES];
	kern_return_t result =
	    trap(TRAP_TASK_GET_SPECIAL_PORT, arguments, 2, values);

	if (result == KERN_SUCCESS)
		*special_port = values[0];
	return result;
}

kern_return_t
task_set_special_port(task_t task, int which_port, mach_port_t special_port)
{
	uint32_t arguments[] = {task, (uint32_t)which_port, special_port};

	return trap(TRAP_TASK_SET_SPECIAL_PORT, arguments, 3, NULL);
}
