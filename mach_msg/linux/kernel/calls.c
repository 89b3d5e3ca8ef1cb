#include "mach_msg/linux/kernel/calls.h"

#include "mach_msg/linux/kernel/trap.h"

/* How many threads are looked at: what that costs mustn't grow with the number
 * of threads. */
enum { AWAITED_MAX = 16 };

static struct link awaited = {&awaited, &awaited};
static unsigned awaited_count;

/* Those to be served, in the order in which they were found. */
static struct link calling = {&calling, &calling};

static struct thread *
awaited_at(struct link *place)
{
	return list_element(place, struct thread, awaited);
}

static void
await_no_more(struct thread *thread)
{
	if (!list_empty(&thread->awaited))
		awaited_count--;
	list_remove(&thread->awaited);
}

bool
calls_await(struct thread *thread)
{
	if (thread->doomed)
		return false;
	if (list_empty(&thread->awaited)) {
		if (awaited_count == AWAITED_MAX)
			return false;
		awaited_count++;
		list_insert(&awaited, &thread->awaited);
	}
	return true;
}

void
calls_rung(struct thread *thread)
{
	if (!thread->doomed && list_empty(&thread->calling))
		list_insert(&calling, &thread->calling);
}

void
calls_forget(struct thread *thread)
{
	await_no_more(thread);
	list_remove(&thread->calling);
}

/* Finds those that are awaited and have called; whether there are any. */
static bool
find_calls(void)
{
	struct link *at = awaited.next;

	while (at != &awaited) {
		struct thread *thread = awaited_at(at);
		at = at->next;
		if (connection_has_call(&thread->connection)) {
			await_no_more(thread);
			calls_rung(thread);
		}
	}
	return !list_empty(&calling);
}

bool
calls_are_there(void)
{
	if (find_calls())
		return true;
	/* one that calls now either sees that it is to ring, or is seen */
	list_for_each(at, &awaited)
	    connection_ask_to_ring(&awaited_at(at)->connection);
	if (find_calls())
		return true;
	while (!list_empty(&awaited))
		await_no_more(awaited_at(awaited.next));
	return false;
}

void
calls_serve(void)
{
	while (!list_empty(&calling)) {
		struct thread *thread =
		    list_element(calling.next, struct thread, calling);
		list_remove(&thread->calling);
		trap_serve(thread);
	}
}
