#include "mach_msg/lsmp/table.h"

#include <mach/mach.h>
#include <stdarg.h>

#include "common/common.h"

static const mach_port_type_t rights_mask =
    MACH_PORT_TYPE_ALL_RIGHTS | MACH_PORT_TYPE_DEAD_NAME;

/* ---- the other side of a name --------------------------------------------
 *
 * The last column. What doesn't fit stands in further lines.
 */

/* The columns before it. */
enum { BEFORE = 51 };

/* A row while its last column is written. */
struct row {
	FILE *file;
	const struct snapshot *snapshot;
	uint32_t task;                    /* whose it is */
	const struct ipc_info_name *name; /* which */
	bool begun;                       /* something stands there already */
};

/* Adds an entry, a printf format, below what stands there. */
static PRINTF_LIKE(2, 3) void print_text(struct row *row, const char *text, ...)
{
	va_list arguments;

	if (row->begun)
		fprintf(row->file, "\n%*s", BEFORE, "");
	row->begun = true;
	va_start(arguments, text);
	vfprintf(row->file, text, arguments);
	va_end(arguments);
}

static void
print_task(struct row *row, uint32_t task, const char *right)
{
	const struct snapshot *snapshot = row->snapshot;

	if (task == row->task)
		print_text(row, "itself%s", right);
	else
		print_text(row, "%s[%u]%s", snapshot->programs[task],
		    snapshot->tasks[task].pid, right);
}

/* How many of the port's send-once rights the kernel keeps to notify it. */
static uint32_t
kept_to_notify(const struct snapshot *snapshot, uint32_t port)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < snapshot->name_count; i++) {
		const struct ipc_info_name *name = &snapshot->names[i];
		bool receives = name->type & MACH_PORT_TYPE_RECEIVE;
		n += name->notify == port;
		n += receives && name->no_senders == port;
		n += receives && name->port_destroyed == port;
	}
	return n;
}

/* How many rights to the port there are that no task has, but for those that
 * brought a message to its queue and go when that is received. */
static int64_t
rights_without_task(
    const struct snapshot *snapshot, const struct ipc_info_name *port)
{
	int64_t rights = (int64_t)port->srights + port->sorights;

	rights -= port->messages;
	rights -= port->senders;
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		rights -= snapshot->tasks[i].own_bootstrap == port->object;
	for (uint32_t i = 0; i < snapshot->name_count; i++)
		rights -=
		    snapshot->names[i].object == port->object &&
		    (snapshot->names[i].type & MACH_PORT_TYPE_SEND_RIGHTS);
	return rights;
}

/* Who can send to the port of this row. */
static void
print_senders(struct row *row)
{
	const struct snapshot *snapshot = row->snapshot;
	const struct ipc_info_name *port = row->name, *name = snapshot->names;
	uint32_t kept = kept_to_notify(snapshot, port->object);
	int64_t in_messages = rights_without_task(snapshot, port) - kept;

	for (uint32_t task = 0; task < snapshot->task_count; task++)
		for (uint32_t i = 0; i < snapshot->tasks[task].names;
		     i++, name++) {
			bool once = name->type & MACH_PORT_TYPE_SEND_ONCE;
			if (name->object == port->object && name != port &&
			    (name->type & MACH_PORT_TYPE_SEND_RIGHTS))
				print_task(row, task, once ? " once" : "");
		}
	if (kept > 0)
		print_text(row, "the kernel, to notify");
	if (in_messages > 0)
		print_text(row, "in messages: %u", (unsigned)in_messages);
}

/* Who receives what is sent by the right of this row. */
static void
print_receiver(struct row *row)
{
	const struct snapshot *snapshot = row->snapshot;
	const struct ipc_info_name *right = row->name, *name = snapshot->names;
	uint32_t own = snapshot->tasks[row->task].pid;

	if (right->kind == INFO_PORT_TASK && right->pid == own)
		print_text(row, "the kernel: this task");
	else if (right->kind == INFO_PORT_TASK)
		print_text(row, "the kernel: task %u", right->pid);
	else if (right->kind == INFO_PORT_KERNEL)
		print_text(row, "the kernel");
	else if (right->kind == INFO_PORT_MOVING)
		print_text(row, "in a message");
	for (uint32_t task = 0; task < snapshot->task_count; task++)
		for (uint32_t i = 0; i < snapshot->tasks[task].names;
		     i++, name++)
			if (name->object == right->object &&
			    (name->type & MACH_PORT_TYPE_RECEIVE))
				print_task(row, task, "");
}

