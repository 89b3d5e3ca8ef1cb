#include "mach_msg/clock.h"
#include "common/common.h"

#include <time.h>

int64_t
clock_now(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_MONOTONIC, &time) == -1)
		die("clock_gettime");
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void
clock_start(int64_t *began)
{
	*began = clock_now();
}
