/*
 * The bounded buffer: what figures 3.16 and 3.17 leave out.
 *
 * A producer and a consumer, two processes started in any order, carry any
 * number of bytes over a ring in POSIX shared memory, and each waits for the
 * other when the ring is full or empty.
 *
 * Usage:   bounded_buffer produce < FILE      in one terminal
 *          bounded_buffer consume > COPY      in another
 * Parts:   meeting.h, how the two find each other; ring.h, the buffer.
 *
 * Both exit with 0 only when the consumer has written every byte and said so.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/common.h"
#include "posix_shm/bounded_buffer/meeting.h"
#include "posix_shm/bounded_buffer/no_sync.h"
#include "posix_shm/object.h"

/* A transfer's unit: large enough that a system call costs nothing beside the
 * copy, small enough that both ends work at the same time. */
enum { CHUNK = RING_CAPACITY / 4 };

/* So many chunks are narrated; then the others are like them. */
enum { NARRATED_CHUNKS = 2 };

static const struct choice options[] = {
    {'n', "name", "NAME", "where the two meet (/bounded_buffer-UID)"},
    {'w', "wait", "SECONDS", "wait that long for the other one (60)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"no-sync", "both sides, neither waits: lost and torn items",
	"The producer didn't wait while the buffer was full, nor the consumer "
	"while it was empty."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "bounded-buffer",
    .role = "buffer",
    .operands = "produce|consume",
    .purpose = "The bounded buffer: one process produces its standard input, "
	       "another consumes it\nto its standard output, over a ring in "
	       "POSIX shared memory.",
    .example = "bounded_buffer produce < FILE & bounded_buffer consume > COPY",
    .options = options,
    .defects = defects,
};

/* ---- progress, for a person at a terminal -------------------------------- */

static bool progress_shown;

/* Redraws the line when a tick has gone by; not in the first second. */
static void
show_progress(const struct meeting *meeting, uint64_t bytes)
{
	static int shown_at, started_at;
	uint64_t total = atomic_load(&meeting->shared->input_size);
	char share[32] = "";

	if (!started_at)
		started_at = ticks() + 1;
	if (ticks() - started_at < TICKS_PER_SECOND || ticks() == shown_at ||
	    !system_is_terminal(2))
		return;
	shown_at = ticks();
	progress_shown = true;
	if (total > 0 && bytes <= total)
		snprintf(share, sizeof share, " of %.1f MiB, %.0f%%",
		    (double)total / 0x1p20,
		    100 * (double)bytes / (double)total);
	char line[128];
	int n = snprintf(line, sizeof line, "\r%s: %.1f MiB%s\033[K",
	    role_name(meeting->role), (double)bytes / 0x1p20, share);
	write_all(2, line, (size_t)n);
}

static void
clear_progress(void)
{
	if (progress_shown)
		write_all(2, "\r\033[K", 4);
}

/* ---- the two sides ------------------------------------------------------- */

/* The peer's process is dead, or it said that it failed. */
static _Noreturn void
peer_lost(const struct meeting *meeting, uint64_t bytes)
{
	bool failed = ring_other_state(&meeting->ring) == RING_FAILED;

	clear_progress();
	fatal(
	    "the %s (process %ld) %s after %llu byte%s on this side: the copy "
	    "is not complete",
	    role_name(!meeting->role),
	    (long)meeting->shared->pids[!meeting->role],
	    failed ? "gave up" : "died", (unsigned long long)bytes,
	    plural(bytes));
}

/* This side can't go on: errno says why. Tells the peer first. */
static _Noreturn void
give_up(struct meeting *meeting, const char *what)
{
	int error = errno;

	clear_progress();
	ring_finish(&meeting->ring, RING_FAILED);
	errno = error;
	die("%s", what);
}

static void
produce(struct meeting *meeting)
{
	const char *name = meeting->name;
	struct ring_handle *ring = &meeting->ring;
	uint64_t total = 0;
	struct stat input;
	ssize_t n;

	if (fstat(0, &input) == 0 && S_ISREG(input.st_mode))
		atomic_store(
		    &meeting->shared->input_size, (uint64_t)input.st_size);
	for (int chunk = 0;; chunk++) {
		size_t room = ring_wait(ring, 1);
		if (room == 0)
			peer_lost(meeting, total);
		unsigned char *place = ring_place(ring, room, &room);
		if (room > CHUNK)
			room = CHUNK;

		if (chunk < NARRATED_CHUNKS)
			step(name, "Let the kernel put the input straight into "
				   "the ring, where there is room: the only "
				   "copy on this side.");
		while ((n = read(0, place, room)) == -1 && errno == EINTR) {
			if (!peer_alive(meeting))
				peer_lost(meeting, total);
			show_progress(meeting, total);
		}
		if (n == -1)
			give_up(meeting, "read standard input");
		returned("%zd byte%s", n, plural(n));
		if (n == 0)
			break;

		if (chunk < NARRATED_CHUNKS)
			step(name, "Publish them: `in` moves on. A sleeping "
				   "consumer is woken, a busy one needs no "
				   "system call.");
		ring_advance(ring, (size_t)n);
		returned("in = %llu", (unsigned long long)ring->count);
		total += (uint64_t)n;
		show_progress(meeting, total);
	}

	ring_finish(ring, RING_DONE);
	step(name, "All is in the ring. It counts as delivered when the "
		   "consumer says that it has written it.");
	enum ring_state consumer = ring_wait_for_end(ring);
	if (consumer != RING_DONE)
		peer_lost(meeting, total);
	returned("done");
}

static void
consume(struct meeting *meeting)
{
	const char *name = meeting->name;
	struct ring_handle *ring = &meeting->ring;
	uint64_t total = 0;
	size_t there;
	ssize_t n;

	for (int chunk = 0; (there = ring_wait(ring, 1)) > 0; chunk++) {
		unsigned char *place = ring_place(ring, there, &there);
		if (there > CHUNK)
			there = CHUNK;

		if (chunk < NARRATED_CHUNKS)
			step(name, "Write what the producer put in straight "
				   "from the ring.");
		while ((n = write(1, place, there)) == -1 && errno == EINTR) {
			if (!peer_alive(meeting))
				peer_lost(meeting, total);
			show_progress(meeting, total);
		}
		if (n == -1)
			give_up(meeting, "write standard output");
		returned("%zd byte%s", n, plural(n));

		if (chunk < NARRATED_CHUNKS)
			step(name, "Give their room back: `out` moves on.");
		ring_advance(ring, (size_t)n);
		returned("out = %llu", (unsigned long long)ring->count);
		total += (uint64_t)n;
		show_progress(meeting, total);
	}
	if (ring_other_state(ring) != RING_DONE)
		peer_lost(meeting, total);
	if (close(1) == -1)
		give_up(meeting, "close standard output");
	ring_finish(ring, RING_DONE);
}

int
main(int argc, char *argv[])
{
	char default_name[40];
	const char *name = default_name;
	const char *side = NULL;
	double wait = 60;
	int option;

	snprintf(default_name, sizeof default_name, "/bounded_buffer-%ld",
	    (long)geteuid());
	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			name = parse_object_name(optarg);
			break;
		case 'w':
			wait = parse_seconds("--wait", optarg);
			break;
		case OPERAND:
			if (side)
				usage_error("say produce or consume, not both");
			side = optarg;
			break;
		}

	if (broken("no-sync") && side)
		usage_error(
		    "--break=no-sync is both sides: leave out '%s'", side);
	if (broken("no-sync"))
		return run_without_sync();
	if (!side)
		usage_error("say produce or consume");
	if (strcmp(side, "produce") != 0 && strcmp(side, "consume") != 0)
		usage_error("'%s' is neither produce nor consume", side);
	enum ring_end_name role =
	    strcmp(side, "produce") == 0 ? PRODUCER : CONSUMER;

	narrate_role(role_name(role));
	if (role == PRODUCER)
		narrate_input_is_data();
	signal(SIGPIPE, SIG_IGN); /* write says EPIPE, and the peer is told */
	start_ticking();

	struct meeting meeting;
	meet(&meeting, name, role, wait);
	if (role == PRODUCER)
		produce(&meeting);
	else
		consume(&meeting);
	leave(&meeting);
	clear_progress();
	return EXIT_SUCCESS;
}
