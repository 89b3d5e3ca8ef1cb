/* Large memory in messages: it is mapped, and nobody sees what another one
 * writes to it. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "tests/mach_facts.h"
#include "tests/mach_memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGE = 1 << 20 };

/* ---- what is used here -------------------------------------------------- */

size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

char *
region_of(size_t size)
{
	vm_address_t address = 0;

	need(vm_allocate(mach_task_self(), &address, size, VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	memset((void *)address, 'A', size);
	return (char *)address;
}

void
free_region(void *address, size_t size)
{
	need(vm_deallocate(mach_task_self(), (vm_address_t)address, size),
	    "vm_deallocate");
}

char *
send_and_receive(mach_port_t port, void *address, size_t size)
{
	union message message;

	need(send_memory(port, address, (mach_msg_size_t)size, false), "send");
	need(receive(port, &message, 5000), "receive");
	if (message.memory.memory.size != size)
		fatal(
		    "%u bytes came, not %zu", message.memory.memory.size, size);
	return message.memory.memory.address;
}

uint32_t
file_at(const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t start, end;
	unsigned long number, found = 0;
	char line[512];

	if (!maps)
		die("open /proc/self/maps");
	while (fgets(line, sizeof line, maps))
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %lu",
			&start, &end, &number) == 3 &&
		    start <= (uintptr_t)address && (uintptr_t)address < end)
			found = number;
	fclose(maps);
	return (uint32_t)found;
}

bool
is_all(const char *bytes, size_t size, char byte)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != byte)
			return false;
	return true;
}

int
in_child(int (*act)(char *memory), char *memory)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0)
		_exit(act(memory));
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whether there is any memory. */
static bool
is_there(void *address)
{
	return msync(address, page_size(), MS_ASYNC) == 0;
}

/* ---- one region --------------------------------------------------------- */

static void
once_facts(mach_port_t port)
{
	char *region = region_of(LARGE), *got, *further;

	got = send_and_receive(port, region, LARGE);
	fact("a large region's bytes come", is_all(got, LARGE, 'A'), 1);
	fact("in the sender's file", file_at(got) == file_at(region), 1);
	fact("which is one", file_at(got) != 0, 1);
	region[LARGE / 2] = 'B';
	fact("the sender's write isn't seen", (uint32_t)got[LARGE / 2], 'A');
	got[0] = 'C';
	fact("nor the receiver's", (uint32_t)region[0], 'A');
	further = send_and_receive(port, got, LARGE);
	fact("what came is sent on", (uint32_t)further[0], 'C');
	fact("by the same file",
	    file_at(further + page_size()) == file_at(region), 1);
	free_region(region, LARGE);
	free_region(got, LARGE);
	fact("it outlives the others", is_all(further + 1, LARGE - 1, 'A'), 1);
	free_region(further, LARGE);
}

static void
again_facts(mach_port_t port)
{
	size_t page = page_size();
	char *region = region_of(LARGE), *first, *second, *third;

	first = send_and_receive(port, region, LARGE);
	memset(region + 3 * page, 'B', page);
	region[9 * page + 5] = 'C';
	second = send_and_receive(port, region, LARGE);
	fact("sent again, what was written comes",
	    is_all(second + 3 * page, page, 'B') && second[9 * page + 5] == 'C',
	    1);
	fact("and the rest",
	    is_all(second, 3 * page, 'A') &&
		is_all(second + 10 * page, LARGE - 10 * page, 'A'),
	    1);
	fact("which wasn't copied",
	    file_at(second) == file_at(first) &&
		file_at(second + 4 * page) == file_at(first),
	    1);
	fact("what was written is in a file of its own",
	    file_at(second + 3 * page) != file_at(first), 1);
	fact("which is the sender's memory",
	    file_at(second + 3 * page) == file_at(region + 3 * page), 1);
	third = send_and_receive(port, region, LARGE);
	fact("the third time it isn't copied again",
	    file_at(third + 3 * page) == file_at(second + 3 * page), 1);
	fact("the first message stays as it was", is_all(first, LARGE, 'A'), 1);
	free_region(first, LARGE);
	free_region(second, LARGE);
	free_region(third, LARGE);
	free_region(region, LARGE);
}

static void
part_facts(mach_port_t port)
{
	size_t page = page_size(), size = LARGE / 2;
	char *region = region_of(LARGE), *got;

	memset(region + page + 100, 'B', size);
	got = send_and_receive(port, region + page + 100, size);
	fact("a part of a region", is_all(got, size, 'B'), 1);
	fact("at the same place in its page", (uint32_t)((uintptr_t)got % page),
	    100);
	fact("in the sender's file too", file_at(got) == file_at(region), 1);
	free_region(got, size);
	got = send_and_receive(port, region + LARGE - size - 3, size);
	fact("a part that overlaps it",
	    got[page + 99] == 'B' && got[size - 1] == 'A', 1);
	free_region(got, size);
	free_region(region, LARGE);
}

static void
option_facts(mach_port_t port)
{
	char *region = region_of(LARGE), *got;
	union message message;
	uint32_t file;

	address_to(&message, port, MACH_MSG_TYPE_COPY_SEND, 0);
	carry_memory(&message, region, LARGE, false);
	message.memory.memory.copy = MACH_MSG_PHYSICAL_COPY;
	need(send_message(&message, 0), "send");
	need(receive(port, &message, 0), "receive");
	got = message.memory.memory.address;
	fact("MACH_MSG_PHYSICAL_COPY copies", file_at(got) != file_at(region),
	    1);
	fact("the bytes", is_all(got, LARGE, 'A'), 1);
	fact("how it came", (uint32_t)message.memory.memory.copy,
	    MACH_MSG_ALLOCATE);
	fact("and whose it is", (uint32_t)message.memory.memory.deallocate, 1);
	free_region(got, LARGE);
	file = file_at(region);
	need(send_memory(port, region, LARGE, true), "send");
	fact("deallocate: the sender's memory is gone", is_there(region), 0);
	need(receive(port, &message, 0), "receive");
	got = message.memory.memory.address;
	fact("and comes, not copied", file_at(got) == file, 1);
	fact("all of it", is_all(got, LARGE, 'A'), 1);
	free_region(got, LARGE);
}

