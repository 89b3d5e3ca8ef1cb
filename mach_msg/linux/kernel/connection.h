/*
 * The kernel's end of a thread's connection (trap.h): the page that both share,
 * and what they wake each other by. The thread may write anything into the page
 * at any time: a call is copied out once, and what is checked and used is the
 * copy.
 */
#ifndef KERNEL_CONNECTION_H
#define KERNEL_CONNECTION_H

#include <stdbool.h>
#include <sys/uio.h>

#include "mach_msg/linux/trap.h"

/* What the kernel has open for one. */
enum { CONNECTION_DESCRIPTORS = 3 };

struct connection {
	int socket, bell, pipe;
	struct trap_page *page;
	bool taken; /* a call that isn't answered yet */
};

/* A call as it came. */
struct request {
	struct trap_call call;
	unsigned char bytes[TRAP_BYTES_MAX];
	int files[TRAP_FILES_MAX]; /* call.file_count of them */
	bool files_lacking;        /* the kernel had no descriptors for them */
};

/* Makes the page, the bell and the pipe, and sends the thread its ends. False
 * when that can't be done; the socket is closed then. */
bool connection_open(struct connection *connection, int socket);

void connection_close(struct connection *connection);

/* Whether there is a call to take. */
bool connection_has_call(const struct connection *connection);

/* Which trap the page has: a first look, the call that is taken may be another.
 */
uint32_t connection_number(const struct connection *connection);

/* Copies the call to REQUEST, whose files are the caller's. False when no
 * library can have made the call: there are no files then. */
bool connection_take_call(
    struct connection *connection, struct request *request);

/* Whether the thread wants the call that was taken to end. */
bool connection_is_aborted(const struct connection *connection);

/*
 * Answers the call: PARTS, COUNT of them, follow the answer, which says how
 * many FILES go with it. The thread will be asked to RING when it calls next.
 * False when it has broken the rules.
 */
bool connection_answer(struct connection *connection,
    const struct trap_answer *answer, const struct iovec *parts, size_t count,
    const int *files, bool ring);

/* Asks the thread to ring after all; a call that it makes at this moment, and
 * doesn't ring for, is there now. */
void connection_ask_to_ring(struct connection *connection);

#endif
