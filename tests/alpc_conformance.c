/*
 * Checks the ALPC layer, fact by fact: what
 * windows_ipc/ntalpc/include/ntlpcapi.h promises. Prints a TAP line a fact.
 *
 * Usage:   alpc_conformance threads|processes
 *
 * Client and server are two threads of one process, or two processes.
 */
#include "tests/alpc_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.19",
    .role = "conformance",
    .operands = "threads|processes",
    .purpose = "Checks what the ALPC layer promises, as TAP.",
    .example = "alpc_conformance threads",
    .options = options,
};

/* ---- connecting --------------------------------------------------------- */

static NTSTATUS
try_connect(const char *text, const char *greeting, union message *message)
{
	SIZE_T length = sizeof *message;
	HANDLE port;
	NTSTATUS status;

	memset(message, 0, sizeof message->header);
	message->header.u1.s1.DataLength = (CSHORT)strlen(greeting);
	message->header.u1.s1.TotalLength =
	    (CSHORT)(strlen(greeting) + sizeof message->header);
	memcpy(&message->header + 1, greeting, strlen(greeting));
	status = NtAlpcConnectPort(&port, name_of(text), NULL, NULL, 0, NULL,
	    &message->header, &length, NULL, NULL, within(10000));
	if (status == STATUS_SUCCESS)
		NtClose(port);
	return status;
}

static NTSTATUS
connect_by(PUNICODE_STRING name, PLARGE_INTEGER timeout)
{
	HANDLE port;

	return NtAlpcConnectPort(
	    &port, name, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, timeout);
}

static NTSTATUS
connect_by_units(PWSTR units, size_t count)
{
	UNICODE_STRING name = {(USHORT)(count * 2), (USHORT)(count * 2), units};

	return connect_by(&name, within(1000));
}

