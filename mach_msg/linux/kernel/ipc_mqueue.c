#include "mach_msg/linux/kernel/ipc_mqueue.h"

#include "mach_msg/linux/kernel/ipc_kmsg.h"
#include "mach_msg/linux/kernel/ipc_pset.h"
#include "mach_msg/linux/kernel/mach_msg.h"
#include "mach_msg/linux/kernel/task.h"

/* Counts messages as they are queued, so that a set knows which came first. */
static uint64_t stamps;

bool
ipc_mqueue_full(const struct ipc_port *port)
{
	return port->mqueue.count >= port->mqueue.limit;
}

struct ipc_kmsg *
ipc_mqueue_first(const struct ipc_port *port)
{
	const struct link *messages = &port->mqueue.messages;

	return list_empty(messages)
		   ? NULL
		   : list_element(messages->next, struct ipc_kmsg, link);
}

/* Gives the message to a thread that is blocked receiving from the object. A
 * thread that has no room for it, and wants it kept, is told so. */
static bool
deliver(struct ipc_object *object, struct ipc_port *port, struct ipc_kmsg *kmsg)
{
	while (!list_empty(&object->receivers)) {
		struct thread *thread =
		    list_element(object->receivers.next, struct thread, wait);
		if (mach_msg_receive_now(thread, port, kmsg))
			return true;
	}
	return false;
}

void
ipc_mqueue_put(struct ipc_port *port, struct ipc_kmsg *kmsg)
{
	bool first = list_empty(&port->mqueue.messages);

	if (first && deliver(&port->object, port, kmsg))
		return;
	for (struct link *at = port->members.next;
	     first && at != &port->members; at = at->next)
		if (deliver(&ipc_pset_of_member(at)->object, port, kmsg))
			return;
	kmsg->stamp = ++stamps;
	list_insert(&port->mqueue.messages, &kmsg->link);
	port->mqueue.count++;
	if (first)
		ipc_pset_ready(port);
}

/* Lets blocked senders in, as far as there is room. */
static void
admit_senders(struct ipc_port *port)
{
	while (!ipc_mqueue_full(port) && !list_empty(&port->mqueue.senders)) {
		struct thread *sender = list_element(
		    port->mqueue.senders.next, struct thread, wait);
		struct ipc_kmsg *kmsg = sender->kmsg;
		sender->kmsg = NULL;
		thread_unblock(sender);
		ipc_mqueue_put(port, kmsg);
		mach_msg_sent(sender);
	}
	if (!ipc_mqueue_full(port))
		ipc_port_send_possible(port);
}

struct ipc_kmsg *
ipc_mqueue_take(struct ipc_port *port)
{
	struct ipc_kmsg *kmsg = ipc_mqueue_first(port);

	list_remove(&kmsg->link);
	port->mqueue.count--;
	ipc_pset_ready(port);
	admit_senders(port);
	return kmsg;
}

void
ipc_mqueue_set_limit(struct ipc_port *port, mach_port_msgcount_t limit)
{
	port->mqueue.limit = limit;
	admit_senders(port);
}

void
ipc_mqueue_wake_receivers(struct ipc_object *object)
{
	while (!list_empty(&object->receivers)) {
		struct thread *thread =
		    list_element(object->receivers.next, struct thread, wait);
		thread_unblock(thread);
		mach_msg_return(thread, MACH_RCV_PORT_DIED);
	}
}

void
ipc_mqueue_destroy(struct ipc_port *port)
{
	while (!list_empty(&port->mqueue.senders)) {
		struct thread *sender = list_element(
		    port->mqueue.senders.next, struct thread, wait);
		struct ipc_kmsg *kmsg = sender->kmsg;
		sender->kmsg = NULL;
		thread_unblock(sender);
		ipc_kmsg_destroy(kmsg);
		mach_msg_sent(sender);
	}
	while (!list_empty(&port->mqueue.messages)) {
		struct ipc_kmsg *kmsg = ipc_mqueue_first(port);
		list_remove(&kmsg->link);
		port->mqueue.count--;
		ipc_kmsg_destroy(kmsg);
	}
}
