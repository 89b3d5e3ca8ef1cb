#include "tests/alpc_facts.h"

#include <pthread.h>
#include <string.h>

enum { THREADS = 20 };

/* ---- sizes -------------------------------------------------------------- */

/* Sends SIZE bytes of data and compares what comes back. */
static NTSTATUS
echo(HANDLE port, size_t size)
{
	static union message message, answer;
	SIZE_T length = sizeof answer;
	NTSTATUS status;

	memset(&message, 'e', sizeof message);
	memset(&message.header, 0, sizeof message.header);
	message.ask.operation = ECHO;
	message.header.u1.s1.DataLength = (CSHORT)size;
	message.header.u1.s1.TotalLength =
	    (CSHORT)(size + sizeof message.header);
	status = NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
	    &message.header, NULL, &answer.header, &length, NULL, NULL);
	if (status == STATUS_SUCCESS &&
	    (length != size + sizeof message.header ||
		memcmp(&message.header + 1, &answer.header + 1, size) != 0))
		fatal("%zu bytes came back as others", size);
	return status;
}

static void
size_facts(HANDLE port)
{
	static const size_t right[] = {
	    0, 1, 255, 256, 257, 4096, 65279, 65478, 65479};
	HANDLE small, client;

	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
		fact("so many bytes there and back",
		    (uint32_t)echo(port, right[i]), 0);
	fact("one more", (uint32_t)echo(port, 65480),
	    (uint32_t)STATUS_PORT_MESSAGE_TOO_LONG);
	fact("64 KiB in all", (uint32_t)echo(port, 65536 - 40),
	    (uint32_t)STATUS_INVALID_PARAMETER);
	need(create_port(&small, "small", 140), "create_port");
	need(NtClose(small), "NtClose");
	need(NtAlpcConnectPort(&client, name_of("conformance"), NULL,
		 &(ALPC_PORT_ATTRIBUTES){.MaxMessageLength = 140}, 0, NULL,
		 NULL, NULL, NULL, NULL, NULL),
	    "NtAlpcConnectPort");
	fact("up to a port's own maximum", (uint32_t)echo(client, 100), 0);
	fact("and no more", (uint32_t)echo(client, 101),
	    (uint32_t)STATUS_PORT_MESSAGE_TOO_LONG);
	need(NtClose(client), "NtClose");
}

static void
header_facts(HANDLE port)
{
	union message answer;
	struct ask ask;
	SIZE_T length = 50;
	const CSHORT flag = LPC_CONTINUATION_REQUIRED;

	ask_begin(&ask, SENDER, sizeof ask);
	ask.header.ClientId.UniqueProcess = (HANDLE)(ULONG_PTR)1;
	ask.header.u2.s2.Type = LPC_CLIENT_DIED;
	need(ask_for(port, &ask, NULL, &answer), "SENDER");
	fact(
	    "the sender is who it is", answer.ask.value, GetCurrentProcessId());
	fact("its process can be opened", answer.ask.status, 0);
	fact("a reply reads LPC_REQUEST",
	    (unsigned)(answer.header.u2.s2.Type & ~flag), LPC_REQUEST);
	fact("with its request's id", answer.header.MessageId,
	    ask.header.MessageId);
	ask_begin(&ask, ECHO, sizeof ask);
	fact("too small for a reply",
	    (uint32_t)NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
		&ask.header, NULL, &answer.header, &length, NULL, NULL),
	    (uint32_t)STATUS_BUFFER_TOO_SMALL);
	fact("that is how much it takes", length, sizeof ask);
}

/* ---- what the server says ----------------------------------------------- */

static void
answer_facts(HANDLE port)
{
	union message answer;
	struct ask ask;
	SIZE_T length = sizeof answer;

	ask_begin(&ask, CANCEL, sizeof ask);
	fact("a request that the server cancels",
	    (uint32_t)ask_for(port, &ask, NULL, &answer),
	    (uint32_t)STATUS_MESSAGE_LOST);
	fact("which returns", ask_value(port, TELL, 0), STATUS_PENDING);
	ask_value(port, ANSWER_TWICE, 0);
	fact("a second answer", ask_value(port, TELL, 0),
	    (uint32_t)STATUS_MESSAGE_NOT_FOUND);
	ask_value(port, ANSWER_WRONG, 0);
	fact("an answer to nothing", ask_value(port, TELL, 0),
	    (uint32_t)STATUS_MESSAGE_NOT_FOUND);
	fact("a server port receives nothing, in time",
	    ask_value(port, RECEIVE_OWN, 0), STATUS_TIMEOUT);
	ask_value(port, PUSH, 0);
	need(NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &answer.header,
		 &length, NULL, within(10000)),
	    "the server's message");
	fact("a message of the server's own", answer.ask.value, 4711);
	length = 10;
	ask_value(port, PUSH, 0);
	fact("too small for it",
	    (uint32_t)NtAlpcSendWaitReceivePort(port, 0, NULL, NULL,
		&answer.header, &length, NULL, within(10000)),
	    (uint32_t)STATUS_BUFFER_TOO_SMALL);
	need(NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &answer.header,
		 &length, NULL, within(10000)),
	    "the same message");
	fact("it comes the second time", answer.ask.value, 4711);
	ask_begin(&ask, BIG, sizeof ask);
	ask.value = 0xffef;
	need(ask_for(port, &ask, NULL, &answer), "BIG");
	fact("the longest answer", (USHORT)answer.header.u1.s1.TotalLength,
	    0xffef);
}

