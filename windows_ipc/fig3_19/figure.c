#include "windows_ipc/fig3_19/figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include "windows_ipc/command_line.h"
#endif

const char *const technique_names[TECHNIQUES] = {"queue", "section", "direct"};

/* ---- messages ----------------------------------------------------------- */

void
begin_message(PORT_MESSAGE *header, size_t size)
{
	memset(header, 0, sizeof *header);
	header->u1.s1.TotalLength = (CSHORT)size;
	/* 16 bits: what exceeds them can't be said, and shall not be less */
	header->u1.s1.DataLength =
	    (CSHORT)(size > 0xffff ? 0xffff : size - sizeof *header);
}

const char *
message_type(const PORT_MESSAGE *header)
{
	switch (header->u2.s2.Type & 0xff) {
	case LPC_CONNECTION_REQUEST:
		return "LPC_CONNECTION_REQUEST";
	case LPC_REQUEST:
		return "LPC_REQUEST";
	case LPC_PORT_CLOSED:
		return "LPC_PORT_CLOSED";
	default:
		return "another message";
	}
}

bool
is_message_of(const PORT_MESSAGE *header, size_t size)
{
	return (USHORT)header->u1.s1.DataLength == size - sizeof *header;
}

uint32_t
cksum(const void *bytes, size_t size)
{
	static uint32_t table[256];
	const unsigned char *byte = bytes;
	uint32_t crc = 0;

	if (!table[1])
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t entry = i << 24;
			for (int bit = 0; bit < 8; bit++)
				entry =
				    entry << 1 ^ (entry >> 31 ? 0x04c11db7 : 0);
			table[i] = entry;
		}
	for (size_t i = 0; i < size; i++)
		crc = crc << 8 ^ table[crc >> 24 ^ byte[i]];
	for (; size > 0; size >>= 8)
		crc = crc << 8 ^ table[crc >> 24 ^ (size & 0xff)];
	return ~crc;
}

/* ---- ports -------------------------------------------------------------- */

/* Takes a character from UTF-8 TEXT, or -1 when that isn't UTF-8. */
static long
next_character(const unsigned char **text)
{
	const unsigned char *c = *text;
	int more = *c < 0x80 ? 0 : *c < 0xe0 ? 1 : *c < 0xf0 ? 2 : 3;
	long result = more == 0 ? *c : *c & (0x3f >> more);

	if ((*c >= 0x80 && *c < 0xc2) || *c > 0xf4)
		return -1;
	for (int i = 1; i <= more; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return -1;
		result = result << 6 | (c[i] & 0x3f);
	}
	*text = c + more + 1;
	return result;
}

PUNICODE_STRING
port_name(const char *name)
{
	enum { LONGEST_NAME = 60 };
	static WCHAR units[sizeof DIRECTORY + 2 * LONGEST_NAME];
	static UNICODE_STRING result;
	const unsigned char *c = (const unsigned char *)name;
	size_t length = 0;

	if (!*name || strlen(name) > LONGEST_NAME || strchr(name, '\\'))
		usage_error("--name=%s: a name has 1 to %d bytes, and no \\",
		    name, LONGEST_NAME);
	for (const char *d = DIRECTORY; *d; d++)
		units[length++] = (WCHAR)*d;
	while (*c) {
		long character = next_character(&c);
		if (character < 0)
			usage_error("--name=%s: not UTF-8", name);
		if (character >= 0x10000) {
			character -= 0x10000;
			units[length++] = (WCHAR)(0xd800 + (character >> 10));
			character = 0xdc00 + (character & 0x3ff);
		}
		units[length++] = (WCHAR)character;
	}
	result.Buffer = units;
	result.Length = (USHORT)(length * sizeof units[0]);
	result.MaximumLength = sizeof units;
	return &result;
}

PLARGE_INTEGER
timeout_of(double seconds)
{
	static LARGE_INTEGER timeout;

	timeout.QuadPart = (LONGLONG)(-seconds * 1e7);
	return &timeout;
}

unsigned
number_of(HANDLE handle)
{
	return (unsigned)(uintptr_t)handle;
}

/* ---- the program -------------------------------------------------------- */

#ifdef _WIN32
/* Wine's ntdll has none. Wine loads the program all the same, and ends it at
 * the first such call. */
void
need_alpc(void)
{
	HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

	if (!ntdll || !GetProcAddress(ntdll, "NtAlpcCreatePort"))
		fatal("this ntdll has no ALPC; run the Linux program");
}

int
wmain(int argc, wchar_t *argv[])
{
	return figure_main(argc, utf8_arguments(argc, argv));
}
#else
void
need_alpc(void)
{
}

int
main(int argc, char *argv[])
{
	return figure_main(argc, argv);
}
#endif
