/* Processes and the tasks in them. */
#include "mach_msg/linux/kernel/task.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "mach_msg/linux/kernel/bootstrap.h"
#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/linux_process.h"
#include "mach_msg/linux/kernel/memory.h"

unsigned task_count;

static struct link processes = {&processes, &processes};

/* ---- processes ----------------------------------------------------------- */

static void
process_died(struct source *source)
{
	struct process *process = (struct process *)(void *)source;

	if (process->task)
		task_terminate(process->task);
	list_remove(&process->link);
	ipc_port_release_send(process->bootstrap);
	kernel_unwatch(&process->source);
	close(process->source.fd);
	memory_free(process);
}

static bool
is_dead(const struct process *process)
{
	struct pollfd poll_fd = {.fd = process->source.fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

/* The living process of that number, or null. */
static struct process *
process_find(pid_t pid)
{
	list_for_each(at, &processes)
	{
		struct process *process =
		    list_element(at, struct process, link);
		if (process->pid == pid && !is_dead(process))
			return process;
	}
	return NULL;
}

static struct process *
process_of(const struct thread *thread)
{
	struct process *process = process_find(thread->owner.pid), *parent;

	if (process)
		return process;
	process = memory_get(NULL, sizeof *process);
	if (!process)
		return NULL;
	process->source = (struct source){
	    linux_process_open(thread->socket.fd, thread->owner.pid),
	    process_died};
	process->pid = thread->owner.pid;
	if (process->source.fd == -1 ||
	    !kernel_watch(&process->source, EPOLLIN)) {
		if (process->source.fd != -1)
			close(process->source.fd);
		memory_free(process);
		return NULL;
	}
	/* what the parent has now: Linux doesn't tell of the fork itself */
	parent = process_find(linux_process_parent(process->pid));
	if (parent)
		process->bootstrap = ipc_port_copy_send(parent->bootstrap);
	list_insert(&processes, &process->link);
	return process;
}

/* ---- tasks --------------------------------------------------------------- */

/* A task with an empty space, or null. */
static struct task *
task_create(void)
{
	struct ipc_space *space = ipc_space_create();
	struct task *task;

	if (!space)
		return NULL;
	task = memory_get(space->ledger, sizeof *task);
	if (task)
		task->self = ipc_port_create(space->ledger);
	if (!task || !task->self) {
		memory_free(task);
		ipc_space_destroy(space);
		return NULL;
	}
	task->space = space;
	task->self->task = task;
	list_init(&task->threads);
	return task;
}

/* The thread is the task's; false when that has too many. */
static bool
add_thread(struct task *task, struct thread *thread)
{
	if (!ledger_take_descriptors(
		task->space->ledger, CONNECTION_DESCRIPTORS, 0))
		return false;
	thread->ledger = task->space->ledger;
	thread_join(thread, task);
	return true;
}

kern_return_t
task_begin(struct thread *thread, mach_port_name_t *self)
{
	struct process *process = process_of(thread);
	struct task *task = process ? task_create() : NULL;
	kern_return_t result;

	if (!task)
		return KERN_RESOURCE_SHORTAGE;
	if (process->task) /* it has executed another program */
		task_terminate(process->task);
	task->process = process;
	add_thread(task, thread); /* for the first there is room */
	task->first = thread;
	process->task = task;
	task_count++;
	/* the first name is the task's own */
	result = ipc_right_copyout(task->space, ipc_port_make_send(task->self),
	    MACH_MSG_TYPE_PORT_SEND, self);
	bootstrap_task_began(task);
	return result;
}

kern_return_t
task_join(struct thread *thread)
{
	struct process *process = process_find(thread->owner.pid);

	if (!process || !process->task)
		return KERN_FAILURE;
	return add_thread(process->task, thread) ? KERN_SUCCESS
						 : KERN_RESOURCE_SHORTAGE;
}

void
task_each(void (*each)(const struct task *task, void *context), void *context)
{
	list_for_each(at, &processes)
	{
		const struct process *process =
		    list_element(at, struct process, link);
		if (process->task)
			each(process->task, context);
	}
}

void
task_terminate(struct task *task)
{
	while (!list_empty(&task->threads)) {
		struct thread *thread =
		    list_element(task->threads.next, struct thread, link);
		thread_unblock(thread);
		list_remove(&thread->link);
		thread->task = NULL;
		thread_doom(thread);
	}
	task->process->task = NULL;
	if (!task->uncounted)
		task_count--;
	ipc_port_release_receive(task->self);
	ipc_space_destroy(task->space);
	memory_free(task);
}

struct ipc_port *
task_bootstrap(const struct task *task)
{
	struct ipc_port *port = task->process->bootstrap;

	return port ? ipc_port_copy_send(port) : bootstrap_port_send();
}

void
task_change_bootstrap(struct task *task, struct ipc_port *port)
{
	struct ipc_port *previous = task->process->bootstrap;

	task->process->bootstrap = port;
	ipc_port_release_send(previous);
}
