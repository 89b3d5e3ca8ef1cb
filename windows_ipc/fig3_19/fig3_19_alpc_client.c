/*
 * Figure 3.19, the client: connects to ALPC's connection port, and sends a
 * message in one of the three ways.
 *
 * The client asks the server's connection port for a connection, gets its
 * communication port, sends the message, and prints how, why so, and what the
 * server answers. The way goes by the message's size, unless it is told: up to
 * 256 bytes through the port's queue; more through a section; more than the
 * section holds, and the server reads it from the client's memory.
 *
 * Usage:   fig3_19_alpc_client [--message=TEXT | --size=SIZE | --file=FILE]
 *              [--section=SIZE] [--technique=NAME] [--callback] [--diagram]
 * Partner: fig3_19_alpc_server; either may be started first.
 *
 * The figure is a diagram; the book has no program for it. 256 bytes is the
 * book's limit, the old LPC's: ALPC's queue takes almost 64 KiB. The same
 * source runs on Linux, on the layer in windows_ipc/ntalpc, and links for
 * Windows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "windows_ipc/fig3_19/diagram.h"
#include "windows_ipc/fig3_19/figure.h"
#include "windows_ipc/fig3_19/payload.h"

static const struct choice options[] = {
    {'n', "name", "NAME", "the server's name (" DEFAULT_NAME ")"},
    {'m', "message", "TEXT", "what to send (Greetings); - is standard input"},
    {'S', "size", "SIZE", "send so many bytes instead"},
    {'f', "file", "FILE", "send a file's bytes instead"},
    {'K', "section", "SIZE", "the section to set up for large messages (1MiB)"},
    {'T', "technique", "NAME", "queue, section or direct (by the size)"},
    {'C', "callback", NULL, "have the server ask back meanwhile (a model)"},
    {'D', "diagram", NULL, "draw the figure from both processes' objects"},
    {'w', "wait", "SECONDS", "wait so long for the server (0)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"forged-client", "put another process's number into the message",
	"The receiver's ClientId isn't the sender's to write: the system fills "
	"it in."},
    {"wild-pointer", "let the server read where the client has no memory",
	"The server gets an error, not a fault: the system does the reading."},
    {"late-read", "have the server read when it has answered",
	"The client's memory is open to the server only while the request "
	"waits "
	"for its answer."},
    {"too-long", "send 64 KiB less 56 bytes of data through the queue",
	"Header and data may have 65519 bytes, 0xFFEF."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.19",
    .role = "client",
    .purpose = "Figure 3.19, the client: sends a message over ALPC, through "
	       "the port's queue, in\na section, or to be read where it is.",
    .example = "fig3_19_alpc_client --explain --wait=5 --size=4KiB",
    .options = options,
    .defects = defects,
};

/* What is to be sent, and how. */
struct plan {
	const char *name;
	struct payload payload;
	size_t section_size;
	enum technique technique;
	uint32_t wishes;
};

static HANDLE port;
static ALPC_DATA_VIEW_ATTR view; /* of the section, if there is one */
static size_t section_size;

/* ---- connecting --------------------------------------------------------- */

static _Noreturn void
die_refused(const union message *answer, const char *name)
{
	int length = (USHORT)answer->header.u1.s1.DataLength;
	char text[SMALL + 1] = "";

	memcpy(text, &answer->header + 1,
	    (size_t)(length < SMALL ? length : SMALL));
	nt_die_next(STATUS_PORT_CONNECTION_REFUSED, *text ? text : NULL,
	    "NtAlpcConnectPort %s%s", DIRECTORY, name);
}

