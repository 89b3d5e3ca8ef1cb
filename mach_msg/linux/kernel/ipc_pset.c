#include "mach_msg/linux/kernel/ipc_pset.h"

#include "mach_msg/linux/kernel/ipc_kmsg.h"
#include "mach_msg/linux/kernel/ipc_mqueue.h"
#include "mach_msg/linux/kernel/ipc_space.h"
#include "mach_msg/linux/kernel/mach_msg.h"
#include "mach_msg/linux/kernel/memory.h"
#include "mach_msg/linux/kernel/task.h"

struct ipc_pset *
ipc_pset_create(struct ledger *ledger)
{
	struct ipc_pset *pset = memory_get(ledger, sizeof *pset);

	if (!pset)
		return NULL;
	pset->object.is_set = true;
	pset->object.active = true;
	pset->object.number = ipc_object_number();
	list_init(&pset->object.receivers);
	list_init(&pset->members);
	list_init(&pset->ready);
	return pset;
}

static void
member_destroy(struct ipc_member *member)
{
	list_remove(&member->in_port);
	list_remove(&member->in_pset);
	list_remove(&member->ready);
	memory_free(member);
}

void
ipc_pset_destroy(struct ipc_pset *pset)
{
	while (!list_empty(&pset->members))
		member_destroy(list_element(
		    pset->members.next, struct ipc_member, in_pset));
	pset->object.active = false;
	ipc_mqueue_wake_receivers(&pset->object);
	memory_free(pset);
}

static struct ipc_member *
find_member(const struct ipc_pset *pset, struct ipc_port *port)
{
	list_for_each(at, &port->members) if (ipc_pset_of_member(at) ==
					      pset) return list_element(at,
	    struct ipc_member, in_port);
	return NULL;
}

/* Puts the member where its first message's age says, if it has one. New
 * messages come last, so the place is looked for from behind. */
static void
make_ready(struct ipc_member *member)
{
	const struct ipc_kmsg *first = ipc_mqueue_first(member->port);
	struct link *list = &member->pset->ready, *place = list;

	list_remove(&member->ready);
	if (!first)
		return;
	for (; place->previous != list; place = place->previous) {
		const struct ipc_member *other =
		    list_element(place->previous, struct ipc_member, ready);
		if (ipc_mqueue_first(other->port)->stamp < first->stamp)
			break;
	}
	list_insert(place, &member->ready);
}

kern_return_t
ipc_pset_insert(struct ipc_pset *pset, struct ipc_port *port)
{
	struct ipc_member *member;

	if (find_member(pset, port))
		return KERN_ALREADY_IN_SET;
	member = memory_get(pset->object.space->ledger, sizeof *member);
	if (!member)
		return KERN_RESOURCE_SHORTAGE;
	member->port = port;
	member->pset = pset;
	list_init(&member->ready);
	list_insert(&port->members, &member->in_port);
	list_insert(&pset->members, &member->in_pset);
	make_ready(member);
	while (!list_empty(&pset->object.receivers) && ipc_mqueue_first(port)) {
		struct thread *thread = list_element(
		    pset->object.receivers.next, struct thread, wait);
		thread_unblock(thread);
		mach_msg_receive(thread);
	}
	return KERN_SUCCESS;
}

kern_return_t
ipc_pset_remove(struct ipc_pset *pset, struct ipc_port *port)
{
	struct ipc_member *member = find_member(pset, port);

	if (!member)
		return KERN_NOT_IN_SET;
	member_destroy(member);
	return KERN_SUCCESS;
}

void
ipc_pset_remove_all(struct ipc_port *port)
{
	while (!list_empty(&port->members))
		member_destroy(list_element(
		    port->members.next, struct ipc_member, in_port));
}

void
ipc_pset_ready(struct ipc_port *port)
{
	list_for_each(at, &port->members)
	    make_ready(list_element(at, struct ipc_member, in_port));
}

struct ipc_port *
ipc_pset_first(const struct ipc_pset *pset)
{
	return list_empty(&pset->ready)
		   ? NULL
		   : list_element(pset->ready.next, struct ipc_member, ready)
			 ->port;
}

struct ipc_pset *
ipc_pset_of_member(struct link *in_port)
{
	return list_element(in_port, struct ipc_member, in_port)->pset;
}
