/*
 * What the room's programs do with ports beside what each of them teaches. A
 * call that fails here ends the program with what Mach said of it.
 */
#ifndef MACH_MSG_PORTS_H
#define MACH_MSG_PORTS_H

#include <mach/mach.h>
#include <stdbool.h>

/* A new port, called WHAT in the tables of names (name_space.h): its receive
 * right, and with SENDS a send right under the same name. */
mach_port_t port_new(const char *what, bool sends);

/* Makes one more send right from a receive right, under the same name. */
void port_make_send(mach_port_t port);

/* Gives up a receive right: the port dies. */
void port_end(mach_port_t port);

/* Drops one reference of a send right, a send-once right or a dead name. */
void port_drop(mach_port_t name);

/* How the port of a receive right is: its queue, its limit and its counts. */
mach_port_status_t port_status(mach_port_t port);

/* What a name stands for, MACH_PORT_TYPE_* bits; MACH_PORT_TYPE_NONE when it is
 * no name of this task. */
mach_port_type_t port_type(mach_port_t name);

/* How many references a name has for that kind of right. */
mach_port_urefs_t port_refs(mach_port_t name, mach_port_right_t right);

/* Asks for one notification MSGID about NAME, to the port NOTIFY (a receive
 * right of this task). */
void port_request(mach_port_t name, mach_msg_id_t msgid, mach_port_t notify);

#endif
