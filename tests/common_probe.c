/*
 * Calls common/ as a program would, so that tests/common.bats can see what it
 * does: common_probe WHAT.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/common.h"

static const struct choice options[] = {
    {'n', "name", "NAME", "a name"},
    {'S', "size", "BYTES", "a size"},
    {'w', "wait", "SECONDS", "a time"},
    {'p', "mode", "OCTAL", "a mode"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"one", "the first", "It is the first."},
    {"two", "the second", "It is the second."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "0.0",
    .role = "probe",
    .operands = "WHAT",
    .purpose = "Calls common/ for its tests.",
    .example = "common_probe steps",
    .options = options,
    .defects = defects,
};

static void
tick(int sig)
{
	(void)sig;
}

/* Interrupts every system call that blocks, a thousand times a second. */
static void
interrupt_often(void)
{
	struct sigaction action = {.sa_handler = tick};
	const struct itimerval timer = {{0, 1000}, {0, 1000}};

	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Copies standard input to standard output in pieces of SIZE bytes. */
static void
copy(size_t size)
{
	char *bytes = malloc(size);
	long long n;

	if (!bytes)
		die("malloc");
	interrupt_often();
	do {
		n = read_all(0, bytes, size);
		if (n > 0 && !write_all(1, bytes, (size_t)n))
			die("write");
	} while (n == (long long)size); /* less at the input's end only */
	if (n == -1)
		die("read");
	free(bytes);
}

static void
steps(const char *name)
{
	step(name, "The first sentence.");
	int fd = open("/dev/null", O_RDONLY);
	if (fd == -1)
		die("open");
	returned("%d", 3);

	step(name,
	    "A condition, over two lines, with \"quotes\" and a \\ in "
	    "%s.",
	    "it");
	if (strcmp("a parenthesis: (\"\\", "a parenthesis: (") == 0 ||
	    strcmp(name, "the name") == 0)
		exit(3);
	returned("false");

	step(name, "No result is told.");
	close(fd);

	step(name, "A call that fails.");
	fd = open("/nonexistent", O_RDONLY);
	if (fd == -1)
		die("open %s", "/nonexistent");
	returned("%d", fd);
}

/* Two processes narrate at once. */
static void
two_speakers(void)
{
	const char *name = "object";
	pid_t child = fork();

	if (child == -1)
		die("fork");
	narrate_role(child == 0 ? "child" : "parent");
	for (int i = 0; i < 3000; i++) {
		step(name, "Both processes say this sentence, which is so long "
			   "that it does not fit on a line of eighty columns.");
		getppid();
		returned("%d", i);
	}
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void
forked_death(void)
{
	printf("once\n"); /* in the buffer of both */
	pid_t child = fork();
	int status;

	if (child == -1)
		die("fork");
	if (child == 0) {
		errno = EPIPE;
		die_child("write to %s", "the parent");
	}
	waitpid(child, &status, 0);
	printf("the child's status is %d\n", WEXITSTATUS(status));
}

int
main(int argc, char *argv[])
{
	const char *what = "";
	const char *name = "object";
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case OPERAND:
			what = optarg;
			printf("operand %s\n", what);
			break;
		case 'n':
			name = optarg;
			break;
		case 'S':
			printf("%zu\n", parse_size("--size", optarg));
			break;
		case 'w':
			printf("%g\n", parse_seconds("--wait", optarg));
			break;
		case 'p':
			printf("%o\n", parse_mode("--mode", optarg));
			break;
		}
	if (any_broken())
		printf("%d%d\n", broken("one"), broken("two"));
	broke("two", "seen %d", 2);
	if (strcmp(what, "copy") == 0) {
		fflush(stdout);
		copy(100000);
	} else if (strcmp(what, "steps") == 0) {
		steps(name);
	} else if (strcmp(what, "two") == 0) {
		two_speakers();
	} else if (strcmp(what, "forked") == 0) {
		forked_death();
	} else if (strcmp(what, "die") == 0) {
		errno = EACCES;
		die("open %s", name);
	} else if (strcmp(what, "next") == 0) {
		errno = ENOENT;
		die_next("do this first", "open %s", name);
	} else if (strcmp(what, "fatal") == 0) {
		fatal("%s is wrong", name);
	} else if (strcmp(what, "usage") == 0) {
		usage_error("%s is wrong", name);
	} else if (strcmp(what, "remark") == 0) {
		remark("%s", name);
	} else if (strcmp(what, "earlier") == 0) {
		/* nothing is left to write when stdout is closed */
		fflush(stdout);
		setvbuf(stdout, NULL, _IONBF, 0);
		clearerr(stdout);
		putchar('x');
	} else if (strcmp(what, "errors") == 0) {
		char text[256];
		for (int error = 1; error < 140; error++)
			puts(describe_error(error, text, sizeof text));
	}
	close_stdout();
	return EXIT_SUCCESS;
}
