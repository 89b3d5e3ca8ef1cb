/* What the kernel has, before the rounds and after them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mach_msg/linux/ipc_info.h"
#include "mach_msg/linux/lib/connection.h"
#include "tests/mach_rounds.h"

/* What may be more than before: pages and bytes that malloc keeps. */
enum { BYTES_MORE = 64 << 10, MAPPINGS_MORE = 8, PAGES_MORE = 1024 };

enum { LSMP_SIZE = 16 << 10 };

struct books {
	uint32_t tasks, names, ports, bytes;   /* the kernel's own counts */
	unsigned descriptors, mappings, pages; /* its process's */
	char lsmp[LSMP_SIZE];
};

static struct books before;

/* ---- the kernel's process ----------------------------------------------- */

static FILE *
open_file(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file)
		die("open %s", path);
	return file;
}

/* The path of a file that Linux has of the kernel's process. */
static void
name_file(char *path, size_t size, const char *name)
{
	static long pid;
	char directory[200];
	FILE *file;

	if (pid == 0) {
		mach_run_directory(directory, sizeof directory);
		snprintf(path, size, "%s/pid", directory);
		file = open_file(path);
		if (!fgets(directory, sizeof directory, file))
			die("read %s", path);
		pid = strtol(directory, NULL, 10);
		fclose(file);
	}
	snprintf(path, size, "/proc/%ld/%s", pid, name);
}

static unsigned
count_descriptors(void)
{
	char path[256];
	unsigned count = 0;
	DIR *directory;

	name_file(path, sizeof path, "fd");
	directory = opendir(path);
	if (!directory)
		die("open %s", path);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static unsigned
count_mappings(void)
{
	char path[256], line[512];
	unsigned count = 0;
	FILE *file;

	name_file(path, sizeof path, "maps");
	file = open_file(path);
	while (fgets(line, sizeof line, file))
		count++;
	fclose(file);
	return count;
}

static unsigned
count_pages(void)
{
	char path[256], line[512], *resident = NULL;
	FILE *file;

	name_file(path, sizeof path, "statm");
	file = open_file(path);
	if (!fgets(line, sizeof line, file))
		die("read %s", path);
	fclose(file);
	strtoul(line, &resident, 10);
	return (unsigned)strtoul(resident, NULL, 10);
}

/* ---- the kernel --------------------------------------------------------- */

static void
ask_kernel(struct books *books)
{
	struct trap_exchange exchange;

	trap_prepare(&exchange, TRAP_SPACE_INFO);
	if (trap_make(&exchange) != 0)
		fatal("the kernel has ended");
	need(exchange.answer.result, "TRAP_SPACE_INFO");
	connection_close_files(&exchange);
	books->tasks = exchange.answer.values[INFO_TASKS];
	books->names = exchange.answer.values[INFO_NAMES];
	books->ports = exchange.answer.values[INFO_PORTS];
	books->bytes = exchange.answer.values[INFO_BYTES];
}

/* Adds a line of lsmp's, without what differs each time: a name and the number
 * of its object, and the numbers of processes. */
static void
add_line(char *text, size_t *length, const char *line)
{
	const char *at = line;
	bool in_brackets = false;

	if (strncmp(line, "  0x", 4) == 0)
		for (int i = 0; i < 2; i++) {
			at += strspn(at, " ");
			at += strcspn(at, " ");
		}
	for (; *at; at++) {
		if (*length + 1 == LSMP_SIZE)
			fatal("lsmp prints too much");
		if (*at == '[' || *at == ']')
			in_brackets = *at == '[';
		else if (!in_brackets)
			text[(*length)++] = *at;
	}
	text[*length] = '\0';
}

static void
ask_lsmp(char *text)
{
	char line[256];
	size_t length = 0;
	FILE *lsmp = popen("lsmp", "r");

	if (!lsmp)
		die("start lsmp");
	while (fgets(line, sizeof line, lsmp))
		add_line(text, &length, line);
	if (pclose(lsmp) != 0)
		fatal("lsmp failed");
}

static void
look(struct books *books)
{
	ask_lsmp(books->lsmp); /* first: it comes as a stranger, and goes */
	ask_kernel(books);
	books->descriptors = count_descriptors();
	books->mappings = count_mappings();
	books->pages = count_pages();
}

/* ---- comparing ---------------------------------------------------------- */

static bool
is_as_before(const struct books *now)
{
	return now->tasks == before.tasks && now->names == before.names &&
	       now->ports == before.ports &&
	       now->descriptors == before.descriptors &&
	       strcmp(now->lsmp, before.lsmp) == 0 &&
	       (int32_t)(now->bytes - before.bytes) <= BYTES_MORE &&
	       now->mappings <= before.mappings + MAPPINGS_MORE &&
	       now->pages <= before.pages + PAGES_MORE;
}

static void
print(const char *when, const struct books *books)
{
	fprintf(stderr,
	    "%s: %u tasks, %u names, %u ports, %u bytes; %u descriptors, %u "
	    "mappings, %u pages\n%s\n",
	    when, books->tasks, books->names, books->ports, books->bytes,
	    books->descriptors, books->mappings, books->pages, books->lsmp);
}

void
books_open(void)
{
	look(&before);
}

void
books_compare(void)
{
	enum { TIMES = 500 };
	static struct books now;

	/* the kernel may not have heard yet of a server's end */
	for (int i = 0; i < TIMES; i++) {
		look(&now);
		if (is_as_before(&now))
			return;
		system_sleep(0.01);
	}
	print("before", &before);
	print("after", &now);
	fatal("something is left");
}
