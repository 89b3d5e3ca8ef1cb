#include "pipes/fifo/fifo.h"
#include "common/common.h"
#include "pipes/deadline.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
default_fifo(void)
{
	static char path[PATH_MAX];
	const char *directory = getenv("TMPDIR");

	if (!directory || !*directory)
		directory = "/tmp";
	if (strlen(directory) > sizeof path - 64)
		fatal("TMPDIR is too long; choose a name: --name=PATH");
	snprintf(path, sizeof path, "%s/fifo-%ld", directory, (long)geteuid());
	return path;
}

void
check_fifo(const char *path, int fd)
{
	struct stat status;

	if ((fd == -1 ? stat(path, &status) : fstat(fd, &status)) == -1)
		die_next("it is a link to nothing, or was removed just now",
		    "stat %s", path);
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

/* ---- removal ------------------------------------------------------------ */

static char unwanted[PATH_MAX];

static void
remove_unwanted(void)
{
	unlink(unwanted);
}

void
remove_at_end(const char *path)
{
	snprintf(unwanted, sizeof unwanted, "%s", path);
	system_at_end(remove_unwanted);
}
