#include "pipes/child.h"
#include "common/common.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

bool
child_succeeded(int status)
{
	if (WIFSIGNALED(status))
		fatal("the child was ended by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}
