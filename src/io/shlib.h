/*
 * shlib.h: libraries that are loaded when they are first wanted: a run that
 * needs none of one does not pay for it, which is most of the time that a
 * small one takes.  All of them are there before the sandbox closes, see
 * src/cli/preload.c.
 */
#ifndef HL_IO_SHLIB_H
#define HL_IO_SHLIB_H

#include <stdbool.h>

enum hl_shlib {
	HL_SHLIB_CRYPTO,  /* OpenSSL's; none is needed to build */
	HL_SHLIB_EWF,     /* these by the version that the build has seen */
	HL_SHLIB_VSHADOW, /* brings libbfio with it */
};

/* For hl_shlib_drop; users are counted.  NULL: there is none. */
void *hl_shlib_load(enum hl_shlib which);
void hl_shlib_drop(void *lib); /* NULL is fine */
/* fn: the address of a pointer to a function of that name's type */
bool hl_shlib_entry(void *lib, const char *name, void *fn);

/*
 * Of libcrypto, for a process that can open no file later and uses ciphers
 * only: it then reads no configuration when it is first used, but takes its
 * own providers.  Without effect where it was used before.
 */
void hl_shlib_no_config(void *lib);

#endif
