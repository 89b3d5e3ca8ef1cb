/*
 * Errors for people: one line on stderr that says which program, what failed,
 * on which object, why, and what to do next.
 *
 *     fig3_17_consumer: shm_open /OS: ENOENT (No such file or directory); ...
 *
 * "Why" is errno's symbol and text; on Windows it is GetLastError's number and
 * text. A line is written whole, with one write, and control characters in it
 * are escaped, so that no object's name can break it.
 */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

#include "common/system.h"

/* Exit statuses. Usage errors are told apart, as getopt programs do. */
enum { EXIT_USAGE = 2 };

/* The name that errors speak with, from argv[0]; set_program_name() sets it. */
extern const char *program_name;

/* Takes the last component of argv0, without ".exe". argv0 must outlive the
 * process's use of it, as argv does. */
void set_program_name(char *argv0);

/*
 * A system call failed: prints "program: WHAT: SYMBOL (text)" and exits 1
 * through exit(), so that stdio is flushed and atexit handlers run. Call it
 * before anything can change errno. WHAT is a printf format that names the call
 * and its object: die("shm_open %s", name).
 */
_Noreturn void die(const char *what, ...) PRINTF_LIKE(1, 2);

/* The same with what to do next: "...; NEXT". */
_Noreturn void die_next(const char *next, const char *what, ...)
    PRINTF_LIKE(2, 3);

/*
 * The same for a forked child: leaves through _exit(1), so that the stdio
 * buffers and atexit handlers it has from its parent stay the parent's.
 */
_Noreturn void die_child(const char *what, ...) PRINTF_LIKE(1, 2);

/* Something is wrong that no system call reported: prints "program: WHAT" and
 * exits 1. */
_Noreturn void fatal(const char *what, ...) PRINTF_LIKE(1, 2);

/* The command line is wrong: prints "program: WHAT; see program --help" and
 * exits 2 (EXIT_USAGE). */
_Noreturn void usage_error(const char *what, ...) PRINTF_LIKE(1, 2);

/*
 * Flushes and closes stdout, and dies when either fails: a full disk is found
 * out at the latest here. Call it last on the way to a successful exit.
 */
void close_stdout(void);

/*
 * Writes "SYMBOL (text)" for an error number of this system into BUFFER of SIZE
 * bytes, and returns BUFFER: errno(3) numbers, or GetLastError's on Windows,
 * where it reads "error NUMBER (text)".
 */
char *describe_error(long error, char *buffer, size_t size);

/*
 * Called with the reason before die(), die_child() and fatal() end the process,
 * once; narration sets it, so that the step that failed is told and traced.
 */
extern void (*before_death)(const char *reason);

#endif
