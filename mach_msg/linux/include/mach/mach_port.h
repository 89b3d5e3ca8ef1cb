/*
 * What a task can do with its names of ports and the rights that they stand
 * for.
 *
 * TASK is a send right to a task's own port: mach_task_self(), or another
 * task's that came in a message. Whoever holds that right may do with the
 * task's names what the task itself may; rights that are given in or taken out
 * (POLY, NOTIFY, *PREVIOUS) are the caller's. For anything else as TASK they
 * return KERN_INVALID_TASK, for a NAME that stands for nothing
 * KERN_INVALID_NAME, and KERN_FAILURE when the kernel has ended. None of the
 * three is said again below. KERN_NO_SPACE is that all of a task's names are
 * used, 262,143; KERN_RESOURCE_SHORTAGE that it has had the kernel hold as much
 * as one task may.
 *
 * A name has references, counted for each kind of right. When the last one
 * goes, so does the right: a port whose receive right goes is dead, its queue
 * is destroyed, and other tasks' send rights to it turn into dead names.
 */
#ifndef MACH_MACH_PORT_H
#define MACH_MACH_PORT_H

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/port.h>

/* ---- making names ------------------------------------------------------- */

/*
 * Makes a port (MACH_PORT_RIGHT_RECEIVE), a port set (_PORT_SET) or a dead name
 * (_DEAD_NAME), and puts its name into *NAME. A port comes with its receive
 * right and no send right; mach_port_insert_right() makes one.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_VALUE (another kind of right),
 * KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE.
 *
 * Source: Mach's mach_port_allocate, section 3.7.2 of the book.
 */
kern_return_t mach_port_allocate(
    ipc_space_t task, mach_port_right_t right, mach_port_name_t *name);

/*
 * The same under a name that the caller chooses; not MACH_PORT_NULL or
 * MACH_PORT_DEAD.
 *
 * Returns what mach_port_allocate() does, and KERN_NAME_EXISTS (it is in use),
 * KERN_FAILURE (it differs only in its lowest byte from one that is),
 * KERN_INVALID_VALUE (it can't be a name).
 *
 * Source: Mach's mach_port_allocate_name.
 */
kern_return_t mach_port_allocate_name(
    ipc_space_t task, mach_port_right_t right, mach_port_name_t name);

/*
 * Gives what is called OLD_NAME the name NEW_NAME.
 *
 * Returns KERN_SUCCESS, KERN_NAME_EXISTS (NEW_NAME is in use), KERN_FAILURE (it
 * differs only in its lowest byte from one that is), KERN_INVALID_VALUE (it
 * can't be a name), KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE.
 *
 * Source: Mach's mach_port_rename.
 */
kern_return_t mach_port_rename(
    ipc_space_t task, mach_port_name_t old_name, mach_port_name_t new_name);

/* ---- giving rights back ------------------------------------------------- */

/*
 * Takes one reference from a send right, a send-once right or a dead name. A
 * send-once right that is given back unused tells its port: a notification of
 * the id 71 (MACH_NOTIFY_SEND_ONCE). A port set is destroyed. MACH_PORT_NULL
 * and MACH_PORT_DEAD have nothing to give back, and that succeeds.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_RIGHT (a receive right alone: that goes
 * with mach_port_mod_refs()).
 *
 * Source: Mach's mach_port_deallocate.
 */
kern_return_t mach_port_deallocate(ipc_space_t task, mach_port_name_t name);

/*
 * Takes all rights that NAME stands for, whatever their references. A name that
 * someone else still counts on goes with them: mach_port_deallocate() and
 * mach_port_mod_refs() take what is one's own. MACH_PORT_NULL and
 * MACH_PORT_DEAD stand for none, and that succeeds.
 *
 * Returns KERN_SUCCESS.
 *
 * Source: Mach's mach_port_destroy.
 */
kern_return_t mach_port_destroy(ipc_space_t task, mach_port_name_t name);

