/*
 * Messages: what they look like, and mach_msg(), which sends and receives them.
 *
 * A simple message is a header and data:
 *
 *     struct { mach_msg_header_t header; int data; }
 *
 * A complex one (MACH_MSGH_BITS_COMPLEX) has a count and descriptors between
 * the two; each carries a right, or memory that isn't in the message:
 *
 *     struct {
 *             mach_msg_header_t header;
 *             mach_msg_body_t body;
 *             mach_msg_port_descriptor_t port;
 *             int data;
 *     }
 *
 * What is received has a trailer behind it, which the buffer needs room for:
 *
 *     struct {
 *             mach_msg_header_t header;
 *             int data;
 *             mach_msg_trailer_t trailer;
 *     }
 *
 * Names, values and layouts are those of 64-bit macOS. Source: section 3.7.2 of
 * the book.
 */
#ifndef MACH_MESSAGE_H
#define MACH_MESSAGE_H

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/machine/vm_types.h>
#include <mach/port.h>
#include <stdint.h>

typedef natural_t mach_msg_timeout_t; /* milliseconds */

/* What to give as a timeout where none counts; where one does, it is 0 ms. */
#define MACH_MSG_TIMEOUT_NONE ((mach_msg_timeout_t)0)

/* ---- msgh_bits: what the header's ports are, and what the message is ---- */

/*
 * Where the dispositions of the header's three ports are, each one of
 * MACH_MSG_TYPE_*: what the sender gives away when it sends, and what the
 * receiver has got when it receives.
 */
#define MACH_MSGH_BITS_ZERO 0x00000000
#define MACH_MSGH_BITS_REMOTE_MASK 0x0000001fU
#define MACH_MSGH_BITS_LOCAL_MASK 0x00001f00U
#define MACH_MSGH_BITS_VOUCHER_MASK 0x001f0000U
#define MACH_MSGH_BITS_PORTS_MASK                                 \
	(MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK | \
	    MACH_MSGH_BITS_VOUCHER_MASK)

/* There are descriptors. */
#define MACH_MSGH_BITS_COMPLEX 0x80000000U

/* All that a sender may set, and all that has a meaning on macOS. */
#define MACH_MSGH_BITS_USER 0x801f1f1fU
#define MACH_MSGH_BITS_USED 0xb01f1f1fU

/* Of no use here: macOS sets them, for its own purposes. */
#define MACH_MSGH_BITS_RAISEIMP 0x20000000U
#define MACH_MSGH_BITS_DENAP MACH_MSGH_BITS_RAISEIMP
#define MACH_MSGH_BITS_IMPHOLDASRT 0x10000000U
#define MACH_MSGH_BITS_DENAPHOLDASRT MACH_MSGH_BITS_IMPHOLDASRT
#define MACH_MSGH_BITS_CIRCULAR 0x10000000U

/* Puts dispositions together; the second also takes MACH_MSGH_BITS_COMPLEX. */
#define MACH_MSGH_BITS(remote, local) ((remote) | ((local) << 8))
#define MACH_MSGH_BITS_SET_PORTS(remote, local, voucher)   \
	(((remote)&MACH_MSGH_BITS_REMOTE_MASK) |           \
	    (((local) << 8) & MACH_MSGH_BITS_LOCAL_MASK) | \
	    (((voucher) << 16) & MACH_MSGH_BITS_VOUCHER_MASK))
#define MACH_MSGH_BITS_SET(remote, local, voucher, other)   \
	(MACH_MSGH_BITS_SET_PORTS(remote, local, voucher) | \
	    ((other) & ~MACH_MSGH_BITS_PORTS_MASK))

/* Takes them apart. */
#define MACH_MSGH_BITS_REMOTE(bits) ((bits)&MACH_MSGH_BITS_REMOTE_MASK)
#define MACH_MSGH_BITS_LOCAL(bits) (((bits)&MACH_MSGH_BITS_LOCAL_MASK) >> 8)
#define MACH_MSGH_BITS_VOUCHER(bits) \
	(((bits)&MACH_MSGH_BITS_VOUCHER_MASK) >> 16)
#define MACH_MSGH_BITS_PORTS(bits) ((bits)&MACH_MSGH_BITS_PORTS_MASK)
#define MACH_MSGH_BITS_OTHER(bits) ((bits) & ~MACH_MSGH_BITS_PORTS_MASK)

