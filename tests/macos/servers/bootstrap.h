/*
 * The part of macOS's bootstrap service that the programs use, for `make
 * check-macos` alone: zig's package has the calls in its libSystem, and no
 * header that declares them. What each does: mach_msg/linux/include, which
 * declares the same for Linux.
 *
 * As on macOS, the use of bootstrap_register() is a warning.
 */
#ifndef SERVERS_BOOTSTRAP_H
#define SERVERS_BOOTSTRAP_H

#include <mach/mach.h>

#define BOOTSTRAP_MAX_NAME_LEN 128

#define BOOTSTRAP_SUCCESS 0
#define BOOTSTRAP_NOT_PRIVILEGED 1100
#define BOOTSTRAP_NAME_IN_USE 1101
#define BOOTSTRAP_UNKNOWN_SERVICE 1102
#define BOOTSTRAP_SERVICE_ACTIVE 1103
#define BOOTSTRAP_BAD_COUNT 1104
#define BOOTSTRAP_NO_MEMORY 1105
#define BOOTSTRAP_NO_CHILDREN 1106

typedef char name_t[BOOTSTRAP_MAX_NAME_LEN];

kern_return_t bootstrap_register(mach_port_t bp, name_t service_name,
    mach_port_t sp) __attribute__((deprecated("since macOS 10.5")));

kern_return_t bootstrap_check_in(
    mach_port_t bp, const name_t service_name, mach_port_t *sp);

kern_return_t bootstrap_look_up(
    mach_port_t bp, const name_t service_name, mach_port_t *sp);

const char *bootstrap_strerror(kern_return_t r);

#endif