/*
 * Changes by DELTA how many references NAME has for one kind of right. A
 * receive right, a port set and a send-once right have one: DELTA is 0 or -1. A
 * send right or a dead name can gain some, and loses its last one like any. Of
 * MACH_PORT_NULL and MACH_PORT_DEAD a send or send-once right stays as it is.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_RIGHT (NAME has no such right),
 * KERN_INVALID_VALUE (no such kind of right, or fewer than no references would
 * be left), KERN_UREFS_OVERFLOW (more than can be counted).
 *
 * Source: Mach's mach_port_mod_refs.
 */
kern_return_t mach_port_mod_refs(ipc_space_t task, mach_port_name_t name,
    mach_port_right_t right, mach_port_delta_t delta);

/*
 * Puts into *REFS how many references NAME has for one kind of right; 0 when it
 * has no such right. A null or dead send or send-once right (MACH_PORT_NULL,
 * MACH_PORT_DEAD) counts as 1.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_VALUE (no such kind of right).
 *
 * Source: Mach's mach_port_get_refs.
 */
kern_return_t mach_port_get_refs(ipc_space_t task, mach_port_name_t name,
    mach_port_right_t right, mach_port_urefs_t *refs);

/* ---- what names stand for ----------------------------------------------- */

/*
 * Puts into *PTYPE what NAME stands for: MACH_PORT_TYPE_* bits.
 * KERN_INVALID_NAME is the answer for a name that isn't in use; MACH_PORT_DEAD
 * is a dead name.
 *
 * Returns KERN_SUCCESS.
 *
 * Source: Mach's mach_port_type.
 */
kern_return_t mach_port_type(
    ipc_space_t task, mach_port_name_t name, mach_port_type_t *ptype);

/*
 * Lists all names of the task, and in the same order what they stand for
 * (mach_port_type()). Puts new arrays into *NAMES and *TYPES and how many
 * elements they have into *NAMES_COUNT and *TYPES_COUNT; the caller frees each
 * with vm_deallocate(), as many bytes as its elements have.
 *
 * Returns KERN_SUCCESS, KERN_RESOURCE_SHORTAGE.
 *
 * Source: Mach's mach_port_names.
 */
kern_return_t mach_port_names(ipc_space_t task, mach_port_name_array_t *names,
    mach_msg_type_number_t *names_count, mach_port_type_array_t *types,
    mach_msg_type_number_t *types_count);

/* ---- rights from rights ------------------------------------------------- */

/*
 * Gives the task a right to the port POLY, under NAME. POLY_POLY says which and
 * how, as in a message: MACH_MSG_TYPE_MAKE_SEND with both names that of the
 * receive right makes a send right. Send and receive rights share a name. A
 * right that was to be moved is gone, whatever comes of it.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_VALUE (POLY_POLY or NAME can't be),
 * KERN_INVALID_CAPABILITY (POLY is null or dead), KERN_NAME_EXISTS (NAME stands
 * for something else), KERN_RIGHT_EXISTS (the task has the right, under another
 * name), KERN_INVALID_RIGHT (POLY isn't a right that this can be made of, or
 * NAME is a port set), KERN_UREFS_OVERFLOW, KERN_FAILURE (NAME differs only in
 * its lowest byte from one that is in use), KERN_NO_SPACE,
 * KERN_RESOURCE_SHORTAGE.
 *
 * Source: Mach's mach_port_insert_right; it gives the right that section 3.7.2
 * of the book calls MACH_PORT_RIGHT_SEND.
 */
kern_return_t mach_port_insert_right(ipc_space_t task, mach_port_name_t name,
    mach_port_t poly, mach_msg_type_name_t poly_poly);

/*
 * Takes or makes a right from what NAME stands for, as MSGT_NAME says
 * (MACH_MSG_TYPE_MAKE_SEND_ONCE of a receive right), and puts its name into
 * *POLY and what it is into *POLY_POLY (MACH_MSG_TYPE_PORT_SEND_ONCE). The
 * right is the caller's.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_VALUE (MSGT_NAME can't be),
 * KERN_INVALID_RIGHT (NAME isn't a right that this can be made of),
 * KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE.
 *
 * Source: Mach's mach_port_extract_right.
 */
