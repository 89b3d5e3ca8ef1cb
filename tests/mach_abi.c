/*
 * The numbers of Mach's interface, as they are on macOS, x86_64 and arm64:
 * constants, sizes of types and where their members are. Compiling this is the
 * test; on macOS it tests the numbers themselves. It prints nothing.
 *
 * A line that is lost is found out too, as the lines are counted.
 */
#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <servers/bootstrap.h>
#include <stddef.h>
#include <stdint.h>

/* 1 makes every line wrong, to see that each can fail. */
#ifndef OFF_BY
#define OFF_BY 0
#endif

#define VALUE(name, number) \
	_Static_assert((uint32_t)(name) == (number##U) + OFF_BY, #name)
#define SIZE(type, bytes) \
	_Static_assert(sizeof(type) == (bytes) + OFF_BY, "sizeof " #type)
#define OFFSET(type, member, bytes) \
	_Static_assert(             \
	    offsetof(type, member) == (bytes) + OFF_BY, #type "." #member)

enum { LINES = 121, LINE_BEFORE = __LINE__ };
VALUE(MACH_MSG_TYPE_MOVE_RECEIVE, 16);
VALUE(MACH_MSG_TYPE_MOVE_SEND, 17);
VALUE(MACH_MSG_TYPE_MOVE_SEND_ONCE, 18);
VALUE(MACH_MSG_TYPE_COPY_SEND, 19);
VALUE(MACH_MSG_TYPE_MAKE_SEND, 20);
VALUE(MACH_MSG_TYPE_MAKE_SEND_ONCE, 21);
VALUE(MACH_PORT_RIGHT_SEND, 0);
VALUE(MACH_PORT_RIGHT_RECEIVE, 1);
VALUE(MACH_PORT_RIGHT_SEND_ONCE, 2);
VALUE(MACH_PORT_RIGHT_PORT_SET, 3);
VALUE(MACH_PORT_RIGHT_DEAD_NAME, 4);
VALUE(MACH_PORT_TYPE_SEND, 65536);
VALUE(MACH_PORT_TYPE_RECEIVE, 131072);
VALUE(MACH_PORT_TYPE_SEND_ONCE, 262144);
VALUE(MACH_PORT_TYPE_PORT_SET, 524288);
VALUE(MACH_PORT_TYPE_DEAD_NAME, 1048576);
VALUE(MACH_PORT_TYPE_DNREQUEST, 2147483648);
VALUE(MACH_PORT_TYPE_SPREQUEST, 1073741824);
VALUE(MACH_PORT_NULL, 0);
VALUE(MACH_PORT_DEAD, 4294967295);
VALUE(MACH_PORT_QLIMIT_DEFAULT, 5);
VALUE(MACH_PORT_QLIMIT_MAX, 1024);
VALUE(MACH_PORT_LIMITS_INFO, 1);
VALUE(MACH_PORT_RECEIVE_STATUS, 2);
VALUE(MACH_PORT_LIMITS_INFO_COUNT, 1);
VALUE(MACH_PORT_RECEIVE_STATUS_COUNT, 10);
VALUE(MACH_SEND_MSG, 1);
VALUE(MACH_RCV_MSG, 2);
VALUE(MACH_RCV_LARGE, 4);
VALUE(MACH_SEND_TIMEOUT, 16);
VALUE(MACH_SEND_INTERRUPT, 64);
VALUE(MACH_SEND_NOTIFY, 128);
VALUE(MACH_RCV_TIMEOUT, 256);
VALUE(MACH_RCV_INTERRUPT, 1024);
VALUE(MACH_SEND_INVALID_DATA, 268435458);
VALUE(MACH_SEND_INVALID_DEST, 268435459);
VALUE(MACH_SEND_TIMED_OUT, 268435460);
VALUE(MACH_SEND_INTERRUPTED, 268435463);
VALUE(MACH_SEND_MSG_TOO_SMALL, 268435464);
VALUE(MACH_SEND_INVALID_REPLY, 268435465);
VALUE(MACH_SEND_INVALID_RIGHT, 268435466);
VALUE(MACH_SEND_INVALID_NOTIFY, 268435467);
VALUE(MACH_SEND_INVALID_MEMORY, 268435468);
VALUE(MACH_SEND_NO_BUFFER, 268435469);
VALUE(MACH_SEND_TOO_LARGE, 268435470);
VALUE(MACH_SEND_INVALID_TYPE, 268435471);
VALUE(MACH_SEND_INVALID_HEADER, 268435472);
VALUE(MACH_RCV_INVALID_NAME, 268451842);
VALUE(MACH_RCV_TIMED_OUT, 268451843);
VALUE(MACH_RCV_TOO_LARGE, 268451844);
VALUE(MACH_RCV_INTERRUPTED, 268451845);
VALUE(MACH_RCV_PORT_CHANGED, 268451846);
VALUE(MACH_RCV_PORT_DIED, 268451849);
VALUE(MACH_RCV_IN_SET, 268451850);
VALUE(MACH_NOTIFY_PORT_DELETED, 65);
VALUE(MACH_NOTIFY_SEND_POSSIBLE, 66);
VALUE(MACH_NOTIFY_PORT_DESTROYED, 69);
VALUE(MACH_NOTIFY_NO_SENDERS, 70);
VALUE(MACH_NOTIFY_SEND_ONCE, 71);
VALUE(MACH_NOTIFY_DEAD_NAME, 72);
VALUE(MACH_MSG_PORT_DESCRIPTOR, 0);
VALUE(MACH_MSG_OOL_DESCRIPTOR, 1);
VALUE(MACH_MSG_OOL_PORTS_DESCRIPTOR, 2);
VALUE(MACH_MSG_PHYSICAL_COPY, 0);
VALUE(MACH_MSG_VIRTUAL_COPY, 1);
VALUE(MACH_MSG_ALLOCATE, 2);
VALUE(MACH_MSGH_BITS_COMPLEX, 2147483648);
VALUE(KERN_INVALID_ADDRESS, 1);
VALUE(KERN_NO_SPACE, 3);
VALUE(KERN_INVALID_ARGUMENT, 4);
VALUE(KERN_FAILURE, 5);
VALUE(KERN_NAME_EXISTS, 13);
VALUE(KERN_INVALID_NAME, 15);
VALUE(KERN_INVALID_TASK, 16);
VALUE(KERN_INVALID_RIGHT, 17);
VALUE(KERN_INVALID_VALUE, 18);
VALUE(KERN_UREFS_OVERFLOW, 19);
VALUE(KERN_INVALID_CAPABILITY, 20);
VALUE(KERN_RIGHT_EXISTS, 21);
VALUE(KERN_NOT_IN_SET, 12);
VALUE(KERN_ALREADY_IN_SET, 11);
VALUE(TASK_BOOTSTRAP_PORT, 4);
VALUE(MIG_BAD_ID, 4294966993);
SIZE(mach_msg_header_t, 24);
OFFSET(mach_msg_header_t, msgh_bits, 0);
OFFSET(mach_msg_header_t, msgh_size, 4);
OFFSET(mach_msg_header_t, msgh_remote_port, 8);
OFFSET(mach_msg_header_t, msgh_local_port, 12);
OFFSET(mach_msg_header_t, msgh_voucher_port, 16);
OFFSET(mach_msg_header_t, msgh_id, 20);
SIZE(mach_msg_body_t, 4);
SIZE(mach_msg_base_t, 28);
SIZE(mach_msg_port_descriptor_t, 12);
SIZE(mach_msg_ool_descriptor_t, 16);
SIZE(mach_msg_ool_ports_descriptor_t, 16);
SIZE(mach_msg_guarded_port_descriptor_t, 16);
SIZE(mach_msg_type_descriptor_t, 12);
SIZE(mach_msg_descriptor_t, 16);
OFFSET(mach_msg_ool_descriptor_t, address, 0);
OFFSET(mach_msg_ool_descriptor_t, size, 12);
OFFSET(mach_msg_ool_ports_descriptor_t, count, 12);
SIZE(mach_msg_trailer_t, 8);
SIZE(mach_msg_seqno_trailer_t, 12);
SIZE(mach_msg_security_trailer_t, 20);
SIZE(mach_msg_audit_trailer_t, 52);
SIZE(mach_msg_context_trailer_t, 60);
SIZE(mach_msg_max_trailer_t, 68);
SIZE(mach_msg_empty_send_t, 24);
SIZE(mach_msg_empty_rcv_t, 32);
SIZE(mach_dead_name_notification_t, 56);
OFFSET(mach_dead_name_notification_t, not_port, 32);
SIZE(mach_no_senders_notification_t, 56);
OFFSET(mach_no_senders_notification_t, not_count, 32);
SIZE(mach_port_destroyed_notification_t, 60);
SIZE(mach_send_once_notification_t, 44);
SIZE(NDR_record_t, 8);
SIZE(mach_port_status_t, 40);
SIZE(mach_port_limits_t, 4);
SIZE(mach_port_t, 4);
SIZE(mach_vm_address_t, 8);
SIZE(mach_msg_timeout_t, 4);
enum { LINE_BEHIND = __LINE__ };

_Static_assert(LINE_BEHIND - LINE_BEFORE - 1 == LINES, "a line is lost or new");

/*
 * The full queue's fourth choice, which macOS hasn't: its codes are those of
 * CMU's Mach, and no option of macOS's has its option's bit. That no two codes
 * have one number is seen by a test that reads the headers.
 */
#ifdef MACH_SEND_WILL_NOTIFY
enum {
	MACOS_OPTIONS =
	    MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_LARGE |
	    MACH_RCV_LARGE_IDENTITY | MACH_SEND_TIMEOUT | MACH_SEND_OVERRIDE |
	    MACH_SEND_INTERRUPT | MACH_SEND_NOTIFY | MACH_RCV_TIMEOUT |
	    MACH_MSG_STRICT_REPLY | MACH_RCV_INTERRUPT | MACH_RCV_VOUCHER |
	    MACH_RCV_GUARDED_DESC | MACH_RCV_SYNC_WAIT | MACH_RCV_SYNC_PEEK |
	    MACH_SEND_FILTER_NONFATAL | MACH_SEND_ALWAYS | MACH_SEND_TRAILER |
	    MACH_SEND_NOIMPORTANCE | MACH_SEND_IMPORTANCE |
	    MACH_SEND_SYNC_OVERRIDE | MACH_SEND_PROPAGATE_QOS |
	    MACH_SEND_KERNEL | MACH_SEND_SYNC_BOOTSTRAP_CHECKIN |
	    MACH_RCV_TRAILER_TYPE(0xf) | MACH_RCV_TRAILER_ELEMENTS(0xf),
};

/* the one bit that is left */
_Static_assert(MACH_SEND_KEEP == ~(uint32_t)MACOS_OPTIONS, "MACH_SEND_KEEP");
#ifdef MACH_SEND_INVALID_VOUCHER
#error "macOS's code has the number of MACH_SEND_WILL_NOTIFY"
#endif
_Static_assert(MACH_SEND_WILL_NOTIFY == 0x10000005, "MACH_SEND_WILL_NOTIFY");
_Static_assert(MACH_SEND_NOTIFY_IN_PROGRESS == 0x10000006, "_IN_PROGRESS");
#endif

/* What REQUESTED_TRAILER_SIZE() makes of each. */
#define TRAILER(elements, bytes)                                             \
	_Static_assert(                                                      \
	    REQUESTED_TRAILER_SIZE(MACH_RCV_MSG | MACH_RCV_TRAILER_ELEMENTS( \
						      elements)) == (bytes), \
	    #elements)

TRAILER(MACH_RCV_TRAILER_NULL, 8);
TRAILER(MACH_RCV_TRAILER_SEQNO, 12);
TRAILER(MACH_RCV_TRAILER_SENDER, 20);
TRAILER(MACH_RCV_TRAILER_AUDIT, 52);
TRAILER(MACH_RCV_TRAILER_CTX, 60);
TRAILER(MACH_RCV_TRAILER_AV, 68);

/* Descriptors follow each other without gaps. */
_Static_assert(_Alignof(mach_msg_port_descriptor_t) == 4, "port");
_Static_assert(_Alignof(mach_msg_ool_descriptor_t) == 4, "out of line");
_Static_assert(_Alignof(mach_msg_ool_ports_descriptor_t) == 4, "ports");
_Static_assert(_Alignof(mach_msg_guarded_port_descriptor_t) == 4, "guarded");

/* The bootstrap service, and Mach's numbers that messages aren't made of. */
_Static_assert(sizeof(name_t) == 128, "sizeof name_t");
_Static_assert(BOOTSTRAP_NOT_PRIVILEGED == 1100, "BOOTSTRAP_NOT_PRIVILEGED");
_Static_assert(BOOTSTRAP_NAME_IN_USE == 1101, "BOOTSTRAP_NAME_IN_USE");
_Static_assert(BOOTSTRAP_UNKNOWN_SERVICE == 1102, "BOOTSTRAP_UNKNOWN_SERVICE");
_Static_assert(BOOTSTRAP_SERVICE_ACTIVE == 1103, "BOOTSTRAP_SERVICE_ACTIVE");
_Static_assert(sizeof(vm_address_t) == 8, "sizeof vm_address_t");
_Static_assert(sizeof(mig_reply_error_t) == 36, "sizeof mig_reply_error_t");
_Static_assert(VM_FLAGS_FIXED == 0, "VM_FLAGS_FIXED");
_Static_assert(VM_FLAGS_ANYWHERE == 1, "VM_FLAGS_ANYWHERE");

int
main(void)
{
	return 0;
}
