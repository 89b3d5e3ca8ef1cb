/*
 * Figure 3.16: the producer of POSIX shared memory.
 *
 * Creates a shared-memory object, gives it a size, maps it, and writes a
 * message into memory. The object outlives the process: the consumer may come
 * later.
 *
 * Usage:   fig3_16_producer [--name=/OS] [--size=4096] [--message=TEXT]
 * Partner: fig3_17_consumer reads the message and unlinks the object.
 *
 * Differs from the book because every call is checked, the name has its slash,
 * the message its space, the object is closed to other users, nothing is
 * written past its end, and the consumer is told when the message is complete
 * (posix_shm/message.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/common.h"
#include "posix_shm/message.h"
#include "posix_shm/object.h"

static const struct choice options[] = {
    {'n', "name", "NAME", "the object's name, with its slash (/OS)"},
    {'S', "size", "BYTES", "the object's size (4096)"},
    {'m', "message", "TEXT", "what to write; - takes standard input"},
    {'p', "mode", "OCTAL", "permissions, less the umask's (0600)"},
    {0, NULL, NULL, NULL},
};

static const struct defect defects[] = {
    {"no-space", "write the book's two strings: HelloWorld!",
	"The figure writes \"Hello\" and then \"World!\", with nothing between "
	"them; the text promises Hello World!"},
    {"no-slash", "give the name without its slash, as the book does",
	"POSIX leaves such a name to the system: another may refuse it, or "
	"mean another object."},
    {"mode-0666", "create the object with the book's permissions",
	"The umask took the rest away. What is left lets other users in; the "
	"default here is 0600."},
    {"zero-size", "leave out ftruncate: SIGBUS",
	"Nobody called ftruncate. The next write finds no memory there."},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .figure = "3.16",
    .role = "producer",
    .purpose = "Figure 3.16: writes a message into a new POSIX shared-memory "
	       "object, and\nleaves it for fig3_17_consumer.",
    .example = "fig3_16_producer --explain --message='Hello World!'",
    .options = options,
    .defects = defects,
};

int
main(int argc, char *argv[])
{
	const char *name = "/OS";
	const char *text = "Hello World!";
	size_t size = 4096, length;
	mode_t mode = 0600;
	int option, fd;

	while ((option = next_option(argc, argv, &program)) != -1)
		switch (option) {
		case 'n':
			name = parse_object_name(optarg);
			break;
		case 'S':
			size = parse_size("--size", optarg);
			break;
		case 'm':
			text = optarg;
			break;
		case 'p':
			mode = (mode_t)parse_mode("--mode", optarg);
			break;
		}
	if (broken("no-space"))
		text = "HelloWorld!";
	if (broken("no-slash"))
		name++;
	if (broken("mode-0666"))
		mode = 0666;
	const char *message = message_to_send(text, size, &length);

	do {
		remove_stale_object(name);
		object_unfinished(name, -1);
		step(name,
		    "Create the shared-memory object. Its name is how another "
		    "process finds it; its mode (%04o, less the umask) says "
		    "whose process may.",
		    (unsigned)mode);
		fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, mode);
	} while (fd == -1 && errno == EEXIST); /* another run came first */
	if (fd == -1)
		die("shm_open %s", name);
	returned("%d, a file descriptor", fd);

	if (!broken("zero-size")) {
		step(name, "A new object has no bytes. Give it %zu, all zero.",
		    size);
		if (ftruncate(fd, (off_t)size) == -1)
			die("ftruncate %s to %zu bytes", name, size);
		returned("0");
		size = own_object_size(fd, name);
	}

	step(name, "Map the object into this process. MAP_SHARED: what is "
		   "written here is seen by every process that maps it.");
	char *ptr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ptr == MAP_FAILED)
		die("mmap %s", name);
	returned("%p", (void *)ptr);

	char *object = ptr;
	size_t first = length / 2; /* "Hello ", then "World!" */
	explain_bus_error(name);
	broke("zero-size", "mmap gave %zu bytes of an object that has none",
	    size);
	message_begin(object, size);

	step(name, "Write the first half of the message at offset 0. No "
		   "system call: this is memory.");
	memcpy(ptr, message, first);
	returned("%zu byte%s written", first, plural(first));
	ptr += first;

	step(name, "Write the rest where the first half ended.");
	memcpy(ptr, message + first, length - first);
	returned("%zu byte%s written", length - first, plural(length - first));

	step(name, "Publish: only now may a consumer take the message.");
	message_publish(object, size, length);
	returned("%zu byte%s in all", length, plural(length));

	object_finished();
	step(name, "Take the mapping away. The object and its bytes stay.");
	if (munmap(object, size) == -1)
		die("munmap %s", name);
	returned("0");

	struct stat status;
	fstat(fd, &status);
	close(fd);
	broke("no-space", "%s holds HelloWorld!", name);
	broke("no-slash", "shm_open(\"%s\") succeeded here", name);
	broke("mode-0666", "asked for 0666, got %04o",
	    (unsigned)status.st_mode & 0777);
	return EXIT_SUCCESS;
}
