#include "mach_msg/tasks.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/name_space.h"
#include "mach_msg/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A send right to PORT for children, as their bootstrap port. */
static void
make_inheritable(mach_port_t port)
{
	kern_return_t result;

	port_make_send(port);
	result =
	    task_set_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT, port);
	if (result != KERN_SUCCESS)
		mach_die(result, "task_set_special_port 0x%x", port);
	port_drop(port); /* the task has one of its own now */
}

pid_t
task_fork(const char *role, mach_port_t port, mach_port_t *parent)
{
	make_inheritable(port);
	setvbuf(stdout, NULL, _IOLBF, 0);
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
task_hello(mach_port_t parent, mach_port_t own)
{
	mach_msg_type_name_t how =
	    own == MACH_PORT_NULL ? 0 : MACH_MSG_TYPE_MAKE_SEND;
	mach_msg_header_t hello = {
	    .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, how),
	    .msgh_size = sizeof hello,
	    .msgh_remote_port = parent,
	    .msgh_local_port = own};
	mach_msg_return_t result = mach_msg(&hello, MACH_SEND_MSG, sizeof hello,
	    0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);

	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to send to the parent");
	if (own != MACH_PORT_NULL)
		port_request(own, MACH_NOTIFY_NO_SENDERS, own);
}

/* The child has ended with this wait status. */
static void
judge(int status)
{
	if (WIFSIGNALED(status))
		fatal("the other task was ended by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != EXIT_SUCCESS)
		exit(EXIT_FAILURE);
}

mach_port_t
task_meet(mach_port_t port, pid_t child)
{
	const mach_msg_timeout_t now_and_then = 100;
	mach_msg_empty_rcv_t hello;
	mach_msg_return_t result;
	int status;

	for (;;) {
		result =
		    mach_msg(&hello.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
			sizeof hello, port, now_and_then, MACH_PORT_NULL);
		if (result != MACH_RCV_TIMED_OUT)
			break;
		/* no right whose end would be notified is here yet */
		if (waitpid(child, &status, WNOHANG) == child) {
			judge(status);
			fatal("the other task has ended");
		}
	}
	if (result != MACH_MSG_SUCCESS)
		mach_die(result, "mach_msg, to receive from the child");
	return hello.header.msgh_remote_port;
}

void
task_join(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) == -1)
		die("waitpid");
	judge(status);
}
