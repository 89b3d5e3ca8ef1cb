/*
 * The bootstrap service: how two tasks that know nothing of each other meet.
 * One gives a port a name that all can say, the other asks for it.
 *
 * BP is the variable bootstrap_port. A name is a string of less than
 * BOOTSTRAP_MAX_NAME_LEN bytes. It is free again when its port dies. macOS
 * declares the names as name_t, which is the same to C; but of an array of 128
 * bytes gcc believes that all of them are read.
 *
 * Source: the bootstrap server of section 3.7.2 of the book.
 */
#ifndef SERVERS_BOOTSTRAP_H
#define SERVERS_BOOTSTRAP_H

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/mach_init.h>
#include <mach/port.h>

#define BOOTSTRAP_MAX_NAME_LEN 128
#define BOOTSTRAP_MAX_CMD_LEN 512
#define BOOTSTRAP_MAX_LOOKUP_COUNT 20

typedef char name_t[BOOTSTRAP_MAX_NAME_LEN];
typedef char cmd_t[BOOTSTRAP_MAX_CMD_LEN];
typedef name_t *name_array_t;
typedef int bootstrap_status_t;

#define BOOTSTRAP_SUCCESS 0
#define BOOTSTRAP_NOT_PRIVILEGED 1100  /* the caller may not */
#define BOOTSTRAP_NAME_IN_USE 1101     /* the name is taken */
#define BOOTSTRAP_UNKNOWN_SERVICE 1102 /* nobody has the name */
#define BOOTSTRAP_SERVICE_ACTIVE 1103  /* a server has the name, and lives */
#define BOOTSTRAP_BAD_COUNT 1104
#define BOOTSTRAP_NO_MEMORY 1105
#define BOOTSTRAP_NO_CHILDREN 1106

#define BOOTSTRAP_STATUS_INACTIVE 0
#define BOOTSTRAP_STATUS_ACTIVE 1
#define BOOTSTRAP_STATUS_ON_DEMAND 2

/*
 * Registers the port SP under the name: SP is a send right, and stays the
 * caller's. MACH_PORT_NULL takes the name back.
 *
 * Returns BOOTSTRAP_SUCCESS, BOOTSTRAP_NAME_IN_USE (another port has it and
 * lives), BOOTSTRAP_NOT_PRIVILEGED, or a code of mach_msg().
 *
 * Source: macOS's bootstrap_register, deprecated there in favour of
 * bootstrap_check_in(); it is the verb of section 3.7.2 of the book.
 */
kern_return_t bootstrap_register(
    mach_port_t bp, char *service_name, mach_port_t sp);

/*
 * Takes the name and puts the receive right of its port into *SP: the caller is
 * its server from then on.
 *
 * Returns BOOTSTRAP_SUCCESS, BOOTSTRAP_SERVICE_ACTIVE (another server has it),
 * BOOTSTRAP_NAME_IN_USE (another port is registered so),
 * BOOTSTRAP_NOT_PRIVILEGED, or a code of mach_msg().
 *
 * Source: macOS's bootstrap_check_in. There the name has to stand in a launchd
 * job's MachServices, else it is BOOTSTRAP_UNKNOWN_SERVICE.
 */
kern_return_t bootstrap_check_in(
    mach_port_t bp, const char *service_name, mach_port_t *sp);

/*
 * Puts a send right to the port of that name into *SP. The right is the
 * caller's.
 *
 * Returns BOOTSTRAP_SUCCESS, BOOTSTRAP_UNKNOWN_SERVICE (nobody has the name),
 * or a code of mach_msg().
 *
 * Source: macOS's bootstrap_look_up; "look up" in section 3.7.2 of the book.
 */
kern_return_t bootstrap_look_up(
    mach_port_t bp, const char *service_name, mach_port_t *sp);

/*
 * What the code means, as mach_error_string(): never null, not to be changed.
 *
 * Source: macOS's bootstrap_strerror.
 */
const char *bootstrap_strerror(kern_return_t r);

#endif