#define MACH_MSGH_BITS_HAS_REMOTE(bits) (MACH_MSGH_BITS_REMOTE(bits) != 0)
#define MACH_MSGH_BITS_HAS_LOCAL(bits) (MACH_MSGH_BITS_LOCAL(bits) != 0)
#define MACH_MSGH_BITS_HAS_VOUCHER(bits) (MACH_MSGH_BITS_VOUCHER(bits) != 0)
#define MACH_MSGH_BITS_IS_COMPLEX(bits) (((bits)&MACH_MSGH_BITS_COMPLEX) != 0)

/* ---- dispositions: how a right travels ---------------------------------- */

typedef unsigned int mach_msg_type_name_t;

/* What the sender does: MOVE gives its own right away, COPY keeps it, MAKE
 * makes a new one from the receive right. */
#define MACH_MSG_TYPE_MOVE_RECEIVE 16
#define MACH_MSG_TYPE_MOVE_SEND 17
#define MACH_MSG_TYPE_MOVE_SEND_ONCE 18
#define MACH_MSG_TYPE_COPY_SEND 19
#define MACH_MSG_TYPE_MAKE_SEND 20
#define MACH_MSG_TYPE_MAKE_SEND_ONCE 21
#define MACH_MSG_TYPE_COPY_RECEIVE 22 /* can't be: there is one receiver */

/* What the receiver has got. */
#define MACH_MSG_TYPE_PORT_NONE 0
#define MACH_MSG_TYPE_PORT_NAME 15 /* a name as a number, with no right */
#define MACH_MSG_TYPE_PORT_RECEIVE MACH_MSG_TYPE_MOVE_RECEIVE
#define MACH_MSG_TYPE_PORT_SEND MACH_MSG_TYPE_MOVE_SEND
#define MACH_MSG_TYPE_PORT_SEND_ONCE MACH_MSG_TYPE_MOVE_SEND_ONCE
#define MACH_MSG_TYPE_LAST 22
#define MACH_MSG_TYPE_POLYMORPHIC ((mach_msg_type_name_t)-1)

/* Whether it is any of them, any that gives a send or send-once right, any that
 * a receiver gets. */
