/*
 * How fast the programs of the pipes room are, beside cat and tr, which do the
 * same: `make bench-pipes`.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/common.h"
#include "tests/bench.h"

static const struct choice options[] = {
    {'S', "size", "BYTES", "bytes of the file (1GiB)"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "pipes",
    .role = "bench",
    .purpose = "Times two_way_pipes and the FIFO's writer and reader beside "
	       "cat and tr.",
    .example = "bench_pipes --size=256MiB",
    .options = options,
};

static int file, sink; /* lines in memory; /dev/null */
static char fifo[64];

static const char *const cat[] = {"cat", NULL};

/* A pipe whose ends no program inherits but as its standard input and output.
 */
static void
private_pipe(int ends[2])
{
	if (pipe(ends) == -1)
		die("pipe");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
}

static void
there_and_back_by_cat_and_tr(void)
{
	static const char *const tr[] = {"tr", "a-zA-Z", "A-Za-z", NULL};
	int there[2], back[2];

	lseek(file, 0, SEEK_SET);
	private_pipe(there);
	private_pipe(back);
	pid_t first = bench_start(file, there[1], cat);
	pid_t middle = bench_start(there[0], back[1], tr);
	pid_t last = bench_start(back[0], sink, cat);
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
	bench_wait(first, "cat");
	bench_wait(middle, "tr");
	bench_wait(last, "cat");
}

static void
there_and_back(void)
{
	static const char *const two_way[] = {"two_way_pipes", NULL};

	lseek(file, 0, SEEK_SET);
	bench_wait(bench_start(file, sink, two_way), "two_way_pipes");
}

/* Runs a writer of the FIFO and its reader; where they are cats, the FIFO has
 * to be their output and input. */
static void
one_way(const char *const writer[], const char *const reader[], bool cats)
{
	int in = sink, out = sink;

	lseek(file, 0, SEEK_SET);
	if (cats) {
		in = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		out = open(fifo, O_WRONLY | O_CLOEXEC);
		if (in == -1 || out == -1 || fcntl(in, F_SETFL, 0) == -1)
			die("open %s", fifo);
	}
	pid_t reading = bench_start(in, sink, reader);
	pid_t writing = bench_start(file, out, writer);
	if (cats) {
		close(in);
		close(out);
	}
	bench_wait(writing, writer[0]);
	bench_wait(reading, reader[0]);
}

static void
one_way_by_cat(void)
{
	one_way(cat, cat, true);
}

/* With OPTION for the writer, or null. */
static void
one_way_by_fifo(const char *option)
{
	char name[80];
	const char *writer[] = {"fifo_writer", name, option, NULL};
	const char *reader[] = {"fifo_reader", name, NULL};

	snprintf(name, sizeof name, "--name=%s", fifo);
	one_way(writer, reader, false);
}

static void
one_way_alone(void)
{
	one_way_by_fifo("--alone");
}

static void
one_way_in_lines(void)
{
	one_way_by_fifo(NULL);
}

/* Prints how fast each way is, and its time beside the first one's. */
static void
compare(const char *what, double size, const struct way ways[], size_t count)
{
	double seconds[BENCH_WAYS];

	bench_ways(ways, count, seconds);
	printf("%s\n", what);
	for (size_t way = 0; way < count; way++)
		printf("  %-44s %5.2f s %6.2f GB/s   %.2f\n", ways[way].what,
		    seconds[way], size / seconds[way] / 1e9,
		    seconds[way] / seconds[0]);
	fflush(stdout);
}

int
main(int argc, char *argv[])
{
	static const struct way two_way[] = {
	    {"cat | tr a-zA-Z A-Za-z | cat", there_and_back_by_cat_and_tr},
	    {"two_way_pipes", there_and_back},
	};
	static const struct way fifos[] = {
	    {"cat > FIFO & cat FIFO", one_way_by_cat},
	    {"fifo_writer --alone & fifo_reader", one_way_alone},
	    {"fifo_writer & fifo_reader, each line whole", one_way_in_lines},
	};
	size_t size = (size_t)1 << 30;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'S':
			size = parse_size("--size", optarg);
			break;
		}
	sink = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (sink == -1)
		die("open /dev/null");
	file = bench_file(size, NULL);
	printf("%.0f MiB of lines in memory, to /dev/null; time beside the "
	       "first line's:\n",
	    (double)size / 0x1p20);
	compare("there and back, letters in the other case", (double)size,
	    two_way, sizeof two_way / sizeof two_way[0]);

	snprintf(fifo, sizeof fifo, "/tmp/fifo-%ld-%ld", (long)geteuid(),
	    (long)getpid());
	if (mkfifo(fifo, 0600) == -1)
		die("mkfifo %s", fifo);
	compare("one way, through a FIFO", (double)size, fifos,
	    sizeof fifos / sizeof fifos[0]);
	unlink(fifo);
	close_stdout();
	return EXIT_SUCCESS;
}
