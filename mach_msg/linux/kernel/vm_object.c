#define _GNU_SOURCE /* F_GET_SEALS */
#include "mach_msg/linux/kernel/vm_object.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* All objects, by their files' numbers. */
enum { CHAINS = 256 };
static struct link chains[CHAINS];

static struct link *
chain_of(ino_t number)
{
	struct link *chain = &chains[number % CHAINS];

	if (!chain->next)
		list_init(chain);
	return chain;
}

/*
 * Whether nobody can change the file any more, and whoever maps it finds its
 * bytes there: a file of huge pages may lack them when they are read.
 */
static bool
is_sound(int fd, struct stat *status)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int has = fcntl(fd, F_GET_SEALS);
	struct statfs system;

	return has != -1 && (has & seals) == seals &&
	       fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC &&
	       fstat(fd, status) == 0 && S_ISREG(status->st_mode) &&
	       status->st_size >= 0;
}

static struct vm_object *
find(const struct stat *status, const struct ledger *ledger)
{
	struct link *chain = chain_of(status->st_ino);

	list_for_each(at, chain)
	{
		struct vm_object *object =
		    list_element(at, struct vm_object, link);
		if (object->number == status->st_ino &&
		    object->device == status->st_dev &&
		    object->ledger == ledger)
			return object;
	}
	return NULL;
}

static struct vm_object *
create(int fd, const struct stat *status, struct ledger *ledger)
{
	uint64_t size = (uint64_t)status->st_size;
	struct vm_object *object;

	if (!ledger_take_descriptors(ledger, 1, size))
		return NULL;
	object = memory_get(ledger, sizeof *object);
	if (!object) {
		ledger_give_descriptors(ledger, 1, size);
		return NULL;
	}
	object->ledger = ledger;
	object->device = status->st_dev;
	object->number = status->st_ino;
	object->fd = fd;
	object->size = size;
	list_insert(chain_of(status->st_ino), &object->link);
	return object;
}

mach_msg_return_t
vm_object_take(int fd, struct ledger *ledger, struct vm_object **object)
{
	struct stat status;

	if (!is_sound(fd, &status)) {
		close(fd);
		return MACH_SEND_INVALID_MEMORY;
	}
	*object = find(&status, ledger);
	if (*object) {
		close(fd);
	} else {
		*object = create(fd, &status, ledger);
		if (!*object) {
			close(fd);
			return MACH_SEND_NO_BUFFER;
		}
	}
	(*object)->references++;
	return MACH_MSG_SUCCESS;
}

void
vm_object_release(struct vm_object *object)
{
	if (--object->references > 0)
		return;
	list_remove(&object->link);
	close(object->fd);
	ledger_give_descriptors(object->ledger, 1, object->size);
	memory_free(object);
}
