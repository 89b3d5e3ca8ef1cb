#include "tests/bench.h"
#include "common/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long long
bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double
bench_median(double values[], size_t count)
{
	qsort(values, count, sizeof values[0], compare);
	return values[count / 2];
}

void
bench_ways(const struct way ways[], size_t count, double seconds[])
{
	double times[BENCH_WAYS][BENCH_ROUNDS];

	for (int round = -1; round < BENCH_ROUNDS; round++)
		for (size_t way = 0; way < count; way++) {
			long long start = bench_now();
			ways[way].run();
			if (round >= 0)
				times[way][round] =
				    (double)(bench_now() - start) / 1e9;
		}
	for (size_t way = 0; way < count; way++)
		seconds[way] = bench_median(times[way], BENCH_ROUNDS);
}

pid_t
bench_start(int input, int output, const char *const argv[])
{
	pid_t child = fork();

	if (child == -1)
		die("fork");
	if (child != 0)
		return child;
	if (dup2(input, 0) == -1 || dup2(output, 1) == -1)
		die_child("dup2");
	execvp(argv[0], (char *const *)argv);
	die_child("exec %s", argv[0]);
}

void
bench_wait(pid_t child, const char *what)
{
	int status;

	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			die("waitpid %s", what);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fatal("%s failed", what);
}

int
bench_file(size_t size, char **content)
{
	enum { LINE = 80 };
	char name[40];

	snprintf(
	    name, sizeof name, "/OS-%ld-%ld", (long)geteuid(), (long)getpid());
	int file = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
	if (file == -1)
		die("shm_open %s", name);
	shm_unlink(name);
	if (ftruncate(file, (off_t)size) == -1)
		die("ftruncate to %zu bytes", size);
	char *bytes =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (bytes == MAP_FAILED)
		die("mmap %zu bytes", size);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)('a' + i % 23);
	for (size_t i = LINE - 1; i < size; i += LINE)
		bytes[i] = '\n';
	if (content)
		*content = bytes;
	else
		munmap(bytes, size);
	return file;
}
