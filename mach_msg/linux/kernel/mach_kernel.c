/*
 * mach_kernel: the Mach kernel, in a process. It owns all ports, queues and
 * name spaces of the tasks of one user and one run directory, and ends when the
 * last task has left it.
 *
 * Usage: mach_kernel DIRECTORY [READY_FD]
 *
 * The library starts it (lib/launch.c). With READY_FD it detaches and writes a
 * byte there when it listens; without, it stays in the foreground.
 */
#define _GNU_SOURCE /* accept4, close_range */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/common.h"
#include "mach_msg/linux/kernel/bootstrap.h"
#include "mach_msg/linux/kernel/calls.h"
#include "mach_msg/linux/kernel/task.h"

extern char **environ;

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "kernel",
    .operands = "DIRECTORY [READY_FD]",
    .purpose = "The Mach kernel of the tasks that use DIRECTORY. The first "
	       "task starts it;\nwith no task left it ends.",
    .example = "fig3_18_server --explain",
    .options = options,
};

/* How long the kernel stays when the last task has left, in milliseconds. */
enum { LINGER = 2000 };

/* Events that one wait takes, and how often in turn it takes so many. */
enum { EVENTS = 64, TURNS = 64 };

/* Connections that are taken in a millisecond, or a little less. */
enum { ACCEPTS = 4 };

static struct {
	int epoll, directory;
	int spare; /* given up for a moment when descriptors run out */
	struct source listener;
	uint64_t listens; /* again, then; 0: it does */
} kernel = {-1, -1, -1, {-1, NULL}, 0};

/* ---- what the others ask for (task.h) ------------------------------------ */

uint64_t
kernel_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool
kernel_watch(struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(kernel.epoll, EPOLL_CTL_ADD, source->fd, &event) == 0;
}

void
kernel_unwatch(const struct source *source)
{
	epoll_ctl(kernel.epoll, EPOLL_CTL_DEL, source->fd, NULL);
}

pid_t
kernel_start_program(const char *name)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash, *arguments[2] = {NULL, NULL};
	pid_t pid;

	if (n <= 0)
		return -1;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + strlen(name) >= sizeof path)
		return -1;
	memcpy(slash + 1, name, strlen(name) + 1);
	arguments[0] = path;
	errno = posix_spawn(&pid, path, NULL, NULL, arguments, environ);
	return errno == 0 ? pid : -1;
}

void
kernel_end_program(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}

/* ---- the socket ---------------------------------------------------------- */

/* A path by way of the directory's descriptor: a socket's own has to be short.
 */
static void
path_of(const char *name, struct sockaddr_un *address)
{
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof address->sun_path,
	    "/proc/self/fd/%d/%s", kernel.directory, name);
}

/* Takes what connections there are, but no more than a few: who only connects
 * mustn't keep the others waiting. Returns how many there were. */
static int
accept_some(void)
{
	int count = 0;

	while (count < ACCEPTS) {
		int fd = accept4(kernel.listener.fd, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd != -1) {
			thread_accept(fd);
			count++;
		} else if (errno == EMFILE && kernel.spare != -1) {
			/* no descriptor is left: who comes is turned away */
			close(kernel.spare);
			fd = accept4(
			    kernel.listener.fd, NULL, NULL, SOCK_CLOEXEC);
			if (fd != -1)
				close(fd);
			kernel.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
			count++;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return count;
		}
	}
	return count;
}

static void
listener_ready(struct source *source)
{
	if (accept_some() < ACCEPTS)
		return;
	kernel_unwatch(source);
	kernel.listens = kernel_now() + 1;
}

/* The kernel listens again when the time has come. Returns how long it may
 * sleep until then if it may WAIT so long, -1: for good. */
static int
listen_again(int wait)
{
	if (kernel.listens == 0)
		return wait;
	if (kernel_now() < kernel.listens ||
	    !kernel_watch(&kernel.listener, EPOLLIN))
		return wait == 0 ? 0 : 1;
	kernel.listens = 0;
	return wait;
}

static void
write_pid(void)
{
	int fd = openat(kernel.directory, "pid",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1)
		die("create the file pid");
	if (dprintf(fd, "%ld\n", (long)getpid()) < 0)
		die("write the file pid");
	close(fd);
}

