#include "windows_ipc/deadline.h"
#include "common/common.h"

#include <windows.h>

static HANDLE thread; /* whose calls are to end */
static HANDLE timer;

static VOID CALLBACK
time_is_up(PVOID unused, BOOLEAN fired)
{
	(void)unused;
	(void)fired;
	/* it fails when the thread isn't blocked; the timer comes again */
	CancelSynchronousIo(thread);
}

void
deadline_set(double seconds)
{
	enum { AGAIN = 10 }; /* ms */

	deadline_clear();
	if (seconds < 0)
		return;
	if (!thread &&
	    !DuplicateHandle(GetCurrentProcess(), GetCurrentThread(),
		GetCurrentProcess(), &thread, 0, FALSE, DUPLICATE_SAME_ACCESS))
		die("DuplicateHandle");
	if (!CreateTimerQueueTimer(&timer, NULL, time_is_up, NULL,
		(DWORD)(seconds * 1000), AGAIN, WT_EXECUTEDEFAULT))
		die("CreateTimerQueueTimer");
}

void
deadline_clear(void)
{
	/* INVALID_HANDLE_VALUE: returns when no call is under way any more */
	if (timer)
		DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE);
	timer = NULL;
}
