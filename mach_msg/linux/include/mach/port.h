/*
 * Ports, the names that a task has for its rights to them, and what can be
 * asked of a port.
 *
 * A port is a queue of messages with one receiver. A task never has the port,
 * it has rights to it, and knows each by a name: a number that means something
 * in this task alone, as a file descriptor does. Send and receive rights to one
 * port share a name; each send-once right has a name of its own.
 *
 * Source: section 3.7.2 of the book; the numbers are macOS's.
 */
#ifndef MACH_PORT_H
#define MACH_PORT_H

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>
#include <stdint.h>

/* A name. The second type says that a right comes along with it. */
typedef natural_t mach_port_name_t;
typedef mach_port_name_t mach_port_t;

typedef mach_port_name_t *mach_port_name_array_t;
typedef mach_port_t *mach_port_array_t;

/* No port; and what stands in a message for a right whose port has died. */
#define MACH_PORT_NULL 0
#define MACH_PORT_DEAD ((mach_port_name_t)~0)
#define MACH_PORT_VALID(name) \
	((name) != MACH_PORT_NULL && (name) != MACH_PORT_DEAD)

/* ---- rights ------------------------------------------------------------- */

/* One kind of right, as an argument. */
typedef natural_t mach_port_right_t;

#define MACH_PORT_RIGHT_SEND ((mach_port_right_t)0)
#define MACH_PORT_RIGHT_RECEIVE ((mach_port_right_t)1)
#define MACH_PORT_RIGHT_SEND_ONCE ((mach_port_right_t)2)
#define MACH_PORT_RIGHT_PORT_SET ((mach_port_right_t)3)
#define MACH_PORT_RIGHT_DEAD_NAME ((mach_port_right_t)4)
#define MACH_PORT_RIGHT_LABELH ((mach_port_right_t)5) /* none has it now */
#define MACH_PORT_RIGHT_NUMBER ((mach_port_right_t)6) /* how many kinds */

/* All the rights that a name stands for: a bit for each kind. */
typedef natural_t mach_port_type_t;
typedef mach_port_type_t *mach_port_type_array_t;

#define MACH_PORT_TYPE(right) ((mach_port_type_t)1 << ((right) + 16U))
#define MACH_PORT_TYPE_NONE ((mach_port_type_t)0)
#define MACH_PORT_TYPE_SEND MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND)
#define MACH_PORT_TYPE_RECEIVE MACH_PORT_TYPE(MACH_PORT_RIGHT_RECEIVE)
#define MACH_PORT_TYPE_SEND_ONCE MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND_ONCE)
#define MACH_PORT_TYPE_PORT_SET MACH_PORT_TYPE(MACH_PORT_RIGHT_PORT_SET)
#define MACH_PORT_TYPE_DEAD_NAME MACH_PORT_TYPE(MACH_PORT_RIGHT_DEAD_NAME)
#define MACH_PORT_TYPE_LABELH MACH_PORT_TYPE(MACH_PORT_RIGHT_LABELH)

#define MACH_PORT_TYPE_SEND_RECEIVE \
	(MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_RECEIVE)
#define MACH_PORT_TYPE_SEND_RIGHTS \
	(MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_SEND_ONCE)
#define MACH_PORT_TYPE_PORT_RIGHTS \
	(MACH_PORT_TYPE_SEND_RIGHTS | MACH_PORT_TYPE_RECEIVE)
#define MACH_PORT_TYPE_PORT_OR_DEAD \
	(MACH_PORT_TYPE_PORT_RIGHTS | MACH_PORT_TYPE_DEAD_NAME)
#define MACH_PORT_TYPE_ALL_RIGHTS \
	(MACH_PORT_TYPE_PORT_OR_DEAD | MACH_PORT_TYPE_PORT_SET)

/* Not rights: a notification has been asked for with this name, of the port's
 * death, or of room in its queue (DELAYED besides: not armed by a send yet). A
 * name with a kept message has SPREQUEST too. */
#define MACH_PORT_TYPE_DNREQUEST 0x80000000U
#define MACH_PORT_TYPE_SPREQUEST 0x40000000U
#define MACH_PORT_TYPE_SPREQUEST_DELAYED 0x20000000U

