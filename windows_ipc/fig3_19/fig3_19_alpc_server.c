/*
 * Figure 3.19, the server: ALPC's connection port, its communication ports, and
 * the three ways in which a message comes.
 *
 * The server publishes a connection port, accepts who asks, and receives every
 * client's messages there. It takes each message the way that its client chose,
 * and answers with its length and checksum.
 *
 * Usage:   fig3_19_alpc_server [--name=NAME] [--clients=N] [--refuse=TEXT]
 * Partner: fig3_19_alpc_client; either may be started first.
 *
 * The figure is a diagram; the book has no program for it. The same source runs
 * on Linux, on the layer in windows_ipc/ntalpc, and links for Windows.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "windows_ipc/fig3_19/figure.h"

static const struct choice options[] = {
    {'n', "name", "NAME",
	"the connection port's, in \\RPC Control\\ (" DEFAULT_NAME ")"},
    {'c', "clients", "N", "end after so many clients (never)"},
    {'r', "refuse", "TEXT", "accept nobody, and say so"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.19",
    .role = "server",
    .purpose =
	"Figure 3.19, the server: an ALPC connection port, where each "
	"client's messages\ncome: through the queue, in a section, or to "
	"be read from the client's memory.",
    .example = "fig3_19_alpc_server --explain --clients=1",
    .options = options,
};

/* A client: the context that each of its messages brings. */
struct client {
	HANDLE port; /* the server communication port */
	unsigned process;
	NTSTATUS late; /* what a read after the answer returned */
};

/* Room for the attributes that messages may bring. */
union attributes {
	ALPC_MESSAGE_ATTRIBUTES head;
	unsigned char bytes[128];
};

static HANDLE connection_port;
static size_t clients_left;

/* ---- connecting --------------------------------------------------------- */

static void
create_port(const char *name)
{
	OBJECT_ATTRIBUTES object;
	ALPC_PORT_ATTRIBUTES attributes = {.MaxMessageLength = 0};

	attributes.MaxMessageLength = ALPC_MAX_ALLOWED_MESSAGE_LENGTH;
	attributes.MaxSectionSize = LONGEST;
	attributes.MaxViewSize = LONGEST;
	attributes.MaxTotalSectionSize = LONGEST;
	InitializeObjectAttributes(&object, port_name(name), 0, NULL, NULL);

	step(name, "Publish the connection port. Clients find it by its name, "
		   "and all their messages come here.");
	NTSTATUS status =
	    NtAlpcCreatePort(&connection_port, &object, &attributes);
	nt_check(status, "NtAlpcCreatePort %s%s", DIRECTORY, name);
	returned(
	    "%s, handle 0x%x", nt_result(status), number_of(connection_port));
}

/* Answers a connection request: with a port of its own for the client, or, when
 * there is a REFUSAL, with that. */
static void
answer_connection(union message *message, const char *refusal)
{
	struct client *client = calloc(1, sizeof *client);
	ULONG id = message->header.MessageId;
	size_t length = refusal ? strlen(refusal) : 0;

	if (!client)
		fatal("out of memory");
	client->process = number_of(message->header.ClientId.UniqueProcess);
	begin_message(&message->header, sizeof message->header + length);
	message->header.MessageId = id;
	memcpy(&message->header + 1, refusal ? refusal : "", length);
	step("connection request",
	    refusal ? "Refuse it: the client gets no port, but a message."
		    : "Accept it: that makes the pair of communication ports, "
		      "the client's and, with this handle, the server's.");
	NTSTATUS status =
	    NtAlpcAcceptConnectPort(&client->port, connection_port, 0, NULL,
		NULL, client, &message->header, NULL, !refusal);
	if (status == STATUS_REQUEST_CANCELED) { /* it asked and has gone */
		free(client);
		return;
	}
	nt_check(status, "NtAlpcAcceptConnectPort");
	returned(refusal ? "%s" : "%s, handle 0x%x", nt_result(status),
	    number_of(client->port));
	if (refusal) {
		printf("client %u: refused\n", client->process);
		free(client);
		clients_left++;
	}
}

/* The client has closed its port, or died. */
static void
forget_client(struct client *client)
{
	printf("client %u: left\n", client->process);
	step("LPC_PORT_CLOSED", "The client has gone: close the server's end.");
	NTSTATUS status = NtClose(client->port);
	nt_check(status, "NtClose of the server communication port");
	returned("%s", nt_result(status));
	free(client);
	clients_left++;
}

