#include "common/common.h"
#include "pipes/deadline.h"
#include "pipes/fifo/fifo.h"
#include "pipes/four_questions/experiments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char mechanism[] = "FIFO";
static const char greetings[] = "Greetings";

static int
open_end(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd == -1)
		die("open %s", path);
	return fd;
}

static void
send_greetings(const char *path)
{
	int fd = open_end(path, O_WRONLY);

	if (!write_all(fd, greetings, strlen(greetings)))
		die("write %s", path);
	close(fd);
}

/* Returns how many bytes came. */
static long long
receive(const char *path)
{
	char buffer[sizeof greetings];
	int fd = open_end(path, O_RDONLY);

	long long n = read_all(fd, buffer, sizeof buffer);
	if (n == -1)
		die("read %s", path);
	close(fd);
	return n;
}

/* 1: the same FIFO, first from A to B, then from B to A. */
static void
ask_bidirectional(struct table *table, const char *path)
{
	int status;

	step(path, "1. Send a message to another process, and let it send "
		   "one back.");
	deadline_set(PATIENCE);
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		deadline_set(PATIENCE); /* timers are not inherited */
		long long n = receive(path);
		send_greetings(path);
		_exit(n == (long long)strlen(greetings) ? EXIT_SUCCESS
							: EXIT_FAILURE);
	}
	send_greetings(path);
	long long n = receive(path);
	if (waitpid(child, &status, 0) == -1)
		die("waitpid");
	bool there = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
	returned("%lld bytes came back", n);
	table_add(table, mechanism, BIDIRECTIONAL,
	    there && n == (long long)strlen(greetings) ? "yes" : "no",
	    "one process wrote %zu bytes and another read them; then the other "
	    "wrote, and %lld bytes came back through the same FIFO",
	    strlen(greetings), n);
}

/* 2: both directions at the same time. */
static void
ask_duplex(struct table *table, const char *path)
{
	char got[sizeof "from A"] = "";

	int in = open_end(path, O_RDONLY | O_NONBLOCK);
	int out = open_end(path, O_WRONLY);
	step(path, "2. Two processes write at the same time, and one reads.");
	deadline_set(PATIENCE);
	pid_t other = fork();
	if (other == -1)
		die("fork");
	if (!write_all(out, other ? "from A" : "from B", 6))
		die("write %s", path);
	if (other == 0)
		_exit(EXIT_SUCCESS);
	if (waitpid(other, NULL, 0) == -1)
		die("waitpid");
	bool own = false;
	while (read_all(in, got, 6) == 6)
		own |= strcmp(got, "from A") == 0;
	returned("%s", own ? "its own bytes" : "not its own bytes");
	close(in);
	close(out);
	table_add(table, mechanism, DUPLEX, own ? "half" : "full",
	    own ? "when both had written, a process read back its own bytes: "
		  "there is one queue, for one direction at a time"
		: "when both had written, a process read the other's bytes "
		  "only");
}

/* Becomes nobody's child: forks, ends the parent, and waits until that has
 * happened. */
static void
leave_family(void)
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (child == -1)
		die_child("fork");
	if (child != 0)
		_exit(EXIT_SUCCESS);
	while (getppid() == parent)
		system_sleep(0.001);
}

static bool
is_fifo(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* 3: who gets at the FIFO? The stranger is older than it, so that the name is
 * all that they share. */
static void
ask_relation(struct table *table, const char *path)
{
	/* where none can be created is found out before there is a stranger */
	if (mkfifo(path, 0600) == -1)
		die("mkfifo %s", path);
	unlink(path);

	step(path, "3. Start a stranger, then create the FIFO.");
	deadline_set(PATIENCE);
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		leave_family();
		deadline_set(PATIENCE); /* nobody else would end it */
		while (!is_fifo(path) && !deadline_passed())
			system_sleep(0.001);
		int fd = open(path, O_WRONLY);
		_exit(fd != -1 && write_all(fd, greetings, strlen(greetings))
			  ? EXIT_SUCCESS
			  : EXIT_FAILURE);
	}
	if (waitpid(child, NULL, 0) == -1)
		die("waitpid");
	if (mkfifo(path, 0600) == -1)
		die("mkfifo %s", path);
	remove_at_end(path);
	long long n = receive(path);
	returned("%lld bytes came", n);
	table_add(table, mechanism, RELATION, n > 0 ? "no" : "yes",
	    "a process that is nobody's child here, and older than the FIFO, "
	    "opened it by its name: %lld bytes came",
	    n);
}

/* 4: is there an address that a network could carry? */
static void
ask_network(struct table *table, const char *path)
{
	struct sockaddr address;
	socklen_t size = sizeof address;
	char got[64];

	int fd = open_end(path, O_RDONLY | O_NONBLOCK);
	step(path, "4. Ask for the address.");
	int result = getsockname(fd, &address, &size);
	describe_error(errno, got, sizeof got);
	returned("%s", result == -1 ? got : "it has one");
	close(fd);
	table_add(table, mechanism, NETWORK, result == -1 ? "no" : "yes",
	    "it has a name in the file system, and no address: getsockname: %s",
	    result == -1 ? got : "an address");
}

void
ask_fifo(struct table *table, const char *path)
{
	ask_relation(table, path); /* first: it creates the FIFO */
	ask_bidirectional(table, path);
	ask_duplex(table, path);
	ask_network(table, path);
}
