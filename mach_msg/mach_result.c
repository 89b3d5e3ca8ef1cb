#include "mach_msg/mach_result.h"

#include <servers/bootstrap.h>
#include <stdarg.h>
#include <stdio.h>

/* All that Mach IPC for Linux returns; on macOS there are others. The texts are
 * the system's: mach_error_string(). */
#define SYMBOL(code)        \
	{                   \
		code, #code \
	}
static const struct {
	kern_return_t code;
	const char *symbol;
} symbols[] = {
    SYMBOL(KERN_SUCCESS),
    SYMBOL(KERN_INVALID_ADDRESS),
    SYMBOL(KERN_NO_SPACE),
    SYMBOL(KERN_INVALID_ARGUMENT),
    SYMBOL(KERN_FAILURE),
    SYMBOL(KERN_RESOURCE_SHORTAGE),
    SYMBOL(KERN_ALREADY_IN_SET),
    SYMBOL(KERN_NOT_IN_SET),
    SYMBOL(KERN_NAME_EXISTS),
    SYMBOL(KERN_INVALID_NAME),
    SYMBOL(KERN_INVALID_TASK),
    SYMBOL(KERN_INVALID_RIGHT),
    SYMBOL(KERN_INVALID_VALUE),
    SYMBOL(KERN_UREFS_OVERFLOW),
    SYMBOL(KERN_INVALID_CAPABILITY),
    SYMBOL(KERN_RIGHT_EXISTS),
    SYMBOL(KERN_NOT_SUPPORTED),
    SYMBOL(MACH_SEND_INVALID_DATA),
    SYMBOL(MACH_SEND_INVALID_DEST),
    SYMBOL(MACH_SEND_TIMED_OUT),
#ifdef MACH_SEND_WILL_NOTIFY
    SYMBOL(MACH_SEND_WILL_NOTIFY),
    SYMBOL(MACH_SEND_NOTIFY_IN_PROGRESS),
#endif
    SYMBOL(MACH_SEND_INTERRUPTED),
    SYMBOL(MACH_SEND_MSG_TOO_SMALL),
    SYMBOL(MACH_SEND_INVALID_REPLY),
    SYMBOL(MACH_SEND_INVALID_RIGHT),
    SYMBOL(MACH_SEND_INVALID_NOTIFY),
    SYMBOL(MACH_SEND_INVALID_MEMORY),
    SYMBOL(MACH_SEND_NO_BUFFER),
    SYMBOL(MACH_SEND_TOO_LARGE),
    SYMBOL(MACH_SEND_INVALID_TYPE),
    SYMBOL(MACH_SEND_INVALID_HEADER),
    SYMBOL(MACH_RCV_INVALID_NAME),
    SYMBOL(MACH_RCV_TIMED_OUT),
    SYMBOL(MACH_RCV_TOO_LARGE),
    SYMBOL(MACH_RCV_INTERRUPTED),
    SYMBOL(MACH_RCV_INVALID_DATA),
    SYMBOL(MACH_RCV_PORT_DIED),
    SYMBOL(MACH_RCV_HEADER_ERROR),
    SYMBOL(MACH_RCV_BODY_ERROR),
    SYMBOL(MIG_BAD_ID),
    SYMBOL(MIG_BAD_ARGUMENTS),
    SYMBOL(MIG_SERVER_DIED),
    SYMBOL(BOOTSTRAP_NOT_PRIVILEGED),
    SYMBOL(BOOTSTRAP_NAME_IN_USE),
    SYMBOL(BOOTSTRAP_UNKNOWN_SERVICE),
    SYMBOL(BOOTSTRAP_SERVICE_ACTIVE),
    SYMBOL(BOOTSTRAP_NO_MEMORY),
};

/* Null for a code that isn't there. */
static const char *
symbol_of(kern_return_t code)
{
	for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++)
		if (symbols[i].code == code)
			return symbols[i].symbol;
	return NULL;
}

const char *
mach_symbol(kern_return_t result)
{
	static _Thread_local char number[16];
	const char *symbol = symbol_of(result);

	if (symbol)
		return symbol;
	snprintf(number, sizeof number, "0x%x", (unsigned)result);
	return number;
}

const char *
mach_result(kern_return_t result)
{
	static _Thread_local char text[128];
	const char *symbol = symbol_of(result);

	if (result == KERN_SUCCESS)
		return symbol;
	/* a message that was received in part: the bits say what was lacking */
	if (!symbol && result > MACH_SEND_IN_PROGRESS)
		symbol = symbol_of(result & ~MACH_MSG_MASK);
	snprintf(text, sizeof text, "%s (%s)",
	    symbol ? symbol : mach_symbol(result), mach_error_string(result));
	return text;
}

void
mach_die(kern_return_t result, const char *what, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, what);
	vsnprintf(text, sizeof text, what, arguments);
	va_end(arguments);
	fatal("%s: %s", text, mach_result(result));
}

void
mach_die_next(kern_return_t result, const char *next, const char *what, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, what);
	vsnprintf(text, sizeof text, what, arguments);
	va_end(arguments);
	fatal("%s: %s; %s", text, mach_result(result), next);
}
