/*
 * What the benchmarks share: each figure is the median of several rounds in
 * which the ways take turns, so that all see the machine at the same speeds; a
 * first round is not counted, and a way ends when its receiver has all.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stddef.h>
#include <sys/types.h>

struct way {
	const char *what;
	void (*run)(void);
};

enum { BENCH_ROUNDS = 5, BENCH_WAYS = 8 };

/* Fills SECONDS, by way, with how long each takes. */
void bench_ways(const struct way ways[], size_t count, double seconds[]);

double bench_median(double values[], size_t count);

/* Nanoseconds of a clock that only goes forward. */
long long bench_now(void);

/* Starts a program, NULL behind its last argument, with these descriptors as
 * its standard input and output, and waits for one. It must end with 0. */
pid_t bench_start(int input, int output, const char *const argv[]);
void bench_wait(pid_t child, const char *what);

/*
 * A file of SIZE bytes in memory, all of them there: lines of 79 letters and a
 * newline. CONTENT, where it isn't null, gets them mapped.
 */
int bench_file(size_t size, char **content);

#endif