kern_return_t mach_port_extract_right(ipc_space_t task, mach_port_name_t name,
    mach_msg_type_name_t msgt_name, mach_port_t *poly,
    mach_msg_type_name_t *poly_poly);

/* ---- being told --------------------------------------------------------- */

/*
 * Asks for a message, once, when something becomes of NAME. MSGID says what:
 *
 *     MACH_NOTIFY_NO_SENDERS      the receive right's last send right is gone
 *     MACH_NOTIFY_PORT_DESTROYED  the receive right would have been destroyed
 *     MACH_NOTIFY_DEAD_NAME       the send or send-once right's port has died
 *     MACH_NOTIFY_SEND_POSSIBLE   the send right's port takes messages again
 *
 * NOTIFY with NOTIFY_POLY gives the send-once right that the message comes to:
 * the receive right of a port and MACH_MSG_TYPE_MAKE_SEND_ONCE, or a send-once
 * right and MACH_MSG_TYPE_MOVE_SEND_ONCE. MACH_PORT_NULL asks for nothing any
 * more. The right of an earlier request, or MACH_PORT_NULL, goes into *PREVIOUS
 * and is the caller's.
 *
 * SYNC, for no-senders: when there is no send right already, the message comes
 * at once if the port's make-send count has reached SYNC. For dead-name: not 0
 * has it come at once for a name that is dead already; for send-possible: not 0
 * arms it without a send. For port-destroyed it is 0.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_VALUE (MSGID or SYNC can't be),
 * KERN_INVALID_RIGHT (NAME isn't the right for it), KERN_INVALID_ARGUMENT (NAME
 * is dead already, and SYNC 0), KERN_INVALID_CAPABILITY (NOTIFY isn't the right
 * for it), KERN_UREFS_OVERFLOW, KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE. The
 * right NOTIFY is used up unless it is KERN_INVALID_CAPABILITY.
 *
 * Source: Mach's mach_port_request_notification. The book's notify port
 * (section 3.7.2) is an older Mach's: here each request names a port.
 */
kern_return_t mach_port_request_notification(ipc_space_t task,
    mach_port_name_t name, mach_msg_id_t msgid, mach_port_mscount_t sync,
    mach_port_t notify, mach_msg_type_name_t notify_poly,
    mach_port_t *previous);

/* ---- queues ------------------------------------------------------------- */

/*
 * Puts what FLAVOR asks of the receive right NAME into *INFO. *INFO_COUNT is
 * how many elements INFO has room for, and becomes how many were put there:
 *
 *     MACH_PORT_LIMITS_INFO       mach_port_limits_t
 *     MACH_PORT_RECEIVE_STATUS    mach_port_status_t
 *     MACH_PORT_DNREQUESTS_SIZE   an int
 *
 * Returns KERN_SUCCESS, KERN_INVALID_RIGHT (no receive right), KERN_FAILURE (no
 * room), KERN_INVALID_ARGUMENT (no such flavor).
 *
 * Source: Mach's mach_port_get_attributes.
 */
kern_return_t mach_port_get_attributes(ipc_space_read_t task,
    mach_port_name_t name, mach_port_flavor_t flavor, mach_port_info_t info,
    mach_msg_type_number_t *info_count);

/*
 * Sets what FLAVOR says of the receive right NAME: MACH_PORT_LIMITS_INFO, how
 * many messages its queue takes. 0 is a limit: each sender waits then. What is
 * queued already stays.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_RIGHT (no receive right), KERN_FAILURE
 * (INFO has too few elements), KERN_INVALID_VALUE (more than
 * MACH_PORT_QLIMIT_MAX), KERN_INVALID_ARGUMENT (no such flavor, or it can't be
 * set).
 *
 * Source: Mach's mach_port_set_attributes. The finite queue is in section 3.7.2
 * of the book.
 */
