/*
 * ALPC with Windows' own names: on Windows the calls are ntdll's, on Linux this
 * directory's. Types, sizes, values and prototypes are those of the public
 * header of the same name.
 *
 * Source: ntlpcapi.h of the phnt headers (System Informer); Microsoft documents
 * none of it. What a call does, beyond its prototype, comes from ReactOS'
 * conformance tests, which were run against Windows 11 ("tested" below); where
 * no public reference says anything the comment does ("ours").
 *
 * Every call returns STATUS_INVALID_HANDLE for what is no handle,
 * STATUS_OBJECT_TYPE_MISMATCH for a handle of the wrong kind, and
 * STATUS_ACCESS_VIOLATION for a null pointer where there must be none.
 */
#ifndef NTALPC_NTLPCAPI_H
#define NTALPC_NTLPCAPI_H

#ifdef _WIN32
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
/* behind windows.h */
#include <ntstatus.h>
#include <winternl.h>
typedef SHORT CSHORT;
#else
#include <ntdef.h>
#include <ntstatus.h>
#endif

#include <stddef.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): the names are Windows' */

/* ---- messages ------------------------------------------------------------ */

/* The header of each message; its DataLength bytes follow it. */
typedef struct _PORT_MESSAGE {
	union {
		struct {
			CSHORT DataLength;  /* bytes behind the header */
			CSHORT TotalLength; /* and with it */
		} s1;
		ULONG Length;
	} u1;
	union {
		struct {
			CSHORT Type; /* LPC_..., in the low byte */
			/* from the header's beginning to a
			 * PORT_DATA_INFORMATION; 0: there is none */
			CSHORT DataInfoOffset;
		} s2;
		ULONG ZeroInit;
	} u2;
	union {
		CLIENT_ID ClientId; /* who sent it: the receiver's to read */
		double DoNotUseThisField;
	};
	ULONG MessageId; /* matches a reply with its request */
	union {
		SIZE_T ClientViewSize;
		ULONG CallbackId;
	};
} PORT_MESSAGE, *PPORT_MESSAGE;

/* Memory of the sender's own that the receiver may read and write. */
typedef struct _PORT_DATA_ENTRY {
	PVOID Base;
	ULONG Size;
} PORT_DATA_ENTRY, *PPORT_DATA_ENTRY;

typedef struct _PORT_DATA_INFORMATION {
	ULONG CountDataEntries;
	PORT_DATA_ENTRY DataEntries[1];
} PORT_DATA_INFORMATION, *PPORT_DATA_INFORMATION;

#define LPC_REQUEST 1
#define LPC_REPLY 2
#define LPC_DATAGRAM 3
#define LPC_LOST_REPLY 4
#define LPC_PORT_CLOSED 5
#define LPC_CLIENT_DIED 6
#define LPC_CONNECTION_REQUEST 10
/* a flag beside them: the message may be answered */
#define LPC_CONTINUATION_REQUIRED 0x2000

/* Header and data: 16 bits hold it with room to spare. Tested. */
#define ALPC_MAX_ALLOWED_MESSAGE_LENGTH 0xFFEF

#define ALPC_MSGFLG_REPLY_MESSAGE 0x1
#define ALPC_MSGFLG_RELEASE_MESSAGE 0x10000
#define ALPC_MSGFLG_SYNC_REQUEST 0x20000

#define ALPC_CANCELFLG_TRY_CANCEL 0x1
#define ALPC_CANCELFLG_NO_CONTEXT_CHECK 0x8

/* ---- ports -------------------------------------------------------------- */

/* What a port allows; a size of 0 is the layer's own limit. */
typedef struct _ALPC_PORT_ATTRIBUTES {
	ULONG Flags;
	SECURITY_QUALITY_OF_SERVICE SecurityQos;
	SIZE_T MaxMessageLength; /* header included */
	SIZE_T MemoryBandwidth;
	SIZE_T MaxPoolUsage;
	SIZE_T MaxSectionSize; /* of the peer's sections, too */
	SIZE_T MaxViewSize;
	SIZE_T MaxTotalSectionSize;
	ULONG DupObjectTypes;
	ULONG Reserved;
} ALPC_PORT_ATTRIBUTES, *PALPC_PORT_ATTRIBUTES;

/* ---- attributes of a message -------------------------------------------- */

