/*
 * A task's name space as a table: for each name the rights that it stands for,
 * with their user references, and what waits in the queue.
 */
#ifndef TASK_PORTS_NAME_SPACE_H
#define TASK_PORTS_NAME_SPACE_H

#include <mach/mach.h>

/* NAME is what the program calls WHAT, a string that stays, from here on. */
void name_space_note(mach_port_name_t name, const char *what);

/*
 * Prints on standard output the names that were noted and are in use, and how
 * many others there are, as after the call AFTER: "mach_port_allocate()". Dies
 * when the kernel doesn't tell.
 *
 * Source: mach_port_names, mach_port_get_refs and mach_port_get_attributes.
 */
void name_space_print(const char *after);

#endif