static int
write_t(char *memory)
{
	memory[0] = 'T';
	return 0;
}

/* ---- memory that the map doesn't know ----------------------------------- */

static void
foreign_facts(mach_port_t port)
{
	char *foreign = malloc(LARGE), *region = region_of(LARGE), *got,
	     *onward;

	if (!foreign)
		die("malloc");
	memset(foreign, 'F', LARGE);
	got = send_and_receive(port, foreign, LARGE);
	foreign[5] = 'G';
	fact("memory of malloc's comes", is_all(got, LARGE, 'F'), 1);
	onward = send_and_receive(port, got, LARGE);
	fact("and is sent on without a copy", file_at(onward) == file_at(got),
	    1);
	free_region(got, LARGE);
	free_region(onward, LARGE);
	free(foreign);

	if (munmap(region, LARGE) == -1)
		die("munmap");
	fact("memory that was unmapped",
	    (uint32_t)send_memory(port, region, LARGE, false),
	    MACH_SEND_INVALID_MEMORY);
}

/* Other memory in a region's place, which is shared with a child. */
static void
replaced_facts(mach_port_t port)
{
	size_t page = page_size();
	char *region = region_of(LARGE), *foreign, *got;

	if (munmap(region, LARGE) == -1)
		die("munmap");
	foreign = mmap(region, LARGE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (foreign == MAP_FAILED)
		die("mmap");
	memset(foreign, 'S', LARGE);
	if (in_child(write_t, foreign) != 0)
		fatal("the child failed");
	fact("other memory in a region's place stays shared over a fork",
	    (uint32_t)foreign[0], 'T');
	got = send_and_receive(port, foreign + page, LARGE - page);
	fact("and comes", is_all(got, LARGE - page, 'S'), 1);
	free_region(got, LARGE - page);
	free_region(foreign, LARGE);
}

/* ---- regions with holes ------------------------------------------------- */

static void
hole_facts(mach_port_t port)
{
	size_t page = page_size(), half = LARGE / 2;
	char *region = region_of(LARGE), *got;

	free_region(region + half, page);
	fact("across a hole", (uint32_t)send_memory(port, region, LARGE, false),
	    MACH_SEND_INVALID_MEMORY);
	got = send_and_receive(port, region, half);
	fact("before it", is_all(got, half, 'A'), 1);
	free_region(got, half);
	got = send_and_receive(port, region + half + page, half - page);
	fact("behind it", is_all(got, half - page, 'A'), 1);
	free_region(got, half - page);
	free_region(region, LARGE);
	fact("free memory can be freed",
	    (uint32_t)vm_deallocate(
		mach_task_self(), (vm_address_t)region, LARGE),
	    KERN_SUCCESS);

	region = region_of(LARGE);
	if (mprotect(region + half, page, PROT_READ) == -1)
		die("mprotect");
	got = send_and_receive(port, region, LARGE);
	fact("with a page to be read only", is_all(got, LARGE, 'A'), 1);
	fact("which stays so",
	    (uint32_t)read(
		open("/dev/zero", O_RDONLY | O_CLOEXEC), region + half, 1),
	    (uint32_t)-1);
	free_region(got, LARGE);
	if (mprotect(region + half, page, PROT_NONE) == -1)
		die("mprotect");
	fact("with a page not to be read",
	    (uint32_t)send_memory(port, region, LARGE, false),
	    MACH_SEND_INVALID_MEMORY);
	free_region(region, LARGE);
}

/* ---- forks -------------------------------------------------------------- */

static int
look_and_write(char *memory)
{
	bool right = is_all(memory, LARGE, 'A');

	memory[0] = 'C';
	return right ? 0 : 2;
}

/* Sends the region on, as a task of its own. */
static int
send_on(char *memory)
{
	mach_port_t port = new_port(1);
	char *got = send_and_receive(port, memory, LARGE);

	memory[0] = 'D';
	return is_all(got, LARGE, 'A') && file_at(got) == file_at(memory) ? 0
									  : 2;
}

static void
fork_facts(mach_port_t port)
{
	char *region = region_of(LARGE), *got;

	fact("a forked child has the region",
	    (uint32_t)in_child(look_and_write, region), 0);
	fact("and writes to a copy", (uint32_t)region[0], 'A');
	fact("and sends it", (uint32_t)in_child(send_on, region), 0);
	region[1] = 'B';
	got = send_and_receive(port, region, LARGE);
	fact("the parent sends what it has written", (uint32_t)got[1], 'B');
	fact("and the rest", got[0] == 'A' && is_all(got + 2, LARGE - 2, 'A'),
	    1);
	region[1] = 'A';
	fact("a child has what was written since",
	    (uint32_t)in_child(look_and_write, region), 0);
	fact("the receiver doesn't", (uint32_t)got[1], 'B');
	free_region(got, LARGE);
	free_region(region, LARGE);
}

void
mapped_facts(void)
{
	mach_port_t port = new_port(1);

	once_facts(port);
	again_facts(port);
	part_facts(port);
	option_facts(port);
	foreign_facts(port);
	replaced_facts(port);
	hole_facts(port);
	fork_facts(port);
}