/* Asks for a connection, for so many seconds while there is no such name. */
static void
connect_to(const char *name, double seconds)
{
	static union message message;
	PUNICODE_STRING text = port_name(name);
	NTSTATUS status;

	for (bool first = true;; first = false) {
		SIZE_T length = sizeof message;
		begin_message(&message.header, sizeof message.header);
		if (first)
			step(name, "Open the connection port by its name, and "
				   "send a connection request. When the server "
				   "accepts, the client communication port "
				   "comes back.");
		status = NtAlpcConnectPort(&port, text, NULL, NULL, 0, NULL,
		    &message.header, &length, NULL, NULL, NULL);
		if (status != STATUS_OBJECT_NAME_NOT_FOUND || seconds <= 0)
			break;
		system_sleep(0.01);
		seconds -= 0.01;
	}
	if (status == STATUS_PORT_CONNECTION_REFUSED)
		die_refused(&message, name);
	nt_check(status, "NtAlpcConnectPort %s%s", DIRECTORY, name);
	returned("%s, handle 0x%x", nt_result(status), number_of(port));
}

static void
make_section(size_t size, size_t view_size)
{
	step("section", "Set up a section for large messages: memory that both "
			"will have mapped.");
	NTSTATUS status = NtAlpcCreatePortSection(
	    port, 0, NULL, size, &view.SectionHandle, &section_size);
	nt_check(status, "NtAlpcCreatePortSection of %zu bytes", size);
	returned("%s, %zu bytes", nt_result(status), section_size);
	view.ViewSize = view_size;
	step("section", "Map a view of it here.");
	status = NtAlpcCreateSectionView(port, 0, &view);
	nt_check(status, "NtAlpcCreateSectionView of %zu bytes of %zu",
	    view_size, section_size);
	returned("%s, at %p", nt_result(status), view.ViewBase);
}

/* ---- sending ------------------------------------------------------------ */

/* Begins a request of SIZE bytes. Whose it is the system says. */
static void
begin_request(union message *message, size_t size)
{
	begin_message(&message->header, size);
	if (broken("forged-client"))
		message->header.ClientId.UniqueProcess = (HANDLE)(uintptr_t)1;
}

/* Answers what the server asks, and goes on waiting for the reply. */
static NTSTATUS
answer_callback(union message *message, uint64_t length)
{
	struct question answer;
	SIZE_T room = sizeof *message;

	begin_message(&answer.header, sizeof answer);
	answer.header.MessageId = message->header.MessageId;
	answer.header.CallbackId = message->header.CallbackId;
	answer.length = length;
	printf("callback: the server asks, the client answers\n");
	step("callback", "The server asks back. Answer, and wait for the reply "
			 "to the request.");
	NTSTATUS status =
	    NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_REPLY_MESSAGE,
		&answer.header, NULL, &message->header, &room, NULL, NULL);
	returned("%s", nt_result(status));
	return status;
}

/* Takes the reply, callbacks before it included. */
static struct reply
take_reply(NTSTATUS status, union message *message, uint64_t length)
{
	while (status == STATUS_SUCCESS && message->header.CallbackId != 0)
		status = answer_callback(message, length);
	nt_check(status, "NtAlpcSendWaitReceivePort");
	if (!is_message_of(&message->header, sizeof message->reply))
		fatal("the answer is none of fig3_19_alpc_server's");
	return message->reply;
}

static struct reply
send_by_queue(const struct plan *plan, union message *message)
{
	size_t length = plan->payload.length;
	size_t size = sizeof message->request + length;
	SIZE_T room = sizeof *message;

	if (broken("too-long"))
		size = sizeof message->header + 65480;
	begin_request(message, size);
	if (length > sizeof *message - sizeof message->request)
		length = sizeof *message - sizeof message->request;
	memcpy(&message->request + 1, plan->payload.bytes, length);
	step("queue",
	    "Send the message, its %zu byte%s with it: copied "
	    "into the port's queue, and out of it. Wait for the reply.",
	    length, plural(length));
	NTSTATUS status =
	    NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
		&message->header, NULL, &message->header, &room, NULL, NULL);
	returned("%s", nt_result(status));
	broke("too-long", "data and header have %zu bytes", size);
	if (status == STATUS_INVALID_PARAMETER)
		nt_die_next(status,
		    "the header has 16 bits for the length: another "
		    "--technique takes it",
		    "NtAlpcSendWaitReceivePort of %zu bytes", size);
	nt_check(status, "NtAlpcSendWaitReceivePort of %zu bytes", size);
	return take_reply(status, message, plan->payload.length);
}