typedef HANDLE ALPC_HANDLE, *PALPC_HANDLE;

/* The attributes follow it, in the order of their bits from the highest. */
typedef struct _ALPC_MESSAGE_ATTRIBUTES {
	ULONG AllocatedAttributes; /* there is room for these */
	ULONG ValidAttributes;     /* these are filled in */
} ALPC_MESSAGE_ATTRIBUTES, *PALPC_MESSAGE_ATTRIBUTES;

#define ALPC_MESSAGE_SECURITY_ATTRIBUTE 0x80000000u
#define ALPC_MESSAGE_VIEW_ATTRIBUTE 0x40000000u
#define ALPC_MESSAGE_CONTEXT_ATTRIBUTE 0x20000000u
#define ALPC_MESSAGE_HANDLE_ATTRIBUTE 0x10000000u

typedef struct _ALPC_SECURITY_ATTR {
	ULONG Flags;
	PSECURITY_QUALITY_OF_SERVICE QoS;
	ALPC_HANDLE ContextHandle;
} ALPC_SECURITY_ATTR, *PALPC_SECURITY_ATTR;

/* A part of a section, as the sender has it mapped; then as the receiver has.
 */
typedef struct _ALPC_DATA_VIEW_ATTR {
	ULONG Flags;
	ALPC_HANDLE SectionHandle;
	PVOID ViewBase;
	SIZE_T ViewSize;
} ALPC_DATA_VIEW_ATTR, *PALPC_DATA_VIEW_ATTR;

typedef struct _ALPC_CONTEXT_ATTR {
	PVOID PortContext;    /* the server's, given at accept */
	PVOID MessageContext; /* the requester's, back with its reply */
	ULONG Sequence;
	ULONG MessageId;
	ULONG CallbackId;
} ALPC_CONTEXT_ATTR, *PALPC_CONTEXT_ATTR;

typedef struct _ALPC_HANDLE_ATTR {
	ULONG Flags;
	HANDLE Handle;
	ULONG ObjectType;
	ACCESS_MASK DesiredAccess;
} ALPC_HANDLE_ATTR, *PALPC_HANDLE_ATTR;

/* ---- what can be asked of a port ---------------------------------------- */

typedef enum _ALPC_PORT_INFORMATION_CLASS {
	AlpcBasicInformation = 0,
	AlpcServerSessionInformation = 12
} ALPC_PORT_INFORMATION_CLASS;

typedef struct _ALPC_BASIC_INFORMATION {
	ULONG Flags;
	ULONG SequenceNo;
	PVOID PortContext;
} ALPC_BASIC_INFORMATION, *PALPC_BASIC_INFORMATION;

typedef struct _ALPC_SERVER_SESSION_INFORMATION {
	ULONG SessionId;
	ULONG ProcessId;
} ALPC_SERVER_SESSION_INFORMATION, *PALPC_SERVER_SESSION_INFORMATION;

/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- layouts: these are Windows' of 64 bits ----------------------------- */

