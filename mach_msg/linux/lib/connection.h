/*
 * The library's side of a trap: a connection to the kernel for each thread, and
 * a call and its answer over it.
 */
#ifndef MACH_LIB_CONNECTION_H
#define MACH_LIB_CONNECTION_H

#include <mach/mach.h>
#include <stdbool.h>
#include <stddef.h>

#include "mach_msg/linux/trap.h"

/* A connected socket to the kernel of the run directory, which is started if
 * need be; -1 with the reason on stderr. lib/launch.c */
int mach_kernel_connect(void);

/* The same for who only looks on: no kernel is started, and no directory made.
 * -1 when no kernel runs; -2, with the reason on stderr, when the run directory
 * can't be used. DIRECTORY of SIZE bytes gets its path. */
int mach_kernel_find(char *directory, size_t size);

/* The run directory's path: $MACH_RUN_DIR, else $XDG_RUNTIME_DIR/mach, else
 * /tmp/mach-UID. */
void mach_run_directory(char *path, size_t size);

/* ---- one connection: connection.c --------------------------------------- */

/* The thread's end of a connection (trap.h). */
struct connection {
	int socket, bell, pipe; /* -1: none */
	struct trap_page *page;
	struct connection *next;      /* of all */
	struct connection *next_idle; /* of those whose thread has ended */
};

/* What a trap that carries bytes takes and gives. */
struct trap_exchange {
	struct connection *connection; /* null: there is no kernel */
	struct trap_call call;
	const int *files;   /* that go out, call.file_count of them */
	bool interruptible; /* a signal ends the wait */
	struct trap_answer answer;
	unsigned char *bytes; /* of the call, and then the answer: the page's */
	/* that came, answer.file_count of them; all are -1 where this process
	 * had no descriptors for them */
	int answer_files[TRAP_FILES_MAX];
};

/* Receives the page, the bell and the pipe over the SOCKET, which is the
 * connection's then. False when there are none, and the socket is closed; errno
 * is EPROTO, with the reason on stderr, when the kernel is of another version.
 */
bool connection_open(struct connection *connection, int socket);

/* Closes what the connection has, if anything; a page that belonged to the
 * parent of a FORKED child isn't mapped there. */
void connection_close(struct connection *connection, bool forked);

/* Prepares a call without bytes over the connection. */
void connection_prepare(struct connection *connection,
    struct trap_exchange *exchange, enum trap_number number);

/* Makes the call and waits for the answer. False when the kernel has ended. */
bool connection_exchange(struct trap_exchange *exchange);

/* An extent of the answer's payload. */
struct trap_extent connection_extent(
    const struct trap_exchange *exchange, uint32_t number);

/* Copies SIZE bytes of the answer's payload, from OFFSET on; false when they
 * can't be read: there were no descriptors for its files. */
bool connection_read(const struct trap_exchange *exchange, uint64_t offset,
    void *to, size_t size);

/* Closes what files of the answer's there are. */
void connection_close_files(struct trap_exchange *exchange);

/* ---- each thread's: mach_msg_trap.c ------------------------------------- */

/* Prepares a call without bytes. */
void trap_prepare(struct trap_exchange *exchange, enum trap_number number);

/* Makes the call and waits for its answer. Returns 0, or EPIPE when there is no
 * kernel, or it has ended. */
int trap_make(struct trap_exchange *exchange);

/* A trap with COUNT arguments; VALUES (TRAP_VALUES of them, may be null) get
 * what it gives back. KERN_FAILURE when there is no kernel. */
kern_return_t trap(enum trap_number number, const uint32_t *arguments,
    size_t count, uint32_t *values);

/*
 * Sends and receives a message: the book's mach_msg_trap. The exchange is what
 * mach_msg() has put together. Without a kernel a send is
 * MACH_SEND_INVALID_DEST, a receive MACH_RCV_PORT_DIED.
 */
mach_msg_return_t mach_msg_trap(struct trap_exchange *exchange);

/* This task's name for itself, from the kernel; MACH_PORT_NULL without one. */
mach_port_t trap_task_self(void);

/* Nobody looks for the bootstrap port meanwhile: for a fork. mach_init.c */
void bootstrap_port_lock(void);
void bootstrap_port_unlock(void);

/* Counts the tasks that this process and its forebears have been, so that what
 * belonged to the parent is known in a forked child. */
unsigned trap_generation(void);

/*
 * Whether the SIZE bytes can be read, or all be written to. The Linux kernel is
 * asked, so that a wrong address is an answer and no signal. What is to be
 * written has 8 bytes at least, and is overwritten in part. lib/vm.c
 */
bool vm_readable(const void *address, size_t size);
bool vm_writable(void *address, size_t size);

/* New memory of whole pages, null when there is none, and its end. lib/vm.c */
void *vm_pages(size_t size);
void vm_pages_free(void *address, size_t size);

/* Addresses for SIZE bytes, whole pages, which something is to be mapped at;
 * where huge pages are possible, such as huge pages at OFFSET of a file fit.
 * Null when there are none. lib/vm.c */
void *vm_reserve(size_t size, uint64_t offset);

#endif
