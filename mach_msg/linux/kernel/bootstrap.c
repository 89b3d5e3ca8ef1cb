#define _GNU_SOURCE /* pidfd_open */
#include "mach_msg/linux/kernel/bootstrap.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/task.h"

static struct ipc_port *port; /* one reference; null: none yet */
static bool held;             /* the kernel still has the receive right */
static pid_t server;          /* 0: none runs */
static struct source death;   /* its pidfd */

static void
forget_port(void)
{
	if (port && held)
		ipc_port_release_receive(port);
	if (port)
		ipc_port_release(port);
	port = NULL;
	held = false;
}

struct ipc_port *
bootstrap_port_send(void)
{
	if (port && !port->object.active)
		forget_port();
	if (!port) {
		port = ipc_port_create();
		ipc_port_reference(port);
		held = true;
	}
	return ipc_port_make_send(port);
}

/* The server has ended: what waits in its queue is lost, and the next who asks
 * for the bootstrap port gets a new one. */
static void
server_died(struct source *source)
{
	close(source->fd);
	waitpid(server, NULL, 0);
	server = 0;
	forget_port();
}

void
bootstrap_needed(const struct ipc_port *wanted)
{
	if (wanted != port || !held || server != 0)
		return;
	server = kernel_start_program("bootstrap_server");
	if (server == -1) {
		server = 0;
		return;
	}
	death.fd = (int)syscall(SYS_pidfd_open, server, 0);
	death.ready = server_died;
	if (death.fd != -1)
		kernel_watch(&death, EPOLLIN);
}

void
bootstrap_task_began(struct task *task)
{
	if (task->process->pid != server || !held)
		return;
	held = false;
	task->uncounted = true;
	task_count--;
	ipc_right_copyout(task->space, port, MACH_MSG_TYPE_PORT_RECEIVE);
}

void
bootstrap_end(void)
{
	forget_port();
}
