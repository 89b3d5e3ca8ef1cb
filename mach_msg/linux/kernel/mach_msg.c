#include "mach_msg/linux/kernel/mach_msg.h"

#include <string.h>

#include "mach_msg/linux/kernel/bootstrap.h"
#include "mach_msg/linux/kernel/ipc_mqueue.h"
#include "mach_msg/linux/kernel/ipc_notify.h"
#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/memory.h"

/* ---- a message goes to a task -------------------------------------------- */

/* Answers with the message: received from PORT, or, when that is null, given
 * back to its sender. The message is used up. */
static void
give(struct thread *thread, mach_msg_return_t result, struct ipc_port *port,
    struct ipc_kmsg *kmsg)
{
	struct trap_answer answer = {.result = result};
	static unsigned char names[TRAP_NAMES_MAX];
	mach_msg_max_trailer_t trailer;
	struct iovec parts[4];
	int files[TRAP_FILES_MAX];

	if (port) {
		answer.trailer_size =
		    ipc_kmsg_trailer_size(thread->call.option);
		ipc_kmsg_trailer(kmsg, port, port->mqueue.seqno++,
		    answer.trailer_size, &trailer);
	}
	answer.result |= ipc_kmsg_copyout(
	    kmsg, thread->task->space, port, names, &answer.names_size);
	answer.body_size = kmsg->body_size;
	answer.payload_size = kmsg->payload_size;
	answer.extent_count = kmsg->extent_count;
	answer.file_count = kmsg->object_count;
	if ((answer.result & ~MACH_MSG_MASK) == MACH_RCV_HEADER_ERROR) {
		/* nothing is left but the header */
		answer.body_size = sizeof(mach_msg_header_t);
		answer.payload_size = 0;
		answer.extent_count = answer.file_count = 0;
	}
	for (uint32_t i = 0; i < answer.file_count; i++)
		files[i] = kmsg->objects[i]->fd;
	parts[0] = (struct iovec){kmsg->body, answer.body_size};
	parts[1] = (struct iovec){names, answer.names_size};
	parts[2] = (struct iovec){&trailer, answer.trailer_size};
	parts[3] = (struct iovec){kmsg->payload,
	    answer.file_count > 0
		? answer.extent_count * sizeof(struct trap_extent)
		: (size_t)answer.payload_size};
	thread_answer(thread, &answer, parts, 4, files);
	ipc_kmsg_unkeep(kmsg);
	ipc_kmsg_free(kmsg);
}

/* The send fails: the message comes back as if it had been received. */
static void
give_back(struct thread *thread, mach_msg_return_t result)
{
	struct ipc_kmsg *kmsg = thread->kmsg;

	thread->kmsg = NULL;
	give(thread, result, NULL, kmsg);
}

void
mach_msg_return(struct thread *thread, mach_msg_return_t result)
{
	thread_answer_result(thread, result);
}

/* ---- receiving ----------------------------------------------------------- */

static bool
fits(const struct thread *thread, const struct ipc_kmsg *kmsg)
{
	uint64_t size =
	    (uint64_t)kmsg->size + ipc_kmsg_trailer_size(thread->call.option);

	return size <= thread->call.rcv_size;
}

/* The message stays in its queue; the thread learns how large it is. */
static void
tell_size(struct thread *thread, const struct ipc_port *port,
    const struct ipc_kmsg *kmsg)
{
	struct trap_answer answer = {.result = MACH_RCV_TOO_LARGE};

	answer.values[0] = kmsg->size;
	answer.values[1] = port->object.name;
	thread_answer(thread, &answer, NULL, 0, NULL);
}

static void
take_or_destroy(
    struct thread *thread, struct ipc_port *port, struct ipc_kmsg *kmsg)
{
	if (fits(thread, kmsg)) {
		give(thread, MACH_MSG_SUCCESS, port, kmsg);
		return;
	}
	port->mqueue.seqno++;
	ipc_kmsg_destroy(kmsg);
	mach_msg_return(thread, MACH_RCV_TOO_LARGE);
}

bool
mach_msg_receive_now(
    struct thread *thread, struct ipc_port *port, struct ipc_kmsg *kmsg)
{
	thread_unblock(thread);
	if (!fits(thread, kmsg) && (thread->call.option & MACH_RCV_LARGE)) {
		tell_size(thread, port, kmsg);
		return false;
	}
	take_or_destroy(thread, port, kmsg);
	return true;
}

