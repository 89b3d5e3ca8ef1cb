/*
 * Notifications: the messages that the system itself sends, to the ports that a
 * task has named for them with mach_port_request_notification(), or with
 * MACH_SEND_KEEP. The id in the header says which one it is.
 *
 * They arrive as declared here, with a trailer that is as long as the options
 * of the receive ask for: give the receive a buffer of one of these types.
 */
#ifndef MACH_NOTIFY_H
#define MACH_NOTIFY_H

#include <mach/message.h>
#include <mach/ndr.h>
#include <mach/port.h>

typedef mach_port_t notify_port_t;

#define MACH_NOTIFY_FIRST 64
#define MACH_NOTIFY_PORT_DELETED (MACH_NOTIFY_FIRST + 1)
#define MACH_NOTIFY_SEND_POSSIBLE (MACH_NOTIFY_FIRST + 2)
#define MACH_NOTIFY_PORT_DESTROYED (MACH_NOTIFY_FIRST + 5)
#define MACH_NOTIFY_NO_SENDERS (MACH_NOTIFY_FIRST + 6)
#define MACH_NOTIFY_SEND_ONCE (MACH_NOTIFY_FIRST + 7)
#define MACH_NOTIFY_DEAD_NAME (MACH_NOTIFY_FIRST + 8)
#define MACH_NOTIFY_LAST (MACH_NOTIFY_FIRST + 13)

#pragma pack(push, 4)

/* The name is gone, before what was asked for came to pass. */
typedef struct {
	mach_msg_header_t not_header;
	NDR_record_t NDR;
	mach_port_name_t not_port;
	mach_msg_format_0_trailer_t trailer;
} mach_port_deleted_notification_t;

/* The port that the name stands for takes messages again; or the message that
 * was kept for it has been received. */
typedef struct {
	mach_msg_header_t not_header;
	NDR_record_t NDR;
	mach_port_name_t not_port;
	mach_msg_format_0_trailer_t trailer;
} mach_send_possible_notification_t;

/* The receive right would have been destroyed; it is in the message instead. */
typedef struct {
	mach_msg_header_t not_header;
	mach_msg_body_t not_body;
	mach_msg_port_descriptor_t not_port;
	mach_msg_format_0_trailer_t trailer;
} mach_port_destroyed_notification_t;

/* Nobody has a send right any more. The count is the port's make-send count:
 * where it is larger by now, there are new ones. */
typedef struct {
	mach_msg_header_t not_header;
	NDR_record_t NDR;
	mach_msg_type_number_t not_count;
	mach_msg_format_0_trailer_t trailer;
} mach_no_senders_notification_t;

/* A send-once right to this port was destroyed unused: no answer will come. */
typedef struct {
	mach_msg_header_t not_header;
	mach_msg_format_0_trailer_t trailer;
} mach_send_once_notification_t;

/* The port has died; the name is a dead name now, and has one more reference
 * for this message to be the receiver's. */
typedef struct {
	mach_msg_header_t not_header;
	NDR_record_t NDR;
	mach_port_name_t not_port;
	mach_msg_format_0_trailer_t trailer;
} mach_dead_name_notification_t;

#pragma pack(pop)

#endif
