#include "windows_ipc/named_pipes/pipe_name.h"
#include "common/common.h"
#include "windows_ipc/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CreateNamedPipe's limit for a path, in UTF-16 units. */
enum { LONGEST_PATH = 256 };

wchar_t *
pipe_path(const char *name)
{
	static const char prefix[] = "\\\\.\\pipe\\";
	size_t size = strlen(name) + sizeof prefix;
	char *path = malloc(size);

	if (!path)
		fatal("no memory for %zu bytes", size);
	snprintf(path, size, "%s%s", prefix, name);
	wchar_t *wide = wide_of(path);
	free(path);
	if (!*name || strchr(name, '\\') || wcslen(wide) > LONGEST_PATH)
		usage_error("--name=%s: not a pipe's name", name);
	return wide;
}

bool
parse_mode_is_message(const char *mode)
{
	if (strcmp(mode, "message") == 0)
		return true;
	if (strcmp(mode, "byte") != 0)
		usage_error("--mode=%s: neither byte nor message", mode);
	return false;
}