#define MACH_MSG_TYPE_PORT_ANY(type)             \
	((type) >= MACH_MSG_TYPE_MOVE_RECEIVE && \
	    (type) <= MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define MACH_MSG_TYPE_PORT_ANY_SEND(type)     \
	((type) >= MACH_MSG_TYPE_MOVE_SEND && \
	    (type) <= MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define MACH_MSG_TYPE_PORT_ANY_RIGHT(type)       \
	((type) >= MACH_MSG_TYPE_MOVE_RECEIVE && \
	    (type) <= MACH_MSG_TYPE_MOVE_SEND_ONCE)

/* ---- the parts of a message --------------------------------------------- */

typedef unsigned int mach_msg_bits_t;
typedef natural_t mach_msg_size_t; /* bytes */
typedef integer_t mach_msg_id_t;
typedef unsigned int mach_msg_priority_t;
typedef natural_t mach_msg_type_size_t;
typedef natural_t mach_msg_type_number_t; /* elements */

#define MACH_MSG_SIZE_NULL ((mach_msg_size_t *)0)
#define MACH_MSG_PRIORITY_UNSPECIFIED ((mach_msg_priority_t)0)

/* Messages have no largest size; memory has. */
#define MACH_MSG_SIZE_MAX ((mach_msg_size_t)~0)

/* How memory outside the message travels: as a copy, or by mapping it (a
 * receiver sees ALLOCATE where new memory was mapped for it). */
typedef unsigned int mach_msg_copy_options_t;

#define MACH_MSG_PHYSICAL_COPY 0
#define MACH_MSG_VIRTUAL_COPY 1
#define MACH_MSG_ALLOCATE 2
#define MACH_MSG_OVERWRITE 3

typedef unsigned int mach_msg_guard_flags_t;

#define MACH_MSG_GUARD_FLAGS_NONE 0x0000
#define MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE 0x0001
#define MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND 0x0002
#define MACH_MSG_GUARD_FLAGS_MASK 0x0003

/* What a descriptor describes; its last byte but for sizes. */
typedef unsigned int mach_msg_descriptor_type_t;

#define MACH_MSG_PORT_DESCRIPTOR 0
#define MACH_MSG_OOL_DESCRIPTOR 1
#define MACH_MSG_OOL_PORTS_DESCRIPTOR 2
#define MACH_MSG_OOL_VOLATILE_DESCRIPTOR 3
#define MACH_MSG_GUARDED_PORT_DESCRIPTOR 4
#define MACH_MSG_DESCRIPTOR_MAX MACH_MSG_GUARDED_PORT_DESCRIPTOR

/* Descriptors follow each other without gaps: an address in one may stand at
 * any multiple of four bytes. */
#pragma pack(push, 4)

/*
 * What every message begins with. The sender names the port that it sends to,
 * and with the local port the one where it wants the answer, or MACH_PORT_NULL.
 * The receiver finds them from its own point of view: the local port is the one
 * that it received from, the remote port the one to answer to.
 */
typedef struct {
	mach_msg_bits_t msgh_bits;
	mach_msg_size_t msgh_size; /* without the trailer */
	mach_port_t msgh_remote_port;
	mach_port_t msgh_local_port;
	mach_port_name_t msgh_voucher_port; /* MACH_PORT_NULL */
	mach_msg_id_t msgh_id;              /* for the program's own use */
} mach_msg_header_t;

/* How many descriptors follow. */
typedef struct {
	mach_msg_size_t msgh_descriptor_count;
} mach_msg_body_t;

typedef struct {
	mach_msg_header_t header;
	mach_msg_body_t body;
} mach_msg_base_t;

/* What is the same in all descriptors. */
typedef struct {
	natural_t pad1;
	mach_msg_size_t pad2;
	unsigned int pad3 : 24;
	mach_msg_descriptor_type_t type : 8;
} mach_msg_type_descriptor_t;

/* A right. */
typedef struct {
	mach_port_t name;
	mach_msg_size_t pad1;
	unsigned int pad2 : 16;
	mach_msg_type_name_t disposition : 8;
	mach_msg_descriptor_type_t type : 8;
} mach_msg_port_descriptor_t;

/* SIZE bytes at ADDRESS. DEALLOCATE: the sender's own are taken away. The
 * receiver frees what it got, with vm_deallocate(). */
typedef struct {
	void *address;
	boolean_t deallocate : 8;
	mach_msg_copy_options_t copy : 8;
	unsigned int pad1 : 8;
	mach_msg_descriptor_type_t type : 8;
	mach_msg_size_t size;
} mach_msg_ool_descriptor_t;

/* COUNT rights, all of one disposition: ADDRESS is an array of mach_port_t. */
typedef struct {
	void *address;
	boolean_t deallocate : 8;
	mach_msg_copy_options_t copy : 8;
	mach_msg_type_name_t disposition : 8;
	mach_msg_descriptor_type_t type : 8;
	mach_msg_size_t count;
} mach_msg_ool_ports_descriptor_t;

/* A receive right with a guard on it. */
typedef struct {
	mach_port_context_t context;
	mach_msg_guard_flags_t flags : 16;
	mach_msg_type_name_t disposition : 8;
	mach_msg_descriptor_type_t type : 8;
	mach_port_name_t name;
} mach_msg_guarded_port_descriptor_t;

/*
 * Any of them. It is no element to index an array with: a port's descriptor is
 * shorter than the others, so where the next one begins depends on the type.
 */
typedef union {
	mach_msg_port_descriptor_t port;
	mach_msg_ool_descriptor_t out_of_line;
	mach_msg_ool_ports_descriptor_t ool_ports;
	mach_msg_type_descriptor_t type;
	mach_msg_guarded_port_descriptor_t guarded_port;
} mach_msg_descriptor_t;

/* ---- trailers: what stands behind a received message -------------------- */

typedef unsigned int mach_msg_trailer_type_t;
typedef unsigned int mach_msg_trailer_size_t; /* bytes */
typedef char *mach_msg_trailer_info_t;

#define MACH_MSG_TRAILER_FORMAT_0 0

/* Who sent it: its effective user and group. */
typedef struct {
	unsigned int val[2];
} security_token_t;

/* The same at length; on macOS audit_token_to_pid() and its like read it. */
typedef struct {
	unsigned int val[8];
} audit_token_t;

typedef int mach_msg_filter_id;

typedef struct {
	mach_port_name_t sender;
} msg_labels_t;

/* Each trailer is the one before and more. This one is always there. */
typedef struct {
	mach_msg_trailer_type_t msgh_trailer_type;
	mach_msg_trailer_size_t msgh_trailer_size;
} mach_msg_trailer_t;

/* The message's number among those received from the port. */
typedef struct {
	mach_msg_trailer_type_t msgh_trailer_type;
	mach_msg_trailer_size_t msgh_trailer_size;
	mach_port_seqno_t msgh_seqno;
} mach_msg_seqno_trailer_t;

typedef struct {
	mach_msg_trailer_type_t msgh_trailer_type;
	mach_msg_trailer_size_t msgh_trailer_size;
	mach_port_seqno_t msgh_seqno;
	security_token_t msgh_sender;
} mach_msg_security_trailer_t;

typedef struct {
	mach_msg_trailer_type_t msgh_trailer_type;
	mach_msg_trailer_size_t msgh_trailer_size;
	mach_port_seqno_t msgh_seqno;
	security_token_t msgh_sender;
	audit_token_t msgh_audit;
} mach_msg_audit_trailer_t;

/* With what mach_port_set_context() keeps for the port. */
typedef struct {
	mach_msg_trailer_type_t msgh_trailer_type;
	mach_msg_trailer_size_t msgh_trailer_size;
	mach_port_seqno_t msgh_seqno;
	security_token_t msgh_sender;
	audit_token_t msgh_audit;
	mach_port_context_t msgh_context;
} mach_msg_context_trailer_t;

typedef struct {
	mach_msg_trailer_type_t msgh_trailer_type;
	mach_msg_trailer_size_t msgh_trailer_size;
	mach_port_seqno_t msgh_seqno;
	security_token_t msgh_sender;
	audit_token_t msgh_audit;
	mach_port_context_t msgh_context;
	mach_msg_filter_id msgh_ad;
	msg_labels_t msgh_labels;
} mach_msg_mac_trailer_t;

/* The longest, and the one that notifications are declared with. */
typedef mach_msg_mac_trailer_t mach_msg_max_trailer_t;
typedef mach_msg_security_trailer_t mach_msg_format_0_trailer_t;

#define MACH_MSG_TRAILER_MINIMUM_SIZE sizeof(mach_msg_trailer_t)
#define MACH_MSG_TRAILER_FORMAT_0_SIZE sizeof(mach_msg_format_0_trailer_t)
#define MAX_TRAILER_SIZE ((mach_msg_size_t)sizeof(mach_msg_max_trailer_t))

/* A message of a header alone. */
typedef struct {
	mach_msg_header_t header;
} mach_msg_empty_send_t;

typedef struct {
	mach_msg_header_t header;
	mach_msg_trailer_t trailer;
} mach_msg_empty_rcv_t;

typedef union {
	mach_msg_empty_send_t send;
	mach_msg_empty_rcv_t rcv;
} mach_msg_empty_t;

#pragma pack(pop)

#define msgh_reserved msgh_voucher_port
#define msgh_kind msgh_seqno
#define mach_msg_kind_t mach_port_seqno_t
#define MACH_MSGH_KIND_NORMAL 0x00000000
#define MACH_MSGH_KIND_NOTIFICATION 0x00000001

#define MACH_MSG_NULL ((mach_msg_header_t *)0)
#define MACH_MSG_BODY_NULL ((mach_msg_body_t *)0)
#define MACH_MSG_DESCRIPTOR_NULL ((mach_msg_descriptor_t *)0)

/* A size in bytes, rounded up to one that a message may have; where the trailer
 * begins. */
#define round_msg(size) \
	((mach_msg_size_t)(((mach_msg_size_t)(size) + 3U) & ~3U))

/* ---- options of mach_msg() ---------------------------------------------- */

typedef integer_t mach_msg_option_t;
typedef integer_t mach_msg_options_t;

#define MACH_MSG_OPTION_NONE 0x00000000

#define MACH_SEND_MSG 0x00000001 /* send */
#define MACH_RCV_MSG 0x00000002  /* receive; with both, send first */

/* A message that is too large for the buffer stays in the queue; its size and,
 * with IDENTITY, its port's name come back in the header. */
#define MACH_RCV_LARGE 0x00000004
#define MACH_RCV_LARGE_IDENTITY 0x00000008

#define MACH_SEND_TIMEOUT 0x00000010 /* the timeout is for the send */
#define MACH_SEND_OVERRIDE 0x00000020
#define MACH_SEND_INTERRUPT 0x00000040 /* a signal ends the wait to send */

/*
 * Where the send ends because the queue is full, the send-possible notification
 * that mach_port_request_notification() asked for is armed: it comes when there
 * is room. The message isn't kept. macOS's meaning: in CMU's Mach and GNU Mach
 * an option of this name keeps the message, which is MACH_SEND_KEEP here.
 */
#define MACH_SEND_NOTIFY 0x00000080

#define MACH_RCV_TIMEOUT 0x00000100 /* the timeout is for the receive */
#define MACH_RCV_NOTIFY 0x00000000  /* means nothing any more */
#define MACH_MSG_STRICT_REPLY 0x00000200
#define MACH_RCV_INTERRUPT 0x00000400 /* a signal ends the wait to receive */
#define MACH_RCV_VOUCHER 0x00000800
#define MACH_RCV_OVERWRITE 0x00000000 /* means nothing any more */
#define MACH_RCV_GUARDED_DESC 0x00001000
#define MACH_RCV_SYNC_WAIT 0x00004000
#define MACH_RCV_SYNC_PEEK 0x00008000

#define MACH_SEND_ALWAYS 0x00010000 /* in macOS's kernel */
#define MACH_SEND_FILTER_NONFATAL 0x00010000
#define MACH_SEND_TRAILER 0x00020000
#define MACH_SEND_NOIMPORTANCE 0x00040000
#define MACH_SEND_NODENAP MACH_SEND_NOIMPORTANCE
#define MACH_SEND_IMPORTANCE 0x00080000
#define MACH_SEND_SYNC_OVERRIDE 0x00100000
#define MACH_SEND_PROPAGATE_QOS 0x00200000
#define MACH_SEND_SYNC_USE_THRPRI MACH_SEND_PROPAGATE_QOS
#define MACH_SEND_KERNEL 0x00400000 /* in macOS's kernel */
#define MACH_SEND_SYNC_BOOTSTRAP_CHECKIN 0x00800000

/*
 * The book's fourth choice for a full queue: the system keeps the message, past
 * the queue's limit, and tells the port that mach_msg()'s NOTIFY names when it
 * has been received. With MACH_SEND_TIMEOUT it is kept only when there was no
 * room by the end of the timeout.
 *
 * CMU's Mach and GNU Mach do this for MACH_SEND_NOTIFY; macOS can't do it and
 * gave that name and its bit another meaning. This bit is the one of the 32
 * that no option of macOS's has, so that a program can have both. It isn't
 * there on macOS, so ask for what comes of it:
 *
 *     #ifdef MACH_SEND_WILL_NOTIFY
 */
#define MACH_SEND_KEEP 0x00002000

/*
 * Which trailer to receive, to be or-ed to the options:
 *
 *     MACH_RCV_TRAILER_TYPE(MACH_MSG_TRAILER_FORMAT_0) |
 *         MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO)
 *
 * Without them it is the shortest.
 */
#define MACH_RCV_TRAILER_NULL 0
#define MACH_RCV_TRAILER_SEQNO 1
#define MACH_RCV_TRAILER_SENDER 2
#define MACH_RCV_TRAILER_AUDIT 3
#define MACH_RCV_TRAILER_CTX 4
#define MACH_RCV_TRAILER_AV 7
#define MACH_RCV_TRAILER_LABELS 8

#define MACH_RCV_TRAILER_TYPE(type) \
	((mach_msg_option_t)(((unsigned int)(type)&0xfU) << 28))
#define MACH_RCV_TRAILER_ELEMENTS(elements) \
	((mach_msg_option_t)(((unsigned int)(elements)&0xfU) << 24))
#define MACH_RCV_TRAILER_MASK (0xf << 24)
#define GET_RCV_ELEMENTS(option) (((unsigned int)(option) >> 24) & 0xfU)

/* How many bytes the trailer has that these options ask for: what a buffer
 * needs behind the message. */
#define REQUESTED_TRAILER_SIZE(option)                                       \
	((mach_msg_trailer_size_t)(REQUESTED_TRAILER_IS(option, NULL)        \
				       ? sizeof(mach_msg_trailer_t)          \
				   : REQUESTED_TRAILER_IS(option, SEQNO)     \
				       ? sizeof(mach_msg_seqno_trailer_t)    \
				   : REQUESTED_TRAILER_IS(option, SENDER)    \
				       ? sizeof(mach_msg_security_trailer_t) \
				   : REQUESTED_TRAILER_IS(option, AUDIT)     \
				       ? sizeof(mach_msg_audit_trailer_t)    \
				   : REQUESTED_TRAILER_IS(option, CTX)       \
				       ? sizeof(mach_msg_context_trailer_t)  \
				       : sizeof(mach_msg_max_trailer_t)))
#define REQUESTED_TRAILER_IS(option, elements) \
	(GET_RCV_ELEMENTS(option) == MACH_RCV_TRAILER_##elements)

/* ---- what mach_msg() returns -------------------------------------------- */

typedef kern_return_t mach_msg_return_t;

#define MACH_MSG_SUCCESS 0x00000000

/* Bits of a code that tell more: no room for a name or for memory, in the task
 * or in the kernel. */
#define MACH_MSG_MASK 0x00003e00
#define MACH_MSG_IPC_SPACE 0x00002000
#define MACH_MSG_VM_SPACE 0x00001000
#define MACH_MSG_IPC_KERNEL 0x00000800
#define MACH_MSG_VM_KERNEL 0x00000400

/* The message wasn't sent, but for MACH_SEND_WILL_NOTIFY. */
#define MACH_SEND_IN_PROGRESS 0x10000001   /* macOS's kernel's own */
#define MACH_SEND_INVALID_DATA 0x10000002  /* the message can't be read */
#define MACH_SEND_INVALID_DEST 0x10000003  /* no right to send there */
#define MACH_SEND_TIMED_OUT 0x10000004     /* the queue stayed full */
#define MACH_SEND_INTERRUPTED 0x10000007   /* by a signal */
#define MACH_SEND_MSG_TOO_SMALL 0x10000008 /* or no multiple of four bytes */
#define MACH_SEND_INVALID_REPLY 0x10000009 /* the local port */
#define MACH_SEND_INVALID_RIGHT 0x1000000a /* one in a descriptor */
#define MACH_SEND_INVALID_NOTIFY 0x1000000b
#define MACH_SEND_INVALID_MEMORY 0x1000000c /* one that is out of line */
#define MACH_SEND_NO_BUFFER 0x1000000d      /* no memory for the message */
#define MACH_SEND_TOO_LARGE 0x1000000e
#define MACH_SEND_INVALID_TYPE 0x1000000f   /* of a descriptor */
#define MACH_SEND_INVALID_HEADER 0x10000010 /* msgh_bits can't be so */
#define MACH_SEND_INVALID_TRAILER 0x10000011
#define MACH_SEND_INVALID_CONTEXT 0x10000012
#define MACH_SEND_INVALID_OPTIONS 0x10000013
#define MACH_SEND_INVALID_RT_OOL_SIZE 0x10000015
#define MACH_SEND_NO_GRANT_DEST 0x10000016
#define MACH_SEND_MSG_FILTERED 0x10000017
#define MACH_SEND_AUX_TOO_SMALL 0x10000018
#define MACH_SEND_AUX_TOO_LARGE 0x10000019

/*
 * What comes of MACH_SEND_KEEP, with the numbers of CMU's Mach and GNU Mach:
 * the message was kept and a notification will come; the message was not, for
 * the task has another one kept at this port. macOS uses the first number for
 * MACH_SEND_INVALID_VOUCHER. There are no vouchers here, and that name isn't
 * either, so that each code means one thing.
 */
#define MACH_SEND_WILL_NOTIFY 0x10000005
#define MACH_SEND_NOTIFY_IN_PROGRESS 0x10000006

/* No message was received. */
#define MACH_RCV_IN_PROGRESS 0x10004001  /* macOS's kernel's own */
#define MACH_RCV_INVALID_NAME 0x10004002 /* no receive right, no port set */
#define MACH_RCV_TIMED_OUT 0x10004003    /* the queue stayed empty */
#define MACH_RCV_TOO_LARGE 0x10004004    /* for the buffer */
#define MACH_RCV_INTERRUPTED 0x10004005  /* by a signal */
#define MACH_RCV_PORT_CHANGED 0x10004006 /* nothing returns it any more */
#define MACH_RCV_INVALID_NOTIFY 0x10004007
#define MACH_RCV_INVALID_DATA 0x10004008 /* the buffer can't be written */
#define MACH_RCV_PORT_DIED 0x10004009    /* or its right was moved away */
#define MACH_RCV_IN_SET 0x1000400a       /* GNU Mach's alone */
#define MACH_RCV_HEADER_ERROR 0x1000400b /* the header's ports are lost */
#define MACH_RCV_BODY_ERROR 0x1000400c   /* parts of the body are lost */
#define MACH_RCV_INVALID_TYPE 0x1000400d
#define MACH_RCV_SCATTER_SMALL 0x1000400e
#define MACH_RCV_INVALID_TRAILER 0x1000400f /* there is no such trailer */
#define MACH_RCV_IN_PROGRESS_TIMED 0x10004011
#define MACH_RCV_INVALID_REPLY 0x10004012
#define MACH_RCV_INVALID_ARGUMENTS 0x10004013

/* ---- the calls ---------------------------------------------------------- */

/*
 * Sends the message MSG, or receives one into it, or sends and then receives;
 * with neither option it succeeds and does nothing.
 *
 * SEND_SIZE is the message's size in bytes, the header included: a multiple of
 * four. RCV_SIZE is the buffer's, and has to have room for message and trailer
 * (REQUESTED_TRAILER_SIZE()); RCV_NAME is the receive right or the port set to
 * receive from. TIMEOUT is in milliseconds and counts with MACH_SEND_TIMEOUT
 * and MACH_RCV_TIMEOUT; 0 then doesn't wait at all. NOTIFY is the receive right
 * of the port to tell, with MACH_SEND_KEEP; else it is MACH_PORT_NULL.
 *
 * When the queue that it sends to is full, a sender has four choices:
 *
 *     wait                         no option
 *     wait N milliseconds          MACH_SEND_TIMEOUT, TIMEOUT N
 *     don't wait                   MACH_SEND_TIMEOUT, TIMEOUT 0
 *     have the system keep it      MACH_SEND_KEEP, NOTIFY a port
 *
 * The system keeps one message for each task and port: MACH_SEND_WILL_NOTIFY.
 * When it has been received, or its port has died, a notification of the id 66
 * (MACH_NOTIFY_SEND_POSSIBLE) comes to the port NOTIFY, and the next may be
 * kept; until then that gives MACH_SEND_NOTIFY_IN_PROGRESS. A send-once right
 * needs no room and never waits.
 *
 * A message that is sent is gone from the sender, with all rights that it
 * moved. One that isn't because the queue is full, or for a signal, comes back
 * as if it had been received: rights that were copied or made are the caller's
 * now, moved ones again. A send that fails leaves out the receive.
 *
 * A wrong address is MACH_SEND_INVALID_DATA, out of line
 * MACH_SEND_INVALID_MEMORY; for a buffer it is MACH_RCV_INVALID_DATA, and the
 * message is destroyed. A task whose messages wait in queues, as many as the
 * kernel holds for one task, gets MACH_SEND_NO_BUFFER.
 *
 * A message that is too large for the buffer is destroyed, or stays in the
 * queue with MACH_RCV_LARGE. A signal that is handled doesn't end a wait,
 * unless MACH_SEND_INTERRUPT or MACH_RCV_INTERRUPT is set.
 *
 * This Mach is a library and a process: a handler of signals can't call it.
 *
 * Returns MACH_MSG_SUCCESS or one of the codes above. Source: Mach's mach_msg,
 * section 3.7.2 of the book with figure 3.18.
 */
mach_msg_return_t mach_msg(mach_msg_header_t *msg, mach_msg_option_t option,
    mach_msg_size_t send_size, mach_msg_size_t rcv_size,
    mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
    mach_port_name_t notify);

/*
 * The same with another buffer to receive into, RCV_MSG; where it is null, MSG
 * serves for both. RCV_LIMIT isn't used.
 *
 * Source: Mach's mach_msg_overwrite; section 3.7.2 of the book names the trap
 * beneath it.
 */
mach_msg_return_t mach_msg_overwrite(mach_msg_header_t *msg,
    mach_msg_option_t option, mach_msg_size_t send_size,
    mach_msg_size_t rcv_size, mach_port_name_t rcv_name,
    mach_msg_timeout_t timeout, mach_port_name_t notify,
    mach_msg_header_t *rcv_msg, mach_msg_size_t rcv_limit);

/*
 * Destroys a message that was received, or that wasn't sent: gives back the
 * rights in its header and its descriptors, and the memory that is out of line.
 * The port that it was received from and the buffer stay the caller's.
 *
 * Source: Mach's mach_msg_destroy.
 */
void mach_msg_destroy(mach_msg_header_t *msg);

#endif