/* ---- the three techniques ----------------------------------------------- */

/* The message's bytes, where the section has them; null when none came. */
static const ALPC_DATA_VIEW_ATTR *
view_of(union attributes *attributes)
{
	if (!(attributes->head.ValidAttributes & ALPC_MESSAGE_VIEW_ATTRIBUTE))
		return NULL;
	return AlpcGetMessageAttribute(
	    &attributes->head, ALPC_MESSAGE_VIEW_ATTRIBUTE);
}

static void
take_from_section(const struct client *client, union attributes *attributes,
    struct reply *reply)
{
	const ALPC_DATA_VIEW_ATTR *view = view_of(attributes);

	if (!view || reply->length > view->ViewSize) {
		reply->status = STATUS_INVALID_PARAMETER;
		return;
	}
	reply->view = (uintptr_t)view->ViewBase;
	reply->cksum = cksum(view->ViewBase, (size_t)reply->length);
	step("section", "Give the view back. The section stays mapped for the "
			"client's next message.");
	NTSTATUS status =
	    NtAlpcDeleteSectionView(client->port, 0, view->ViewBase);
	nt_check(status, "NtAlpcDeleteSectionView");
	returned("%s", nt_result(status));
}

static void
read_from_client(union message *message, struct reply *reply)
{
	size_t length = (size_t)reply->length, done = 0;
	void *bytes = malloc(length + 1);

	if (!bytes) {
		reply->status = STATUS_NO_MEMORY;
		return;
	}
	step("the client's memory",
	    "Read %zu byte%s where the client said they are. That works while "
	    "it waits for the answer.",
	    length, plural(length));
	NTSTATUS status = NtReadRequestData(
	    connection_port, &message->header, 0, bytes, length, &done);
	returned("%s, %zu byte%s", nt_result(status), done, plural(done));
	reply->status = status;
	if (status == STATUS_SUCCESS)
		reply->cksum = cksum(bytes, length);
	free(bytes);
}

static void
take(const struct client *client, union message *message,
    union attributes *attributes, struct reply *reply)
{
	const struct request *request = &message->request;

	bool whole = request->technique != QUEUE ||
		     is_message_of(&message->header,
			 sizeof *request + (size_t)request->length);

	reply->length = request->length;
	if (request->length > LONGEST || !whole)
		reply->status = STATUS_INVALID_PARAMETER;
	else if (request->technique == SECTION)
		take_from_section(client, attributes, reply);
	else if (request->technique == DIRECT)
		read_from_client(message, reply);
	else
		reply->cksum = cksum(request + 1, (size_t)request->length);
}

/* ---- requests ----------------------------------------------------------- */

/* In the midst of a request, asks its client how long the message is. */
static NTSTATUS
ask_back(const struct client *client, ULONG id, uint64_t *length)
{
	union message answer;
	struct question question;
	SIZE_T room = sizeof answer;

	begin_message(&question.header, sizeof question);
	question.header.MessageId = id;
	question.length = 0;
	step("callback", "Ask the client back, and wait for its answer; it "
			 "waits for ours meanwhile.");
	NTSTATUS status = NtAlpcSendWaitReceivePort(client->port,
	    ALPC_MSGFLG_SYNC_REQUEST, &question.header, NULL, &answer.header,
	    &room, NULL, timeout_of(10));
	returned("%s", nt_result(status));
	if (status == STATUS_SUCCESS &&
	    !is_message_of(&answer.header, sizeof answer.question))
		status = STATUS_INVALID_PARAMETER;
	*length = status == STATUS_SUCCESS ? answer.question.length : 0;
	return status;
}

/* The same read once more, now that the client has its answer. */
static void
read_late(struct client *client, union message *message)
{
	char byte;

	step("the client's memory", "Read there again, after the answer.");
	client->late = NtReadRequestData(
	    connection_port, &message->header, 0, &byte, 1, NULL);
	returned("%s", nt_result(client->late));
}

static void
answer_request(
    struct client *client, union message *message, union attributes *attributes)
{
	const struct request request = message->request;
	struct reply reply;
	uint64_t told = request.length;

