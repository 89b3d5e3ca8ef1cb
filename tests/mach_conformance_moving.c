/* The transcript's parts on rights that move, out-of-line memory, and ports
 * that die under those who wait. */
#define _GNU_SOURCE /* mincore */
#include "tests/mach_facts.h"

#include <string.h>
#include <sys/mman.h>

enum { MEMORY_SIZE = 65536 };

static void
move_receive_facts(void)
{
	static const char *const queued[] = {
	    "queued_0", "queued_1", "queued_2"};
	mach_port_t moved = new_port(1), carrier = new_port(1);
	union message message;

	need(send_now(moved, 41), "send");
	need(send_now(moved, 42), "send");
	fact("send_receive_right",
	    (uint32_t)send_right(carrier, moved, MACH_MSG_TYPE_MOVE_RECEIVE),
	    MACH_MSG_SUCCESS);
	fact("type_in_transit", type_of(moved), 0x10000);
	fact("send_while_in_transit", (uint32_t)send_now(moved, 43),
	    MACH_MSG_SUCCESS);
	fact("rcv_while_in_transit", (uint32_t)receive(moved, &message, 0),
	    MACH_RCV_INVALID_NAME);
	fact("rcv_right", (uint32_t)receive(carrier, &message, 0),
	    MACH_MSG_SUCCESS);
	fact("complex_bit", MACH_MSGH_BITS_IS_COMPLEX(message.header.msgh_bits),
	    1);
	fact("same_name", message.right.port.name == moved, 1);
	fact("same_name type", type_of(moved), 0x30000);
	for (uint32_t i = 0; i < 3; i++) {
		fact(queued[i], (uint32_t)receive(moved, &message, 0),
		    MACH_MSG_SUCCESS);
		fact("queued id", (uint32_t)message.header.msgh_id, 41 + i);
	}
}

static void
memory_facts(void)
{
	mach_port_t port = new_port(1);
	vm_address_t address = 0;
	union message message;
	unsigned char there;
	const char *received;
	char *memory;

	fact("vm_allocate",
	    (uint32_t)vm_allocate(
		mach_task_self(), &address, MEMORY_SIZE, VM_FLAGS_ANYWHERE),
	    KERN_SUCCESS);
	memory = (char *)address;
	memset(memory, 'A', MEMORY_SIZE);
	fact("ool_send",
	    (uint32_t)send_memory(port, memory, MEMORY_SIZE, false),
	    MACH_MSG_SUCCESS);
	memset(memory, 'B', MEMORY_SIZE);
	fact("ool_rcv", (uint32_t)receive(port, &message, 0), MACH_MSG_SUCCESS);
	received = message.memory.memory.address;
	fact("ool_new_address", received != memory, 1);
	fact("ool_new_address sees",
	    received[0] == 'A' && received[MEMORY_SIZE - 1] == 'A', 1);
	fact("ool_new_address size", message.memory.memory.size, MEMORY_SIZE);
	fact("ool_new_address dealloc_bit",
	    (uint32_t)(message.memory.memory.deallocate & 1), 1);
	fact("sender_sees", (uint32_t)memory[0], 'B');
	mach_msg_destroy(&message.header);
	fact("ool_send_dealloc",
	    (uint32_t)send_memory(port, memory, MEMORY_SIZE, true),
	    MACH_MSG_SUCCESS);
	fact("region_at_a_gone", mincore(memory, 1, &there) == -1, 1);
	fact(
	    "ool_rcv2", (uint32_t)receive(port, &message, 0), MACH_MSG_SUCCESS);
	mach_msg_destroy(&message.header);
}

static void
died_facts(void)
{
	mach_port_t task = mach_task_self();
	mach_port_t empty = new_port(0), full = new_port(1);
	struct caller *caller = caller_start(call_receive, empty, 0);

	need(mach_port_destroy(task, empty), "mach_port_destroy");
	fact("blocked_rcv_when_port_destroyed", (uint32_t)caller_join(caller),
	    MACH_RCV_PORT_DIED);

	need(set_limit(full, 0), "set_limit");
	caller = caller_start(call_send, full, 99);
	drop_receive(full);
	fact("sender 99 returned", (uint32_t)caller_join(caller),
	    MACH_MSG_SUCCESS);
}

void
moving_facts(void)
{
	move_receive_facts();
	memory_facts();
	died_facts();
}