static void
listen_in(const char *directory)
{
	struct sockaddr_un address;
	struct rlimit limit;

	kernel.directory = open(directory, O_DIRECTORY | O_PATH | O_CLOEXEC);
	if (kernel.directory == -1)
		die("open %s", directory);
	kernel.listener.ready = listener_ready;
	kernel.listener.fd =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	kernel.epoll = epoll_create1(EPOLL_CLOEXEC);
	kernel.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (kernel.listener.fd == -1 || kernel.epoll == -1)
		die("socket");
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	path_of("kernel", &address);
	unlink(address.sun_path); /* one that was killed left it */
	umask(077);
	if (bind(kernel.listener.fd, (struct sockaddr *)&address,
		sizeof address) == -1)
		die("bind");
	if (listen(kernel.listener.fd, 128) == -1 ||
	    !kernel_watch(&kernel.listener, EPOLLIN))
		die("listen");
}

/*
 * Leaves whoever started it. The parent ends when the child has been made; the
 * starter hears from the child. The child has a process group of its own, which
 * no terminal's keys reach, and not a session: that would be scheduled as a
 * group of its own (sched(7), autogroup), and each switch to a task and back be
 * one between groups.
 */
static void
detach(int ready)
{
	pid_t pid = fork();

	if (pid == -1)
		die("fork");
	if (pid > 0)
		_exit(EXIT_SUCCESS);
	if (setpgid(0, 0) == -1)
		die("setpgid");
	write_pid();
	if (write(ready, "", 1) != 1)
		die("write to the starter");
	close(ready);
}

/* ---- running ------------------------------------------------------------- */

/* No task is left: ends the kernel unless somebody is just coming. Who starts a
 * kernel holds the lock, so none comes between the last look and the end. */
static bool
may_end(void)
{
	struct sockaddr_un address;
	int lock = openat(
	    kernel.directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (lock != -1 && flock(lock, LOCK_EX | LOCK_NB) == -1) {
		close(lock);
		return false;
	}
	if (accept_some() > 0) {
		if (lock != -1)
			close(lock);
		return false;
	}
	path_of("kernel", &address);
	unlink(address.sun_path);
	path_of("pid", &address);
	unlink(address.sun_path);
	return true; /* the lock ends with the process */
}

/*
 * Asks the Linux kernel for long slices of the processor: whoever has shorter
 * ones and is woken by this one runs first (Linux 6.12 and later), and has
 * often called again when this one goes on; and this one doesn't interrupt a
 * caller that is about to wait. It gets no more of the processor by that, and
 * no less. Without it an answer costs more, and is as right.
 */
static void
step_aside(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t slice, deadline, period; /* nanoseconds */
	} attributes = {.size = sizeof attributes,
	    .policy = (uint32_t)sched_getscheduler(0),
	    .flags = SCHED_FLAG_RESET_ON_FORK, /* nobody else's */
	    .nice = getpriority(PRIO_PROCESS, 0),
	    .slice = 20000000};

	syscall(SYS_sched_setattr, 0, &attributes, 0);
}

/*
 * Waits until something happens, at most so many milliseconds, and handles it.
 * What happened before the kernel looked for calls is handled before they are
 * served: who has seen a task's end finds its rights ended.
 */
static void
handle_events(int wait)
{
	struct epoll_event events[EVENTS];
	int n, turns = TURNS;

	do {
		n = epoll_wait(kernel.epoll, events, EVENTS, wait);
		if (n == -1 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			struct source *source = events[i].data.ptr;
			source->ready(source);
		}
		thread_end_doomed();
		wait = 0;
	} while (n == EVENTS && --turns > 0);
}

static void
run(void)
{
	uint64_t empty_since = kernel_now();

	for (;;) {
		int wait =
		    calls_are_there() ? 0 : calls_wait(thread_next_deadline());
		if (task_count == 0 && (wait == -1 || wait > LINGER))
			wait = LINGER;
		handle_events(listen_again(wait));
		calls_serve();
		thread_check_deadlines();
		thread_end_doomed();
		if (task_count > 0)
			empty_since = 0;
		else if (empty_since == 0)
			empty_since = kernel_now();
		else if (kernel_now() - empty_since >= LINGER && may_end())
			return;
	}
}

int
main(int argc, char *argv[])
{
	const char *directory = NULL;
	int ready = -1;

	while (next_option(argc, argv, &program) != -1)
		if (!directory)
			directory = optarg;
		else
			ready = (int)parse_count("READY_FD", optarg, 3, 1024);
	if (!directory)
		usage_error("no DIRECTORY to listen in");
	signal(SIGPIPE, SIG_IGN);
	if (ready != -1 && close_range((unsigned)ready + 1, ~0u, 0) == -1)
		die("close_range");
	listen_in(directory);
	if (ready == -1)
		write_pid();
	else
		detach(ready);
	step_aside();
	run();
	thread_end_strangers();
	bootstrap_end();
	return EXIT_SUCCESS;
}
