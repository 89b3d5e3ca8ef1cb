/*
 * What a program sends: a text of the command line, or its standard input.
 */
#ifndef WINDOWS_IPC_MESSAGE_H
#define WINDOWS_IPC_MESSAGE_H

#include <windows.h>

struct message {
	char *bytes; /* LENGTH bytes and a zero; the caller frees them */
	DWORD length;
};

/*
 * The bytes of TEXT without the zero at its end, or, when TEXT is "-", all that
 * standard input gives: then Enter for --step comes from the terminal. Dies
 * when that can't be read, or is more than 1 GiB.
 */
struct message message_of(const char *text);

#endif