/* A client that waits no longer. */
static void
time_facts(HANDLE port)
{
	union message answer;
	struct ask ask;
	SIZE_T length = sizeof answer;
	LARGE_INTEGER past = {.QuadPart = 1};

	ask_begin(&ask, KEEP, sizeof ask);
	fact("no answer in time",
	    (uint32_t)NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
		&ask.header, NULL, &answer.header, &length, NULL, within(30)),
	    STATUS_TIMEOUT);
	ask_begin(&ask, KEEP, sizeof ask);
	fact("a time that is long ago",
	    (uint32_t)NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
		&ask.header, NULL, &answer.header, &length, NULL, &past),
	    STATUS_TIMEOUT);
	fact("the next request has its own answer",
	    ask_value(port, ANSWER_KEPT, 5), 5);
	fact("the late answers were for nobody", ask_value(port, TELL, 0),
	    (uint32_t)STATUS_REQUEST_CANCELED);
	fact("and nothing is left",
	    (uint32_t)NtAlpcSendWaitReceivePort(
		port, 0, NULL, NULL, &answer.header, &length, NULL, within(0)),
	    STATUS_TIMEOUT);
}

/* What isn't waited for, and is answered. */
static void
unawaited_facts(HANDLE port)
{
	union message answer;
	struct ask ask;
	uint64_t value = 0;

	for (uint64_t i = 0; i < 3; i++) {
		ask_begin(&ask, ECHO, sizeof ask);
		ask.value = i;
		need(NtAlpcSendWaitReceivePort(
			 port, 0, &ask.header, NULL, NULL, NULL, NULL, NULL),
		    "a message");
	}
	for (int i = 0; i < 3; i++) {
		SIZE_T length = sizeof answer;
		need(NtAlpcSendWaitReceivePort(port, 0, NULL, NULL,
			 &answer.header, &length, NULL, within(10000)),
		    "an answer");
		value = value * 10 + answer.ask.value;
	}
	fact("answers to what wasn't waited for, in order", value, 12);
}

static void
context_facts(HANDLE port)
{
	struct attributes attributes;
	union message answer;
	struct ask ask;

	attributes_begin(&attributes);
	attributes.context.MessageContext = &ask;
	attributes.head.ValidAttributes = ALPC_MESSAGE_CONTEXT_ATTRIBUTE;
	ask_begin(&ask, ECHO, sizeof ask);
	need(ask_for(port, &ask, &attributes, &answer), "ECHO");
	fact("the reply brings the request's context",
	    attributes.context.MessageContext == &ask, 1);
	fact("and its id", attributes.context.MessageId, ask.header.MessageId);
	attributes.head.AllocatedAttributes |= ALPC_MESSAGE_HANDLE_ATTRIBUTE;
	attributes.head.ValidAttributes = ALPC_MESSAGE_HANDLE_ATTRIBUTE;
	fact("a HANDLE attribute",
	    (uint32_t)ask_for(port, &ask, &attributes, &answer),
	    (uint32_t)STATUS_NOT_SUPPORTED);
	attributes_begin(&attributes);
	attributes.head.ValidAttributes = ALPC_MESSAGE_HANDLE_ATTRIBUTE;
	fact("one without room",
	    (uint32_t)ask_for(port, &ask, &attributes, &answer),
	    (uint32_t)STATUS_INVALID_PARAMETER);
}

void
message_facts(HANDLE port)
{
	size_facts(port);
	header_facts(port);
	answer_facts(port);
	time_facts(port);
	unawaited_facts(port);
	context_facts(port);
}

/* ---- threads ------------------------------------------------------------ */

struct asker {
	HANDLE port;
	pthread_t thread;
	struct ask ask;
	union message answer;
	NTSTATUS status;
};

static void *
ask_in_thread(void *argument)
{
	struct asker *asker = argument;

	asker->status = ask_for(asker->port, &asker->ask, NULL, &asker->answer);
	return NULL;
}

