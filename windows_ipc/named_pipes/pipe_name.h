/*
 * What server and client agree on: the pipe's name and what it carries.
 */
#ifndef NAMED_PIPES_PIPE_NAME_H
#define NAMED_PIPES_PIPE_NAME_H

#include <stdbool.h>
#include <wchar.h>

/* A name that is none of another program's. */
#define DEFAULT_PIPE "ipc-figures"

/* \\.\pipe\NAME in UTF-16; the caller frees it. A name that can't be a pipe's
 * (empty, with a backslash, more than 247 characters) is a usage error. */
wchar_t *pipe_path(const char *name);

/* Whether --mode=MODE is "message", and not "byte"; else a usage error. */
bool parse_mode_is_message(const char *mode);

#endif