static void
name_facts(void)
{
	static WCHAR relative[] = u"x", root[] = u"\\", half[] = u"\\a\xd800z";
	static WCHAR tooth[] = u"\\z\xd83e\xddb7";
	static WCHAR longest[100];
	HANDLE port, again;
	UNICODE_STRING name = {8, 8, tooth};
	OBJECT_ATTRIBUTES object;

	for (size_t i = 0; i < 100; i++)
		longest[i] = i ? 'n' : '\\';
	fact("no backslash", (uint32_t)connect_by_units(relative, 1),
	    (uint32_t)STATUS_OBJECT_PATH_SYNTAX_BAD);
	fact("an empty name", (uint32_t)connect_by_units(root, 1),
	    (uint32_t)STATUS_OBJECT_NAME_INVALID);
	fact("half a surrogate pair", (uint32_t)connect_by_units(half, 4),
	    (uint32_t)STATUS_OBJECT_NAME_INVALID);
	fact("81 bytes", (uint32_t)connect_by_units(longest, 82),
	    (uint32_t)STATUS_OBJECT_NAME_INVALID);
	fact("80 bytes", (uint32_t)connect_by_units(longest, 81),
	    (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
	InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
	fact("a name of any characters",
	    (uint32_t)NtAlpcCreatePort(&port, &object, NULL), 0);
	fact("the same once more",
	    (uint32_t)NtAlpcCreatePort(&again, &object, NULL),
	    (uint32_t)STATUS_OBJECT_NAME_COLLISION);
	fact("nobody accepts in time", (uint32_t)connect_by(&name, within(20)),
	    STATUS_TIMEOUT);
	need(NtClose(port), "NtClose");
	fact("its name is free", (uint32_t)connect_by(&name, within(1000)),
	    (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
}

static void
maximum_facts(void)
{
	HANDLE port;

	fact("a maximum of 64 KiB",
	    (uint32_t)create_port(&port, "maximum", 0x10000),
	    (uint32_t)STATUS_INVALID_PARAMETER);
	fact("one less", (uint32_t)create_port(&port, "maximum", 0xffff), 0);
	need(NtClose(port), "NtClose");
	fact("less than a header",
	    (uint32_t)create_port(&port, "maximum", sizeof(PORT_MESSAGE) - 1),
	    (uint32_t)STATUS_INVALID_PARAMETER);
	fact("a port without a name",
	    (uint32_t)NtAlpcCreatePort(&port, NULL, NULL), 0);
	need(NtClose(port), "NtClose");
}

static void
name_gone_facts(void)
{
	HANDLE port, client;
	PORT_MESSAGE request;
	union message message;
	SIZE_T length = sizeof message;

	need(create_port(&port, "giveup", 0), "create_port");
	fact("a client that gives up",
	    (uint32_t)connect_by(name_of("giveup"), within(0)), STATUS_TIMEOUT);
	need(NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message.header,
		 &length, NULL, within(10000)),
	    "its request");
	fact("its request comes", message.header.u2.s2.Type & 0xff,
	    LPC_CONNECTION_REQUEST);
	length = sizeof message;
	request = message.header;
	fact("nothing else does",
	    (uint32_t)NtAlpcSendWaitReceivePort(port, 0, NULL, NULL,
		&message.header, &length, NULL, within(20)),
	    STATUS_TIMEOUT);
	fact("it can't be accepted",
	    (uint32_t)NtAlpcAcceptConnectPort(
		&client, port, 0, NULL, NULL, NULL, &request, NULL, TRUE),
	    (uint32_t)STATUS_REQUEST_CANCELED);
	request.MessageId = 1;
	fact("nor can what is no request",
	    (uint32_t)NtAlpcAcceptConnectPort(
		&client, port, 0, NULL, NULL, NULL, &request, NULL, TRUE),
	    (uint32_t)STATUS_MESSAGE_NOT_FOUND);
	need(NtClose(port), "NtClose");
}

void
connection_facts(const char *server)
{
	union message message;
	HANDLE port;

	fact("no such name", (uint32_t)try_connect("nobody", "", &message),
	    (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
	fact("refused", (uint32_t)try_connect(server, "no", &message),
	    (uint32_t)STATUS_PORT_CONNECTION_REFUSED);
	fact("with a message",
	    (uint64_t)memcmp(&message.header + 1, "refused", 7), 0);
	fact("accepted", (uint32_t)try_connect(server, "yes", &message), 0);
	fact("with a message, too",
	    (uint64_t)memcmp(&message.header + 1, "welcome", 7), 0);
	fact("the name is taken", (uint32_t)create_port(&port, server, 0),
	    (uint32_t)STATUS_OBJECT_NAME_COLLISION);
	name_facts();
	maximum_facts();
	name_gone_facts();
}

/* ---- arguments ---------------------------------------------------------- */

static NTSTATUS
call(HANDLE port, ULONG flags, PPORT_MESSAGE send, PPORT_MESSAGE receive)
{
	SIZE_T length = sizeof(union message);

	return NtAlpcSendWaitReceivePort(
	    port, flags, send, NULL, receive, &length, NULL, within(0));
}

static void
flag_facts(HANDLE port)
{
	static union message answer;
	struct ask ask;
	ALPC_CONTEXT_ATTR context = {.MessageId = 0};

	ask_begin(&ask, ECHO, sizeof ask);
	fact("a synchronous reply",
	    (uint32_t)call(port,
		ALPC_MSGFLG_SYNC_REQUEST | ALPC_MSGFLG_REPLY_MESSAGE,
		&ask.header, &answer.header),
	    (uint32_t)STATUS_INVALID_PARAMETER_2);
	fact("synchronous, without a message",
	    (uint32_t)call(
		port, ALPC_MSGFLG_SYNC_REQUEST, NULL, &answer.header),
	    (uint32_t)STATUS_INVALID_PARAMETER_2);
	fact("synchronous, without a buffer",
	    (uint32_t)call(port, ALPC_MSGFLG_SYNC_REQUEST, &ask.header, NULL),
	    (uint32_t)STATUS_LPC_RECEIVE_BUFFER_EXPECTED);
	for (ULONG bit = 1; bit <= 4; bit *= 2)
		fact("low bits without a message",
		    (uint32_t)call(port, bit, NULL, &answer.header),
		    STATUS_TIMEOUT);
	fact("a reply to nothing",
	    (uint32_t)call(port, ALPC_MSGFLG_REPLY_MESSAGE, &ask.header, NULL),
	    (uint32_t)STATUS_MESSAGE_NOT_FOUND);
	for (ULONG flags = 0; flags <= 9; flags += 3)
		fact("to cancel nothing",
		    (uint32_t)NtAlpcCancelMessage(port, flags, &context),
		    (uint32_t)STATUS_MESSAGE_NOT_FOUND);
	fact("flags of cancel",
	    (uint32_t)NtAlpcCancelMessage(port, 0x10, &context),
	    (uint32_t)STATUS_INVALID_PARAMETER);
	fact("to cancel null", (uint32_t)NtAlpcCancelMessage(port, 0, NULL),
	    (uint32_t)STATUS_ACCESS_VIOLATION);
	fact("flags of disconnect", (uint32_t)NtAlpcDisconnectPort(port, 2),
	    (uint32_t)STATUS_INVALID_PARAMETER);
}

static void
handle_facts(HANDLE port)
{
	static union message answer;
	PORT_MESSAGE none = {.MessageId = 0};
	HANDLE odd = (HANDLE)(ULONG_PTR)3, high = (HANDLE)(ULONG_PTR)0x40000;
	SIZE_T done;

	fact("a null handle", (uint32_t)NtClose(NULL),
	    (uint32_t)STATUS_INVALID_HANDLE);
	fact("an odd handle", (uint32_t)NtClose(odd),
	    (uint32_t)STATUS_INVALID_HANDLE);
	fact("one that was never given", (uint32_t)NtClose(high),
	    (uint32_t)STATUS_INVALID_HANDLE);
	fact("to receive at none",
	    (uint32_t)call(high, 0, NULL, &answer.header),
	    (uint32_t)STATUS_INVALID_HANDLE);
	fact("a client's port can't accept",
	    (uint32_t)NtAlpcAcceptConnectPort(
		&high, port, 0, NULL, NULL, NULL, &none, NULL, FALSE),
	    (uint32_t)STATUS_OBJECT_TYPE_MISMATCH);
	fact("nor read",
	    (uint32_t)NtReadRequestData(port, &none, 0, &answer, 1, &done),
	    (uint32_t)STATUS_OBJECT_TYPE_MISMATCH);
	fact("nor does it have senders",
	    (uint32_t)NtAlpcOpenSenderProcess(&high, port, &none, 0, 0, NULL),
	    (uint32_t)STATUS_OBJECT_TYPE_MISMATCH);
	fact("null for a port", (uint32_t)NtAlpcCreatePort(NULL, NULL, NULL),
	    (uint32_t)STATUS_ACCESS_VIOLATION);
	fact("null for a name",
	    (uint32_t)NtAlpcConnectPort(
		&high, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL),
	    (uint32_t)STATUS_ACCESS_VIOLATION);
	fact("a buffer without a length",
	    (uint32_t)NtAlpcSendWaitReceivePort(
		port, 0, NULL, NULL, &answer.header, NULL, NULL, NULL),
	    (uint32_t)STATUS_ACCESS_VIOLATION);
}

static void
query_facts(HANDLE port)
{
	ALPC_BASIC_INFORMATION basic;
	ALPC_SERVER_SESSION_INFORMATION session = {.ProcessId = 0};
	ULONG size = 0;

	fact("AlpcBasicInformation",
	    (uint32_t)NtAlpcQueryInformation(
		port, AlpcBasicInformation, &basic, sizeof basic, &size),
	    0);
	fact("its size", size, sizeof basic);
	fact("one byte too few",
	    (uint32_t)NtAlpcQueryInformation(
		port, AlpcBasicInformation, &basic, sizeof basic - 1, NULL),
	    (uint32_t)STATUS_INFO_LENGTH_MISMATCH);
	fact("a class that isn't",
	    (uint32_t)NtAlpcQueryInformation(port,
		(ALPC_PORT_INFORMATION_CLASS)99, &basic, sizeof basic, NULL),
	    (uint32_t)STATUS_INVALID_INFO_CLASS);
	need(NtAlpcQueryInformation(port, AlpcServerSessionInformation,
		 &session, sizeof session, NULL),
	    "AlpcServerSessionInformation");
	fact("the server's process is alive",
	    session.ProcessId > 0 &&
		getpgid((pid_t)session.ProcessId) == getpgid(0),
	    1);
}

static void
attribute_facts(void)
{
	struct attributes attributes;
	SIZE_T size = 0;

	fact("no attributes", AlpcGetHeaderSize(0), 8);
	fact("all four", AlpcGetHeaderSize(0xf0000000), 8 + 24 + 32 + 32 + 24);
	fact("too small for them",
	    (uint32_t)AlpcInitializeMessageAttribute(
		0xf0000000, &attributes.head, 100, &size),
	    (uint32_t)STATUS_BUFFER_TOO_SMALL);
	fact("how much it takes", size, 120);
	attributes_begin(&attributes);
	fact("by AllocatedAttributes, not ValidAttributes",
	    AlpcGetMessageAttribute(&attributes.head,
		ALPC_MESSAGE_CONTEXT_ATTRIBUTE) == &attributes.context,
	    1);
	fact("in the order of the bits",
	    AlpcGetMessageAttribute(&attributes.head,
		ALPC_MESSAGE_VIEW_ATTRIBUTE) == &attributes.view,
	    1);
	fact("one that has no room",
	    AlpcGetMessageAttribute(
		&attributes.head, ALPC_MESSAGE_HANDLE_ATTRIBUTE) == NULL,
	    1);
}

void
argument_facts(HANDLE port)
{
	flag_facts(port);
	handle_facts(port);
	query_facts(port);
	attribute_facts();
}

/* ---- the end of a connection -------------------------------------------- */

void
end_facts(const char *server, HANDLE port)
{
	static union message answer;
	struct ask ask;
	HANDLE other = connect_to(server);
	uint64_t closed = ask_value(port, CLOSED, 0);
	uint64_t context = ask_value(other, CONTEXT, 0);

	ask_begin(&ask, CLOSED, sizeof ask);
	fact("disconnect", (uint32_t)NtAlpcDisconnectPort(other, 0), 0);
	fact("then a request", (uint32_t)ask_for(other, &ask, NULL, &answer),
	    (uint32_t)STATUS_PORT_DISCONNECTED);
	fact("then to receive", (uint32_t)call(other, 0, NULL, &answer.header),
	    (uint32_t)STATUS_PORT_DISCONNECTED);
	fact("then disconnect", (uint32_t)NtAlpcDisconnectPort(other, 0),
	    (uint32_t)STATUS_PORT_DISCONNECTED);
	need(NtClose(other), "NtClose");
	fact("closed already", (uint32_t)NtClose(other),
	    (uint32_t)STATUS_INVALID_HANDLE);
	ask_begin(&ask, CLOSED, sizeof ask);
	need(ask_for(port, &ask, NULL, &answer), "CLOSED");
	fact("the server has LPC_PORT_CLOSED", answer.ask.value, closed + 1);
	fact("with its context", answer.ask.status, context);

	other = connect_to(server);
	ask_value(other, DISCONNECT, 0);
	fact("the server's own disconnect ends its sends",
	    ask_value(port, TELL, 0), (uint32_t)STATUS_PORT_DISCONNECTED);
	fact("not the client's", ask_value(other, CONTEXT, 0) > 0, 1);
	ask_value(other, HANG_UP, 0);
	ask_begin(&ask, CONTEXT, sizeof ask);
	fact("the server's close does",
	    (uint32_t)ask_for(other, &ask, NULL, &answer),
	    (uint32_t)STATUS_PORT_DISCONNECTED);
	need(NtClose(other), "NtClose");
	ask_value(port, STOP, 0);
	server_wait();
	ask_begin(&ask, CONTEXT, sizeof ask);
	fact("the server has ended",
	    (uint32_t)ask_for(port, &ask, NULL, &answer),
	    (uint32_t)STATUS_PORT_DISCONNECTED);
	need(NtClose(port), "NtClose");
}

int
main(int argc, char *argv[])
{
	const char *server = "conformance";
	bool process = true;
	HANDLE port;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		if (option == OPERAND)
			process = strcmp(optarg, "processes") == 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	server_start(server, process);
	port = connect_to(server);
	connection_facts(server);
	argument_facts(port);
	message_facts(port);
	thread_facts(server, port);
	callback_facts(server, port);
	section_facts(port, process);
	direct_facts(server, port);
	end_facts(server, port);
	return facts_end();
}