static struct reply
send_by_section(const struct plan *plan, union message *message)
{
	union {
		ALPC_MESSAGE_ATTRIBUTES head;
		unsigned char bytes[64];
	} attributes;
	SIZE_T size, room = sizeof *message;

	begin_request(message, sizeof message->request);
	AlpcInitializeMessageAttribute(ALPC_MESSAGE_VIEW_ATTRIBUTE,
	    &attributes.head, sizeof attributes, &size);
	attributes.head.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
	memcpy(AlpcGetMessageAttribute(
		   &attributes.head, ALPC_MESSAGE_VIEW_ATTRIBUTE),
	    &view, sizeof view);

	step("section", "Write the bytes into the section.");
	memcpy(view.ViewBase, plan->payload.bytes, plan->payload.length);
	returned(
	    "%zu byte%s", plan->payload.length, plural(plan->payload.length));
	step("section", "Send a small message that says where in the section "
			"they are. Wait for the reply.");
	NTSTATUS status = NtAlpcSendWaitReceivePort(port,
	    ALPC_MSGFLG_SYNC_REQUEST, &message->header, &attributes.head,
	    &message->header, &room, NULL, NULL);
	returned("%s", nt_result(status));
	return take_reply(status, message, plan->payload.length);
}

static struct reply
send_direct(const struct plan *plan, union message *message)
{
	struct direct_request *direct = &message->direct;
	SIZE_T room = sizeof *message;

	begin_request(message, sizeof *direct);
	message->header.u2.s2.DataInfoOffset =
	    offsetof(struct direct_request, where);
	direct->where.CountDataEntries = 1;
	direct->where.DataEntries[0].Base = plan->payload.bytes;
	if (broken("wild-pointer"))
		direct->where.DataEntries[0].Base = (PVOID)(uintptr_t)16;
	direct->where.DataEntries[0].Size = (ULONG)plan->payload.length;
	step("direct",
	    "Send a small message that says where in this process "
	    "the bytes are. Until the reply the server may read them "
	    "there.");
	NTSTATUS status =
	    NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST,
		&message->header, NULL, &message->header, &room, NULL, NULL);
	returned("%s", nt_result(status));
	return take_reply(status, message, plan->payload.length);
}

static struct reply
send_payload(const struct plan *plan, uint32_t wishes)
{
	static struct reply (*const ways[TECHNIQUES])(const struct plan *,
	    union message *) = {send_by_queue, send_by_section, send_direct};
	static union message message;

	message.request.technique = plan->technique;
	message.request.wishes = wishes;
	message.request.length = plan->payload.length;
	return ways[plan->technique](plan, &message);
}

/* ---- the message -------------------------------------------------------- */

/* The book's rule. */
static enum technique
choose(size_t length, size_t section)
{
	return length <= SMALL ? QUEUE : length <= section ? SECTION : DIRECT;
}

static enum technique
parse_technique(const char *name)
{
	for (int i = 0; i < TECHNIQUES; i++)
		if (strcmp(name, technique_names[i]) == 0)
			return (enum technique)i;
	usage_error("--technique=%s: neither queue, section nor direct", name);
}

static void
print_reason(const struct plan *plan, bool forced)
{
	size_t length = plan->payload.length;

	printf("%s: ", technique_names[plan->technique]);
	if (forced)
		printf("--technique says so\n");
	else if (plan->technique == QUEUE)
		printf("%zu byte%s %s at most %d: copied through the port's "
		       "queue\n",
		    length, plural(length), length == 1 ? "is" : "are", SMALL);
	else if (plan->technique == SECTION)
		printf("%zu bytes are more than %d: in the section of %zu\n",
		    length, SMALL, section_size);
	else
		printf("%zu bytes are more than the section's %zu: the server "
		       "reads them here\n",
		    length, plan->section_size);
}

