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
#include <stdio.h>
#include <sys/stat.h>
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

const char *
system_error_text(long error)
{
	static _Thread_local char text[256];
	DWORD n = FormatMessageA(
	    FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
	    (DWORD)error, 0, text, sizeof text, NULL);
	while (n > 0 && strchr("\r\n. ", text[n - 1]))
		n--;
	text[n] = '\0';
	return n > 0 ? text : "no text for it";
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

void
system_keep_standard_streams(void)
{
	/* handles aren't numbered from 0: nothing can take a stream's place */
}

int
system_open_append(const char *file)
{
	return _open(file,
	    _O_WRONLY | _O_CREAT | _O_APPEND | _O_BINARY | _O_NOINHERIT,
	    _S_IREAD | _S_IWRITE);
}

int
system_open_terminal(void)
{
	return _open("CONIN$", _O_RDONLY | _O_NOINHERIT);
}

bool
system_is_terminal(int fd)
{
	return _isatty(fd);
}

int
system_columns(int fd)
{
	CONSOLE_SCREEN_BUFFER_INFO info;
	HANDLE console = (HANDLE)_get_osfhandle(fd);
	if (!GetConsoleScreenBufferInfo(console, &info))
		return 0;
	return info.srWindow.Right - info.srWindow.Left + 1;
}

void
system_take_terminal(int fd)
{
	(void)fd;
}

void
system_give_terminal(int fd)
{
	(void)fd;
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
