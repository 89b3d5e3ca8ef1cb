#include "mach_msg/tasks.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A send right to PORT for children, as their bootstrap port. */
static void
make_inheritable(mach_port_t port)
{
	mach_port_t task = mach_task_self();
	kern_return_t result =
	    mach_port_insert_right(task, port, port, MACH_MSG_TYPE_MAKE_SEND);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_insert_right 0x%x", port);
	result = task_set_special_port(task, TASK_BOOTSTRAP_PORT, port);
	if (result != KERN_SUCCESS)
		mach_die(result, "task_set_special_port 0x%x", port);
	result = mach_port_deallocate(task, port);
	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_deallocate 0x%x", port);
}

pid_t
task_fork(const char *role, mach_port_t port, mach_port_t *parent)
{
	make_inheritable(port);
	if (fflush(stdout) != 0)
		die("write to standard output");
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child != 0)
		return child;

	narrate_role(role);
	name_space_begin();
	kern_return_t result = task_get_special_port(
	    mach_task_self(), TASK_BOOTSTRAP_PORT, parent);
	if (result != KERN_SUCCESS)
		mach_die(result, "task_get_special_port");
	return 0;
}

void
task_join(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) == -1)
		die("waitpid");
	if (WIFSIGNALED(status))
		fatal("the other task was ended by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != EXIT_SUCCESS)
		exit(EXIT_FAILURE);
}
