#include "windows_ipc/fig3_19/status.h"

#include <stdarg.h>
#include <stdio.h>

/* Those that the figure's programs meet, and what to do next where the code
 * alone says so. */
struct meaning {
	NTSTATUS status;
	const char *symbol, *text, *next;
};

#define MEANS(status, text, next)           \
	{                                   \
		status, #status, text, next \
	}
static const struct meaning meanings[] = {
    MEANS(STATUS_SUCCESS, NULL, NULL),
    MEANS(STATUS_TIMEOUT, "The time is up", NULL),
    MEANS(
	STATUS_PARTIAL_COPY, "There is no memory at all of the address", NULL),
    MEANS(STATUS_INVALID_PARAMETER, "An argument can't be so", NULL),
    MEANS(STATUS_NO_MEMORY, "Not enough memory", NULL),
    MEANS(STATUS_INVALID_VIEW_SIZE, "The view doesn't fit the section",
	"give it a larger --section"),
    MEANS(STATUS_ACCESS_DENIED, "The system doesn't allow it",
	"ALPC_RUN_DIR must be a directory of this user's alone"),
    MEANS(STATUS_PORT_MESSAGE_TOO_LONG,
	"The message is longer than the port's maximum",
	"another --technique takes it"),
    MEANS(STATUS_OBJECT_NAME_INVALID, "That can't be a name", NULL),
    MEANS(STATUS_OBJECT_NAME_NOT_FOUND, "There is no such name",
	"start fig3_19_alpc_server first, or give it time with "
	"--wait=SECONDS"),
    MEANS(STATUS_OBJECT_NAME_COLLISION, "The name is taken",
	"another server has the name: --name"),
    MEANS(STATUS_PORT_DISCONNECTED, "The other side has gone",
	"was the server ended?"),
    MEANS(STATUS_SECTION_TOO_BIG, "The section is larger than the port allows",
	NULL),
    MEANS(STATUS_PORT_CONNECTION_REFUSED, "The server refuses the connection",
	NULL),
    MEANS(STATUS_INSUFFICIENT_RESOURCES, "The system lacks something", NULL),
    MEANS(STATUS_MESSAGE_NOT_FOUND, "No request of that id waits", NULL),
    MEANS(STATUS_MESSAGE_LOST, "The request was cancelled", NULL),
    MEANS(STATUS_REQUEST_CANCELED, "The client has given up", NULL),
};

/* Null for a code that isn't among them. */
static const struct meaning *
meaning_of(NTSTATUS status)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (meanings[i].status == status)
			return &meanings[i];
	return NULL;
}

const char *
nt_result(NTSTATUS status)
{
	static char text[128];
	const struct meaning *meaning = meaning_of(status);

	if (!meaning)
		snprintf(text, sizeof text, "status 0x%08lx",
		    (unsigned long)status & 0xffffffff);
	else if (!meaning->text)
		return meaning->symbol;
	else
		snprintf(text, sizeof text, "%s (%s)", meaning->symbol,
		    meaning->text);
	return text;
}

static _Noreturn void
end(NTSTATUS status, const char *next, const char *what)
{
	fatal("%s: %s%s%s", what, nt_result(status), next ? "; " : "",
	    next ? next : "");
}

void
nt_check(NTSTATUS status, const char *what, ...)
{
	const struct meaning *meaning = meaning_of(status);
	char text[256];
	va_list arguments;

	if (status == STATUS_SUCCESS)
		return;
	va_start(arguments, what);
	vsnprintf(text, sizeof text, what, arguments);
	va_end(arguments);
	end(status, meaning ? meaning->next : NULL, text);
}

void
nt_die_next(NTSTATUS status, const char *next, const char *what, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, what);
	vsnprintf(text, sizeof text, what, arguments);
	va_end(arguments);
	end(status, next, text);
}
