/*
 * Goes through all tasks, ports and messages, counts the rights that it sees,
 * and compares that with what the kernel has counted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mach_msg/linux/kernel/bootstrap.h"
#include "mach_msg/linux/kernel/ipc_mqueue.h"
#include "mach_msg/linux/kernel/ipc_right.h"
#include "tests/mach_fuzz.h"

enum { PORTS = 4096 };

/* A port, and what was seen of it. */
static struct seen {
	struct ipc_port *port;
	uint32_t srights, sorights, receive, references;
} seen[PORTS];
static size_t seen_count;

void
fuzz_expect(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "mach_fuzz: this doesn't hold: %s\n", what);
	abort();
}

static struct seen *
see(struct ipc_port *port)
{
	for (size_t i = 0; i < seen_count; i++)
		if (seen[i].port == port)
			return &seen[i];
	fuzz_expect(seen_count < PORTS, "room for a port");
	seen[seen_count] = (struct seen){.port = port};
	return &seen[seen_count++];
}

/* ---- rights ------------------------------------------------------------- */

static void
see_right(struct ipc_port *port, mach_msg_type_name_t type)
{
	struct seen *at;

	if (!ipc_port_valid(port))
		return;
	at = see(port);
	at->references++;
	at->srights += type == MACH_MSG_TYPE_PORT_SEND;
	at->sorights += type == MACH_MSG_TYPE_PORT_SEND_ONCE;
	at->receive += type == MACH_MSG_TYPE_PORT_RECEIVE;
}

static void
see_send_once(struct ipc_port *port)
{
	see_right(port, MACH_MSG_TYPE_PORT_SEND_ONCE);
}

static void
see_message(const struct ipc_kmsg *kmsg)
{
	uint32_t offset = sizeof(mach_msg_base_t), n = 0;
	struct ipc_descriptor descriptor;

	see_right(kmsg->remote, MACH_MSGH_BITS_REMOTE(kmsg->bits));
	see_right(kmsg->local, MACH_MSGH_BITS_LOCAL(kmsg->bits));
	if (kmsg->kept)
		see_send_once(kmsg->kept->notify);
	while (n < kmsg->port_count) {
		fuzz_expect(ipc_kmsg_descriptor(kmsg->body, kmsg->body_size,
				&offset, &descriptor),
		    "a descriptor for each port");
		for (uint32_t i = 0; i < descriptor.ports; i++)
			see_right(kmsg->ports[n++], descriptor.disposition);
	}
}

/* ---- tasks -------------------------------------------------------------- */

static void
see_set(const struct ipc_pset *pset)
{
	bool waits = !list_empty(&pset->object.receivers);

	list_for_each(at, &pset->members)
	{
		const struct ipc_member *member =
		    list_element(at, struct ipc_member, in_pset);
		see(member->port);
		fuzz_expect(ipc_mqueue_first(member->port) == NULL ||
				(!waits && !list_empty(&member->ready)),
		    "nobody waits at a set for a message that is there");
	}
}

static void
see_entry(const struct ipc_space *space, const struct ipc_entry *entry)
{
	mach_port_type_t type = entry->type;
	struct ipc_port *port = entry->is.port;

	fuzz_expect((type == MACH_PORT_TYPE_SEND ||
			type == MACH_PORT_TYPE_SEND_RECEIVE ||
			type == MACH_PORT_TYPE_SEND_ONCE ||
			type == MACH_PORT_TYPE_DEAD_NAME) == (entry->urefs > 0),
	    "references to what is counted");
	if (type == MACH_PORT_TYPE_PORT_SET)
		see_set(entry->is.pset);
	if (type & MACH_PORT_TYPE_SEND)
		see_right(port, MACH_MSG_TYPE_PORT_SEND);
	if (type == MACH_PORT_TYPE_SEND_ONCE)
		see_send_once(port);
	if (type == MACH_PORT_TYPE_RECEIVE)
		see_right(port, MACH_MSG_TYPE_PORT_RECEIVE);
	if (type == MACH_PORT_TYPE_SEND_RECEIVE)
		see(port)->receive++; /* both have one reference */
	if (type & MACH_PORT_TYPE_SEND_RECEIVE)
		fuzz_expect(ipc_space_find(space, port) == entry,
		    "the port's one name");
	if (type & MACH_PORT_TYPE_RECEIVE)
		fuzz_expect(port->object.space == space &&
				port->object.name == entry->name,
		    "the port knows its holder");
	fuzz_expect(!entry->request || entry->request->name == entry->name,
	    "the request knows its name");
	fuzz_expect(!entry->kept || (entry->kept->space == space &&
					entry->kept->name == entry->name),
	    "what was kept knows its name");
}

