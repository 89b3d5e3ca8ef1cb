/*
 * A task's name space as a table: each name that it has, the rights that the
 * name stands for, how often it is counted, the queue behind a receive right,
 * and what the program calls it.
 *
 *     server's name space:
 *       name     rights           refs  queue   what it is
 *       0x203    receive, send       2  3 of 5  P2, the server's port
 *       0x303    send                1          P1, the client's port
 *
 * Source: Mach's mach_port_names, mach_port_get_refs, mach_port_get_attributes
 * and mach_port_get_set_status; section 3.7.2 of the book.
 */
#ifndef MACH_MSG_NAME_SPACE_H
#define MACH_MSG_NAME_SPACE_H

#include <mach/mach.h>

/*
 * What this task has by now is not the program's own (its Task Self port, and
 * on macOS what the system's libraries have made): the table leaves it out from
 * here on, but for what is noted. A forked child calls it again: it is another
 * task.
 */
void name_space_begin(void);

/* NAME is what the program calls WHAT, until it stands for nothing; at most 47
 * characters. */
void name_space_note(mach_port_name_t name, const char *what);

/* Prints the table on stdout at once, under HEADING: "server's name space".
 * Ends the program when the kernel can't be asked. */
void name_space_print(const char *heading);

#endif