/* The names of the set's ports. */
static void
print_members(struct row *row)
{
	const struct snapshot *snapshot = row->snapshot;
	const struct ipc_info_name *name = snapshot->names;

	for (uint32_t i = 0; i < snapshot->member_count; i++) {
		const struct ipc_info_member *member = &snapshot->members[i];
		if (member->set != row->name->object)
			continue;
		for (uint32_t n = 0; n < snapshot->name_count; n++)
			if (name[n].object == member->port &&
			    (name[n].type & MACH_PORT_TYPE_RECEIVE))
				print_text(row, "0x%x", name[n].name);
	}
}

/* ---- a name -------------------------------------------------------------- */

static const char *
rights_of(const struct ipc_info_name *name)
{
	switch (name->type & rights_mask) {
	case MACH_PORT_TYPE_SEND:
		return "send";
	case MACH_PORT_TYPE_RECEIVE:
		return "recv";
	case MACH_PORT_TYPE_SEND_RECEIVE:
		return "recv,send";
	case MACH_PORT_TYPE_SEND_ONCE:
		return "send-once";
	case MACH_PORT_TYPE_PORT_SET:
		return "port-set";
	default:
		return "dead-name";
	}
}

/* The notifications that were asked for: D, S, N, P. */
static const char *
requests_of(const struct ipc_info_name *name)
{
	static char letters[5];
	bool receives = name->type & MACH_PORT_TYPE_RECEIVE;
	char *at = letters;

	if (name->type & MACH_PORT_TYPE_DNREQUEST)
		*at++ = 'D';
	if (name->type & MACH_PORT_TYPE_SPREQUEST)
		*at++ = 'S';
	if (receives && name->no_senders)
		*at++ = 'N';
	if (receives && name->port_destroyed)
		*at++ = 'P';
	*at = '\0';
	return letters;
}

/* User references, messages in the queue and its limit, blocked threads: each
 * where the name has such. */
static void
print_counts(FILE *file, const struct ipc_info_name *name)
{
	char refs[16] = "", queue[32] = "", blocked[48] = "";

	if (name->urefs > 0)
		snprintf(refs, sizeof refs, "%u", name->urefs);
	if (name->object && name->kind != INFO_SET &&
	    name->kind != INFO_PORT_TASK)
		snprintf(
		    queue, sizeof queue, "%u/%u", name->messages, name->limit);
	if (name->receivers > 0 && name->senders > 0)
		snprintf(blocked, sizeof blocked, "%u rcv %u snd",
		    name->receivers, name->senders);
	else if (name->receivers > 0)
		snprintf(blocked, sizeof blocked, "%u rcv", name->receivers);
	else if (name->senders > 0)
		snprintf(blocked, sizeof blocked, "%u snd", name->senders);
	fprintf(file, " %4s %7s %-5s ", refs, queue, blocked);
}

static void
print_name(struct row *row)
{
	const struct ipc_info_name *name = row->name;
	char text[16];

	snprintf(text, sizeof text, "0x%x", name->name);
	fprintf(row->file, "  %-8s ", text);
	if (name->object)
		fprintf(row->file, "%6u", name->object);
	else
		fprintf(row->file, "%6s", "");
	fprintf(row->file, " %-9s %-4s", rights_of(name), requests_of(name));
	print_counts(row->file, name);
	if (name->type & MACH_PORT_TYPE_RECEIVE)
		print_senders(row);
	else if (name->type & MACH_PORT_TYPE_PORT_SET)
		print_members(row);
	else
		print_receiver(row);
	fprintf(row->file, "%s\n", row->begun ? "" : "nobody");
}

/* ---- the whole ----------------------------------------------------------- */

/* Whether the name is one that each task has from the start. */
static bool
is_special(const struct ipc_info_task *task, const struct ipc_info_name *name)
{
	return name->object == task->bootstrap ||
	       (name->kind == INFO_PORT_TASK && name->pid == task->pid);
}

static void
print_heading(FILE *file)
{
	fprintf(file, "  %-8s %6s %-9s %-4s %4s %7s %-5s %s\n", "name",
	    "object", "rights", "reqs", "refs", "queue", "waits", "other side");
}

uint32_t
table_print(FILE *file, const struct snapshot *snapshot,
    const struct selection *selection)
{
	const struct ipc_info_name *name = snapshot->names;
	uint32_t shown = 0;

	for (uint32_t i = 0; i < snapshot->task_count; i++) {
		const struct ipc_info_task *task = &snapshot->tasks[i];
		const struct ipc_info_name *end = name + task->names;
		if (selection->family &&
		    !is_of_family(task->pid, selection->family)) {
			name = end;
			continue;
		}
		if (shown++ == 0)
			print_heading(file);
		fprintf(file, "%s[%u]\n", snapshot->programs[i], task->pid);
		for (; name < end; name++) {
			struct row row = {file, snapshot, i, name, false};
			if (!selection->brief || !is_special(task, name))
				print_name(&row);
		}
	}
	return shown;
}
