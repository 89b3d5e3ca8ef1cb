#include "mach_msg/full_queue/meanwhile.h"
#include "common/common.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static pthread_t waiter, other;
static void (*task)(void);
static double delay;
static atomic_bool over;

static void *
other_thread(void *unused)
{
	system_sleep(delay);
	task();
	return unused;
}

void
meanwhile(void (*what)(void), unsigned milliseconds)
{
	waiter = pthread_self();
	task = what;
	delay = milliseconds / 1000.0;
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
