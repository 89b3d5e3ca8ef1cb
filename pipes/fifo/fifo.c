#include "pipes/fifo/fifo.h"
#include "common/common.h"
#include "pipes/deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *volatile unwanted;

const char *
default_fifo(void)
{
	static char path[512];
	const char *directory = getenv("TMPDIR");

	if (!directory || !*directory)
		directory = "/tmp";
	snprintf(path, sizeof path, "%s/fifo-%ld", directory, (long)geteuid());
	return path;
}

void
check_fifo(const char *path, int fd)
{
	struct stat status;

	if ((fd == -1 ? stat(path, &status) : fstat(fd, &status)) == -1)
		die("stat %s", path);
	if (!S_ISFIFO(status.st_mode))
		fatal("%s exists and is no FIFO; choose another name: "
		      "--name=PATH",
		    path);
	if (status.st_uid != geteuid())
		fatal("%s belongs to another user; choose a name of your own: "
		      "--name=PATH",
		    path);
}

_Noreturn void
open_failed(const char *path, const char *other, double seconds)
{
	if (errno == EINTR && deadline_passed())
		fatal("open %s: no %s came within %g seconds; start "
		      "fifo_%s --name=%s, or allow more with --wait",
		    path, other, seconds, other, path);
	die("open %s", path);
}

/* ---- removal --------------------------------------------------------------
 */

static void
remove_unwanted(void)
{
	const char *path = unwanted;

	unwanted = NULL;
	if (path)
		unlink(path);
}

static void
end_by_signal(int sig)
{
	remove_unwanted();
	raise(sig); /* SA_RESETHAND: now it ends the process */
}

void
remove_at_end(const char *path)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};

	unwanted = path;
	if (atexit(remove_unwanted) != 0)
		fatal("atexit: no room for another handler");
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
