/*
 * Windows' basic types on Linux, as far as ALPC needs them. On Windows the same
 * names come from <windows.h> and <winternl.h>.
 *
 * Sizes are Windows': ULONG has 32 bits though Linux' long has 64, WCHAR
 * has 16. Names of ports are written u"...", which is an array of WCHAR on
 * both.
 *
 * Source: "Windows Data Types" and winternl.h in Microsoft's documentation.
 */
#ifndef NTALPC_LINUX_NTDEF_H
#define NTALPC_LINUX_NTDEF_H

#include <stddef.h>
#include <stdint.h>

#define NTAPI

#ifndef TRUE
#define FALSE 0
#define TRUE 1
#endif

/* NOLINTBEGIN(bugprone-reserved-identifier): the names are Windows' */

typedef void VOID, *PVOID;
typedef unsigned char UCHAR, BOOLEAN, *PUCHAR;
typedef int16_t SHORT, CSHORT;
typedef uint16_t USHORT, *PUSHORT, WCHAR, *PWSTR;
typedef int32_t LONG, NTSTATUS;
typedef uint32_t ULONG, *PULONG, DWORD, ACCESS_MASK;
typedef int64_t LONGLONG;
typedef uintptr_t ULONG_PTR;
typedef size_t SIZE_T, *PSIZE_T;
typedef PVOID HANDLE, *PHANDLE, PSID;

typedef union _LARGE_INTEGER {
	struct {
		DWORD LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef struct _UNICODE_STRING {
	USHORT Length;        /* bytes, without a null at the end */
	USHORT MaximumLength; /* bytes */
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

typedef struct _OBJECT_ATTRIBUTES {
	ULONG Length;
	HANDLE RootDirectory;
	PUNICODE_STRING ObjectName;
	ULONG Attributes;
	PVOID SecurityDescriptor;
	PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define OBJ_CASE_INSENSITIVE 0x40

#define InitializeObjectAttributes(p, n, a, r, s)         \
	do {                                              \
		(p)->Length = sizeof(OBJECT_ATTRIBUTES);  \
		(p)->RootDirectory = (r);                 \
		(p)->ObjectName = (n);                    \
		(p)->Attributes = (a);                    \
		(p)->SecurityDescriptor = (s);            \
		(p)->SecurityQualityOfService = (PVOID)0; \
	} while (0)

typedef struct _CLIENT_ID {
	HANDLE UniqueProcess;
	HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

typedef enum _SECURITY_IMPERSONATION_LEVEL {
	SecurityAnonymous,
	SecurityIdentification,
	SecurityImpersonation,
	SecurityDelegation
} SECURITY_IMPERSONATION_LEVEL;

typedef struct _SECURITY_QUALITY_OF_SERVICE {
	DWORD Length;
	SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
	BOOLEAN ContextTrackingMode;
	BOOLEAN EffectiveOnly;
} SECURITY_QUALITY_OF_SERVICE, *PSECURITY_QUALITY_OF_SERVICE;

/* NOLINTEND(bugprone-reserved-identifier) */

#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000

/*
 * Closes a handle of this layer. STATUS_INVALID_HANDLE when it is none. What
 * waits on the object returns.
 *
 * Source: NtClose (winternl.h).
 */
NTSTATUS NTAPI NtClose(HANDLE handle);

/* This process's number, as PORT_MESSAGE has it. Source: processthreadsapi.h */
DWORD GetCurrentProcessId(void);

#endif
