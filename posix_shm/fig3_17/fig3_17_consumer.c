/*
 * Figure 3.17: the consumer of POSIX shared memory.
 *
 * Opens the object that the producer left, maps it, prints the message that
 * stands in memory, and unlinks the object.
 *
 * Usage:   fig3_17_consumer [--name=/OS] [--wait=SECONDS]
 * Partner: fig3_16_producer creates the object and writes the message.
 *
 * Differs from the book because every call is checked, the mapping asks only
 * for what the descriptor allows (the printed program's is refused), an object
 * that is another user's, too small or unfinished is refused, and the consumer
 * can wait for the producer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/common.h"
#include "posix_shm/message.h"
#include "posix_shm/object.h"

static const struct choice options[] = {
    {'n', "name", "NAME", "the object's name, with its slash (/OS)"},
    {'w', "wait", "SECONDS", "wait that long for the producer's message (0)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"readwrite-map", "map for writing too, as the book prints it: EACCES",
	"The printed program doesn't check: it reads through MAP_FAILED, "
	"crashes, and its object stays."},
    {"consumer-first", "run before any producer: ENOENT",
	"The book's programs don't wait for each other; --wait does."},
    {"zero-size", "read an object that has no size yet: SIGBUS",
	"Its producer created it and has not called ftruncate yet. The next "
	"read finds no memory there."},
    {"no-unlink", "leave out shm_unlink: the object stays",
	"Its memory is kept until somebody unlinks it or the system restarts. "
	"Run the consumer again: it prints the same."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.17",
    .role = "consumer",
    .purpose = "Figure 3.17: prints the message that fig3_16_producer left in "
	       "a POSIX\nshared-memory object, and unlinks the object.",
    .example = "fig3_17_consumer --explain --wait=10",
    .options = options,
    .defects = defects,
};

int
main(int argc, char *argv[])
{
	const char *name = "/OS";
	double wait = 0;
	size_t size, length;
	int option;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			name = parse_object_name(optarg);
			break;
		case 'w':
			wait = parse_seconds("--wait", optarg);
			break;
		}
	if (broken("consumer-first"))
		name = name_of_no_object();
	if (broken("zero-size"))
		name = name_of_sizeless_object();
	if (wait > 0 && !any_broken()) {
		step(name,
		    "Wait until a producer has published its message. "
		    "The book's consumer can't: it must not come first.");
		bool there = message_wait(name, wait);
		returned("%s", there ? "it is there" : "nobody came");
	}

	step(name, "Open the object by its name, to read only. It must exist: "
		   "there is no O_CREAT.");
	int fd = shm_open(name, O_RDONLY, 0);
	if (fd == -1) {
		broke("consumer-first", "there is no object of this name yet");
		die_next(errno == ENOENT
			     ? "run fig3_16_producer first, or give --wait"
			     : advice_on_access(),
		    "shm_open %s", name);
	}
	returned("%d, a file descriptor", fd);

	size = own_object_size(fd, name);
	if (broken("zero-size"))
		size = 4096;
	if (size == 0)
		fatal("%s is too small: its producer hasn't given it a size "
		      "yet; try again, or give --wait",
		    name);

	int protection = PROT_READ;
	if (broken("readwrite-map"))
		protection |= PROT_WRITE;
	step(name, "Map the object into this process, at an address of its "
		   "own. The descriptor was opened for reading, so PROT_READ "
		   "is all it can give.");
	char *ptr = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
	if (ptr == MAP_FAILED) {
		broke("readwrite-map", "PROT_WRITE doesn't go with O_RDONLY");
		die("mmap %s", name);
	}
	returned("%p", (void *)ptr);

	explain_bus_error(name);
	broke("zero-size", "mmap gave %zu bytes of an object that has none",
	    size);
	if (!message_published(ptr, size, &length))
		fatal(
		    "%s (%zu byte%s) holds no complete message; try again, or "
		    "give --wait",
		    name, size, plural(size));

	step(name, "Print the message from memory: the producer's write is "
		   "here without a read().");
	size_t printed = fwrite(ptr, 1, length, stdout);
	if (isatty(1) && length > 0 && ptr[length - 1] != '\n')
		putchar('\n');
	if (printed < length || fflush(stdout) == EOF)
		die("write standard output"); /* the message is kept */
	returned("%zu byte%s", printed, plural(printed));

	if (munmap(ptr, size) == -1)
		die("munmap %s", name);
	close(fd);

	broke("no-unlink", "both are done and %s is still there", name);
	if (broken("no-unlink"))
		return EXIT_SUCCESS;
	step(name, "Remove the name. The memory is freed when the last mapping "
		   "is gone.");
	if (shm_unlink(name) == -1)
		die("shm_unlink %s", name);
	returned("0");
	return EXIT_SUCCESS;
}
