/*
 * The conformance program's server: it does what each request asks for.
 */
#include "tests/alpc_facts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_KEPT = 300 };

struct server {
	HANDLE port;
	HANDLE clients[1024]; /* by context */
	size_t client_count;
	ULONG kept[MOST_KEPT];
	size_t kept_count;
	uint64_t status; /* what TELL tells */
	uint64_t closed, last_closed;
	bool stopped;
};

/* ---- answers ------------------------------------------------------------ */

static NTSTATUS
answer(struct server *server, ULONG id, struct ask *ask, size_t size,
    PALPC_MESSAGE_ATTRIBUTES attributes)
{
	memset(&ask->header, 0, sizeof ask->header);
	ask->header.u1.s1.TotalLength = (CSHORT)size;
	ask->header.u1.s1.DataLength = (CSHORT)(size - sizeof ask->header);
	ask->header.MessageId = id;
	return NtAlpcSendWaitReceivePort(server->port,
	    ALPC_MSGFLG_REPLY_MESSAGE, &ask->header, attributes, NULL, NULL,
	    NULL, NULL);
}

static void
answer_kept(struct server *server)
{
	struct ask ask = {.value = 0};

	while (server->kept_count > 0) {
		ask.value = --server->kept_count;
		server->status = (uint32_t)answer(server,
		    server->kept[server->kept_count], &ask, sizeof ask, NULL);
	}
}

/* One of VALUE bytes, header included. */
static void
answer_big(struct server *server, ULONG id, size_t size)
{
	static union message message;

	memset(&message, 'b', sizeof message);
	server->status = (uint32_t)answer(server, id, &message.ask, size, NULL);
}

static void
answer_view(struct server *server, ULONG id, size_t size)
{
	struct attributes attributes;
	struct ask ask = {.value = size};
	ALPC_HANDLE section;
	SIZE_T actual;

	attributes_begin(&attributes);
	need(NtAlpcCreatePortSection(
		 server->port, 0, NULL, size, &section, &actual),
	    "the server's section");
	attributes.view.SectionHandle = section;
	attributes.view.ViewSize = size;
	need(NtAlpcCreateSectionView(server->port, 0, &attributes.view),
	    "the server's view");
	memset(attributes.view.ViewBase, 'v', size);
	attributes.view.ViewSize = size;
	attributes.head.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
	need(answer(server, id, &ask, sizeof ask, &attributes.head),
	    "an answer with a view");
	need(NtAlpcDeletePortSection(server->port, 0, section),
	    "the section's end");
}

/* ---- the client's memory ------------------------------------------------ */

static void
sum(struct server *server, struct ask *ask, struct attributes *attributes)
{
	const unsigned char *bytes = attributes->view.ViewBase;

	ask->value = 0;
	if (!(attributes->head.ValidAttributes & ALPC_MESSAGE_VIEW_ATTRIBUTE))
		return;
	for (SIZE_T i = 0; i < attributes->view.ViewSize; i++)
		ask->value += bytes[i];
	ask->status = (uint32_t)NtAlpcDeleteSectionView(
	    server->port, 0, attributes->view.ViewBase);
}

static void
copy(struct server *server, PPORT_MESSAGE message, struct ask *ask)
{
	unsigned char *bytes = malloc(ask->value + 1);
	SIZE_T done = 0;
	bool writes = ask->operation == WRITE;

	if (!bytes)
		fatal("out of memory");
	memset(bytes, 'w', ask->value);
	ask->status =
	    (uint32_t)(writes ? NtWriteRequestData : NtReadRequestData)(
		server->port, message, ask->index, bytes, ask->value, &done);
	server->status = ask->status;
	ask->value = writes ? done : bytes[0];
	free(bytes);
}

/* ---- requests ----------------------------------------------------------- */

static void
ask_back(struct server *server, struct ask *ask, ULONG id, HANDLE client)
{
	struct ask question;
	union message reply;
	SIZE_T length = sizeof reply;
	bool waits = ask->operation == ASK_BACK;

	ask_begin(&question, ASK_BACK, sizeof question);
	question.header.MessageId = id;
	question.value = ask->value;
	ask->status = (uint32_t)NtAlpcSendWaitReceivePort(client,
	    ALPC_MSGFLG_SYNC_REQUEST, &question.header, NULL, &reply.header,
	    &length, NULL, within(waits ? 10000 : 0));
	server->status = ask->status;
	ask->value = ask->status == 0 ? reply.ask.value : 0;
}

static void
open_sender(struct server *server, struct ask *ask, PPORT_MESSAGE message)
{
	HANDLE process = NULL;

	ask->status = (uint32_t)NtAlpcOpenSenderProcess(&process, server->port,
	    message, 0, PROCESS_QUERY_LIMITED_INFORMATION, NULL);
	if (ask->status == 0)
		ask->status = (uint32_t)NtClose(process);
	ask->value = (ULONG_PTR)message->ClientId.UniqueProcess;
}

/* What is left to do when the answer has gone. */
static void
follow_up(struct server *server, uint32_t operation, PPORT_MESSAGE message,
    HANDLE client)
{
	struct ask ask;
	ULONG id = message->MessageId;
	char byte;

	ask_begin(&ask, operation, sizeof ask);
	switch (operation) {
	case READ_LATE:
		server->status = (uint32_t)NtReadRequestData(
		    server->port, message, 0, &byte, 1, NULL);
		break;
	case ANSWER_TWICE:
		server->status =
		    (uint32_t)answer(server, id, &ask, sizeof ask, NULL);
		break;
	case PUSH:
		ask.value = 4711;
		server->status = (uint32_t)NtAlpcSendWaitReceivePort(
		    client, 0, &ask.header, NULL, NULL, NULL, NULL, NULL);
		break;
	case DISCONNECT:
		need(NtAlpcDisconnectPort(client, 0), "NtAlpcDisconnectPort");
		server->status = (uint32_t)NtAlpcSendWaitReceivePort(
		    client, 0, &ask.header, NULL, NULL, NULL, NULL, NULL);
		break;
	case HANG_UP:
		need(NtClose(client), "NtClose");
		break;
	default:
		break;
	}
}

