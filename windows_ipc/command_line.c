#include "windows_ipc/command_line.h"
#include "common/common.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* A program's path may be so long, in UTF-16 units (with "\\?\"). */
enum { LONGEST_PATH = 32768 };

static void *
allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		fatal("no memory for %zu bytes", count * size);
	return memory;
}

wchar_t *
wide_of(const char *text)
{
	int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);

	if (length == 0)
		die("MultiByteToWideChar");
	wchar_t *wide = allocate((size_t)length, sizeof *wide);
	MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, length);
	return wide;
}

char *
utf8_of(const wchar_t *wide)
{
	int size =
	    WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);

	if (size == 0)
		die("WideCharToMultiByte");
	char *text = allocate((size_t)size, 1);
	WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
	return text;
}

char **
utf8_arguments(int argc, wchar_t *argv[])
{
	char **arguments = allocate((size_t)argc + 1, sizeof *arguments);

	for (int i = 0; i < argc; i++)
		arguments[i] = utf8_of(argv[i]);
	return arguments;
}

/* Appends COUNT times C. */
static void
add(struct command_line *line, wchar_t c, size_t count)
{
	size_t length = line->length + count;
	size_t size = (length + 1) * sizeof *line->text;
	wchar_t *text = realloc(line->text, size);

	if (!text)
		fatal("no memory for %zu bytes", size);
	for (size_t i = line->length; i < length; i++)
		text[i] = c;
	text[length] = L'\0';
	line->text = text;
	line->length = length;
}

static void
add_text(struct command_line *line, const wchar_t *text)
{
	while (*text)
		add(line, *text++, 1);
}

void
command_line_add_neighbour(struct command_line *line, const wchar_t *name)
{
	wchar_t *path = allocate(LONGEST_PATH, sizeof *path);
	DWORD length = GetModuleFileNameW(NULL, path, LONGEST_PATH);

	if (length == 0 || length == LONGEST_PATH)
		die("GetModuleFileName");
	wchar_t *file = wcsrchr(path, L'\\');
	if (file)
		file[1] = L'\0';
	add(line, L'"', 1); /* a path has no quotes of its own */
	add_text(line, path);
	add_text(line, name);
	add(line, L'"', 1);
	free(path);
}

void
command_line_add(struct command_line *line, const char *argument)
{
	wchar_t *wide = wide_of(argument);
	size_t backslashes = 0;

	if (line->length > 0)
		add(line, L' ', 1);
	if (*wide && !wcspbrk(wide, L" \t\n\v\"")) {
		add_text(line, wide);
		free(wide);
		return;
	}

	/* Backslashes are themselves, but before a quote two stand for one. */
	add(line, L'"', 1);
	for (const wchar_t *c = wide; *c; c++) {
		if (*c == L'"')
			add(line, L'\\', backslashes + 1);
		backslashes = *c == L'\\' ? backslashes + 1 : 0;
		add(line, *c, 1);
	}
	add(line, L'\\', backslashes);
	add(line, L'"', 1);
	free(wide);
}
