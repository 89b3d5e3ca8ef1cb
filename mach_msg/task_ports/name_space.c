#include "mach_msg/task_ports/name_space.h"

#include <stdio.h>
#include <string.h>

#include "mach_msg/mach_result.h"

static struct {
	mach_port_name_t name;
	const char *what;
} noted[8];

void
name_space_note(mach_port_name_t name, const char *what)
{
	size_t i = 0;

	while (noted[i].what && strcmp(noted[i].what, what) != 0)
		i++;
	noted[i].name = name;
	noted[i].what = what;
}

/* What the name was noted as, or null. */
static const char *
what_is(mach_port_name_t name)
{
	for (size_t i = 0; i < sizeof noted / sizeof noted[0]; i++)
		if (noted[i].what && noted[i].name == name)
			return noted[i].what;
	return NULL;
}

static void
print_refs(mach_port_name_t name, mach_port_right_t right, int width)
{
	mach_port_urefs_t refs;
	kern_return_t result =
	    mach_port_get_refs(mach_task_self(), name, right, &refs);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_get_refs 0x%x", name);
	if (refs > 0)
		printf(" %*u", width, refs);
	else
		printf(" %*s", width, "-");
}

/* How many messages the queue has and takes: only who receives may ask. */
static void
print_queue(mach_port_name_t name, mach_port_type_t type)
{
	mach_port_status_t status = {0};
	mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
	kern_return_t result;
	char queue[32] = "-";

	if (type & MACH_PORT_TYPE_RECEIVE) {
		result = mach_port_get_attributes(mach_task_self(), name,
		    MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status,
		    &count);
		if (result != KERN_SUCCESS)
			mach_die(result, "mach_port_get_attributes 0x%x", name);
		snprintf(queue, sizeof queue, "%u/%u", status.mps_msgcount,
		    status.mps_qlimit);
	}
	printf(" %7s", queue);
}

void
name_space_print(const char *after)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, type_count, others = 0;
	kern_return_t result = mach_port_names(
	    mach_task_self(), &names, &count, &types, &type_count);

	if (result != KERN_SUCCESS)
		mach_die(result, "mach_port_names");
	printf("after %s\n%-10s %7s %4s %9s %9s %7s  what\n", after, "name",
	    "receive", "send", "send-once", "dead name", "queue");
	for (mach_msg_type_number_t i = 0; i < count; i++) {
		const char *what = what_is(names[i]);
		if (!what) {
			others++;
			continue;
		}
		printf("0x%-8x", names[i]);
		print_refs(names[i], MACH_PORT_RIGHT_RECEIVE, 7);
		print_refs(names[i], MACH_PORT_RIGHT_SEND, 4);
		print_refs(names[i], MACH_PORT_RIGHT_SEND_ONCE, 9);
		print_refs(names[i], MACH_PORT_RIGHT_DEAD_NAME, 9);
		print_queue(names[i], types[i]);
		printf("  %s\n", what);
	}
	if (others > 0)
		printf("and %u more, of the system's libraries\n", others);
	printf("\n");
	vm_deallocate(
	    mach_task_self(), (vm_address_t)names, count * sizeof *names);
	vm_deallocate(
	    mach_task_self(), (vm_address_t)types, type_count * sizeof *types);
	if (fflush(stdout) != 0)
		die("write standard output");
}