/* The value that the answer to simple questions has. */
static void
look(struct server *server, struct ask *ask,
    const struct attributes *attributes, HANDLE client)
{
	union message none;
	SIZE_T length = sizeof none;

	switch (ask->operation) {
	case TELL:
		ask->value = server->status;
		break;
	case KEPT:
		ask->value = server->kept_count;
		ask->status =
		    server
			->kept[server->kept_count ? server->kept_count - 1 : 0];
		break;
	case CONTEXT:
		ask->value = (ULONG_PTR)attributes->context.PortContext;
		break;
	case CLOSED:
		ask->value = server->closed;
		ask->status = server->last_closed;
		break;
	case RECEIVE_OWN:
		ask->value = (uint32_t)NtAlpcSendWaitReceivePort(client, 0,
		    NULL, NULL, &none.header, &length, NULL, within(10));
		break;
	case ANSWER_WRONG:
		server->status = (uint32_t)answer(
		    server, 0xfff00001, ask, sizeof *ask, NULL);
		break;
	case STOP:
		server->stopped = true;
		break;
	default:
		break;
	}
}

static void
handle(struct server *server, union message *message,
    struct attributes *attributes)
{
	PORT_MESSAGE header = message->header;
	struct ask ask = message->ask;
	/* what is too short for a request comes back */
	uint32_t operation = (USHORT)header.u1.s1.TotalLength < sizeof ask
				 ? ECHO
				 : ask.operation;
	ULONG id = header.MessageId;
	HANDLE client =
	    server->clients[(ULONG_PTR)attributes->context.PortContext];
	ALPC_CONTEXT_ATTR context = {.MessageId = id};

	switch (operation) {
	case KEEP:
		if (server->kept_count < MOST_KEPT)
			server->kept[server->kept_count++] = id;
		return;
	case CANCEL:
		server->status =
		    (uint32_t)NtAlpcCancelMessage(server->port, 0, &context);
		return;
	case BIG:
		answer_big(server, id, ask.value);
		return;
	case VIEW_BACK:
		answer_view(server, id, ask.value);
		return;
	case ECHO:
		answer(server, id, &message->ask,
		    (USHORT)header.u1.s1.TotalLength, NULL);
		return;
	case ANSWER_KEPT:
		answer_kept(server);
		break;
	case SUM:
		sum(server, &ask, attributes);
		break;
	case READ:
	case READ_LATE:
	case WRITE:
		copy(server, &header, &ask);
		break;
	case ASK_BACK:
	case ASK_BRIEFLY:
		ask_back(server, &ask, id, client);
		break;
	case SENDER:
		open_sender(server, &ask, &header);
		break;
	default:
		look(server, &ask, attributes, client);
	}
	answer(server, id, &ask, sizeof ask, NULL);
	follow_up(server, operation, &header, client);
}

/* ---- connections -------------------------------------------------------- */

static void
connection(struct server *server, union message *message)
{
	size_t length = (USHORT)message->header.u1.s1.DataLength;
	bool accept =
	    length == 0 ||
	    (length == 3 && memcmp(&message->header + 1, "yes", 3) == 0);
	size_t context = server->client_count + 1;

	memcpy(&message->header + 1, accept ? "welcome" : "refused", 7);
	message->header.u1.s1.DataLength = 7;
	message->header.u1.s1.TotalLength = sizeof message->header + 7;
	if (NtAlpcAcceptConnectPort(&server->clients[context], server->port, 0,
		NULL, NULL, (PVOID)(ULONG_PTR)context, &message->header, NULL,
		accept) == STATUS_SUCCESS &&
	    accept)
		server->client_count = context;
}

void
serve(HANDLE port)
{
	static struct server server;
	static union message message;
	struct attributes attributes;
	SIZE_T length;

	memset(&server, 0, sizeof server);
	server.port = port;
	while (!server.stopped) {
		attributes_begin(&attributes);
		length = sizeof message;
		need(NtAlpcSendWaitReceivePort(port, 0, NULL, NULL,
			 &message.header, &length, &attributes.head, NULL),
		    "the server");
		switch (message.header.u2.s2.Type & 0xff) {
		case LPC_CONNECTION_REQUEST:
			connection(&server, &message);
			break;
		case LPC_PORT_CLOSED:
			server.closed++;
			server.last_closed =
			    (ULONG_PTR)attributes.context.PortContext;
			NtClose(server.clients[server.last_closed]);
			break;
		default:
			handle(&server, &message, &attributes);
		}
	}
	need(NtClose(port), "NtClose");
}

/* ---- its thread or process ---------------------------------------------- */

static pthread_t thread;
static pid_t child;

static void *
run(void *text)
{
	HANDLE port;

	need(create_port(&port, text, 0), "the server's NtAlpcCreatePort");
	serve(port);
	return NULL;
}

void
server_start(const char *text, bool process)
{
	child = process ? fork() : 0;
	if (child == -1)
		die("fork");
	if (process && child == 0) {
		run((void *)(uintptr_t)text);
		_exit(0);
	}
	if (!process &&
	    pthread_create(&thread, NULL, run, (void *)(uintptr_t)text) != 0)
		fatal("pthread_create failed");
}

void
server_wait(void)
{
	int status = 0;

	if (child == 0)
		pthread_join(thread, NULL);
	else if (waitpid(child, &status, 0) == -1 || status != 0)
		fatal("the server ended with %d", status);
}