static void
see_task(const struct task *task)
{
	const struct ipc_space *space = task->space;
	uint32_t names = 0;

	see_right(task->self, MACH_MSG_TYPE_PORT_RECEIVE);
	fuzz_expect(task->self->task == task, "a task's port is its own");
	for (uint32_t i = 1; i < space->size; i++) {
		const struct ipc_entry *entry = space->table[i];
		if (!entry || entry->type == MACH_PORT_TYPE_NONE)
			continue;
		names++;
		see_entry(space, entry);
	}
	fuzz_expect(names == space->names, "the number of names");
	list_for_each(at, &task->threads)
	{
		const struct thread *thread =
		    list_element(at, struct thread, link);
		fuzz_expect(thread->task == task, "a thread's task");
		fuzz_expect((thread->state == THREAD_SENDING) == !!thread->kmsg,
		    "who has a message waits to send it");
	}
}

static void
see_process(const struct process *process)
{
	see_right(process->bootstrap, MACH_MSG_TYPE_PORT_SEND);
	if (process->task)
		see_task(process->task);
}

/* ---- ports -------------------------------------------------------------- */

/* What hangs on a port, which may be ports that nobody has seen. */
static void
see_queue(struct ipc_port *port)
{
	uint32_t count = 0;

	list_for_each(at, &port->mqueue.messages)
	{
		see_message(list_element(at, struct ipc_kmsg, link));
		count++;
	}
	fuzz_expect(count == port->mqueue.count, "the length of a queue");
	fuzz_expect(count == 0 || list_empty(&port->object.receivers),
	    "nobody waits for a message that is there");
	fuzz_expect(list_empty(&port->mqueue.senders) || ipc_mqueue_full(port),
	    "nobody waits for room that is there");
	list_for_each(at, &port->mqueue.senders)
	    see_message(list_element(at, struct thread, wait)->kmsg);
	list_for_each(at, &port->requests)
	    see_send_once(list_element(at, struct ipc_request, link)->notify);
	see_send_once(port->nsrequest);
	see_send_once(port->pdrequest);
}

static void
check_port(const struct seen *at)
{
	const struct ipc_port *port = at->port;
	uint32_t receive = at->receive, references = at->references;

	if (port == bootstrap_port_now()) {
		references++;
		/* until its server has it, the kernel has the receive right */
		if (port->object.active && receive == 0) {
			receive++;
			references++;
		}
	}
	fuzz_expect(port->srights == at->srights, "the number of send rights");
	fuzz_expect(
	    port->sorights == at->sorights, "the number of send-once rights");
	fuzz_expect(receive == port->object.active, "one receive right");
	fuzz_expect(
	    port->object.references == references, "the number of references");
	fuzz_expect(port->object.active || port->mqueue.count == 0,
	    "a dead port has no messages");
}

void
fuzz_check(void)
{
	seen_count = 0;
	fuzz_each_process(see_process);
	if (bootstrap_port_now())
		see((struct ipc_port *)(uintptr_t)bootstrap_port_now());
	for (size_t i = 0; i < seen_count; i++)
		see_queue(seen[i].port);
	for (size_t i = 0; i < seen_count; i++)
		check_port(&seen[i]);
}
