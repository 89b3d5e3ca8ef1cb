/*
 * What Mach's calls return, for people: the symbol and its text. Mach has its
 * own numbers for errors; errno has no part in them.
 */
#ifndef MACH_MSG_MACH_RESULT_H
#define MACH_MSG_MACH_RESULT_H

#include <mach/mach.h>

#include "common/common.h"

/* "MACH_SEND_TIMED_OUT (text)": for returned(); and the symbol alone. From this
 * thread's static buffer, valid until the next call. */
const char *mach_result(kern_return_t result);
const char *mach_symbol(kern_return_t result);

/* As die(): "program: WHAT: SYMBOL (text)", exit status 1; but for RESULT. */
_Noreturn void mach_die(kern_return_t result, const char *what, ...)
    PRINTF_LIKE(2, 3);

/* The same with what to do next: "...; NEXT". */
_Noreturn void mach_die_next(kern_return_t result, const char *next,
    const char *what, ...) PRINTF_LIKE(3, 4);

#endif