	memset(&reply, 0, sizeof reply);
	begin_message(&reply.header, sizeof reply);
	reply.header.MessageId = message->header.MessageId;
	reply.sender = number_of(message->header.ClientId.UniqueProcess);
	reply.process = (uint32_t)GetCurrentProcessId();
	reply.connection_port = number_of(connection_port);
	reply.server_port = number_of(client->port);
	take(client, message, attributes, &reply);
	if (request.wishes & ASK_BACK)
		reply.status = ask_back(client, reply.header.MessageId, &told);
	if (request.wishes & TELL_LATE)
		reply.status = client->late;
	else if (reply.status == STATUS_SUCCESS)
		printf("client %u: %s, %llu byte%s, cksum %u\n", reply.sender,
		    technique_names[request.technique],
		    (unsigned long long)reply.length, plural(reply.length),
		    reply.cksum);
	if (told != request.length)
		reply.status = STATUS_INVALID_PARAMETER;
	step("reply", "Answer. The message's id says which request it is for; "
		      "any order will do.");
	NTSTATUS status =
	    NtAlpcSendWaitReceivePort(client->port, ALPC_MSGFLG_RELEASE_MESSAGE,
		&reply.header, NULL, NULL, NULL, NULL, NULL);
	returned("%s", nt_result(status)); /* the client may have gone */
	if (request.wishes & READ_LATE)
		read_late(client, message);
}

static struct client *
client_of(union attributes *attributes)
{
	const ALPC_CONTEXT_ATTR *context = AlpcGetMessageAttribute(
	    &attributes->head, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);

	return context->PortContext;
}

/* Receives the next message of any client's. */
static void
receive(union message *message, union attributes *attributes)
{
	SIZE_T length = sizeof *message, size;

	AlpcInitializeMessageAttribute(
	    ALPC_MESSAGE_VIEW_ATTRIBUTE | ALPC_MESSAGE_CONTEXT_ATTRIBUTE,
	    &attributes->head, sizeof *attributes, &size);
	step("connection port", "Wait for the next message, whichever client "
				"it is from.");
	NTSTATUS status = NtAlpcSendWaitReceivePort(connection_port, 0, NULL,
	    NULL, &message->header, &length, &attributes->head, NULL);
	nt_check(status, "NtAlpcSendWaitReceivePort");
	returned("%s, %d byte%s from process %u",
	    message_type(&message->header),
	    (USHORT)message->header.u1.s1.DataLength,
	    plural((USHORT)message->header.u1.s1.DataLength),
	    number_of(message->header.ClientId.UniqueProcess));
}

static bool
is_request(const union message *message)
{
	return (USHORT)message->header.u1.s1.TotalLength >=
		   sizeof message->request &&
	       message->request.technique < TECHNIQUES;
}

/* What came is none of fig3_19_alpc_client's: whoever waits shall not wait for
 * ever. */
static void
cancel(ULONG id)
{
	ALPC_CONTEXT_ATTR context = {.MessageId = id};

	NtAlpcCancelMessage(connection_port, 0, &context);
}

static void
serve(size_t clients, const char *refusal)
{
	static union message message;
	union attributes attributes;

	while (clients == 0 || clients_left < clients) {
		receive(&message, &attributes);
		switch (message.header.u2.s2.Type & 0xff) {
		case LPC_CONNECTION_REQUEST:
			answer_connection(&message, refusal);
			break;
		case LPC_PORT_CLOSED:
			forget_client(client_of(&attributes));
			break;
		default:
			if (is_request(&message))
				answer_request(client_of(&attributes), &message,
				    &attributes);
			else
				cancel(message.header.MessageId);
		}
		if (fflush(stdout) != 0)
			die("write standard output");
	}
}

int
figure_main(int argc, char *argv[])
{
	const char *name = DEFAULT_NAME, *refusal = NULL;
	size_t clients = 0;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			name = optarg;
			break;
		case 'c':
			clients = parse_count("--clients", optarg, 1, INT_MAX);
			break;
		case 'r':
			refusal = optarg;
			break;
		}
	if (refusal && strlen(refusal) > SMALL)
		usage_error("--refuse: more than %d bytes", SMALL);
	need_alpc();
	create_port(name);
	serve(clients, refusal);
	step(name, "Close the connection port: the name is free, and nobody "
		   "can connect.");
	NTSTATUS status = NtClose(connection_port);
	nt_check(status, "NtClose of the connection port");
	returned("%s", nt_result(status));
	close_stdout();
	return EXIT_SUCCESS;
}