void
mach_msg_receive(struct thread *thread)
{
	const struct ipc_entry *entry =
	    ipc_space_lookup(thread->task->space, thread->call.rcv_name);
	bool timed = thread->call.option & MACH_RCV_TIMEOUT;
	struct ipc_port *port;
	struct ipc_kmsg *kmsg;

	if (!entry || !(entry->type &
			  (MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_PORT_SET))) {
		mach_msg_return(thread, MACH_RCV_INVALID_NAME);
		return;
	}
	port = entry->type & MACH_PORT_TYPE_PORT_SET
		   ? ipc_pset_first(entry->is.pset)
		   : entry->is.port;
	kmsg = port ? ipc_mqueue_first(port) : NULL;
	if (!kmsg && timed && thread->call.timeout == 0)
		mach_msg_return(thread, MACH_RCV_TIMED_OUT);
	else if (!kmsg)
		thread_block(thread, THREAD_RECEIVING,
		    &entry->is.object->receivers, timed, thread->call.timeout);
	else if (!fits(thread, kmsg) && (thread->call.option & MACH_RCV_LARGE))
		tell_size(thread, port, kmsg);
	else
		take_or_destroy(thread, port, ipc_mqueue_take(port));
}

/* ---- sending ------------------------------------------------------------- */

void
mach_msg_sent(struct thread *thread)
{
	if (thread->doomed)
		return;
	if (thread->call.option & MACH_RCV_MSG)
		mach_msg_receive(thread);
	else
		mach_msg_return(thread, MACH_MSG_SUCCESS);
}

/* A task's own port: the kernel serves it, and knows no message. */
static void
serve_task_port(struct ipc_kmsg *kmsg)
{
	struct {
		mach_msg_header_t header;
		NDR_record_t ndr;
		kern_return_t result;
	} reply = {.ndr = ipc_notify_ndr, .result = MIG_BAD_ID};
	mach_msg_type_name_t type = MACH_MSGH_BITS_LOCAL(kmsg->bits);
	struct ipc_port *port = kmsg->local;
	struct ipc_kmsg *answer = NULL;

	if (ipc_port_valid(port) && port->object.active &&
	    (type == MACH_MSG_TYPE_PORT_SEND_ONCE || !ipc_mqueue_full(port))) {
		reply.header.msgh_bits = MACH_MSGH_BITS(type, 0);
		reply.header.msgh_size = sizeof reply;
		/* MIG's replies count from 100 */
		reply.header.msgh_id =
		    (mach_msg_id_t)((uint32_t)kmsg->id + 100);
		answer = ipc_kmsg_from_kernel(
		    &reply.header, sizeof reply, port, NULL);
	}
	if (answer) {
		kmsg->local = NULL; /* the answer has the right */
		ipc_mqueue_put(port, answer);
	}
	ipc_kmsg_destroy(kmsg);
}

/* The port that the thread wants to be notified at, or null. */
static struct ipc_port *
notify_port(const struct thread *thread)
{
	const struct ipc_entry *entry =
	    ipc_space_lookup(thread->task->space, thread->call.notify);

	return entry && (entry->type & MACH_PORT_TYPE_RECEIVE) ? entry->is.port
							       : NULL;
}

/* The fourth choice: the message is kept beyond the limit. */
static void
keep(struct thread *thread)
{
	struct ipc_space *space = thread->task->space;
	struct ipc_kmsg *kmsg = thread->kmsg;
	struct ipc_entry *entry = ipc_space_find(space, kmsg->remote);
	struct ipc_port *notify = notify_port(thread);
	struct ipc_kept *kept;

	if (entry && entry->kept) {
		give_back(thread, MACH_SEND_NOTIFY_IN_PROGRESS);
		return;
	}
	if (!notify) { /* it went away while the thread was blocked */
		give_back(thread, MACH_SEND_INVALID_NOTIFY);
		return;
	}
	kept = memory_get(space->ledger, sizeof *kept);
	if (!kept) {
		give_back(thread, MACH_SEND_NO_BUFFER);
		return;
	}
	thread->kmsg = NULL;
	kmsg->kept = kept;
	kept->notify = ipc_port_make_send_once(notify);
	if (entry && (entry->type & MACH_PORT_TYPE_SEND)) {
		kept->space = space;
		kept->name = entry->name;
		entry->kept = kept;
	}
	ipc_mqueue_put(kmsg->remote, kmsg);
	mach_msg_return(thread, MACH_SEND_WILL_NOTIFY);
}

