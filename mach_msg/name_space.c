#include "mach_msg/name_space.h"
#include "mach_msg/mach_result.h"
#include "mach_msg/ports.h"

#include <stdio.h>
#include <string.h>

/* More than any of the programs shows. */
enum { MOST = 256, WHAT_SIZE = 48 };

static mach_port_name_t before[MOST];
static size_t before_count;

static struct {
	mach_port_name_t name;
	char what[WHAT_SIZE];
} noted[MOST];
static size_t noted_count;

/* All names of this task, and what they stand for. */
struct names {
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count;
};

static struct names
names_get(void)
{
	struct names all;
	mach_msg_type_number_t types_count;
	kern_return_t result = mach_port_names(
	    mach_task_self(), &all.names, &all.count, &all.types, &types_count);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_names");
	return all;
}

static void
names_free(const struct names *all)
{
	vm_deallocate(mach_task_self(), (vm_address_t)all->names,
	    all->count * sizeof *all->names);
	vm_deallocate(mach_task_self(), (vm_address_t)all->types,
	    all->count * sizeof *all->types);
}

void
name_space_begin(void)
{
	struct names all = names_get();

	noted_count = 0;
	before_count = all.count < MOST ? all.count : MOST;
	memcpy(before, all.names, before_count * sizeof *before);
	names_free(&all);
}

static bool
was_before(mach_port_name_t name)
{
	for (size_t i = 0; i < before_count; i++)
		if (before[i] == name)
			return true;
	return false;
}

void
name_space_note(mach_port_name_t name, const char *what)
{
	size_t i = 0;

	while (i < noted_count && noted[i].name != name)
		i++;
	if (i == MOST)
		return;
	if (i == noted_count)
		noted_count++;
	noted[i].name = name;
	snprintf(noted[i].what, WHAT_SIZE, "%s", what);
}

/* What the name was noted as, or null. */
static const char *
what_is(mach_port_name_t name)
{
	for (size_t i = 0; i < noted_count; i++)
		if (noted[i].name == name)
			return noted[i].what;
	return NULL;
}

/* Names are used again: what stands for nothing is forgotten. */
static void
forget_the_gone(const struct names *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < noted_count; i++)
		for (mach_msg_type_number_t n = 0; n < all->count; n++)
			if (all->names[n] == noted[i].name) {
				noted[kept++] = noted[i];
				break;
			}
	noted_count = kept;
}

/* How many members a port set has. */
static unsigned
set_size(mach_port_name_t set)
{
	mach_port_name_array_t members;
	mach_msg_type_number_t count;
	kern_return_t result =
	    mach_port_get_set_status(mach_task_self(), set, &members, &count);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_get_set_status 0x%x", set);
	vm_deallocate(
	    mach_task_self(), (vm_address_t)members, count * sizeof *members);
	return count;
}

static void
print_name(mach_port_name_t name, mach_port_type_t type, const char *what)
{
	char rights[32] = "", refs[16] = "", queue[32] = "";

	if (type & MACH_PORT_TYPE_PORT_SET) {
		snprintf(
		    rights, sizeof rights, "port set of %u", set_size(name));
	} else if (type & MACH_PORT_TYPE_DEAD_NAME) {
		snprintf(rights, sizeof rights, "dead name");
		snprintf(refs, sizeof refs, "%u",
		    port_refs(name, MACH_PORT_RIGHT_DEAD_NAME));
	} else if (type & MACH_PORT_TYPE_SEND_ONCE) {
		snprintf(rights, sizeof rights, "send-once");
	} else {
		snprintf(rights, sizeof rights, "%s%s%s",
		    type & MACH_PORT_TYPE_RECEIVE ? "receive" : "",
		    type & MACH_PORT_TYPE_RECEIVE && type & MACH_PORT_TYPE_SEND
			? ", "
			: "",
		    type & MACH_PORT_TYPE_SEND ? "send" : "");
	}
	if (type & MACH_PORT_TYPE_SEND)
		snprintf(refs, sizeof refs, "%u",
		    port_refs(name, MACH_PORT_RIGHT_SEND));
	if (type & MACH_PORT_TYPE_RECEIVE) {
		mach_port_status_t status = port_status(name);
		snprintf(queue, sizeof queue, "%u of %u", status.mps_msgcount,
		    status.mps_qlimit);
	}
	printf("  0x%-5x  %-15s  %4s  %-6s  %s\n", name, rights, refs, queue,
	    what ? what : "");
}

void
name_space_print(const char *heading)
{
	struct names all = names_get();
	unsigned shown = 0;

	forget_the_gone(&all);
	printf("%s:\n", heading);
	for (mach_msg_type_number_t i = 0; i < all.count; i++) {
		const char *what = what_is(all.names[i]);
		if (!what && was_before(all.names[i]))
			continue;
		if (shown++ == 0)
			printf("  name     rights           refs  queue   "
			       "what it is\n");
		print_name(all.names[i], all.types[i], what);
	}
	if (shown == 0)
		printf("  (empty)\n");
	names_free(&all);
	if (fflush(stdout) != 0)
		die("write standard output");
}