/* NOLINTBEGIN(bugprone-macro-parentheses): a type and a member */
#define NTALPC_AT(type, member, offset)                  \
	_Static_assert(offsetof(type, member) == offset, \
	    #type "." #member " is elsewhere")
/* NOLINTEND(bugprone-macro-parentheses) */

_Static_assert(sizeof(ULONG) == 4 && sizeof(WCHAR) == 2, "Windows' types");
_Static_assert(sizeof(PORT_MESSAGE) == 40, "PORT_MESSAGE");
NTALPC_AT(PORT_MESSAGE, u1.s1.DataLength, 0);
NTALPC_AT(PORT_MESSAGE, u1.s1.TotalLength, 2);
NTALPC_AT(PORT_MESSAGE, u2.s2.Type, 4);
NTALPC_AT(PORT_MESSAGE, u2.s2.DataInfoOffset, 6);
NTALPC_AT(PORT_MESSAGE, ClientId, 8);
NTALPC_AT(PORT_MESSAGE, MessageId, 24);
NTALPC_AT(PORT_MESSAGE, CallbackId, 32);
NTALPC_AT(PORT_MESSAGE, ClientViewSize, 32);
_Static_assert(sizeof(PORT_DATA_ENTRY) == 16, "PORT_DATA_ENTRY");
_Static_assert(sizeof(PORT_DATA_INFORMATION) == 24, "PORT_DATA_INFORMATION");
NTALPC_AT(PORT_DATA_INFORMATION, DataEntries, 8);
_Static_assert(sizeof(ALPC_PORT_ATTRIBUTES) == 72, "ALPC_PORT_ATTRIBUTES");
NTALPC_AT(ALPC_PORT_ATTRIBUTES, MaxMessageLength, 16);
NTALPC_AT(ALPC_PORT_ATTRIBUTES, MaxSectionSize, 40);
NTALPC_AT(ALPC_PORT_ATTRIBUTES, DupObjectTypes, 64);
_Static_assert(sizeof(ALPC_MESSAGE_ATTRIBUTES) == 8, "ALPC_MESSAGE_ATTRIBUTES");
_Static_assert(sizeof(ALPC_SECURITY_ATTR) == 24, "ALPC_SECURITY_ATTR");
_Static_assert(sizeof(ALPC_DATA_VIEW_ATTR) == 32, "ALPC_DATA_VIEW_ATTR");
NTALPC_AT(ALPC_DATA_VIEW_ATTR, SectionHandle, 8);
NTALPC_AT(ALPC_DATA_VIEW_ATTR, ViewBase, 16);
NTALPC_AT(ALPC_DATA_VIEW_ATTR, ViewSize, 24);
_Static_assert(sizeof(ALPC_CONTEXT_ATTR) == 32, "ALPC_CONTEXT_ATTR");
NTALPC_AT(ALPC_CONTEXT_ATTR, MessageId, 20);
_Static_assert(sizeof(ALPC_HANDLE_ATTR) == 24, "ALPC_HANDLE_ATTR");
_Static_assert(sizeof(ALPC_BASIC_INFORMATION) == 16, "ALPC_BASIC_INFORMATION");
_Static_assert(sizeof(ALPC_SERVER_SESSION_INFORMATION) == 8,
    "ALPC_SERVER_SESSION_INFORMATION");

/* ---- connecting --------------------------------------------------------- */

/*
 * The server's: creates a connection port and publishes it under the name in
 * OBJECT, such as "\RPC Control\NAME"; without OBJECT it has none.
 *
 * STATUS_OBJECT_NAME_COLLISION when the name is taken, STATUS_INVALID_PARAMETER
 * for a MaxMessageLength of 64 KiB or more (both tested),
 * STATUS_OBJECT_PATH_SYNTAX_BAD and STATUS_OBJECT_NAME_INVALID for what can't
 * be a name, STATUS_ACCESS_DENIED where names of this user can't be.
 *
 * On Linux: a listening socket (README.md says where); names are told apart by
 * case, and have at most 80 bytes in UTF-8.
 */
NTSTATUS NTAPI NtAlpcCreatePort(
    PHANDLE port, POBJECT_ATTRIBUTES object, PALPC_PORT_ATTRIBUTES attributes);

/*
 * The client's: asks for a connection with the port NAME, and waits until the
 * server has accepted or refused. CONNECTION travels with the request, and
 * comes back with what the server answered; LENGTH is the room at CONNECTION,
 * then what the answer took. OUT is ignored, and IN gets the context alone
 * (ours).
 *
 * STATUS_OBJECT_NAME_NOT_FOUND, STATUS_PORT_CONNECTION_REFUSED (tested; a
 * message of the server's has come with it), STATUS_TIMEOUT. REQUIRED and
 * OBJECT are ignored: the server is this user's (ours).
 */
NTSTATUS NTAPI NtAlpcConnectPort(PHANDLE port, PUNICODE_STRING name,
    POBJECT_ATTRIBUTES object, PALPC_PORT_ATTRIBUTES attributes, ULONG flags,
    PSID required, PPORT_MESSAGE connection, PSIZE_T length,
    PALPC_MESSAGE_ATTRIBUTES out, PALPC_MESSAGE_ATTRIBUTES in,
    PLARGE_INTEGER timeout);

/*
 * The server's answer to an LPC_CONNECTION_REQUEST that came from CONNECTION:
 * REQUEST has its MessageId, and the data for the client. When ACCEPT, PORT
 * becomes the server communication port, and each message of this client comes
 * with CONTEXT.
 *
 * STATUS_MESSAGE_NOT_FOUND when there is no such request,
 * STATUS_REQUEST_CANCELED when its client doesn't wait any more (ours).
 */
NTSTATUS NTAPI NtAlpcAcceptConnectPort(PHANDLE port, HANDLE connection,
    ULONG flags, POBJECT_ATTRIBUTES object, PALPC_PORT_ATTRIBUTES attributes,
    PVOID context, PPORT_MESSAGE request, PALPC_MESSAGE_ATTRIBUTES message,
    BOOLEAN accept);

/*
 * Ends a port's use: calls on it return STATUS_PORT_DISCONNECTED from then on,
 * also those that wait. For a client's the server receives LPC_PORT_CLOSED. A
 * server communication port's doesn't stop the client's sends. Tested.
 */
NTSTATUS NTAPI NtAlpcDisconnectPort(HANDLE port, ULONG flags);

/* ---- messages ----------------------------------------------------------- */

/*
 * Sends SEND, if there is one, then receives into RECEIVE, if there is one;
 * LENGTH is the room there, then what the message took. TIMEOUT counts units of
 * 100 ns: negative from now, null for ever; it limits both.
 *
 * With ALPC_MSGFLG_SYNC_REQUEST what is received is the reply to SEND. Else it
 * is the next message: at a connection port every client's, its connection
 * requests and, last, LPC_PORT_CLOSED; at a client communication port the
 * server's; a server communication port gets none, and times out (tested).
 *
 * SEND is a reply when its MessageId is that of a request that has come to the
 * server and isn't answered; ALPC_MSGFLG_REPLY_MESSAGE insists. It is for the
 * connection port or the client's server communication port, in any order.
 *
 * Callbacks, ours, a model: ALPC_MSGFLG_SYNC_REQUEST at a server communication
 * port with the MessageId of a request asks that client back; there its
 * synchronous call returns with CallbackId not 0, and sending the answer, as a
 * reply with both ids and with RECEIVE, goes on waiting.
 *
 * STATUS_PORT_MESSAGE_TOO_LONG for more than the port's maximum,
 * STATUS_INVALID_PARAMETER for lengths that contradict each other, as a total
 * of 64 KiB and more in 16 bits does, STATUS_INVALID_PARAMETER_2 for a
 * synchronous reply or a synchronous request without SEND,
 * STATUS_LPC_RECEIVE_BUFFER_EXPECTED for one without RECEIVE, STATUS_TIMEOUT,
 * STATUS_PORT_DISCONNECTED, STATUS_MESSAGE_LOST when the request was cancelled
 * (all tested). STATUS_BUFFER_TOO_SMALL: LENGTH says what it takes, and the
 * message can be received again; a reply to a synchronous request is lost.
 * STATUS_MESSAGE_NOT_FOUND for a reply to no request, STATUS_REQUEST_CANCELED
 * for one whose client doesn't wait any more. STATUS_NOT_SUPPORTED for a
 * SECURITY or HANDLE attribute.
 */
NTSTATUS NTAPI NtAlpcSendWaitReceivePort(HANDLE port, ULONG flags,
    PPORT_MESSAGE send, PALPC_MESSAGE_ATTRIBUTES send_attributes,
    PPORT_MESSAGE receive, PSIZE_T length,
    PALPC_MESSAGE_ATTRIBUTES receive_attributes, PLARGE_INTEGER timeout);

/*
 * Cancels the request MESSAGE->MessageId: at a client's port one that another
 * thread waits for, at a server's one that has come. STATUS_PENDING: it will be
 * so, and who waits gets STATUS_MESSAGE_LOST. STATUS_MESSAGE_NOT_FOUND,
 * STATUS_INVALID_PARAMETER for flags beyond the low four bits. Tested.
 */
NTSTATUS NTAPI NtAlpcCancelMessage(
    HANDLE port, ULONG flags, PALPC_CONTEXT_ATTR message);

/* ---- sections ----------------------------------------------------------- */

/*
 * Creates a section, shared memory of SIZE bytes, rounded up to 64 KiB (tested)
 * and told in ACTUAL. HANDLE must be null: a new one.
 *
 * STATUS_SECTION_TOO_BIG for more than the port's MaxSectionSize,
 * STATUS_INVALID_PARAMETER for none, STATUS_NO_MEMORY.
 */
NTSTATUS NTAPI NtAlpcCreatePortSection(HANDLE port, ULONG flags, HANDLE handle,
    SIZE_T size, PALPC_HANDLE section, PSIZE_T actual);

/* Deletes it: its memory goes with the last view, the peer's included.
 * STATUS_INVALID_HANDLE when the port has no such section. */
NTSTATUS NTAPI NtAlpcDeletePortSection(
    HANDLE port, ULONG flags, ALPC_HANDLE section);

/*
 * Gives a part of VIEW->SectionHandle of at least VIEW->ViewSize bytes, that no
 * other view has: ViewBase and ViewSize say where, and how large. To be sent
 * with a message's VIEW attribute, any number of times.
 * STATUS_INVALID_VIEW_SIZE where there is no room for it (ours).
 */
NTSTATUS NTAPI NtAlpcCreateSectionView(
    HANDLE port, ULONG flags, PALPC_DATA_VIEW_ATTR view);

/* Gives such a part back, or a view that came with a message: each that came is
 * to be given back. STATUS_NOT_MAPPED_VIEW when there is none (ours). */
NTSTATUS NTAPI NtAlpcDeleteSectionView(HANDLE port, ULONG flags, PVOID base);

/* ---- the sender --------------------------------------------------------- */

/*
 * Opens the process that MESSAGE, received here and not answered, came from; on
 * Linux for NtClose alone. STATUS_MESSAGE_NOT_FOUND.
 */
NTSTATUS NTAPI NtAlpcOpenSenderProcess(PHANDLE process, HANDLE port,
    PPORT_MESSAGE message, ULONG flags, ACCESS_MASK access,
    POBJECT_ATTRIBUTES object);

/*
 * Reads, or writes, SIZE bytes at the beginning of entry INDEX that the client
 * declared with the request MESSAGE, in the client's own memory: the third
 * technique. DONE, where it isn't null, says how many.
 *
 * STATUS_INVALID_PARAMETER when there is no such entry or SIZE goes past its
 * end, STATUS_MESSAGE_NOT_FOUND when MESSAGE is no request or has its answer,
 * STATUS_PARTIAL_COPY when the client has no memory there,
 * STATUS_ACCESS_DENIED when Linux doesn't allow it: yama's ptrace_scope above
 * 1, or a client that isn't dumpable; STATUS_PORT_DISCONNECTED.
 *
 * Source: NtReadRequestData, NtWriteRequestData of phnt; ptrace(2) for what
 * Linux asks, which the client's side of this layer grants (PR_SET_PTRACER).
 */
NTSTATUS NTAPI NtReadRequestData(HANDLE port, PPORT_MESSAGE message,
    ULONG index, PVOID buffer, SIZE_T size, PSIZE_T done);
NTSTATUS NTAPI NtWriteRequestData(HANDLE port, PPORT_MESSAGE message,
    ULONG index, PVOID buffer, SIZE_T size, PSIZE_T done);

/*
 * AlpcBasicInformation, of every port; AlpcServerSessionInformation, of a
 * client's: the server's process. RETURNED, where it isn't null, is the size.
 * STATUS_INFO_LENGTH_MISMATCH when there is no room, STATUS_INVALID_INFO_CLASS.
 */
NTSTATUS NTAPI NtAlpcQueryInformation(HANDLE port,
    ALPC_PORT_INFORMATION_CLASS information, PVOID buffer, ULONG size,
    PULONG returned);

/* ---- attributes' buffers ------------------------------------------------ */

/* How many bytes ALPC_MESSAGE_ATTRIBUTES take with these attributes. */
ULONG NTAPI AlpcGetHeaderSize(ULONG attributes);

/*
 * Begins a buffer of SIZE bytes with room for these attributes, none of them
 * valid. REQUIRED gets how many bytes it takes. STATUS_BUFFER_TOO_SMALL.
 */
NTSTATUS NTAPI AlpcInitializeMessageAttribute(ULONG attributes,
    PALPC_MESSAGE_ATTRIBUTES buffer, SIZE_T size, PSIZE_T required);

/* Where an attribute lies in such a buffer; null when there is no room for it:
 * it goes by AllocatedAttributes, not by ValidAttributes. Tested. */
PVOID NTAPI AlpcGetMessageAttribute(
    PALPC_MESSAGE_ATTRIBUTES buffer, ULONG attribute);

#endif
