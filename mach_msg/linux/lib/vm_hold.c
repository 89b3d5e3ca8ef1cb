#define _GNU_SOURCE /* syscall */
#include "mach_msg/linux/lib/vm_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whether this is the process's only thread: a directory has a link for each
 * thread, and two of its own. */
static bool
is_alone(void)
{
	struct stat status;

	return stat("/proc/self/task", &status) == 0 && status.st_nlink == 3;
}

/* Whether this thread writes there itself: its stack, or what every thread has
 * of its own. */
static bool
has_own(const struct vm_run *run)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	uintptr_t local = (uintptr_t)&errno;

	return (frame >= run->start && frame < run->end) ||
	       (local >= run->start && local < run->end);
}

/*
 * userfaultfd(2) with write protection: a thread that writes there sleeps until
 * it is woken, in a system call, too. Linux lets only a privileged user do the
 * latter, unless vm.unprivileged_userfaultfd is 1. -1 when it can't be.
 */
static int
protect(const struct vm_run *runs, size_t count)
{
	struct uffdio_api api = {.api = UFFD_API,
	    .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP |
			UFFD_FEATURE_WP_HUGETLBFS_SHMEM};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	bool done = fd != -1 && ioctl(fd, UFFDIO_API, &api) == 0;

	for (size_t i = 0; done && i < count; i++) {
		struct uffdio_range range = {
		    runs[i].start, runs[i].end - runs[i].start};
		struct uffdio_register add = {
		    .range = range, .mode = UFFDIO_REGISTER_MODE_WP};
		struct uffdio_writeprotect forbid = {
		    .range = range, .mode = UFFDIO_WRITEPROTECT_MODE_WP};
		done = ioctl(fd, UFFDIO_REGISTER, &add) == 0 &&
		       ioctl(fd, UFFDIO_WRITEPROTECT, &forbid) == 0;
	}
	if (!done && fd != -1) {
		close(fd); /* which wakes whoever waits */
		fd = -1;
	}
	return fd;
}

bool
vm_hold_begin(struct vm_hold *hold, const struct vm_run *runs, size_t count)
{
	sigset_t all;

	for (size_t i = 0; i < count; i++)
		if (has_own(&runs[i]))
			return false;
	/* a signal handler might write there, and would wait for ever */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &hold->signals);
	hold->fd = -1;
	if (!is_alone()) {
		hold->fd = protect(runs, count);
		if (hold->fd == -1) {
			pthread_sigmask(SIG_SETMASK, &hold->signals, NULL);
			return false;
		}
	}
	return true;
}

void
vm_hold_end(struct vm_hold *hold, const struct vm_run *runs, size_t count)
{
	for (size_t i = 0; hold->fd != -1 && i < count; i++) {
		struct uffdio_range range = {
		    runs[i].start, runs[i].end - runs[i].start};
		ioctl(hold->fd, UFFDIO_WAKE, &range);
	}
	if (hold->fd != -1)
		close(hold->fd);
	pthread_sigmask(SIG_SETMASK, &hold->signals, NULL);
}
