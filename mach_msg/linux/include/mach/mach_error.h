/* Codes in words. */
#ifndef MACH_MACH_ERROR_H
#define MACH_MACH_ERROR_H

#include <mach/kern_return.h>

/* A code of any kind: KERN_*, MACH_SEND_*, MACH_RCV_*, MIG_*, BOOTSTRAP_*. */
typedef kern_return_t mach_error_t;

/*
 * What the code means, in a few words, without a newline. The text is never
 * null and not to be changed; a code that nobody knows has a text too.
 *
 * Source: Mach's mach_error_string.
 */
char *mach_error_string(mach_error_t error_value);

/*
 * Prints STR, what the code means and its number on stderr, on one line:
 *
 *     mach_msg: The queue stayed full (0x10000004)
 *
 * Source: Mach's mach_error.
 */
void mach_error(const char *str, mach_error_t error_value);

#endif
