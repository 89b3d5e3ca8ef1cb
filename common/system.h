/*
 * The few things that narration and errors need and that POSIX and Windows call
 * by different names.
 */
#ifndef COMMON_SYSTEM_H
#define COMMON_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

/* Argument WHICH is a printf format for the arguments from FIRST on. */
#if defined __MINGW32__ && !defined __clang__
#define PRINTF_LIKE(which, first) \
	__attribute__((format(gnu_printf, which, first)))
#else
#define PRINTF_LIKE(which, first) __attribute__((format(printf, which, first)))
#endif

/* Wall-clock time, UTC. */
struct wall_time {
	long long seconds; /* since 1970-01-01T00:00:00Z */
	long nanoseconds;
};

struct wall_time system_now(void);

/* This process's number. */
long system_pid(void);

/* The calling thread's last error: errno, or GetLastError() on Windows. */
long system_last_error(void);
void system_set_last_error(long error);

/* The text of an error number, without a newline; from this thread's static
 * buffer, valid until the next call. */
const char *system_error_text(long error);

/* write(2) and read(2) of at most SIZE bytes; -1 with errno set. */
long system_write(int fd, const void *bytes, size_t size);
long system_read(int fd, void *bytes, size_t size);

/*
 * Where standard input, output or error is closed, opens it so that using it
 * fails as before (EBADF). Otherwise the next object that the program opens
 * would get its number, and what is printed would be written into the object.
 * On Windows makes them carry bytes as they are, and the console show UTF-8.
 */
void system_keep_standard_streams(void);

/* Opens FILE to append to it, creating it with mode 0666 under the umask,
 * closed on exec. Returns a descriptor, or -1 with the last error set. */
int system_open_append(const char *file);

/* Appends a line to such a file, whole, whoever else does so at the same time;
 * -1 with the last error set. */
long system_append(int fd, const void *line, size_t size);

/* The terminal that the user types at, for reading, when standard input is
 * taken; -1 where there is none. */
int system_open_terminal(void);

/* Whether FD is a terminal, and how many columns it has (0 when unknown). */
bool system_is_terminal(int fd);
int system_columns(int fd);

/* Whether the terminal FD shows what is typed. */
bool system_shows_typing(int fd);

/*
 * Takes the terminal FD for this process, waiting while another that asked so
 * has it; or gives it back, as the process's end does. Where a terminal can't
 * be locked, nothing happens.
 */
void system_take_terminal(int fd);
void system_give_terminal(int fd);

/* Waits that long; a signal that is handled does not shorten it. */
void system_sleep(double seconds);

/*
 * Calls CLEAN_UP once when the process ends: by exit(), or by a hang-up, an
 * interrupt or a termination that it doesn't ignore, and then it ends by that.
 * CLEAN_UP may call only what a signal handler may. One for each process.
 */
void system_at_end(void (*clean_up)(void));

/* Ends the process at once: no stdio flush, no atexit handler. */
_Noreturn void system_exit_now(int status);

#endif
