#include "mach_msg/linux/kernel/ipc_space.h"

#include "mach_msg/linux/kernel/ipc_right.h"
#include "mach_msg/linux/kernel/memory.h"

/* As on macOS: a name's two lowest bits are always set, and its generation
 * counts above them. The first names are 0x103, 0x203 ... */
enum {
	INDEX_SHIFT = 8,
	GENERATION_MASK = 0xff,
	GENERATION_FIRST = 3,
	GENERATION_ONE = 4,
	FIRST_SIZE = 16,
};

struct ipc_space *
ipc_space_create(void)
{
	struct ledger *ledger = ledger_create();
	struct ipc_space *space =
	    ledger ? memory_get(ledger, sizeof *space) : NULL;

	if (!space) {
		ledger_release(ledger);
		return NULL;
	}
	space->ledger = ledger;
	space->size = FIRST_SIZE;
	/* NOLINTBEGIN(bugprone-sizeof-expression): of pointers */
	space->table = memory_get(ledger, FIRST_SIZE * sizeof *space->table);
	space->hash = memory_get(ledger, FIRST_SIZE * sizeof *space->hash);
	/* NOLINTEND(bugprone-sizeof-expression) */
	space->unused = 1; /* index 0 would be MACH_PORT_NULL */
	space->buckets = FIRST_SIZE;
	list_init(&space->free);
	if (!space->table || !space->hash) {
		space->size = 0;
		ipc_space_destroy(space);
		return NULL;
	}
	return space;
}

void
ipc_space_destroy(struct ipc_space *space)
{
	struct ledger *ledger = space->ledger;

	for (uint32_t i = 1; i < space->size; i++) {
		struct ipc_entry *entry = space->table[i];
		if (entry && entry->type != MACH_PORT_TYPE_NONE)
			ipc_right_destroy(
			    space, ipc_space_lookup(space, entry->name));
	}
	for (uint32_t i = 1; i < space->size; i++)
		memory_free(space->table[i]);
	memory_free(space->table);
	memory_free(space->hash);
	memory_free(space);
	ledger_release(ledger);
}

/* ---- names --------------------------------------------------------------- */

struct ipc_entry *
ipc_space_lookup(struct ipc_space *space, mach_port_name_t name)
{
	uint32_t index = name >> INDEX_SHIFT;
	struct ipc_entry *entry =
	    index < space->size ? space->table[index] : NULL;

	if (!entry || entry->name != name || entry->type == MACH_PORT_TYPE_NONE)
		return NULL;
	ipc_right_check(space, entry);
	return entry;
}

/* Makes the table large enough for INDEX. */
static bool
grow_table(struct ipc_space *space, uint32_t index)
{
	struct ipc_entry **table;
	uint32_t size = space->size;

	while (size <= index)
		size *= 2;
	if (size == space->size)
		return true;
	table = memory_resize(space->table, size * sizeof(struct ipc_entry *));
	if (!table)
		return false;
	for (uint32_t i = space->size; i < size; i++)
		table[i] = NULL;
	space->table = table;
	space->size = size;
	return true;
}

/* The entry at INDEX, or null when there is no memory for it. */
static struct ipc_entry *
entry_at(struct ipc_space *space, uint32_t index)
{
	struct ipc_entry *entry;

	if (!grow_table(space, index))
		return NULL;
	if (space->table[index])
		return space->table[index];
	entry = memory_get(space->ledger, sizeof *entry);
	if (entry)
		list_init(&entry->free);
	space->table[index] = entry;
	return entry;
}

kern_return_t
ipc_space_new_name(struct ipc_space *space, struct ipc_entry **place)
{
	struct ipc_entry *entry;

	if (!list_empty(&space->free)) {
		entry = list_element(space->free.next, struct ipc_entry, free);
		list_remove(&entry->free);
		entry->name =
		    (entry->name & ~(uint32_t)GENERATION_MASK) |
		    ((entry->name + GENERATION_ONE) & GENERATION_MASK);
	} else {
		/* a name may have been taken there by its number */
		while (
		    space->unused < space->size && space->table[space->unused])
			space->unused++;
		if (space->unused >= IPC_SPACE_MAX)
			return KERN_NO_SPACE;
		entry = entry_at(space, space->unused);
		if (!entry)
			return KERN_RESOURCE_SHORTAGE;
		entry->name = space->unused++ << INDEX_SHIFT | GENERATION_FIRST;
	}
	space->names++;
	*place = entry;
	return KERN_SUCCESS;
}

kern_return_t
ipc_space_take_name(
    struct ipc_space *space, mach_port_name_t name, struct ipc_entry **place)
{
	uint32_t index = name >> INDEX_SHIFT;
	struct ipc_entry *entry;

	if (index >= IPC_SPACE_MAX || index == 0)
		return KERN_NO_SPACE;
	entry = entry_at(space, index);
	if (!entry)
		return KERN_RESOURCE_SHORTAGE;
	if (entry->type != MACH_PORT_TYPE_NONE)
		return entry->name == name ? KERN_NAME_EXISTS : KERN_FAILURE;
	list_remove(&entry->free);
	entry->name = name;
	space->names++;
	*place = entry;
	return KERN_SUCCESS;
}

void
ipc_space_free_name(struct ipc_space *space, struct ipc_entry *entry)
{
	entry->type = MACH_PORT_TYPE_NONE;
	entry->urefs = 0;
	entry->is.object = NULL;
	space->names--;
	list_insert(space->free.next, &entry->free);
}

/* ---- from ports to names ------------------------------------------------- */

static struct ipc_entry **
bucket(const struct ipc_space *space, const struct ipc_port *port)
{
	uint64_t number = (uintptr_t)port >> 4;

	/* the golden ratio spreads addresses that lie in a row */
	number *= 0x9e3779b97f4a7c15u;
	return &space->hash[(number >> 32) & (space->buckets - 1)];
}

struct ipc_entry *
ipc_space_find(const struct ipc_space *space, const struct ipc_port *port)
{
	struct ipc_entry *entry = *bucket(space, port);

	while (entry && entry->is.port != port)
		entry = entry->same_hash;
	return entry;
}

/* Twice as many buckets; without memory for them each gets longer. */
static void
grow_hash(struct ipc_space *space)
{
	uint32_t old_buckets = space->buckets;
	struct ipc_entry **old = space->hash;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
	size_t size = 2 * (size_t)old_buckets * sizeof *space->hash;
	struct ipc_entry **hash = memory_get(space->ledger, size);

	if (!hash)
		return;
	space->hash = hash;
	space->buckets = 2 * old_buckets;
	for (uint32_t i = 0; i < old_buckets; i++)
		while (old[i]) {
			struct ipc_entry *entry = old[i];
			struct ipc_entry **place =
			    bucket(space, entry->is.port);
			old[i] = entry->same_hash;
			entry->same_hash = *place;
			*place = entry;
		}
	memory_free(old);
}

void
ipc_space_hash(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_entry **place;

	if (++space->hashed > space->buckets)
		grow_hash(space);
	place = bucket(space, entry->is.port);
	entry->same_hash = *place;
	*place = entry;
}

void
ipc_space_unhash(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_entry **place = bucket(space, entry->is.port);

	while (*place != entry)
		place = &(*place)->same_hash;
	*place = entry->same_hash;
	entry->same_hash = NULL;
	space->hashed--;
}
