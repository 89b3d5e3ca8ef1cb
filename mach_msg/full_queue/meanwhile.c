#include "mach_msg/full_queue/meanwhile.h"
#include "common/common.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static pthread_t waiter, other;
static void (*task)(void);
static atomic_bool over;

static void *
other_thread(void *unused)
{
	const double time_to_wait = 0.2;

	system_sleep(time_to_wait);
	task();
	return unused;
}

void
meanwhile(void (*what)(void))
{
	waiter = pthread_self();
	task = what;
	atomic_store(&over, false);
	errno = pthread_create(&other, NULL, other_thread, NULL);
	if (errno != 0)
		die("pthread_create");
}

void
meanwhile_end(void)
{
	atomic_store(&over, true);
	errno = pthread_join(other, NULL);
	if (errno != 0)
		die("pthread_join");
}

static void
wake(int sig)
{
	(void)sig;
}

void
interrupt_waiter(void)
{
	struct sigaction action = {.sa_handler = wake}; /* no SA_RESTART */

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGUSR1, &action, NULL) == -1)
		die("sigaction");
	system_sleep(1);
	while (!atomic_load(&over)) {
		pthread_kill(waiter, SIGUSR1);
		system_sleep(0.01);
	}
}
