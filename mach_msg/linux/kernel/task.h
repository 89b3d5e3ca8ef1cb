/*
 * Processes, the tasks in them, and their threads.
 *
 * A process is a task from its program's first trap until it ends or executes
 * another program. Each thread has a connection, and waits on it for the answer
 * to its one call.
 */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include <sys/types.h>

#include "mach_msg/linux/kernel/connection.h"
#include "mach_msg/linux/kernel/ipc_kmsg.h"
#include "mach_msg/linux/kernel/ipc_space.h"

/* Something that epoll watches. */
struct source {
	int fd;
	void (*ready)(struct source *source);
};

struct process {
	struct source source; /* its pidfd: readable when it is dead */
	struct link link;
	pid_t pid;
	struct ipc_port *bootstrap; /* a send right; null: the kernel's own */
	struct task *task;          /* null: it runs another program now */
};

struct task {
	struct process *process;
	struct ipc_space *space;
	struct ipc_port *self; /* the kernel receives from it */
	struct link threads;
	struct thread *first; /* the task ends with this connection */
	bool uncounted;       /* the kernel doesn't stay for it */
	uint64_t rest;        /* isn't served before: milliseconds, calls.h */
};

enum thread_state { THREAD_IDLE, THREAD_SENDING, THREAD_RECEIVING };

struct thread {
	struct source socket, bell; /* the connection's */
	struct connection connection;
	struct ipc_sender owner; /* what the Linux kernel says of the peer */
	struct task *task;       /* null: it hasn't said TASK or THREAD yet */
	struct link link; /* in the task's threads, or among the strangers */
	struct link doom; /* among those whose connection is closed next */
	bool doomed;
	struct link awaited, calling; /* in calls.c's lists */
	enum thread_state state;
	struct link wait;  /* in a port's senders or an object's receivers */
	struct link timer; /* among those with a deadline */
	uint64_t deadline; /* milliseconds */
	struct ipc_kmsg *kmsg; /* what it sends */
	struct ledger *ledger; /* its connection is charged to; or null */
	struct {
		mach_msg_option_t option;
		mach_msg_size_t rcv_size;
		mach_port_name_t rcv_name, notify;
		mach_msg_timeout_t timeout;
	} call; /* the mach_msg that it is in */
};

/* How many tasks there are that the kernel stays for. */
extern unsigned task_count;

/* ---- connections and threads: thread.c ---------------------------------- */

/* Takes a new connection; closes it when the peer can't be known. */
void thread_accept(int fd);

/* The thread, whose connection is new, is the task's. */
void thread_join(struct thread *thread, struct task *task);

/* It has called: if it is of no task, the silent ones have to make room before
 * it has. */
void thread_looks_on(struct thread *thread);

/* The connection is to be closed, and the thread and what ends with it, as soon
 * as the current call is done with everything. */
void thread_doom(struct thread *thread);
void thread_end_doomed(void);

/* The kernel ends: closes the connections that are of no task. */
void thread_end_strangers(void);

/* Puts the thread last in a list of waiters, until TIMEOUT milliseconds have
 * passed if TIMED. */
void thread_block(struct thread *thread, enum thread_state state,
    struct link *waiters, bool timed, mach_msg_timeout_t timeout);

/* Takes it out of where it waits; the caller answers it. */
void thread_unblock(struct thread *thread);

/* Milliseconds until the next deadline, -1 for none; and ends the waits whose
 * deadline has passed. */
int thread_next_deadline(void);
void thread_check_deadlines(void);

/* Answers the thread's call: PARTS, COUNT of them, follow the answer, which
 * says how many FILES go with it. */
void thread_answer(struct thread *thread, const struct trap_answer *answer,
    const struct iovec *parts, size_t count, const int *files);

/* The same with a result alone. */
void thread_answer_result(struct thread *thread, kern_return_t result);

/* ---- tasks: task.c ------------------------------------------------------ */

/* TRAP_TASK and TRAP_THREAD: the thread begins a task, which has a name for
 * itself then, or joins that of its process. */
kern_return_t task_begin(struct thread *thread, mach_port_name_t *self);
kern_return_t task_join(struct thread *thread);

/* Calls EACH with every task, the oldest process's first. */
void task_each(
    void (*each)(const struct task *task, void *context), void *context);

/* Ends all its rights and its threads. */
void task_terminate(struct task *task);

/* A new send right to its bootstrap port; null when there is no memory. */
struct ipc_port *task_bootstrap(const struct task *task);

/* Sets it; takes the send right, null is the kernel's own. */
void task_change_bootstrap(struct task *task, struct ipc_port *port);

/* ---- the kernel's: mach_kernel.c ---------------------------------------- */

/* Watches the source for these epoll events; false with errno set. */
bool kernel_watch(struct source *source, uint32_t events);

/* Watches it no more, which comes before its closing: a task may have it open
 * too, or a program that is just being started, and then it would be watched
 * on.
 */
void kernel_unwatch(const struct source *source);

/* Monotonic time in milliseconds. */
uint64_t kernel_now(void);

/* A program of that name beside the kernel's own, started with no descriptors
 * of the kernel's; returns its process, or -1 with errno set. */
pid_t kernel_start_program(const char *name);

/* Ends it, if it hasn't ended, and waits for that. */
void kernel_end_program(pid_t pid);

#endif