static void
start(struct asker *asker, HANDLE port, uint32_t operation)
{
	memset(asker, 0, sizeof *asker);
	asker->port = port;
	ask_begin(&asker->ask, operation, sizeof asker->ask);
	if (pthread_create(&asker->thread, NULL, ask_in_thread, asker) != 0)
		fatal("pthread_create failed");
}

/* Waits until the server has kept COUNT; the last one's id. */
static ULONG
wait_until_kept(HANDLE port, uint64_t count)
{
	union message answer;
	struct ask ask;

	do {
		ask_begin(&ask, KEPT, sizeof ask);
		need(ask_for(port, &ask, NULL, &answer), "KEPT");
	} while (answer.ask.value != count);
	return (ULONG)answer.ask.status;
}

static void
cancel_facts(HANDLE port)
{
	static struct asker asker;
	ALPC_CONTEXT_ATTR context = {.MessageId = 0};

	start(&asker, port, KEEP);
	context.MessageId = wait_until_kept(port, 1);
	fact("to cancel what another thread waits for",
	    (uint32_t)NtAlpcCancelMessage(port, 0, &context), STATUS_PENDING);
	pthread_join(asker.thread, NULL);
	fact("which ends its wait", (uint32_t)asker.status,
	    (uint32_t)STATUS_MESSAGE_LOST);
	ask_value(port, ANSWER_KEPT, 0);
}

/* Ends the port under a thread that waits. */
static void
end_under_facts(const char *server, HANDLE port)
{
	static struct asker asker;
	HANDLE own;

	for (int how = 0; how < 2; how++) {
		own = connect_to(server);
		start(&asker, own, KEEP);
		wait_until_kept(port, (uint64_t)how + 1);
		if (how == 0)
			need(NtAlpcDisconnectPort(own, 0), "disconnect");
		else
			need(NtClose(own), "NtClose");
		pthread_join(asker.thread, NULL);
		fact("a port that ends under who waits", (uint32_t)asker.status,
		    (uint32_t)STATUS_PORT_DISCONNECTED);
		if (how == 0)
			need(NtClose(own), "NtClose");
	}
}

void
thread_facts(const char *server, HANDLE port)
{
	static struct asker askers[THREADS];
	uint64_t sum = 0, right = 0;

	for (int i = 0; i < THREADS; i++)
		start(&askers[i], port, KEEP);
	wait_until_kept(port, THREADS);
	ask_value(port, ANSWER_KEPT, 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(askers[i].thread, NULL);
		need(askers[i].status, "a thread's request");
		sum += askers[i].answer.ask.value;
	}
	fact("twenty requests at once, answered the last first", sum,
	    THREADS * (THREADS - 1) / 2);
	for (int i = 0; i < THREADS; i++)
		start(&askers[i], port, SENDER);
	right = 0;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(askers[i].thread, NULL);
		right += askers[i].answer.header.MessageId ==
			 askers[i].ask.header.MessageId;
	}
	fact("twenty threads, each with its own reply", right, THREADS);
	cancel_facts(port);
	end_under_facts(server, port);
	ask_value(port, ANSWER_KEPT, 0);
}

/* ---- callbacks ---------------------------------------------------------- */

void
callback_facts(const char *server, HANDLE port)
{
	HANDLE other = connect_to(server);
	union message message;
	struct ask ask, answer;
	SIZE_T length = sizeof message;

	ask_begin(&ask, ASK_BACK, sizeof ask);
	ask.value = 20;
	need(ask_for(port, &ask, NULL, &message), "ASK_BACK");
	fact("a callback has an id", message.header.CallbackId != 0, 1);
	fact("and its request's", message.header.MessageId,
	    ask.header.MessageId);
	ask_begin(&answer, ASK_BACK, sizeof answer);
	answer.header.MessageId = message.header.MessageId;
	answer.header.CallbackId = message.header.CallbackId;
	answer.value = message.ask.value + 1;
	need(NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_REPLY_MESSAGE,
		 &answer.header, NULL, &message.header, &length, NULL,
		 within(10000)),
	    "the callback's answer");
	fact("then the request's own reply", message.header.CallbackId, 0);
	fact("which knows of it", message.ask.value, 21);

	/* the server doesn't wait: the reply is there before the answer */
	ask_begin(&ask, ASK_BRIEFLY, sizeof ask);
	need(ask_for(port, &ask, NULL, &message), "ASK_BRIEFLY");
	fact("the server's wait is over", ask_value(other, TELL, 0),
	    STATUS_TIMEOUT);
	answer.header.MessageId = message.header.MessageId;
	answer.header.CallbackId = message.header.CallbackId;
	length = sizeof message;
	fact("a callback that nobody waits for",
	    (uint32_t)NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_REPLY_MESSAGE,
		&answer.header, NULL, &message.header, &length, NULL,
		within(10000)),
	    0);
	need(NtClose(other), "NtClose");
}
