#include "mach_msg/linux/kernel/calls.h"

#include "mach_msg/linux/kernel/trap.h"

/* How many threads are looked at: what that costs mustn't grow with the number
 * of threads. */
enum { AWAITED_MAX = 16 };

static struct link awaited = {&awaited, &awaited};
static unsigned awaited_count;

/* Those to be served, in the order in which they were found. */
static struct link calling = {&calling, &calling};

/* Those whose task has to rest first. */
static struct link resting = {&resting, &resting};

/* When the next look at all tasks may be, whoever looks: milliseconds. */
static uint64_t looks_rest;

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

/* ---- rest ---------------------------------------------------------------- */

void
calls_took(const struct thread *thread, uint32_t number, uint64_t microseconds)
{
	enum { LONG = 500, OTHERS = 9 };
	uint64_t until = kernel_now() + microseconds * OTHERS / 1000 + 1;

	if (microseconds <= LONG)
		return;
	if (number == TRAP_SPACE_INFO)
		looks_rest = until;
	else if (thread->task)
		thread->task->rest = until;
}

/* When a call of the thread's may be served. */
static uint64_t
rest_of(const struct thread *thread, uint32_t number)
{
	uint64_t rest = thread->task ? thread->task->rest : 0;

	return number == TRAP_SPACE_INFO && looks_rest > rest ? looks_rest
							      : rest;
}

bool
calls_too_early(const struct thread *thread, uint32_t number)
{
	uint64_t rest = rest_of(thread, number);

	return rest != 0 && kernel_now() < rest;
}

/* The same for the call that the thread's page has. */
static bool
waits(const struct thread *thread)
{
	return calls_too_early(thread, connection_number(&thread->connection));
}

/* Those that have rested are served as if they had called now. */
static void
end_rests(void)
{
	for (struct link *at = resting.next, *next; at != &resting; at = next) {
		struct thread *thread =
		    list_element(at, struct thread, calling);
		next = at->next;
		if (waits(thread))
			continue;
		list_remove(&thread->calling);
		list_insert(&calling, &thread->calling);
	}
}

int
calls_wait(int wait)
{
	uint64_t now = list_empty(&resting) ? 0 : kernel_now();

	list_for_each(at, &resting)
	{
		const struct thread *thread =
		    list_element(at, struct thread, calling);
		uint64_t rest =
		    rest_of(thread, connection_number(&thread->connection));
		int left = rest > now ? (int)(rest - now) : 0;
		if (wait == -1 || left < wait)
			wait = left;
	}
	return wait;
}

/* ---- calls --------------------------------------------------------------- */

/* Finds those that are awaited and have called; whether there are any. */
static bool
find_calls(void)
{
	struct link *at = awaited.next;

	if (!list_empty(&resting))
		end_rests();
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
		if (waits(thread))
			list_insert(&resting, &thread->calling);
		else
			trap_serve(thread);
	}
}
