/*
 * What the figure's client and server agree on, and what both need.
 */
#ifndef FIG3_19_FIGURE_H
#define FIG3_19_FIGURE_H

#include <ntlpcapi.h>
#include <stdint.h>

#include "common/common.h"
#include "windows_ipc/fig3_19/status.h"

#define DEFAULT_NAME "fig3_19"
#define DIRECTORY "\\RPC Control\\"

/* ---- messages ------------------------------------------------------------ */

/* ALPC's three ways to pass a message, in the book's order. */
enum technique { QUEUE, SECTION, DIRECT, TECHNIQUES };
extern const char *const technique_names[TECHNIQUES];

enum {
	SMALL = 256, /* the book's limit for the queue, in bytes */
	LONGEST = 2000 * 1024 * 1024
};

/* What the client wants beside the answer. */
enum {
	ASK_BACK = 1,  /* the server asks the client in the midst of it */
	READ_LATE = 2, /* the server reads once more when it has answered */
	TELL_LATE = 4  /* what became of that */
};

/* A request: then, for the queue, the bytes themselves. */
struct request {
	PORT_MESSAGE header;
	uint32_t technique, wishes;
	uint64_t length;
};

/* A request of the third technique: where the bytes are in the client. */
struct direct_request {
	struct request request;
	PORT_DATA_INFORMATION where;
};

struct reply {
	PORT_MESSAGE header;
	uint64_t length;
	uint32_t cksum;
	int32_t status;  /* what the server's own calls said */
	uint32_t sender; /* the process that it was told the request is from */
	/* for the diagram */
	uint32_t process, connection_port, server_port;
	uint64_t view;
};

/* A callback's question and answer: how much memory the client has in use for
 * the message. */
struct question {
	PORT_MESSAGE header;
	uint64_t length;
};

/* Room for the longest message. */
union message {
	PORT_MESSAGE header;
	struct request request;
	struct direct_request direct;
	struct reply reply;
	struct question question;
	unsigned char bytes[0x10000];
};

/* Begins a message of SIZE bytes, header included. */
void begin_message(PORT_MESSAGE *header, size_t size);

/* What kind of message came: "LPC_REQUEST" and the like. */
const char *message_type(const PORT_MESSAGE *header);

/* Whether a message that came has SIZE bytes. */
bool is_message_of(const PORT_MESSAGE *header, size_t size);

/* What cksum(1) prints: POSIX's CRC. */
uint32_t cksum(const void *bytes, size_t size);

/* ---- ports --------------------------------------------------------------- */

/* "\RPC Control\NAME" for NAME in UTF-8, in a buffer that stays for the next
 * call. A usage error when it can't be a name. */
PUNICODE_STRING port_name(const char *name);

/* So many seconds as a time-out, in a buffer that stays for the next call. */
PLARGE_INTEGER timeout_of(double seconds);

/* A handle as it is printed. */
unsigned number_of(HANDLE handle);

/* ---- the program --------------------------------------------------------- */

/* main() of both, with its arguments in UTF-8 on Windows too. */
int figure_main(int argc, char *argv[]);

/* Ends the program where ntdll has no ALPC, as Wine's. */
void need_alpc(void);

#endif