/* What the server's own calls returned. */
static void
check_reply(const struct reply *reply)
{
	if (reply->status == STATUS_PARTIAL_COPY)
		broke("wild-pointer", "the message says: at address 0x10");
	if (reply->status == STATUS_ACCESS_DENIED)
		nt_die_next(reply->status,
		    "kernel.yama.ptrace_scope must be 0 or 1; "
		    "--technique=section needs nothing",
		    "the server's NtReadRequestData");
	nt_check(reply->status, "the server's answer");
	if (broken("forged-client"))
		broke("forged-client",
		    "the message says it is from process 1, the server saw "
		    "process %u",
		    reply->sender);
}

/* The defect late-read: what the read after the reply returned. */
static void
ask_about_late_read(const struct plan *plan)
{
	struct plan again = *plan;

	again.technique = QUEUE;
	again.payload.length = 0;
	const struct reply reply = send_payload(&again, TELL_LATE);
	broke("late-read", "NtReadRequestData after the reply returned %s",
	    nt_result(reply.status));
}

static void
send_and_print(const struct plan *plan, bool draws)
{
	const struct reply reply = send_payload(plan, plan->wishes);

	check_reply(&reply);
	printf("%llu byte%s, cksum %u\n", (unsigned long long)reply.length,
	    plural(reply.length), reply.cksum);
	if (broken("late-read"))
		ask_about_late_read(plan);
	if (!draws)
		return;
	const struct diagram diagram = {plan->name, port, view.SectionHandle,
	    section_size, view.ViewBase, plan->technique, &reply};
	fflush(stdout);
	diagram_print(stderr, &diagram);
}

/* ---- the command line --------------------------------------------------- */

/* What a defect needs to be seen. */
static void
apply_defects(struct plan *plan, bool *forced)
{
	if (broken("wild-pointer") || broken("late-read"))
		plan->technique = DIRECT;
	if (broken("too-long"))
		plan->technique = QUEUE;
	if (broken("late-read"))
		plan->wishes |= READ_LATE;
	*forced |= any_broken() && !broken("forged-client");
}

static void
run(struct plan *plan, double wait, bool forced, bool draws)
{
	connect_to(plan->name, wait);
	if (!forced)
		plan->technique =
		    choose(plan->payload.length, plan->section_size);
	if (plan->technique == SECTION)
		make_section(plan->section_size,
		    plan->payload.length ? plan->payload.length : 1);
	print_reason(plan, forced);
	send_and_print(plan, draws);
	step(
	    plan->name, "Close the port. The server is told: LPC_PORT_CLOSED.");
	NTSTATUS status = NtClose(port);
	nt_check(status, "NtClose");
	returned("%s", nt_result(status));
}

int
figure_main(int argc, char *argv[])
{
	struct plan plan = {.name = DEFAULT_NAME,
	    .payload = {NULL, 0},
	    .section_size = 1024 * 1024,
	    .technique = QUEUE};
	bool forced = false, draws = false;
	double wait = 0;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			plan.name = optarg;
			break;
		case 'm':
			plan.payload = payload_of_text(optarg);
			break;
		case 'S':
			plan.payload =
			    payload_of_size(parse_size("--size", optarg));
			break;
		case 'f':
			plan.payload = payload_of_file(optarg);
			break;
		case 'K':
			plan.section_size = parse_size("--section", optarg);
			break;
		case 'T':
			plan.technique = parse_technique(optarg);
			forced = true;
			break;
		case 'C':
			plan.wishes |= ASK_BACK;
			break;
		case 'D':
			draws = true;
			break;
		case 'w':
			wait = parse_seconds("--wait", optarg);
			break;
		}
	if (!plan.payload.bytes)
		plan.payload = payload_of_text("Greetings");
	need_alpc();
	apply_defects(&plan, &forced);
	run(&plan, wait, forced, draws);
	free(plan.payload.bytes);
	close_stdout();
	return EXIT_SUCCESS;
}