/* There is no room, and no more time to wait for some. */
static void
give_up_send(struct thread *thread)
{
	const struct ipc_entry *entry;

	if (thread->call.option & MACH_SEND_KEEP) {
		keep(thread);
		return;
	}
	entry = ipc_space_find(thread->task->space, thread->kmsg->remote);
	if ((thread->call.option & MACH_SEND_NOTIFY) && entry && entry->request)
		entry->request->armed = entry->request->send_possible;
	give_back(thread, MACH_SEND_TIMED_OUT);
}

static void
mach_msg_send(struct thread *thread)
{
	struct ipc_kmsg *kmsg = thread->kmsg;
	struct ipc_port *port = kmsg->remote;
	mach_msg_option_t option = thread->call.option;
	bool timed = option & MACH_SEND_TIMEOUT;
	bool send_once =
	    MACH_MSGH_BITS_REMOTE(kmsg->bits) == MACH_MSG_TYPE_PORT_SEND_ONCE;

	if (port->object.active && !port->task && !kmsg->circular &&
	    !send_once && ipc_mqueue_full(port)) {
		if (timed ? thread->call.timeout == 0
			  : (option & MACH_SEND_KEEP) != 0)
			give_up_send(thread);
		else
			thread_block(thread, THREAD_SENDING,
			    &port->mqueue.senders, timed, thread->call.timeout);
		return;
	}
	thread->kmsg = NULL;
	if (!port->object.active || kmsg->circular) {
		ipc_kmsg_destroy(kmsg);
	} else if (port->task) {
		serve_task_port(kmsg);
	} else {
		ipc_mqueue_put(port, kmsg);
		bootstrap_needed(port);
	}
	mach_msg_sent(thread);
}

bool
mach_msg_overwrite_trap(struct thread *thread, struct request *request)
{
	const uint32_t *arguments = request->call.arguments;
	mach_msg_return_t result;

	thread->call.option = (mach_msg_option_t)arguments[MSG_OPTION];
	thread->call.rcv_size = arguments[MSG_RCV_SIZE];
	thread->call.rcv_name = arguments[MSG_RCV_NAME];
	thread->call.timeout = arguments[MSG_TIMEOUT];
	thread->call.notify = arguments[MSG_NOTIFY];
	if (!(thread->call.option & MACH_SEND_MSG)) {
		mach_msg_sent(thread);
		return true;
	}
	if ((thread->call.option & MACH_SEND_KEEP) && !notify_port(thread)) {
		mach_msg_return(thread, MACH_SEND_INVALID_NOTIFY);
		return true;
	}
	if (!ipc_kmsg_create(request, &thread->owner,
		thread->task->space->ledger, &thread->kmsg, &result))
		return false;
	if (result == MACH_MSG_SUCCESS)
		result = ipc_kmsg_copyin(thread->kmsg, thread->task->space);
	if (result == MACH_MSG_SUCCESS) {
		mach_msg_send(thread);
	} else {
		thread->kmsg = NULL;
		mach_msg_return(thread, result);
	}
	return true;
}

/* ---- waits that end ------------------------------------------------------ */

void
mach_msg_timed_out(struct thread *thread)
{
	enum thread_state state = thread->state;

	thread_unblock(thread);
	if (state == THREAD_SENDING)
		give_up_send(thread);
	else
		mach_msg_return(thread, MACH_RCV_TIMED_OUT);
}

void
mach_msg_abort(struct thread *thread)
{
	enum thread_state state = thread->state;

	if (state == THREAD_SENDING &&
	    (thread->call.option & MACH_SEND_INTERRUPT)) {
		thread_unblock(thread);
		give_back(thread, MACH_SEND_INTERRUPTED);
	}
	if (state == THREAD_RECEIVING &&
	    (thread->call.option & MACH_RCV_INTERRUPT)) {
		thread_unblock(thread);
		mach_msg_return(thread, MACH_RCV_INTERRUPTED);
	}
}
