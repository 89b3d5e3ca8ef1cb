#include "mach_msg/linux/kernel/bootstrap.h"

#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/linux_process.h"
#include "mach_msg/linux/kernel/memory.h"
#include "mach_msg/linux/kernel/task.h"

/* A server that was started. It is waited for even when its port has died and
 * another has taken its place. */
struct server {
	struct source death; /* its pidfd */
	struct link link;
	pid_t pid;
};

static struct ipc_port *port; /* one reference; null: none yet */
static bool held;             /* the kernel still has the receive right */
static struct server *server; /* the port's; null: none was started */
static struct link servers = {&servers, &servers};

/* The next who asks for the bootstrap port gets a new one; what waits in the
 * queue of this one is lost, and who waits for an answer is told. */
static void
forget_port(void)
{
	struct ipc_port *old = port;

	server = NULL;
	port = NULL;
	if (old && held)
		ipc_port_release_receive(old);
	held = false;
	if (old)
		ipc_port_release(old);
}

struct ipc_port *
bootstrap_port_send(void)
{
	if (port && !port->object.active)
		forget_port();
	if (!port) {
		port = ipc_port_create(NULL);
		if (!port)
			return NULL;
		ipc_port_reference(port);
		held = true;
	}
	return ipc_port_make_send(port);
}

const struct ipc_port *
bootstrap_port_now(void)
{
	return port;
}

static void
server_died(struct source *source)
{
	struct server *dead = (struct server *)(void *)source;

	kernel_unwatch(&dead->death);
	close(dead->death.fd);
	waitpid(dead->pid, NULL, 0);
	if (dead == server)
		forget_port();
	list_remove(&dead->link);
	memory_free(dead);
}

/* Starts the program; null when it can't be. */
static struct server *
start_server(void)
{
	struct server *new = memory_get(NULL, sizeof *new);

	if (!new)
		return NULL;
	new->pid = kernel_start_program("bootstrap_server");
	if (new->pid == -1) {
		memory_free(new);
		return NULL;
	}
	new->death.fd = linux_process_open(-1, new->pid);
	new->death.ready = server_died;
	list_insert(&servers, &new->link);
	if (new->death.fd != -1)
		kernel_watch(&new->death, EPOLLIN);
	return new;
}

void
bootstrap_needed(const struct ipc_port *wanted)
{
	if (wanted != port || !held || server)
		return;
	server = start_server();
	if (!server)
		forget_port(); /* nobody would ever answer */
}

void
bootstrap_task_began(struct task *task)
{
	mach_port_name_t name;

	if (!server || task->process->pid != server->pid || !held)
		return;
	held = false;
	task->uncounted = true;
	task_count--;
	ipc_right_copyout(task->space, port, MACH_MSG_TYPE_PORT_RECEIVE, &name);
}

void
bootstrap_end(void)
{
	forget_port();
}
