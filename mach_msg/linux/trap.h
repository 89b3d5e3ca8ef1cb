/*
 * What passes between a task's library and the kernel. Each thread has a
 * connection of its own, which is made of
 *   a page    of memory that both share, in which a call lies and then its
 *             answer. The kernel makes it, so that no task can make it smaller;
 *   a socket  AF_UNIX SEQPACKET, by which the kernel knows of the thread's end.
 *             The others come over it at the start, as descriptors, and large
 *             payloads go both ways;
 *   a bell    an eventfd, which the thread writes to so that the kernel looks
 *             at the page; only if the kernel sleeps, which it says there;
 *   a pipe    from the kernel, which puts a byte in when it has answered a
 *             thread that sleeps. Its end says that the kernel has ended.
 * A trap that blocks is one whose answer hasn't come yet.
 *
 * A call is a struct trap_call and then, for mach_msg, the message:
 *   body     the header and the inline body, up to TRAP_BODY_MAX bytes; all
 *            descriptors lie in it;
 *   names    the out-of-line port arrays, one after the other;
 *   payload  the rest of the inline body, then the out-of-line regions.
 * An answer is a struct trap_answer, body, names, trailer and payload.
 *
 * A payload that is large, or memory that is mapped and not copied, lies in
 * memory files: memfds, sealed so that nobody can change them any more. Their
 * descriptors go over the socket, and in the payload's place there are extents,
 * struct trap_extent: what is at these places of the files, in this order, is
 * the payload. The kernel hands the files on and doesn't look into them.
 */
#ifndef MACH_LINUX_TRAP_H
#define MACH_LINUX_TRAP_H

#include <stdatomic.h>
#include <stdint.h>

/* Of all that stands here: programs of two builds may meet in one run
 * directory. It changes with any change of what passes. */
enum { TRAP_VERSION = 1 };

enum trap_number {
	TRAP_TASK,   /* a new program image: begin a task */
	TRAP_THREAD, /* a further thread of the task */
	TRAP_MACH_MSG,
	TRAP_REPLY_PORT,
	TRAP_PORT_ALLOCATE,
	TRAP_PORT_ALLOCATE_NAME,
	TRAP_PORT_DEALLOCATE,
	TRAP_PORT_DESTROY,
	TRAP_PORT_MOD_REFS,
	TRAP_PORT_GET_REFS,
	TRAP_PORT_INSERT_RIGHT,
	TRAP_PORT_EXTRACT_RIGHT,
	TRAP_PORT_NAMES,
	TRAP_PORT_TYPE,
	TRAP_PORT_RENAME,
	TRAP_PORT_REQUEST_NOTIFICATION,
	TRAP_PORT_GET_ATTRIBUTES,
	TRAP_PORT_SET_ATTRIBUTES,
	TRAP_PORT_MOVE_MEMBER,
	TRAP_PORT_INSERT_MEMBER,
	TRAP_PORT_EXTRACT_MEMBER,
	TRAP_PORT_GET_SET_STATUS,
	TRAP_PORT_PEEK,
	TRAP_PORT_GET_CONTEXT,
	TRAP_PORT_SET_CONTEXT,
	TRAP_TASK_GET_SPECIAL_PORT,
	TRAP_TASK_SET_SPECIAL_PORT,
	TRAP_SPACE_INFO, /* also for who is no task: ipc_info.h */
	TRAP_COUNT
};

enum {
	TRAP_ARGUMENTS = 8,
	TRAP_VALUES = 10,
	TRAP_BODY_MAX = 32 << 10,
	TRAP_NAMES_MAX = 64 << 10,
	TRAP_INLINE_MAX = 48 << 10,
	TRAP_FILES_MAX = 64,
	TRAP_EXTENTS_MAX = 1024,
	TRAP_TRAILER_MAX = 68,
	/* what follows a call or an answer is no longer */
	TRAP_BYTES_MAX = 128 << 10,
	/* the inline body of a message */
	TRAP_MESSAGE_MAX = (64 << 20) + (64 << 10),
};

/* The arguments of TRAP_MACH_MSG. */
enum {
	MSG_OPTION,
	MSG_SEND_SIZE,
	MSG_RCV_SIZE,
	MSG_RCV_NAME,
	MSG_TIMEOUT,
	MSG_NOTIFY,
};

struct trap_call {
	uint32_t number;     /* enum trap_number */
	uint32_t body_size;  /* bytes of each part */
	uint32_t names_size; /* a multiple of 4 */
	uint32_t file_count; /* 0: the payload itself is there */
	uint64_t payload_size;
	uint32_t extent_count; /* 0 if there is no file */
	uint32_t unused;
	uint32_t arguments[TRAP_ARGUMENTS];
};

struct trap_answer {
	int32_t result; /* kern_return_t or mach_msg_return_t */
	uint32_t body_size;
	uint32_t names_size;
	uint32_t trailer_size;
	uint64_t payload_size;
	uint32_t file_count;
	uint32_t extent_count;
	uint32_t values[TRAP_VALUES];
};

/* A part of the payload: SIZE bytes from OFFSET on of a file, which is counted
 * from 0. */
struct trap_extent {
	uint64_t offset;
	uint64_t size; /* not 0 */
	uint32_t file;
	uint32_t unused;
};

/* What comes over the socket at the start, in every version: the kernel's
 * version, four bytes; with them, in this order, the descriptors. */
enum { TRAP_FD_PAGE, TRAP_FD_BELL, TRAP_FD_PIPE, TRAP_FDS };

/* Whose turn it is. */
enum trap_state {
	TRAP_IDLE,
	TRAP_CALLED,  /* the kernel's: a call is there */
	TRAP_WAITING, /* the kernel's: and the thread waits for a byte */
	TRAP_ANSWERED /* the thread's */
};

struct trap_page {
	_Atomic uint32_t state;   /* enum trap_state */
	_Atomic uint32_t ring;    /* the kernel wants to hear of a call */
	_Atomic uint32_t aborted; /* a signal came: end the call that blocks */
	struct trap_call call;
	struct trap_answer answer;
	unsigned char bytes[TRAP_BYTES_MAX]; /* of the call, then the answer */
};

#endif
