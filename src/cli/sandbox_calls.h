/* sandbox_calls.h: the lists of system calls that the filter is made of. */
#ifndef HL_CLI_SANDBOX_CALLS_H
#define HL_CLI_SANDBOX_CALLS_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>

/* Allowed when all of these arguments are so. */
struct sandbox_check {
	int nr;
	unsigned n;
	struct scmp_arg_cmp arg[3];
};

const int *sandbox_allowed(size_t *n);
/* The i-th; false: no more */
bool sandbox_trapped(size_t i, int *nr);
/* The i-th; writes: the command writes into a folder.  false: no more */
bool sandbox_check_get(size_t i, bool writes, struct sandbox_check *out);
/* Of a trapped one; safe in a signal handler. */
const char *sandbox_call_name(int nr);

#endif
