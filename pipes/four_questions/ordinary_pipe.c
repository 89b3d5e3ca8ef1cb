#include "common/common.h"
#include "pipes/deadline.h"
#include "pipes/four_questions/experiments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_END = 0, WRITE_END = 1 };

static const char mechanism[] = "ordinary pipe";
static const char greetings[] = "Greetings";

/* "9 bytes", or the error in errno, of a call that returned N. */
static const char *
outcome(ssize_t n, char *buffer, size_t size)
{
	if (n == -1)
		return describe_error(errno, buffer, size);
	snprintf(buffer, size, "%zd byte%s", n, plural(n));
	return buffer;
}

static void
create(int fd[2])
{
	if (pipe(fd) == -1)
		die("pipe");
}

/* 1: can bytes go the other way, into the read end? */
static bool
ask_bidirectional(struct table *table)
{
	char wrote[64], got[64], buffer[sizeof greetings];
	int fd[2];

	create(fd);
	step(mechanism, "1. Write to the read end.");
	ssize_t written = write(fd[READ_END], greetings, strlen(greetings));
	outcome(written, wrote, sizeof wrote);
	returned("%s", wrote);
	if (written <= 0) /* nothing is there: only the attempt counts */
		fcntl(fd[WRITE_END], F_SETFL, O_NONBLOCK);
	step(mechanism, "1. Read from the write end.");
	ssize_t n = read(fd[WRITE_END], buffer, sizeof buffer);
	outcome(n, got, sizeof got);
	returned("%s", got);
	close(fd[READ_END]);
	close(fd[WRITE_END]);
	table_add(table, mechanism, BIDIRECTIONAL, n > 0 ? "yes" : "no",
	    "write to the read end: %s; read from the write end: %s", wrote,
	    got);
	return n > 0;
}

/* 2: only what goes both ways can do so at once. */
static void
ask_duplex(struct table *table, bool bidirectional)
{
	int there[2], back[2], status;
	char answer[sizeof greetings];

	if (bidirectional) {
		table_add(table, mechanism, DUPLEX, "full",
		    "this system's pipes are pairs of them");
		return;
	}
	create(there);
	create(back);
	step(mechanism, "2. Take two pipes, one for each direction.");
	deadline_set(PATIENCE);
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		deadline_set(PATIENCE);
		close(there[WRITE_END]);
		ssize_t n = read(there[READ_END], answer, sizeof answer);
		if (n == -1 || !write_all(back[WRITE_END], answer, (size_t)n))
			die_child("send back");
		_exit(EXIT_SUCCESS);
	}
	close(there[READ_END]);
	close(back[WRITE_END]);
	if (!write_all(there[WRITE_END], greetings, strlen(greetings)))
		die("write to the child");
	long long n = read_all(back[READ_END], answer, sizeof answer);
	returned("%lld bytes came back", n);
	close(there[WRITE_END]);
	close(back[READ_END]);
	if (waitpid(child, &status, 0) == -1)
		die("waitpid");
	table_add(table, mechanism, DUPLEX, "-",
	    "bytes go one way only; with two pipes %lld bytes went there and "
	    "came back",
	    n);
}

/* What a process is told of a pipe that it didn't inherit. */
struct order {
	pid_t owner;
	int fd;
};

/* What the child says that was created before the pipe. */
struct report {
	char by_number[64]; /* what read() of the pipe's number said */
	char by_proc[64];   /* and open() of /proc/PID/fd/NUMBER */
};

/* Tries to read from a pipe that was created after this process. */
static _Noreturn void
try_without_inheritance(int orders)
{
	char path[64], buffer[sizeof greetings];
	struct report report = {"", ""};
	struct order order;

	if (read_all(orders, &order, sizeof order) != sizeof order)
		_exit(EXIT_FAILURE);
	outcome(read(order.fd, buffer, sizeof buffer), report.by_number,
	    sizeof report.by_number);
	snprintf(
	    path, sizeof path, "/proc/%ld/fd/%d", (long)order.owner, order.fd);
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	outcome(fd == -1 ? -1 : read(fd, buffer, sizeof buffer), report.by_proc,
	    sizeof report.by_proc);
	(void)write_all(orders, &report, sizeof report);
	_exit(EXIT_SUCCESS);
}

/* 3: who gets at the pipe? */
static void
ask_relation(struct table *table)
{
	char buffer[sizeof greetings];
	struct report report;
	int orders[2], fd[2], status;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, orders) == -1)
		die("socketpair");
	pid_t earlier = fork();
	if (earlier == -1)
		die("fork");
	if (earlier == 0) {
		deadline_set(PATIENCE);
		close(orders[0]);
		try_without_inheritance(orders[1]);
	}

	create(fd); /* numbers that the child has no file at */
	close(orders[1]);
	if (!write_all(fd[WRITE_END], greetings, strlen(greetings)))
		die("write to the pipe");
	struct order order = {getpid(), fd[READ_END]};
	step(mechanism, "3. Tell a child that is older than the pipe the "
			"descriptor's number.");
	deadline_set(PATIENCE);
	if (!write_all(orders[0], &order, sizeof order) ||
	    read_all(orders[0], &report, sizeof report) != sizeof report)
		die("ask the child");
	returned("%s", report.by_number);
	close(orders[0]);
	if (waitpid(earlier, &status, 0) == -1)
		die("waitpid");

	/* it may have taken what was there */
	if (!write_all(fd[WRITE_END], greetings, strlen(greetings)))
		die("write to the pipe");
	step(mechanism, "3. Let a child read that is younger than the pipe.");
	deadline_set(PATIENCE);
	pid_t later = fork();
	if (later == -1)
		die("fork");
	if (later == 0) {
		deadline_set(PATIENCE);
		_exit(read(fd[READ_END], buffer, strlen(greetings)) ==
			      (ssize_t)strlen(greetings)
			  ? EXIT_SUCCESS
			  : EXIT_FAILURE);
	}
	if (waitpid(later, &status, 0) == -1)
		die("waitpid");
	bool inherited = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	returned("%s", inherited ? "it read 9 bytes" : "it read nothing");
	close(fd[READ_END]);
	close(fd[WRITE_END]);
	table_add(table, mechanism, RELATION, "yes",
	    "a child created after the pipe %s; one created before, told the "
	    "number, got %s (through /proc/PID/fd, where a system has that, "
	    "its own user gets in: %s)",
	    inherited ? "read from it" : "could not read", report.by_number,
	    report.by_proc);
}

/* 4: is there an address that a network could carry? */
static void
ask_network(struct table *table)
{
	struct sockaddr address;
	socklen_t size = sizeof address;
	char got[64];
	int fd[2];

	create(fd);
	step(mechanism, "4. Ask for the address.");
	int result = getsockname(fd[READ_END], &address, &size);
	outcome(result, got, sizeof got);
	returned("%s", got);
	close(fd[READ_END]);
	close(fd[WRITE_END]);
	table_add(table, mechanism, NETWORK, result == -1 ? "no" : "yes",
	    "it has no name, and no address either: getsockname: %s", got);
}

void
ask_ordinary_pipe(struct table *table)
{
	ask_duplex(table, ask_bidirectional(table));
	ask_relation(table);
	ask_network(table);
}
