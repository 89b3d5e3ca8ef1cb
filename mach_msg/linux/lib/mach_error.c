#include <mach/mach_error.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <servers/bootstrap.h>

#include <stddef.h>
#include <stdio.h>

struct error {
	mach_error_t code;
	char *text;
};

static const struct error errors[] = {
    /* Messages and the bootstrap service call it by names of their own. */
    {KERN_SUCCESS, "Done"},

    {KERN_INVALID_ADDRESS, "There is no such memory"},
    {KERN_PROTECTION_FAILURE, "The memory is not to be used so"},
    {KERN_NO_SPACE, "No address or name is left"},
    {KERN_INVALID_ARGUMENT, "An argument makes no sense"},
    {KERN_FAILURE, "It failed, for no reason that has a code"},
    {KERN_RESOURCE_SHORTAGE, "The system has not enough memory"},
    {KERN_NOT_RECEIVER, "The task can't receive from the port"},
    {KERN_NO_ACCESS, "Access is not allowed"},
    {KERN_MEMORY_FAILURE, "The memory's contents are lost"},
    {KERN_MEMORY_ERROR, "The memory's contents can't be had now"},
    {KERN_ALREADY_IN_SET, "The port is in the set already"},
    {KERN_NOT_IN_SET, "The port is in no set"},
    {KERN_NAME_EXISTS, "The name stands for something already"},
    {KERN_ABORTED, "The operation was called off"},
    {KERN_INVALID_NAME, "The name stands for nothing in this task"},
    {KERN_INVALID_TASK, "There is no such task"},
    {KERN_INVALID_RIGHT, "The name stands for another kind of right"},
    {KERN_INVALID_VALUE, "A value is out of range"},
    {KERN_UREFS_OVERFLOW, "The name can't have so many references"},
    {KERN_INVALID_CAPABILITY, "The port given is no right for that"},
    {KERN_RIGHT_EXISTS, "The task has the right under another name"},
    {KERN_INVALID_HOST, "There is no such host"},
    {KERN_MEMORY_PRESENT, "There is memory already"},
    {KERN_MEMORY_DATA_MOVED, "The memory's contents have moved"},
    {KERN_MEMORY_RESTART_COPY, "The copy has to begin again"},
    {KERN_INVALID_PROCESSOR_SET, "There is no such processor set"},
    {KERN_POLICY_LIMIT, "The scheduling is beyond its limits"},
    {KERN_INVALID_POLICY, "There is no such scheduling here"},
    {KERN_INVALID_OBJECT, "There is no such object"},
    {KERN_ALREADY_WAITING, "Another thread is waiting already"},
    {KERN_DEFAULT_SET, "The default set can't be destroyed"},
    {KERN_EXCEPTION_PROTECTED, "The exception is not to be touched"},
    {KERN_INVALID_LEDGER, "There is no such ledger"},
    {KERN_INVALID_MEMORY_CONTROL, "There is no such memory control"},
    {KERN_INVALID_SECURITY, "The caller is not privileged"},
    {KERN_NOT_DEPRESSED, "The thread has its full priority"},
    {KERN_TERMINATED, "The object has been terminated"},
    {KERN_LOCK_SET_DESTROYED, "The lock set has been destroyed"},
    {KERN_LOCK_UNSTABLE, "The lock's owner ended while holding it"},
    {KERN_LOCK_OWNED, "The lock is another's"},
    {KERN_LOCK_OWNED_SELF, "The lock is the caller's already"},
    {KERN_SEMAPHORE_DESTROYED, "The semaphore has been destroyed"},
    {KERN_RPC_SERVER_TERMINATED, "The server ended during the call"},
    {KERN_RPC_TERMINATE_ORPHAN, "The call without a caller is to end"},
    {KERN_RPC_CONTINUE_ORPHAN, "The call without a caller goes on"},
    {KERN_NOT_SUPPORTED, "That can't be done here"},
    {KERN_NODE_DOWN, "The other machine is down"},
    {KERN_NOT_WAITING, "No thread is waiting"},
    {KERN_OPERATION_TIMED_OUT, "The time was over first"},
    {KERN_CODESIGN_ERROR, "The code's signature is wrong"},
    {KERN_POLICY_STATIC, "The scheduling can't be changed"},
    {KERN_INSUFFICIENT_BUFFER_SIZE, "The buffer is too small"},
    {KERN_DENIED, "The caller may not"},
    {KERN_MISSING_KC, "A kernel collection is missing"},
    {KERN_INVALID_KC, "A kernel collection is unusable"},
    {KERN_NOT_FOUND, "There is no such thing"},

    {MACH_SEND_IN_PROGRESS, "The send is under way"},
    {MACH_SEND_INVALID_DATA, "The message can't be read"},
    {MACH_SEND_INVALID_DEST, "No right to send, or the port is dead"},
    {MACH_SEND_TIMED_OUT, "The queue stayed full"},
    {MACH_SEND_WILL_NOTIFY, "It is kept, a notification follows"},
    {MACH_SEND_NOTIFY_IN_PROGRESS, "Another message is kept already"},
    {MACH_SEND_INTERRUPTED, "A signal ended the wait to send"},
    {MACH_SEND_MSG_TOO_SMALL, "The message's size can't be so"},
    {MACH_SEND_INVALID_REPLY, "The local port is no right for that"},
    {MACH_SEND_INVALID_RIGHT, "A right in the body is none"},
    {MACH_SEND_INVALID_NOTIFY, "The notify port is no receive right"},
    {MACH_SEND_INVALID_MEMORY, "The out-of-line memory isn't there"},
    {MACH_SEND_NO_BUFFER, "The system has no room for the message"},
    {MACH_SEND_TOO_LARGE, "The message is too large for the port"},
    {MACH_SEND_INVALID_TYPE, "A descriptor is of an unknown type"},
    {MACH_SEND_INVALID_HEADER, "The header's msgh_bits can't be so"},
    {MACH_SEND_INVALID_TRAILER, "The trailer to send is wrong"},
    {MACH_SEND_INVALID_CONTEXT, "The port is for another sender"},
    {MACH_SEND_INVALID_OPTIONS, "The options to send can't be so"},
    {MACH_SEND_INVALID_RT_OOL_SIZE, "The out-of-line size is wrong"},
    {MACH_SEND_NO_GRANT_DEST, "The port takes no rights in a message"},
    {MACH_SEND_MSG_FILTERED, "A filter refused the message"},
    {MACH_SEND_AUX_TOO_SMALL, "The message's extra data are too small"},
    {MACH_SEND_AUX_TOO_LARGE, "The message's extra data are too large"},

    {MACH_RCV_IN_PROGRESS, "The receive is under way"},
    {MACH_RCV_INVALID_NAME, "No receive right or port set to receive from"},
    {MACH_RCV_TIMED_OUT, "The queue stayed empty"},
    {MACH_RCV_TOO_LARGE, "Message and trailer don't fit the buffer"},
    {MACH_RCV_INTERRUPTED, "A signal ended the wait to receive"},
    {MACH_RCV_PORT_CHANGED, "The receive right is no longer the same"},
    {MACH_RCV_INVALID_NOTIFY, "The notify port is no receive right"},
    {MACH_RCV_INVALID_DATA, "The buffer can't be written to"},
    {MACH_RCV_PORT_DIED, "The receive right went away"},
    {MACH_RCV_IN_SET, "The port is in a port set"},
    {MACH_RCV_HEADER_ERROR, "The header's ports could not be taken in"},
    {MACH_RCV_BODY_ERROR, "The body could not be taken in whole"},
    {MACH_RCV_INVALID_TYPE, "A descriptor is of an unknown type"},
    {MACH_RCV_SCATTER_SMALL, "The place for the memory is too small"},
    {MACH_RCV_INVALID_TRAILER, "There is no such trailer"},
    {MACH_RCV_IN_PROGRESS_TIMED, "The receive is under way, for a time"},
    {MACH_RCV_INVALID_REPLY, "The reply port is none"},
    {MACH_RCV_INVALID_ARGUMENTS, "The receive's arguments can't be so"},

    {MIG_TYPE_ERROR, "The parts of the message aren't as agreed"},
    {MIG_REPLY_MISMATCH, "The answer belongs to another call"},
    {MIG_REMOTE_ERROR, "The server found an error"},
    {MIG_BAD_ID, "The server knows no call of this id"},
    {MIG_BAD_ARGUMENTS, "The call's arguments aren't as agreed"},
    {MIG_NO_REPLY, "No answer is to be sent"},
    {MIG_EXCEPTION, "The server raised an exception"},
    {MIG_ARRAY_TOO_LARGE, "An array doesn't fit its place"},
    {MIG_SERVER_DIED, "The server has died"},
    {MIG_TRAILER_ERROR, "The trailer has an unknown format"},

    {BOOTSTRAP_NOT_PRIVILEGED, "The caller may not use the name"},
    {BOOTSTRAP_NAME_IN_USE, "Another port has the name"},
    {BOOTSTRAP_UNKNOWN_SERVICE, "No port has the name"},
    {BOOTSTRAP_SERVICE_ACTIVE, "Another server has the name"},
    {BOOTSTRAP_BAD_COUNT, "There are too many names"},
    {BOOTSTRAP_NO_MEMORY, "The service has not enough memory"},
    {BOOTSTRAP_NO_CHILDREN, "There are no services beneath it"},
};

static char *
find(mach_error_t code)
{
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (errors[i].code == code)
			return errors[i].text;
	return NULL;
}

char *
mach_error_string(mach_error_t error_value)
{
	char *text = find(error_value);

	/* the code of a message that was received in part has bits that tell
	 * more, which no text has */
	if (!text && error_value > MACH_SEND_IN_PROGRESS)
		text = find(error_value & ~MACH_MSG_MASK);
	return text ? text : "No code of Mach's";
}

void
mach_error(const char *str, mach_error_t error_value)
{
	fprintf(stderr, "%s: %s (0x%x)\n", str, mach_error_string(error_value),
	    (unsigned int)error_value);
}
