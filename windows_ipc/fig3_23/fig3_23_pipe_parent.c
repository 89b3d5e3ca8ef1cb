/*
 * Figures 3.23 and 3.24: a Windows anonymous pipe, the parent.
 *
 * Creates the pipe and a child whose standard input is the pipe's read end,
 * writes a message, and waits for the child.
 *
 * Usage:   fig3_23_pipe_parent [--message=TEXT] [--child=COMMAND]
 * Partner: fig3_25_pipe_child, which it starts: it lies beside it.
 *
 * Differs from the book because every call is checked, exactly the message is
 * written and not a whole buffer, the child's standard error is its parent's,
 * the command line is UTF-16 that CreateProcess may write to, and the child's
 * exit code is asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "common/common.h"
#include "windows_ipc/command_line.h"
#include "windows_ipc/message.h"

enum { BUFFER_SIZE = 25 };

/* Milliseconds that --break=leak-write-end gives the child: our own gives up by
 * itself, another waits. */
enum { LIMIT_OF_OWN = 10000, LIMIT_OF_OTHER = 2000 };

static const struct choice options[] = {
    {'m', "message", "TEXT",
	"what to write (Greetings); - takes standard input"},
    {'c', "child", "COMMAND", "the child: a command line (fig3_25_pipe_child)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"leak-write-end", "the child inherits the write end: no end-of-file",
	"A pipe ends when its last write handle is closed, and the child "
	"itself holds one. Without a limit it would wait for ever, and its "
	"parent for it."},
    {"no-inherit", "CreateProcess with FALSE: the child has no pipe",
	"On Windows STARTUPINFO only tells the child the handle's number; "
	"that the handle is there too takes TRUE."},
    {"not-inheritable", "security attributes without bInheritHandle",
	"TRUE lets the child inherit what can be inherited, and STARTUPINFO "
	"makes no handle so."},
    {"wrong-length", "write the whole buffer, as the book does",
	"WriteFile sends as many bytes as it is told. What the buffer holds "
	"behind the message goes with it."},
    {"no-wait", "the parent doesn't wait: the child's line comes late",
	"A process doesn't end with its parent. Who waits for neither its "
	"child's end nor its exit code doesn't know what became of it."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.23",
    .role = "parent",
    .purpose =
	"Figures 3.23 and 3.24: a parent writes a message into a Windows "
	"anonymous pipe,\nwhich is its child's standard input.",
    .example = "fig3_23_pipe_parent --explain --message=Greetings",
    .options = options,
    .defects = defects,
};

/* The command line of the child: COMMAND as it is, or figure 3.25's program,
 * which narrates when this one does. */
static wchar_t *
command_line_of(const char *command)
{
	const char *words[NARRATION_OPTIONS + 1];
	struct command_line line = {NULL, 0};

	if (command)
		return wide_of(command);
	command_line_add_neighbour(&line, L"fig3_25_pipe_child.exe");
	narration_options(words);
	for (int i = 0; words[i]; i++)
		command_line_add(&line, words[i]);
	if (broken("leak-write-end"))
		command_line_add(&line, "--patience=0.25");
	return line.text;
}

/* The command line that has the command interpreter run COMMAND: it knows more
 * than CreateProcess, which starts .exe files. "more" is none, for one. */
static wchar_t *
through_cmd(const char *command)
{
	size_t size = strlen(command) + sizeof "cmd /d /c ";
	char *line = malloc(size);

	if (!line)
		fatal("no memory for %zu bytes", size);
	snprintf(line, size, "cmd /d /c %s", command);
	wchar_t *wide = wide_of(line);
	free(line);
	return wide;
}

/* A handle of this process's own for the child's STREAM. */
static HANDLE
inheritable(DWORD stream)
{
	HANDLE handle = GetStdHandle(stream);

	/* it fails where there is none, which is nothing to inherit either */
	SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
	return handle;
}

/* Creates the child, whose standard input is ReadHandle. With
 * --break=leak-write-end it doesn't run yet. */
static PROCESS_INFORMATION
create_child(const char *command, HANDLE ReadHandle)
{
	wchar_t *line = command_line_of(command);
	STARTUPINFOW si = {
	    .cb = sizeof si,
	    .dwFlags = STARTF_USESTDHANDLES,
	    .hStdInput = ReadHandle,
	    .hStdOutput = inheritable(STD_OUTPUT_HANDLE),
	    .hStdError = inheritable(STD_ERROR_HANDLE),
	};
	PROCESS_INFORMATION pi;
	BOOL bInheritHandles = !broken("no-inherit");
	DWORD flags = broken("leak-write-end") ? CREATE_SUSPENDED : 0;

	step("child", "Create the child: STARTUPINFO says that its standard "
		      "input is the read end, and TRUE that it inherits.");
	BOOL created = CreateProcessW(NULL, line, NULL, NULL, bInheritHandles,
	    flags, NULL, NULL, &si, &pi);
	if (!created && command && GetLastError() == ERROR_FILE_NOT_FOUND) {
		free(line);
		line = through_cmd(command);
		created = CreateProcessW(NULL, line, NULL, NULL,
		    bInheritHandles, flags, NULL, NULL, &si, &pi);
	}
	if (!created)
		die("CreateProcess %s", utf8_of(line));
	returned("process %lu", pi.dwProcessId);
	free(line);
	return pi;
}

/* Puts the child, which hasn't begun to run, into a job, so that it can be
 * ended with all that it has started. */
static HANDLE
job_for(HANDLE child)
{
	HANDLE job = CreateJobObjectW(NULL, NULL);

	if (!job || !AssignProcessToJobObject(job, child))
		die("AssignProcessToJobObject");
	return job;
}

/* Waits for the child, as long as LIMIT says, and returns its exit code; what
 * is left in its JOB is ended. */
static DWORD
wait_for(HANDLE child, HANDLE job, DWORD limit)
{
	DWORD code;

	step("child", "Wait for the child, so that its line comes before the "
		      "parent's end.");
	DWORD reason = WaitForSingleObject(child, limit);
	if (reason == WAIT_FAILED)
		die("WaitForSingleObject");
	returned(reason == WAIT_OBJECT_0 ? "WAIT_OBJECT_0" : "WAIT_TIMEOUT");
	if (job) {
		TerminateJobObject(job, EXIT_FAILURE);
		WaitForSingleObject(child, INFINITE);
		CloseHandle(job);
	}
	step("child", "Ask for its exit code.");
	if (!GetExitCodeProcess(child, &code))
		die("GetExitCodeProcess");
	returned("exit code %lu", code);
	broke("leak-write-end",
	    "the message came, and no end-of-file; the child %s "
	    "(exit code %lu)",
	    reason == WAIT_TIMEOUT ? "waited until it was ended"
				   : "gave up by itself",
	    code);
	return code;
}

/* Returns 0, or why it failed: the child may be gone. */
static DWORD
write_message(HANDLE WriteHandle, const struct message *message)
{
	char buffer[BUFFER_SIZE] = {0};
	const char *bytes = message->bytes;
	DWORD length = message->length, written = 0;

	if (broken("wrong-length")) {
		memcpy(
		    buffer, bytes, length < BUFFER_SIZE ? length : BUFFER_SIZE);
		bytes = buffer;
		length = BUFFER_SIZE;
	}
	step("write end", "Write the message, %lu byte%s.", length,
	    plural(length));
	if (!WriteFile(WriteHandle, bytes, length, &written, NULL))
		return GetLastError();
	returned("%lu byte%s", written, plural(written));
	broke("wrong-length", "%lu bytes were written for a message of %lu",
	    written, message->length);
	return 0;
}

static void
tell_what_broke(DWORD code)
{
	broke("no-inherit", "the child's exit code is %lu: %s", code,
	    code ? "it could neither read nor say so"
		 : "it had the pipe all the same, since this system, Wine, "
		   "gives every child its standard handles");
	broke("not-inheritable", "the child's exit code is %lu", code);
}

int
wmain(int argc, wchar_t *wide_argv[])
{
	char **argv = utf8_arguments(argc, wide_argv);
	const char *text = "Greetings", *command = NULL;
	HANDLE ReadHandle, WriteHandle;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'm':
			text = optarg;
			break;
		case 'c':
			command = optarg;
			break;
		}
	struct message message = message_of(text);

	SECURITY_ATTRIBUTES sa = {
	    .nLength = sizeof sa,
	    .bInheritHandle = !broken("not-inheritable"),
	};
	step("pipe", "Create the pipe. Its security attributes let children "
		     "inherit both ends.");
	if (!CreatePipe(&ReadHandle, &WriteHandle, &sa, 0))
		die("CreatePipe");
	returned("read handle %#lx, write handle %#lx",
	    HandleToULong(ReadHandle), HandleToULong(WriteHandle));

	if (!broken("leak-write-end")) {
		step("write end", "But not the write end: as long as the child "
				  "held it, there would be no end-of-file.");
		if (!SetHandleInformation(WriteHandle, HANDLE_FLAG_INHERIT, 0))
			die("SetHandleInformation");
		returned("TRUE");
	}

	PROCESS_INFORMATION pi = create_child(command, ReadHandle);
	bool leaks = broken("leak-write-end");
	HANDLE job = leaks ? job_for(pi.hProcess) : NULL;
	if (leaks)
		ResumeThread(pi.hThread);

	step("read end", "The parent only writes: it closes its read end.");
	if (!CloseHandle(ReadHandle))
		die("close the read end");
	returned("TRUE");

	DWORD error = write_message(WriteHandle, &message);

	/* while there is a write end, the child is there too */
	broke("no-wait", "the child %s when its parent ended",
	    WaitForSingleObject(pi.hProcess, 0) == WAIT_TIMEOUT
		? "was still running"
		: "had ended");
	step("write end", "Close the write end: when the child has read all, "
			  "its next ReadFile finds the pipe broken.");
	if (!CloseHandle(WriteHandle))
		die("close the write end");
	returned("TRUE");
	if (broken("no-wait"))
		return EXIT_SUCCESS;

	DWORD limit = !leaks    ? INFINITE
		      : command ? LIMIT_OF_OTHER
				: LIMIT_OF_OWN;
	DWORD code = wait_for(pi.hProcess, job, limit);
	CloseHandle(pi.hProcess);
	CloseHandle(pi.hThread);
	free(message.bytes);

	tell_what_broke(code);
	if (code != 0 && !leaks)
		fatal("the child ended with exit code %lu", code);
	if (error) {
		SetLastError(error);
		die("write to the pipe");
	}
	return EXIT_SUCCESS;
}
