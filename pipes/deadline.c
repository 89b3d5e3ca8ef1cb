#include "pipes/deadline.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t passed;
static bool running;

static void
time_is_up(int sig)
{
	(void)sig;
	passed = 1;
}

void
deadline_set(double seconds)
{
	/* without SA_RESTART; again and again, since the first signal may come
	 * just before the call that it is meant for */
	struct sigaction action = {.sa_handler = time_is_up};
	struct itimerval timer = {.it_interval = {0, 10000}};

	passed = 0;
	running = seconds >= 0;
	if (!running)
		return;
	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	timer.it_value.tv_sec = (time_t)seconds;
	timer.it_value.tv_usec =
	    (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6);
	if (timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0)
		timer.it_value.tv_usec = 1; /* 0 would be no timer */
	setitimer(ITIMER_REAL, &timer, NULL);
}

void
deadline_clear(void)
{
	static const struct itimerval none;

	if (running)
		setitimer(ITIMER_REAL, &none, NULL);
	running = false;
}

bool
deadline_passed(void)
{
	return passed;
}
