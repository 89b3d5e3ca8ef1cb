#include <ntlpcapi.h>

/* The attributes that there are, in the order in which they lie in a buffer. */
static const struct {
	ULONG bit;
	ULONG size;
} kinds[] = {
    {ALPC_MESSAGE_SECURITY_ATTRIBUTE, sizeof(ALPC_SECURITY_ATTR)},
    {ALPC_MESSAGE_VIEW_ATTRIBUTE, sizeof(ALPC_DATA_VIEW_ATTR)},
    {ALPC_MESSAGE_CONTEXT_ATTRIBUTE, sizeof(ALPC_CONTEXT_ATTR)},
    {ALPC_MESSAGE_HANDLE_ATTRIBUTE, sizeof(ALPC_HANDLE_ATTR)},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

ULONG NTAPI
AlpcGetHeaderSize(ULONG attributes)
{
	ULONG size = sizeof(ALPC_MESSAGE_ATTRIBUTES);

	for (int i = 0; i < KINDS; i++)
		if (attributes & kinds[i].bit)
			size += kinds[i].size;
	return size;
}

NTSTATUS NTAPI
AlpcInitializeMessageAttribute(ULONG attributes,
    PALPC_MESSAGE_ATTRIBUTES buffer, SIZE_T size, PSIZE_T required)
{
	if (!required)
		return STATUS_ACCESS_VIOLATION;
	*required = AlpcGetHeaderSize(attributes);
	if (!buffer || size < *required)
		return STATUS_BUFFER_TOO_SMALL;
	buffer->AllocatedAttributes = attributes;
	buffer->ValidAttributes = 0;
	return STATUS_SUCCESS;
}

PVOID NTAPI
AlpcGetMessageAttribute(PALPC_MESSAGE_ATTRIBUTES buffer, ULONG attribute)
{
	char *place = (char *)(buffer + 1);

	for (int i = 0; i < KINDS; i++)
		if (buffer->AllocatedAttributes & kinds[i].bit) {
			if (attribute == kinds[i].bit)
				return place;
			place += kinds[i].size;
		}
	return NULL;
}
