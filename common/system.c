#include "common/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void (*volatile at_end)(void);

static void
clean_up_once(void)
{
	void (*clean_up)(void) = at_end;

	at_end = NULL;
	if (clean_up)
		clean_up();
}

#ifdef _WIN32

#include <io.h>
#include <process.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

struct wall_time
system_now(void)
{
	/* 100 ns units since 1601; 11,644,473,600 seconds before 1970 */
	FILETIME since_1601;
	GetSystemTimeAsFileTime(&since_1601);
	long long units = ((long long)since_1601.dwHighDateTime << 32) |
			  since_1601.dwLowDateTime;
	return (struct wall_time){
	    units / 10000000 - 11644473600LL, (long)(units % 10000000) * 100};
}

long
system_pid(void)
{
	return (long)GetCurrentProcessId();
}

long
system_last_error(void)
{
	return (long)GetLastError();
}

void
system_set_last_error(long error)
{
	SetLastError((DWORD)error);
}

const char *
system_error_text(long error)
{
	static _Thread_local char text[1024];
	wchar_t wide[sizeof text / 3]; /* in UTF-8 each takes 3 bytes at most */
	DWORD n = FormatMessageW(
	    FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
	    (DWORD)error, 0, wide, sizeof wide / sizeof wide[0], NULL);
	while (n > 0 && wcschr(L"\r\n. ", wide[n - 1]))
		n--;
	wide[n] = L'\0';
	if (n == 0 || !WideCharToMultiByte(
			  CP_UTF8, 0, wide, -1, text, sizeof text, NULL, NULL))
		return "no text for it";
	return text;
}

long
system_write(int fd, const void *bytes, size_t size)
{
	return _write(fd, bytes, (unsigned)size);
}

long
system_read(int fd, void *bytes, size_t size)
{
	return _read(fd, bytes, (unsigned)size);
}

static UINT code_page_before;

static void
restore_code_page(void)
{
	SetConsoleOutputCP(code_page_before);
}

void
system_keep_standard_streams(void)
{
	/* Handles aren't numbered from 0: nothing can take a stream's place.
	 * But text is UTF-8 here, and bytes are bytes: "\n" stays "\n". */
	for (int fd = 0; fd <= 2; fd++)
		_setmode(fd, _O_BINARY);
	code_page_before = GetConsoleOutputCP();
	if (code_page_before && code_page_before != CP_UTF8 &&
	    SetConsoleOutputCP(CP_UTF8))
		atexit(restore_code_page);
}

int
system_open_append(const char *file)
{
	wchar_t wide[1024];

	if (!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, file, -1, wide,
		sizeof wide / sizeof wide[0]))
		return -1;
	/* without FILE_WRITE_DATA each write goes to the end */
	HANDLE handle = CreateFileW(wide, FILE_APPEND_DATA | FILE_READ_DATA,
	    FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
	    FILE_ATTRIBUTE_NORMAL, NULL);
	if (handle == INVALID_HANDLE_VALUE)
		return -1;
	return _open_osfhandle((intptr_t)handle, _O_BINARY | _O_NOINHERIT);
}

long
system_append(int fd, const void *line, size_t size)
{
	/* Wine looks for the end and then writes there: two at once would find
	 * the same one. The lock is on a byte that no line ever reaches. */
	OVERLAPPED far_behind = {.OffsetHigh = 0x7fffffff};
	HANDLE file = (HANDLE)_get_osfhandle(fd);

	LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &far_behind);
	long n = system_write(fd, line, size);
	UnlockFileEx(file, 0, 1, 0, &far_behind);
	return n;
}

int
system_open_terminal(void)
{
	return _open("CONIN$", _O_RDONLY | _O_NOINHERIT);
}

/* The columns of the terminal that standard error goes to through a pipe, as
 * whoever put the pipe there says (windows_ipc/launcher.sh); else 0. */
static int
columns_behind_pipe(int fd)
{
	const char *columns = getenv("STDERR_COLUMNS");

	return fd == 2 && columns ? atoi(columns) : 0;
}

bool
system_is_terminal(int fd)
{
	return _isatty(fd) || columns_behind_pipe(fd) > 0;
}

