/*
 * What the ALPC conformance program is written with: facts, which are TAP
 * lines, a server that does what it is asked to, and a client's calls.
 */
#ifndef TESTS_ALPC_FACTS_H
#define TESTS_ALPC_FACTS_H

#include <ntlpcapi.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/common.h"

/* ---- facts --------------------------------------------------------------- */

/* One TAP line: whether GOT is EXPECTED. */
void fact(const char *name, uint64_t got, uint64_t expected);

/* Ends the report: prints the plan, returns the exit status. */
int facts_end(void);

/* Something that a fact needs failed: ends the program. */
void need(NTSTATUS status, const char *what);

/* ---- names and times ----------------------------------------------------- */

/* "\RPC Control\TEXT", in a buffer that stays. */
PUNICODE_STRING name_of(const char *text);

/* A connection port of that name; MAXIMUM as MaxMessageLength. */
NTSTATUS create_port(HANDLE *port, const char *text, size_t maximum);

/* So many milliseconds, in a buffer of the thread's. */
PLARGE_INTEGER within(long milliseconds);

/* ---- the server ---------------------------------------------------------- */

/* What a request asks the server to do. */
enum {
	ECHO = 1,     /* send the data back */
	KEEP,         /* no answer yet; the first word comes with it */
	KEPT,         /* how many are kept; the last one's id */
	ANSWER_KEPT,  /* answer all that was kept, the last first, then this */
	CANCEL,       /* cancel this one */
	SUM,          /* of the view's bytes */
	READ,         /* VALUE bytes of entry INDEX; the first comes back */
	WRITE,        /* VALUE bytes of 'w' into entry INDEX */
	READ_LATE,    /* answer, then read again; TELL tells the status */
	ANSWER_TWICE, /* answer, then again; TELL tells the status */
	ANSWER_WRONG, /* answer another id first; TELL tells the status */
	TELL,         /* what the last of these returned */
	CONTEXT,      /* the context that came */
	CLOSED,       /* how many clients have left; the last one's context */
	SENDER,       /* open the sender's process */
	PUSH,         /* answer, then send a message of the server's own */
	BIG,          /* answer with VALUE bytes */
	VIEW_BACK,    /* answer with a view of VALUE bytes of 'v' */
	ASK_BACK,     /* a callback: its answer's VALUE comes back */
	ASK_BRIEFLY,  /* one that doesn't wait for its answer */
	RECEIVE_OWN,  /* receive at the server communication port */
	DISCONNECT,   /* the server communication port, then send by it */
	HANG_UP,      /* close it */
	STOP
};

struct ask {
	PORT_MESSAGE header;
	uint32_t operation, index;
	uint64_t value, status;
	PORT_DATA_INFORMATION where;
	PORT_DATA_ENTRY more;
};

/* Room for the longest message. */
union message {
	PORT_MESSAGE header;
	struct ask ask;
	unsigned char bytes[0x10000];
};

/* Serves PORT until it is asked to stop. Accepts whose connection message is
 * empty or "yes", with the context 1, 2, 3 ... */
void serve(HANDLE port);

/* Starts it for the name, as a thread or a process, and waits for its end. */
void server_start(const char *text, bool process);
void server_wait(void);

/* ---- a client's calls ---------------------------------------------------- */

/* Attributes of a message with room for all that this layer carries. */
struct attributes {
	ALPC_MESSAGE_ATTRIBUTES head;
	ALPC_DATA_VIEW_ATTR view;
	ALPC_CONTEXT_ATTR context;
};
void attributes_begin(struct attributes *attributes);

/* Connects to the name, which may not be there yet. */
HANDLE connect_to(const char *text);

/* Begins a request of SIZE bytes, header included. */
void ask_begin(struct ask *ask, uint32_t operation, size_t size);

/* Sends it and waits; the answer is in ANSWER. */
NTSTATUS ask_for(HANDLE port, struct ask *ask, struct attributes *attributes,
    union message *answer);

/* Asks for OPERATION with VALUE; the answer's value. */
uint64_t ask_value(HANDLE port, uint32_t operation, uint64_t value);

/* ---- the parts ---------------------------------------------------------- */

void connection_facts(const char *server);
void message_facts(HANDLE port);
void thread_facts(const char *server, HANDLE port);
void section_facts(HANDLE port, bool process);
void direct_facts(const char *server, HANDLE port);
void callback_facts(const char *server, HANDLE port);
void argument_facts(HANDLE port);
void end_facts(const char *server, HANDLE port);

#endif
