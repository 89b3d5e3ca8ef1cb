/*
 * Something that another thread of the task does while this one waits in a
 * call.
 */
#ifndef FULL_QUEUE_MEANWHILE_H
#define FULL_QUEUE_MEANWHILE_H

/*
 * Has another thread call WHAT a fifth of a second from now, when this one is
 * in the next call and waits there. It stands between a step() and the call:
 * a person who is asked for Enter has all the time there is. Ends the program
 * when there can be no thread.
 */
void meanwhile(void (*what)(void));

/* Waits until the other thread has done it. */
void meanwhile_end(void);

/* For meanwhile(): after a second, signals the thread that waits, again and
 * again until meanwhile_end(). A call that a signal may end returns then. */
void interrupt_waiter(void);

#endif
