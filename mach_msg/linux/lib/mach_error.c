#include <mach/mach_error.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <servers/bootstrap.h>

#include <stddef.h>
#include <stdio.h>

struct error {
	mach_error_t code;
	const char *symbol;
	char *text;
};

#define ERROR(code, text)          \
	{                          \
		code, #code, text, \
	}

static const struct error errors[] = {
    /* Messages and the bootstrap service call it by names of their own. */
    ERROR(KERN_SUCCESS, "Done"),

    ERROR(KERN_INVALID_ADDRESS, "There is no such memory"),
    ERROR(KERN_PROTECTION_FAILURE, "The memory is not to be used so"),
    ERROR(KERN_NO_SPACE, "No address or name is left"),
    ERROR(KERN_INVALID_ARGUMENT, "An argument makes no sense"),
    ERROR(KERN_FAILURE, "It failed, for no reason that has a code"),
    ERROR(KERN_RESOURCE_SHORTAGE, "The system has not enough memory"),
    ERROR(KERN_NOT_RECEIVER, "The task can't receive from the port"),
    ERROR(KERN_NO_ACCESS, "Access is not allowed"),
    ERROR(KERN_MEMORY_FAILURE, "The memory's contents are lost"),
    ERROR(KERN_MEMORY_ERROR, "The memory's contents can't be had now"),
    ERROR(KERN_ALREADY_IN_SET, "The port is in the set already"),
    ERROR(KERN_NOT_IN_SET, "The port is in no set"),
    ERROR(KERN_NAME_EXISTS, "The name stands for something already"),
    ERROR(KERN_ABORTED, "The operation was called off"),
    ERROR(KERN_INVALID_NAME, "The name stands for nothing in this task"),
    ERROR(KERN_INVALID_TASK, "There is no such task"),
    ERROR(KERN_INVALID_RIGHT, "The name stands for another kind of right"),
    ERROR(KERN_INVALID_VALUE, "A value is out of range"),
    ERROR(KERN_UREFS_OVERFLOW, "The name can't have so many references"),
    ERROR(KERN_INVALID_CAPABILITY, "The port given is no right for that"),
    ERROR(KERN_RIGHT_EXISTS, "The task has the right under another name"),
    ERROR(KERN_INVALID_HOST, "There is no such host"),
    ERROR(KERN_MEMORY_PRESENT, "There is memory already"),
    ERROR(KERN_MEMORY_DATA_MOVED, "The memory's contents have moved"),
    ERROR(KERN_MEMORY_RESTART_COPY, "The copy has to begin again"),
    ERROR(KERN_INVALID_PROCESSOR_SET, "There is no such processor set"),
    ERROR(KERN_POLICY_LIMIT, "The scheduling is beyond its limits"),
    ERROR(KERN_INVALID_POLICY, "There is no such scheduling here"),
    ERROR(KERN_INVALID_OBJECT, "There is no such object"),
    ERROR(KERN_ALREADY_WAITING, "Another thread is waiting already"),
    ERROR(KERN_DEFAULT_SET, "The default set can't be destroyed"),
    ERROR(KERN_EXCEPTION_PROTECTED, "The exception is not to be touched"),
    ERROR(KERN_INVALID_LEDGER, "There is no such ledger"),
    ERROR(KERN_INVALID_MEMORY_CONTROL, "There is no such memory control"),
    ERROR(KERN_INVALID_SECURITY, "The caller is not privileged"),
    ERROR(KERN_NOT_DEPRESSED, "The thread has its full priority"),
    ERROR(KERN_TERMINATED, "The object has been terminated"),
    ERROR(KERN_LOCK_SET_DESTROYED, "The lock set has been destroyed"),
    ERROR(KERN_LOCK_UNSTABLE, "The lock's owner ended while holding it"),
    ERROR(KERN_LOCK_OWNED, "The lock is another's"),
    ERROR(KERN_LOCK_OWNED_SELF, "The lock is the caller's already"),
    ERROR(KERN_SEMAPHORE_DESTROYED, "The semaphore has been destroyed"),
    ERROR(KERN_RPC_SERVER_TERMINATED, "The server ended during the call"),
    ERROR(KERN_RPC_TERMINATE_ORPHAN, "The call without a caller is to end"),
    ERROR(KERN_RPC_CONTINUE_ORPHAN, "The call without a caller goes on"),
    ERROR(KERN_NOT_SUPPORTED, "That can't be done here"),
    ERROR(KERN_NODE_DOWN, "The other machine is down"),
    ERROR(KERN_NOT_WAITING, "No thread is waiting"),
    ERROR(KERN_OPERATION_TIMED_OUT, "The time was over first"),
    ERROR(KERN_CODESIGN_ERROR, "The code's signature is wrong"),
    ERROR(KERN_POLICY_STATIC, "The scheduling can't be changed"),
    ERROR(KERN_INSUFFICIENT_BUFFER_SIZE, "The buffer is too small"),
    ERROR(KERN_DENIED, "The caller may not"),
    ERROR(KERN_MISSING_KC, "A kernel collection is missing"),
    ERROR(KERN_INVALID_KC, "A kernel collection is unusable"),
    ERROR(KERN_NOT_FOUND, "There is no such thing"),

    ERROR(MACH_SEND_IN_PROGRESS, "The send is under way"),
    ERROR(MACH_SEND_INVALID_DATA, "The message can't be read"),
    ERROR(MACH_SEND_INVALID_DEST, "No right to send, or the port is dead"),
    ERROR(MACH_SEND_TIMED_OUT, "The queue stayed full"),
    ERROR(MACH_SEND_WILL_NOTIFY, "It is kept, a notification follows"),
    ERROR(MACH_SEND_NOTIFY_IN_PROGRESS, "Another message is kept already"),
    ERROR(MACH_SEND_INTERRUPTED, "A signal ended the wait to send"),
    ERROR(MACH_SEND_MSG_TOO_SMALL, "The message's size can't be so"),
    ERROR(MACH_SEND_INVALID_REPLY, "The local port is no right for that"),
    ERROR(MACH_SEND_INVALID_RIGHT, "A right in the body is none"),
    ERROR(MACH_SEND_INVALID_NOTIFY, "The notify port is no receive right"),
    ERROR(MACH_SEND_INVALID_MEMORY, "The out-of-line memory isn't there"),
    ERROR(MACH_SEND_NO_BUFFER, "The system has no room for the message"),
    ERROR(MACH_SEND_TOO_LARGE, "The message is too large for the port"),
    ERROR(MACH_SEND_INVALID_TYPE, "A descriptor is of an unknown type"),
    ERROR(MACH_SEND_INVALID_HEADER, "The header's msgh_bits can't be so"),
    ERROR(MACH_SEND_INVALID_TRAILER, "The trailer to send is wrong"),
    ERROR(MACH_SEND_INVALID_CONTEXT, "The port is for another sender"),
    ERROR(MACH_SEND_INVALID_OPTIONS, "The options to send can't be so"),
    ERROR(MACH_SEND_INVALID_RT_OOL_SIZE, "The out-of-line size is wrong"),
    ERROR(MACH_SEND_NO_GRANT_DEST, "The port takes no rights in a message"),
    ERROR(MACH_SEND_MSG_FILTERED, "A filter refused the message"),
    ERROR(MACH_SEND_AUX_TOO_SMALL, "The message's extra data are too small"),
    ERROR(MACH_SEND_AUX_TOO_LARGE, "The message's extra data are too large"),

    ERROR(MACH_RCV_IN_PROGRESS, "The receive is under way"),
    ERROR(
	MACH_RCV_INVALID_NAME, "No receive right or port set to receive from"),
    ERROR(MACH_RCV_TIMED_OUT, "The queue stayed empty"),
    ERROR(MACH_RCV_TOO_LARGE, "Message and trailer don't fit the buffer"),
    ERROR(MACH_RCV_INTERRUPTED, "A signal ended the wait to receive"),
    ERROR(MACH_RCV_PORT_CHANGED, "The port went into a port set"),
    ERROR(MACH_RCV_INVALID_NOTIFY, "The notify port is no receive right"),
    ERROR(MACH_RCV_INVALID_DATA, "The buffer can't be written to"),
    ERROR(MACH_RCV_PORT_DIED, "The receive right went away"),
    ERROR(MACH_RCV_IN_SET, "The port is in a port set"),
    ERROR(MACH_RCV_HEADER_ERROR, "The header's ports could not be taken in"),
    ERROR(MACH_RCV_BODY_ERROR, "The body could not be taken in whole"),
    ERROR(MACH_RCV_INVALID_TYPE, "A descriptor is of an unknown type"),
    ERROR(MACH_RCV_SCATTER_SMALL, "The place for the memory is too small"),
    ERROR(MACH_RCV_INVALID_TRAILER, "There is no such trailer"),
    ERROR(MACH_RCV_IN_PROGRESS_TIMED, "The receive is under way, for a time"),
    ERROR(MACH_RCV_INVALID_REPLY, "The reply port is none"),
    ERROR(MACH_RCV_INVALID_ARGUMENTS, "The receive's arguments can't be so"),

    ERROR(MIG_TYPE_ERROR, "The parts of the message aren't as agreed"),
    ERROR(MIG_REPLY_MISMATCH, "The answer belongs to another call"),
    ERROR(MIG_REMOTE_ERROR, "The server found an error"),
    ERROR(MIG_BAD_ID, "The server knows no call of this id"),
    ERROR(MIG_BAD_ARGUMENTS, "The call's arguments aren't as agreed"),
    ERROR(MIG_NO_REPLY, "No answer is to be sent"),
    ERROR(MIG_EXCEPTION, "The server raised an exception"),
    ERROR(MIG_ARRAY_TOO_LARGE, "An array doesn't fit its place"),
    ERROR(MIG_SERVER_DIED, "The server has died"),
    ERROR(MIG_TRAILER_ERROR, "The trailer has an unknown format"),

    ERROR(BOOTSTRAP_NOT_PRIVILEGED, "The caller may not use the name"),
    ERROR(BOOTSTRAP_NAME_IN_USE, "Another port has the name"),
    ERROR(BOOTSTRAP_UNKNOWN_SERVICE, "No port has the name"),
    ERROR(BOOTSTRAP_SERVICE_ACTIVE, "Another server has the name"),
    ERROR(BOOTSTRAP_BAD_COUNT, "There are too many names"),
    ERROR(BOOTSTRAP_NO_MEMORY, "The service has not enough memory"),
    ERROR(BOOTSTRAP_NO_CHILDREN, "There are no services beneath it"),
};

static const struct error unknown = {0, "unknown code", "No code of Mach's"};

static const struct error *
find(mach_error_t code)
{
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (errors[i].code == code)
			return &errors[i];
	return NULL;
}

/* The error that the code stands for. The code of one that a message was
 * received with may have bits that tell more, which no text has. */
static const struct error *
error_of(mach_error_t code)
{
	const struct error *error = find(code);

	if (!error && code > MACH_SEND_IN_PROGRESS)
		error = find(code & ~MACH_MSG_MASK);
	return error ? error : &unknown;
}

char *
mach_error_string(mach_error_t error_value)
{
	return error_of(error_value)->text;
}

void
mach_error(const char *str, mach_error_t error_value)
{
	const struct error *error = error_of(error_value);

	fprintf(stderr, "%s: %s 0x%x (%s)\n", str, error->symbol,
	    (unsigned int)error_value, error->text);
}
