/*
 * Status codes, as what a call returned and as errors.
 */
#ifndef FIG3_19_STATUS_H
#define FIG3_19_STATUS_H

#include <ntlpcapi.h>

#include "common/common.h"

/* "STATUS_SUCCESS", or "SYMBOL (text)": for returned(). From a static buffer,
 * valid until the next call. */
const char *nt_result(NTSTATUS status);

/* Ends the program unless STATUS is STATUS_SUCCESS: what failed, the code, and
 * what to do next where that is known. */
void nt_check(NTSTATUS status, const char *what, ...) PRINTF_LIKE(2, 3);

/* Ends the program; NEXT is what to do next, or null. */
_Noreturn void nt_die_next(
    NTSTATUS status, const char *next, const char *what, ...) PRINTF_LIKE(3, 4);

#endif
