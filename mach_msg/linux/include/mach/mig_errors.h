/*
 * What a remote procedure call made of messages can answer. On macOS a tool,
 * MIG, writes such calls; by hand they answer the same.
 */
#ifndef MACH_MIG_ERRORS_H
#define MACH_MIG_ERRORS_H

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/ndr.h>

#define MIG_TYPE_ERROR (-300)      /* the message's parts aren't as agreed */
#define MIG_REPLY_MISMATCH (-301)  /* the answer has another id */
#define MIG_REMOTE_ERROR (-302)    /* the server found an error */
#define MIG_BAD_ID (-303)          /* there is no call of this id */
#define MIG_BAD_ARGUMENTS (-304)   /* the message's parts aren't as agreed */
#define MIG_NO_REPLY (-305)        /* no answer is wanted */
#define MIG_EXCEPTION (-306)       /* the server raised an exception */
#define MIG_ARRAY_TOO_LARGE (-307) /* an array doesn't fit */
#define MIG_SERVER_DIED (-308)     /* the server is gone */
#define MIG_TRAILER_ERROR (-309)   /* the trailer has an unknown format */

/* An answer that is nothing but how the call went. */
#pragma pack(push, 4)
typedef struct {
	mach_msg_header_t Head;
	NDR_record_t NDR;
	kern_return_t RetCode;
} mig_reply_error_t;
#pragma pack(pop)

#endif
