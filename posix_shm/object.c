#include "posix_shm/object.h"
#include "common/common.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
enum { NAME_LIMIT = 31 }; /* PSHMNAMLEN, the slash included */
#else
enum { NAME_LIMIT = NAME_MAX + 1 };
#endif

static const char *volatile unfinished;
static volatile int unfinished_fd;
static const char *bus_name;

const char *
parse_object_name(const char *name)
{
	if (name[0] != '/')
		usage_error("--name=%s: a shared-memory object's name begins "
			    "with a slash",
		    name);
	if (name[1] == '\0')
		usage_error("--name=%s: nothing stands behind the slash", name);
	if (strchr(name + 1, '/'))
		usage_error("--name=%s: a second slash is not portable", name);
	if (strcmp(name, "/.") == 0 || strcmp(name, "/..") == 0)
		usage_error("--name=%s: names a directory", name);
	if (strlen(name) > NAME_LIMIT)
		usage_error("--name: %zu bytes are too long a name; %d are "
			    "possible here, and 31 everywhere",
		    strlen(name), NAME_LIMIT);
	return name;
}

static _Noreturn void
refuse(const char *name)
{
	fatal("%s belongs to another user, whose data is not to be trusted; "
	      "choose a name of your own: --name=/OS-%ld",
	    name, (long)geteuid());
}

size_t
own_object_size(int fd, const char *name)
{
	struct stat status;

	if (fstat(fd, &status) == -1)
		die("fstat %s", name);
	if (status.st_uid != geteuid())
		refuse(name);
	return (size_t)status.st_size;
}

const char *
advice_on_access(void)
{
	static char advice[100];

	snprintf(advice, sizeof advice,
	    "it is another user's, or closed to its own: choose another name, "
	    "--name=/OS-%ld",
	    (long)geteuid());
	return advice;
}

void
remove_stale_object(const char *name)
{
	int fd = shm_open(name, O_RDONLY, 0);

	if (fd == -1 && errno == ENOENT)
		return;
	if (fd == -1 && errno == EACCES)
		die_next(advice_on_access(), "shm_open %s", name);
	if (fd == -1)
		die("shm_open %s", name);
	own_object_size(fd, name);
	close(fd);
	/* one that went away in the meantime is as good as removed */
	if (shm_unlink(name) == -1 && errno != ENOENT)
		die("shm_unlink %s", name);
}

/* ---- nothing half-made is left behind ----------------------------------- */

/* Also from a signal handler: shm_unlink isn't on POSIX's list for those; the C
 * libraries' is one unlink() behind a few string operations. */
static void
remove_unfinished(void)
{
	const char *name = unfinished;

	unfinished = NULL;
#ifdef __linux__ /* macOS counts no names of an object */
	struct stat status;
	if (unfinished_fd != -1 && fstat(unfinished_fd, &status) == 0 &&
	    status.st_nlink == 0)
		return;
#endif
	if (name)
		shm_unlink(name);
}

void
object_unfinished(const char *name, int fd)
{
	static bool prepared;

	unfinished_fd = fd;
	unfinished = name;
	if (!prepared)
		system_at_end(remove_unfinished);
	prepared = true;
}

void
object_finished(void)
{
	unfinished = NULL;
}

/* ---- SIGBUS -------------------------------------------------------------- */

static void
bus_error(int sig)
{
	(void)sig;
	/* The fault comes from a plain load or store of this program, not from
	 * inside a library call: stdio and exit() may be used. */
	fatal("%s: SIGBUS: the mapping reaches beyond the object, or no memory "
	      "is left for it (df /dev/shm)",
	    bus_name);
}

void
explain_bus_error(const char *name)
{
	struct sigaction action = {
	    .sa_handler = bus_error, .sa_flags = (int)SA_RESETHAND};

	bus_name = name;
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

/* ---- what a consumer meets that comes too early ------------------------- */

static const char *
private_name(const char *prefix)
{
	static char name[32];

	snprintf(name, sizeof name, "/%s-%ld", prefix, (long)getpid());
	shm_unlink(name); /* of a process that had this number before */
	return name;
}

const char *
name_of_no_object(void)
{
	return private_name("OS-none");
}

const char *
name_of_sizeless_object(void)
{
	const char *name = private_name("OS-empty");

	object_unfinished(name, -1);
	int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
	if (fd == -1)
		die("shm_open %s", name);
	close(fd);
	return name;
}
