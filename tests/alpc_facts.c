#include "tests/alpc_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- facts -------------------------------------------------------------- */

static int facts, wrong;

void
fact(const char *name, uint64_t got, uint64_t expected)
{
	facts++;
	if (got == expected) {
		printf("ok %d %s\n", facts, name);
		return;
	}
	wrong++;
	printf("not ok %d %s: 0x%llx, expected 0x%llx\n", facts, name,
	    (unsigned long long)got, (unsigned long long)expected);
}

int
facts_end(void)
{
	printf("1..%d\n", facts);
	close_stdout();
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}

void
need(NTSTATUS status, const char *what)
{
	if (status != STATUS_SUCCESS)
		fatal("%s: 0x%x", what, (unsigned)status);
}

/* ---- names and times ---------------------------------------------------- */

PUNICODE_STRING
name_of(const char *text)
{
	static _Thread_local WCHAR units[128];
	static _Thread_local UNICODE_STRING name;
	char whole[128];
	int length = snprintf(whole, sizeof whole, "\\RPC Control\\%s", text);

	for (int i = 0; i < length; i++)
		units[i] = (WCHAR)whole[i];
	name.Buffer = units;
	name.Length = (USHORT)((size_t)length * sizeof units[0]);
	return &name;
}

NTSTATUS
create_port(HANDLE *port, const char *text, size_t maximum)
{
	ALPC_PORT_ATTRIBUTES attributes = {.MaxMessageLength = maximum};
	OBJECT_ATTRIBUTES object;

	InitializeObjectAttributes(&object, name_of(text), 0, NULL, NULL);
	return NtAlpcCreatePort(port, &object, &attributes);
}

PLARGE_INTEGER
within(long milliseconds)
{
	static _Thread_local LARGE_INTEGER timeout;

	timeout.QuadPart = -10000LL * milliseconds;
	return &timeout;
}

/* ---- a client's calls --------------------------------------------------- */

void
attributes_begin(struct attributes *attributes)
{
	SIZE_T size;

	need(AlpcInitializeMessageAttribute(
		 ALPC_MESSAGE_VIEW_ATTRIBUTE | ALPC_MESSAGE_CONTEXT_ATTRIBUTE,
		 &attributes->head, sizeof *attributes, &size),
	    "AlpcInitializeMessageAttribute");
}

HANDLE
connect_to(const char *text)
{
	HANDLE port;
	NTSTATUS status;

	do
		status = NtAlpcConnectPort(&port, name_of(text), NULL, NULL, 0,
		    NULL, NULL, NULL, NULL, NULL, within(10000));
	while (status == STATUS_OBJECT_NAME_NOT_FOUND);
	need(status, "NtAlpcConnectPort");
	return port;
}

void
ask_begin(struct ask *ask, uint32_t operation, size_t size)
{
	memset(ask, 0, sizeof *ask);
	ask->header.u1.s1.TotalLength = (CSHORT)size;
	ask->header.u1.s1.DataLength = (CSHORT)(size - sizeof ask->header);
	ask->operation = operation;
}

NTSTATUS
ask_for(HANDLE port, struct ask *ask, struct attributes *attributes,
    union message *answer)
{
	SIZE_T length = sizeof *answer;

	return NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
	    &ask->header, attributes ? &attributes->head : NULL,
	    &answer->header, &length, attributes ? &attributes->head : NULL,
	    within(20000));
}

uint64_t
ask_value(HANDLE port, uint32_t operation, uint64_t value)
{
	union message answer;
	struct ask ask;

	ask_begin(&ask, operation, sizeof ask);
	ask.value = value;
	need(ask_for(port, &ask, NULL, &answer), "a request");
	return answer.ask.value;
}