/* How many references a name has, and a change of that. */
typedef natural_t mach_port_urefs_t;
typedef integer_t mach_port_delta_t;

/* ---- what a port is like ------------------------------------------------ */

typedef natural_t mach_port_seqno_t;    /* number of a received message */
typedef natural_t mach_port_mscount_t;  /* send rights made by the receiver */
typedef natural_t mach_port_msgcount_t; /* messages */
typedef natural_t mach_port_rights_t;   /* rights */
typedef unsigned int mach_port_srights_t;

#define MACH_PORT_SRIGHTS_NONE 0
#define MACH_PORT_SRIGHTS_PRESENT 1

/* How many messages the queue takes before senders wait. */
#define MACH_PORT_QLIMIT_ZERO 0
#define MACH_PORT_QLIMIT_BASIC 5
#define MACH_PORT_QLIMIT_SMALL 16
#define MACH_PORT_QLIMIT_LARGE 1024
#define MACH_PORT_QLIMIT_KERNEL 65534
#define MACH_PORT_QLIMIT_MIN MACH_PORT_QLIMIT_ZERO
#define MACH_PORT_QLIMIT_DEFAULT MACH_PORT_QLIMIT_BASIC
#define MACH_PORT_QLIMIT_MAX MACH_PORT_QLIMIT_LARGE

/* MACH_PORT_LIMITS_INFO: can be asked and set. */
typedef struct mach_port_limits {
	mach_port_msgcount_t mpl_qlimit; /* 0 to MACH_PORT_QLIMIT_MAX */
} mach_port_limits_t;

/* MACH_PORT_RECEIVE_STATUS: can be asked. */
typedef struct mach_port_status {
	mach_port_rights_t mps_pset;       /* port sets that it is in */
	mach_port_seqno_t mps_seqno;       /* the next message's number */
	mach_port_mscount_t mps_mscount;   /* the make-send count */
	mach_port_msgcount_t mps_qlimit;   /* messages that the queue takes */
	mach_port_msgcount_t mps_msgcount; /* messages in it */
	mach_port_rights_t mps_sorights;   /* send-once rights that exist */
	boolean_t mps_srights;             /* whether send rights exist */
	boolean_t mps_pdrequest;           /* port-destroyed is asked for */
	boolean_t mps_nsrequest;           /* no-senders is asked for */
	natural_t mps_flags;               /* MACH_PORT_STATUS_FLAG_* */
} mach_port_status_t;

#define MACH_PORT_STATUS_FLAG_TEMPOWNER 0x01
#define MACH_PORT_STATUS_FLAG_GUARDED 0x02
#define MACH_PORT_STATUS_FLAG_STRICT_GUARD 0x04
#define MACH_PORT_STATUS_FLAG_IMP_DONATION 0x08
#define MACH_PORT_STATUS_FLAG_REVIVE 0x10
#define MACH_PORT_STATUS_FLAG_TASKPTR 0x20
#define MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE 0x40
#define MACH_PORT_STATUS_FLAG_NO_GRANT 0x80

/* What to ask or set: for mach_port_get_attributes() and _set_attributes(). */
typedef int mach_port_flavor_t;

#define MACH_PORT_LIMITS_INFO 1
#define MACH_PORT_RECEIVE_STATUS 2
#define MACH_PORT_DNREQUESTS_SIZE 3
#define MACH_PORT_TEMPOWNER 4
#define MACH_PORT_IMPORTANCE_RECEIVER 5
#define MACH_PORT_DENAP_RECEIVER 6
#define MACH_PORT_INFO_EXT 7
#define MACH_PORT_GUARD_INFO 8
#define MACH_PORT_SERVICE_THROTTLED 9

/* One of the structures above as an array; the counts are its elements. */
typedef integer_t *mach_port_info_t;

#define MACH_PORT_LIMITS_INFO_COUNT \
	((natural_t)(sizeof(mach_port_limits_t) / sizeof(natural_t)))
#define MACH_PORT_RECEIVE_STATUS_COUNT \
	((natural_t)(sizeof(mach_port_status_t) / sizeof(natural_t)))
#define MACH_PORT_DNREQUESTS_SIZE_COUNT 1

#endif