int
system_columns(int fd)
{
	CONSOLE_SCREEN_BUFFER_INFO info;
	HANDLE console = (HANDLE)_get_osfhandle(fd);
	if (!GetConsoleScreenBufferInfo(console, &info))
		return columns_behind_pipe(fd);
	return info.srWindow.Right - info.srWindow.Left + 1;
}

bool
system_shows_typing(int fd)
{
	/* Wine's console shows it where the output is a terminal */
	(void)fd;
	return columns_behind_pipe(2) == 0;
}

/* A mutex for a process and its descendants, which find its name in their
 * environment: nothing else about a console is the same for all of them. */
static HANDLE
turns(void)
{
	static HANDLE mutex;
	char name[64];

	if (mutex)
		return mutex;
	if (!GetEnvironmentVariableA("TERMINAL_TURNS", name, sizeof name)) {
		snprintf(name, sizeof name, "Local\\terminal-turns-%lu",
		    GetCurrentProcessId());
		SetEnvironmentVariableA("TERMINAL_TURNS", name);
	}
	return mutex = CreateMutexA(NULL, FALSE, name);
}

void
system_take_terminal(int fd)
{
	(void)fd;
	WaitForSingleObject(turns(), INFINITE);
}

void
system_give_terminal(int fd)
{
	(void)fd;
	ReleaseMutex(turns());
}

void
system_sleep(double seconds)
{
	Sleep((DWORD)(seconds * 1000));
}

static BOOL WINAPI
end_by_console(DWORD event)
{
	(void)event;
	clean_up_once();
	return FALSE; /* what ends the process comes next */
}

void
system_at_end(void (*clean_up)(void))
{
	at_end = clean_up;
	atexit(clean_up_once);
	SetConsoleCtrlHandler(end_by_console, TRUE);
}

void
system_exit_now(int status)
{
	_exit(status);
}

#else

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct wall_time
system_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (struct wall_time){now.tv_sec, now.tv_nsec};
}

long
system_pid(void)
{
	return (long)getpid();
}

long
system_last_error(void)
{
	return errno;
}

void
system_set_last_error(long error)
{
	errno = (int)error;
}

const char *
system_error_text(long error)
{
	return strerror((int)error);
}

long
system_write(int fd, const void *bytes, size_t size)
{
	return (long)write(fd, bytes, size);
}

long
system_read(int fd, void *bytes, size_t size)
{
	return (long)read(fd, bytes, size);
}

void
system_keep_standard_streams(void)
{
	/* the wrong way round: input can't be read, output not written */
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			(void)open("/dev/null", modes[fd]);
}

int
system_open_append(const char *file)
{
	return open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

long
system_append(int fd, const void *line, size_t size)
{
	return system_write(fd, line, size); /* O_APPEND: in one go */
}

int
system_open_terminal(void)
{
	return open("/dev/tty", O_RDONLY | O_CLOEXEC);
}

bool
system_is_terminal(int fd)
{
	return isatty(fd) == 1;
}

int
system_columns(int fd)
{
	struct winsize size;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool
system_shows_typing(int fd)
{
	struct termios modes;
	return tcgetattr(fd, &modes) == 0 && (modes.c_lflag & ECHO);
}

/* A record lock on the terminal's own file: the kernel drops it with its
 * process. */
static void
lock_terminal(int fd, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	while (fcntl(fd, F_SETLKW, &lock) == -1 && errno == EINTR)
		;
}

void
system_take_terminal(int fd)
{
	lock_terminal(fd, F_WRLCK);
}

void
system_give_terminal(int fd)
{
	lock_terminal(fd, F_UNLCK);
}

void
system_sleep(double seconds)
{
	struct timespec left = {.tv_sec = (time_t)seconds};
	left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		;
}

static void
end_by_signal(int sig)
{
	clean_up_once();
	raise(sig); /* SA_RESETHAND: now it ends the process */
}

void
system_at_end(void (*clean_up)(void))
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};

	at_end = clean_up;
	atexit(clean_up_once);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		struct sigaction old;
		struct sigaction action = {
		    .sa_handler = end_by_signal, .sa_flags = (int)SA_RESETHAND};
		sigemptyset(&action.sa_mask);
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN) /* nohup's wish is kept */
			sigaction(signals[i], &action, NULL);
	}
}

void
system_exit_now(int status)
{
	_exit(status);
}

#endif
