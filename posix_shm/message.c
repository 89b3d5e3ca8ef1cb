#include "posix_shm/message.h"
#include "common/common.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* 32 bits: every processor loads them in one piece, also from a mapping that it
 * may only read. */
typedef _Atomic uint32_t message_state;

enum { MESSAGE_UNFINISHED = 0x7f7f7f7f };

/* Where the state stands, and so how many bytes of text fit before it. */
static size_t
state_offset(size_t size)
{
	return (size - sizeof(message_state)) / sizeof(message_state) *
	       sizeof(message_state);
}

static bool
too_small(size_t size)
{
	return size < sizeof(message_state);
}

static message_state *
state_of(void *object, size_t size)
{
	return (message_state *)(void *)((char *)object + state_offset(size));
}

size_t
message_capacity(size_t size)
{
	const size_t most = MESSAGE_UNFINISHED - 2; /* 1 + most is not it */

	if (too_small(size))
		return 0;
	return state_offset(size) < most ? state_offset(size) : most;
}

const char *
message_to_send(const char *text, size_t size, size_t *length)
{
	size_t capacity = message_capacity(size);
	const char *message = text;

	if (strcmp(text, "-") == 0) {
		/* One byte more than fits, to see that there is one; in steps,
		 * so that a huge object doesn't ask for as much memory here. */
		static char *bytes;
		size_t room = 0;
		long long n;
		narrate_input_is_data();
		*length = 0;
		do {
			room = room < 4096 ? 4096 : 2 * room;
			if (room > capacity + 1)
				room = capacity + 1;
			bytes = realloc(bytes, room);
			if (!bytes)
				die("malloc %zu bytes for the message", room);
			n = read_all(0, bytes + *length, room - *length);
			if (n == -1)
				die("read standard input");
			*length += (size_t)n;
		} while (*length == room && room <= capacity);
		message = bytes;
	} else {
		*length = strlen(text);
	}
	if (too_small(size) || *length > capacity)
		fatal("the message is larger than the object: %zu byte%s fit "
		      "into --size=%zu, whose last %zu tell that they are "
		      "complete",
		    capacity, plural(capacity), size,
		    too_small(size) ? size : size - state_offset(size));
	return message;
}

void
message_begin(void *object, size_t size)
{
	atomic_store(state_of(object, size), MESSAGE_UNFINISHED);
}

/* How many of the SIZE bytes at TEXT come before the zeros at its end. */
static size_t
without_zeros(const char *text, size_t size)
{
	while (size > 0 && text[size - 1] == '\0')
		size--;
	return size;
}

void
message_publish(void *object, size_t size, size_t length)
{
	size_t zeros = length - without_zeros(object, length);

	atomic_store(state_of(object, size), (uint32_t)zeros + 1);
}

bool
message_published(const void *object, size_t size, size_t *length)
{
	if (too_small(size))
		return false;
	size_t capacity = message_capacity(size);
	uint32_t state = atomic_load(
	    (const message_state *)(const void *)((const char *)object +
						  state_offset(size)));

	if (state == MESSAGE_UNFINISHED)
		return false;
	if (state != 0) {
		*length = without_zeros(object, capacity) + (state - 1);
		if (*length <= capacity)
			return true;
	}
	/* no state: text of a producer that doesn't write one */
	*length = strnlen(object, size);
	return *length > 0;
}

/* Whether the object under NAME holds a published message now. */
static bool
published_under(const char *name)
{
	struct stat status;
	size_t length;
	bool found = false;
	int fd = shm_open(name, O_RDONLY, 0);

	if (fd == -1)
		return false;
	if (fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
	    status.st_size > 0) {
		size_t size = (size_t)status.st_size;
		void *object = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
		if (object != MAP_FAILED) {
			found = message_published(object, size, &length);
			munmap(object, size);
		}
	}
	close(fd);
	return found;
}

bool
message_wait(const char *name, double seconds)
{
	const double nap = 0.005;
	bool found;

	while (!(found = published_under(name)) && seconds > 0) {
		system_sleep(seconds < nap ? seconds : nap);
		seconds -= nap;
	}
	return found;
}
