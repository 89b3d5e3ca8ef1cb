/* What a Mach kernel offers as system calls of their own. */
#ifndef MACH_MACH_TRAPS_H
#define MACH_MACH_TRAPS_H

#include <mach/port.h>

/*
 * Makes a port for answers and returns the name of its receive right, to be
 * freed with mach_port_mod_refs(), as one of mach_port_allocate(). Returns
 * MACH_PORT_NULL when there is no room for it.
 *
 * Source: Mach's mach_reply_port; the book calls it the reply port
 * (section 3.7.2).
 */
mach_port_name_t mach_reply_port(void);

#endif
