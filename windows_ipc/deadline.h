/*
 * A limit for a call that may block for ever.
 *
 * Source: CancelSynchronousIo: the call that a thread is blocked in fails with
 * ERROR_OPERATION_ABORTED.
 */
#ifndef WINDOWS_IPC_DEADLINE_H
#define WINDOWS_IPC_DEADLINE_H

/*
 * From SECONDS on, reads and writes of the calling thread fail with
 * ERROR_OPERATION_ABORTED: the one that is blocked then, and each later one
 * within a hundredth of a second, until deadline_clear(). NO_DEADLINE is never.
 * One at a time.
 */
#define NO_DEADLINE (-1.0)

void deadline_set(double seconds);
void deadline_clear(void);

#endif
