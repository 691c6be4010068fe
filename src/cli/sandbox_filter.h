/*
 * sandbox_filter.h: seccomp's filters, which libseccomp makes out of the lists
 * of sandbox_calls.c when the program is built (filter/mkfilter.c): to make
 * one takes as long as to read a small file.
 */
#ifndef HL_CLI_SANDBOX_FILTER_H
#define HL_CLI_SANDBOX_FILTER_H

#include <linux/filter.h>

/* Stands in them, once each, for the process's own number. */
#define SANDBOX_OWN_PID 0x0b5e55edu

struct sandbox_filter {
	const struct sock_filter *code;
	unsigned short n;
};

/* [1]: for a command that writes into a folder. */
extern const struct sandbox_filter sandbox_filters[2];

#endif
