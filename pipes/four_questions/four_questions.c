/*
 * The book's four questions about pipes, answered by experiment.
 *
 *   1. Does a pipe carry bytes in both directions?
 *   2. If so, in one at a time (half duplex), or in both (full duplex)?
 *   3. Must the processes be related?
 *   4. Can they be on different machines?
 *
 * Tries each on this system, for ordinary pipes and for FIFOs, and prints a
 * table of the answers with what was tried and what the system said.
 *
 * Usage:   four_questions
 * Parts:   ordinary_pipe.c, named_pipe.c: the experiments; table.h, which also
 *          says how other programs add their rows.
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/common.h"
#include "pipes/child.h"
#include "pipes/deadline.h"
#include "pipes/fifo/fifo.h"
#include "pipes/four_questions/experiments.h"

enum { READ_END = 0, WRITE_END = 1 };

/* Seconds for another program's experiments, which may have to start a whole
 * other system first. */
enum { NEIGHBOURS_PATIENCE = 60 };

static const struct choice options[] = {
    {'r', "rows", NULL, "print the rows for programs, with tabs in between"},
    {0, NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "four-questions",
    .role = "asker",
    .purpose = "The book's four questions about pipes, answered by "
	       "experiments on this system:\ntwo-way? half or full duplex? "
	       "relation needed? across a network?",
    .example = "four_questions --explain",
    .options = options,
};

/* ---- rows of other programs --------------------------------------------- */

static const char prefix[] = "four_questions_";

/* The directory that this program lies in, as it was called. */
static void
own_directory(const char *argv0, char *directory, size_t size)
{
	const char *path = getenv("PATH");

	snprintf(directory, size, "%s", argv0);
	char *slash = strrchr(directory, '/');
	if (slash) {
		slash[1] = '\0';
		return;
	}
	while (path) {
		size_t length = strcspn(path, ":");
		char file[PATH_MAX];
		snprintf(directory, size, "%.*s/", (int)length, path);
		snprintf(file, sizeof file, "%s%s", directory, argv0);
		if (length > 0 && access(file, X_OK) == 0)
			return;
		path = path[length] ? path + length + 1 : NULL;
	}
	snprintf(directory, size, "./");
}

/* Runs the program at PATH and takes what it prints: through a pipe. */
static void
take_rows(struct table *table, const char *path)
{
	char line[1024];
	int fd[2], status;

	if (pipe(fd) == -1)
		die("pipe");
	pid_t child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		if (dup2(fd[WRITE_END], STDOUT_FILENO) == -1)
			die_child("dup2");
		close(fd[READ_END]);
		close(fd[WRITE_END]);
		execl(path, path, (char *)NULL);
		die_child("exec %s", path);
	}
	close(fd[WRITE_END]);
	FILE *rows = fdopen(fd[READ_END], "r");
	if (!rows)
		die("fdopen");
	deadline_set(NEIGHBOURS_PATIENCE);
	while (fgets(line, sizeof line, rows)) {
		line[strcspn(line, "\n")] = '\0';
		if (!table_add_line(table, line))
			fatal("%s: this is no row: %s", path, line);
	}
	if (deadline_passed()) {
		kill(child, SIGKILL);
		fatal("%s: more than %d seconds", path, NEIGHBOURS_PATIENCE);
	}
	deadline_clear();
	fclose(rows);
	if (waitpid(child, &status, 0) == -1)
		die("waitpid");
	if (!child_succeeded(status))
		fatal("%s failed: its rows are missing", path);
}

static int
is_rows_program(const struct dirent *entry)
{
	return strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
}

static void
take_neighbours_rows(struct table *table, const char *argv0)
{
	char directory[PATH_MAX], path[PATH_MAX + 1 + NAME_MAX];
	struct dirent **entries;
	struct stat status;

	own_directory(argv0, directory, sizeof directory);
	int count = scandir(directory, &entries, is_rows_program, alphasort);
	if (count == -1)
		die("read %s", directory);
	for (int i = 0; i < count; i++) {
		snprintf(
		    path, sizeof path, "%s%s", directory, entries[i]->d_name);
		if (stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
		    access(path, X_OK) == 0)
			take_rows(table, path);
		free(entries[i]);
	}
	free(entries);
}

int
main(int argc, char *argv[])
{
	char path[PATH_MAX];
	bool rows = false;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'r':
			rows = true;
			break;
		}
	snprintf(path, sizeof path, "%s-%ld", default_fifo(), (long)getpid());
	struct table *table = table_create();

	ask_ordinary_pipe(table);
	ask_fifo(table, path);
	take_neighbours_rows(table, argv[0]);
	if (rows)
		table_print_lines(table, stdout);
	else
		table_print(table, stdout);
	table_free(table);
	close_stdout();
	return EXIT_SUCCESS;
}
