#include "common/error.h"
#include "common/io.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 2048 };

const char *program_name = "program";
void (*before_death)(const char *reason);

void
set_program_name(char *argv0)
{
	char *last = argv0;
	for (char *c = argv0; *c; c++)
		if (*c == '/' || *c == '\\')
			last = c + 1;
	size_t length = strlen(last);
	if (length > 4 && strcmp(last + length - 4, ".exe") == 0)
		last[length - 4] = '\0';
	if (*last)
		program_name = last;
}

#ifndef _WIN32

/* The POSIX names of errno(3): no portable function tells them. */
static const char *
error_symbol(long error)
{
#define NAME(symbol)            \
	{                       \
		symbol, #symbol \
	}
	static const struct {
		int number;
		const char *symbol;
	} names[] = {
	    NAME(E2BIG),
	    NAME(EACCES),
	    NAME(EADDRINUSE),
	    NAME(EADDRNOTAVAIL),
	    NAME(EAFNOSUPPORT),
	    NAME(EAGAIN),
	    NAME(EALREADY),
	    NAME(EBADF),
	    NAME(EBADMSG),
	    NAME(EBUSY),
	    NAME(ECANCELED),
	    NAME(ECHILD),
	    NAME(ECONNABORTED),
	    NAME(ECONNREFUSED),
	    NAME(ECONNRESET),
	    NAME(EDEADLK),
	    NAME(EDESTADDRREQ),
	    NAME(EDOM),
	    NAME(EDQUOT),
	    NAME(EEXIST),
	    NAME(EFAULT),
	    NAME(EFBIG),
	    NAME(EHOSTUNREACH),
	    NAME(EIDRM),
	    NAME(EILSEQ),
	    NAME(EINPROGRESS),
	    NAME(EINTR),
	    NAME(EINVAL),
	    NAME(EIO),
	    NAME(EISCONN),
	    NAME(EISDIR),
	    NAME(ELOOP),
	    NAME(EMFILE),
	    NAME(EMLINK),
	    NAME(EMSGSIZE),
	    NAME(ENAMETOOLONG),
	    NAME(ENETDOWN),
	    NAME(ENETRESET),
	    NAME(ENETUNREACH),
	    NAME(ENFILE),
	    NAME(ENOBUFS),
	    NAME(ENODEV),
	    NAME(ENOENT),
	    NAME(ENOEXEC),
	    NAME(ENOLCK),
	    NAME(ENOMEM),
	    NAME(ENOMSG),
	    NAME(ENOPROTOOPT),
	    NAME(ENOSPC),
	    NAME(ENOSYS),
	    NAME(ENOTCONN),
	    NAME(ENOTDIR),
	    NAME(ENOTEMPTY),
	    NAME(ENOTRECOVERABLE),
	    NAME(ENOTSOCK),
	    NAME(ENOTSUP),
	    NAME(ENOTTY),
	    NAME(ENXIO),
	    NAME(EOVERFLOW),
	    NAME(EOWNERDEAD),
	    NAME(EPERM),
	    NAME(EPIPE),
	    NAME(EPROTO),
	    NAME(EPROTONOSUPPORT),
	    NAME(EPROTOTYPE),
	    NAME(ERANGE),
	    NAME(EROFS),
	    NAME(ESPIPE),
	    NAME(ESRCH),
	    NAME(ESTALE),
	    NAME(ETIMEDOUT),
	    NAME(ETXTBSY),
	    NAME(EXDEV),
	};
#undef NAME
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].number == error)
			return names[i].symbol;
	return "unnamed error";
}

char *
describe_error(long error, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s (%s)", error_symbol(error),
	    system_error_text(error));
	return buffer;
}

#else

char *
describe_error(long error, char *buffer, size_t size)
{
	snprintf(
	    buffer, size, "error %ld (%s)", error, system_error_text(error));
	return buffer;
}

#endif

/* Prints "program: TEXT" as one line, whole. */
static void
print_line(const char *text)
{
	char printable[LINE_SIZE];
	char line[LINE_SIZE + 256];

	escape_controls(text, printable, sizeof printable);
	int n = snprintf(
	    line, sizeof line, "%.200s: %s\n", program_name, printable);
	/* Nowhere is left to report to when stderr can't be written. */
	(void)write_all(2, line, (size_t)n);
}

/* "WHAT", or "WHAT: SYMBOL (text)", or that and "; NEXT", as a death's last
 * line. ERROR 0 and NEXT null leave their parts out. */
static void report(long error, const char *next, const char *what,
    va_list arguments) PRINTF_LIKE(3, 0);

static void
report(long error, const char *next, const char *what, va_list arguments)
{
	char reason[256] = "";
	char raw[LINE_SIZE], text[LINE_SIZE];

	if (error)
		describe_error(error, reason, sizeof reason);
	/* a very long name is cut, not the reason behind it */
	vsnprintf(raw, sizeof raw, what, arguments);
	escape_controls(raw, text, sizeof text - 2 * sizeof reason);

	/* A step that is under way gets the reason as its result: the system's
	 * word where there is one, ours where there isn't. Once only: what it
	 * does may itself fail. */
	void (*tell)(const char *) = before_death;
	before_death = NULL;
	if (tell)
		tell(error ? reason : text);

	size_t n = strlen(text);
	if (error)
		n +=
		    (size_t)snprintf(text + n, sizeof text - n, ": %s", reason);
	if (next && n < sizeof text)
		snprintf(text + n, sizeof text - n, "; %s", next);
	print_line(text);
}

void
die(const char *what, ...)
{
	long error = system_last_error();
	va_list arguments;

	va_start(arguments, what);
	report(error, NULL, what, arguments);
	va_end(arguments);
	exit(EXIT_FAILURE);
}

void
die_next(const char *next, const char *what, ...)
{
	long error = system_last_error();
	va_list arguments;

	va_start(arguments, what);
	report(error, next, what, arguments);
	va_end(arguments);
	exit(EXIT_FAILURE);
}

void
die_child(const char *what, ...)
{
	long error = system_last_error();
	va_list arguments;

	va_start(arguments, what);
	report(error, NULL, what, arguments);
	va_end(arguments);
	system_exit_now(EXIT_FAILURE);
}

void
fatal(const char *what, ...)
{
	va_list arguments;

	va_start(arguments, what);
	report(0, NULL, what, arguments);
	va_end(arguments);
	exit(EXIT_FAILURE);
}

void
usage_error(const char *what, ...)
{
	char next[256];
	va_list arguments;

	snprintf(next, sizeof next, "see %s --help", program_name);
	va_start(arguments, what);
	report(0, next, what, arguments);
	va_end(arguments);
	exit(EXIT_USAGE);
}

void
close_stdout(void)
{
	/* An error of an earlier write is remembered by the stream only; its
	 * errno may be gone, so it is asked for before fclose can succeed. */
	bool failed_before = ferror(stdout);

	if (fclose(stdout) != 0)
		die("write standard output");
	if (failed_before)
		fatal("write standard output: an earlier write failed");
}