kern_return_t mach_port_set_attributes(ipc_space_t task, mach_port_name_t name,
    mach_port_flavor_t flavor, mach_port_info_t info,
    mach_msg_type_number_t info_count);

/*
 * Looks at a message in the receive right NAME's queue and leaves it there: the
 * one of the number *REQUEST_SEQNO, or the first when that is 0. Puts its
 * number there, its size in bytes into *MSG_SIZE, its id into *MSG_ID and its
 * trailer of the type TRAILER_TYPE (MACH_RCV_TRAILER_TYPE() and _ELEMENTS())
 * into TRAILER_INFO. *TRAILER_INFO_COUNT is how many bytes that has room for,
 * and becomes the trailer's size.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_RIGHT (no receive right), KERN_FAILURE
 * (there is no such message), KERN_INVALID_VALUE (no such trailer, or no room
 * for it).
 *
 * Source: Mach's mach_port_peek.
 */
kern_return_t mach_port_peek(ipc_space_t task, mach_port_name_t name,
    mach_msg_trailer_type_t trailer_type, mach_port_seqno_t *request_seqno,
    mach_msg_size_t *msg_size, mach_msg_id_t *msg_id,
    mach_msg_trailer_info_t trailer_info,
    mach_msg_type_number_t *trailer_info_count);

/*
 * A value of the receiver's own, kept with the receive right NAME: 0 at first,
 * and 0 again when the right has moved to another task.
 *
 * Return KERN_SUCCESS, KERN_INVALID_RIGHT (no receive right).
 *
 * Source: macOS's mach_port_get_context and mach_port_set_context.
 */
kern_return_t mach_port_get_context(
    ipc_space_read_t task, mach_port_name_t name, mach_port_context_t *context);
kern_return_t mach_port_set_context(
    ipc_space_t task, mach_port_name_t name, mach_port_context_t context);

/* ---- port sets ---------------------------------------------------------- */

/*
 * Puts the receive right MEMBER into the port set AFTER, and out of each that
 * it is in; with MACH_PORT_NULL only the latter. A receive from the set takes
 * from any member. MEMBER can still be received from by itself.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_RIGHT (no receive right, no port set),
 * KERN_NOT_IN_SET (AFTER is null, and MEMBER in no set).
 *
 * Source: Mach's mach_port_move_member.
 */
kern_return_t mach_port_move_member(
    ipc_space_t task, mach_port_name_t member, mach_port_name_t after);

/*
 * Puts the receive right NAME into the port set PSET, whatever others it is in.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_RIGHT (no receive right, no port set),
 * KERN_ALREADY_IN_SET (it is in PSET).
 *
 * Source: macOS's mach_port_insert_member.
 */
kern_return_t mach_port_insert_member(
    ipc_space_t task, mach_port_name_t name, mach_port_name_t pset);

/*
 * Takes the receive right NAME out of the port set PSET alone.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_RIGHT (no receive right, no port set),
 * KERN_NOT_IN_SET (it isn't in PSET).
 *
 * Source: macOS's mach_port_extract_member.
 */
kern_return_t mach_port_extract_member(
    ipc_space_t task, mach_port_name_t name, mach_port_name_t pset);

/*
 * Lists the members of the port set NAME: puts a new array of their names into
 * *MEMBERS and how many there are into *MEMBERS_COUNT. The caller frees it with
 * vm_deallocate(), as many bytes as its elements have.
 *
 * Returns KERN_SUCCESS, KERN_INVALID_RIGHT (no port set),
 * KERN_RESOURCE_SHORTAGE.
 *
 * Source: Mach's mach_port_get_set_status.
 */
kern_return_t mach_port_get_set_status(ipc_space_read_t task,
    mach_port_name_t name, mach_port_name_array_t *members,
    mach_msg_type_number_t *members_count);

#endif
