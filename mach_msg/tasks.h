/*
 * A second task: a forked child. Its name space is empty, for names are not
 * inherited; what it does inherit is the bootstrap port. So the parent makes a
 * port of its own the bootstrap port of its children, and that is how the two
 * find each other.
 *
 * Source: Mach's task_set_special_port and task_get_special_port.
 */
#ifndef MACH_MSG_TASKS_H
#define MACH_MSG_TASKS_H

#include <mach/mach.h>
#include <sys/types.h>

/*
 * Forks. In the child returns 0, narrates as ROLE from there on, and puts a
 * send right to PORT, a receive right of its parent, into *PARENT; its name
 * space begins there (name_space_begin()). In the parent returns the child's
 * process number. PORT stays what further children get. Both
 * write whole lines to stdout from then on: call it before the first. Ends the
 * program when it can't.
 */
pid_t task_fork(const char *role, mach_port_t port, mach_port_t *parent);

/*
 * How the two meet. The child sends a message to PARENT, with a right to send
 * to its own port OWN, or with none where that is MACH_PORT_NULL; where there
 * is one, a no-senders notification is asked for OWN, and comes there, when the
 * parent has dropped the right or has died. The parent receives such a message
 * of CHILD's at PORT and returns the right, or ends the program when the child
 * has ended. They end the program when they can't.
 */
void task_hello(mach_port_t parent, mach_port_t own);
mach_port_t task_meet(mach_port_t port, pid_t child);

/* Waits for the child's end. When the child didn't succeed, ends the program:
 * it has said why. */
void task_join(pid_t child);

#endif
