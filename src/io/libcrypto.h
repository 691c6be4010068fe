/*
 * libcrypto.h: OpenSSL's library, loaded when it is first wanted: a run that
 * needs none of it does not pay for it, and none is needed to build.
 */
#ifndef HL_IO_LIBCRYPTO_H
#define HL_IO_LIBCRYPTO_H

#include <stdbool.h>

/* For dlclose, which counts its users; NULL: there is none. */
void *hl_libcrypto_load(void);
/* fn: the address of a pointer to a function of that name's type */
bool hl_libcrypto_entry(void *lib, const char *name, void *fn);

#endif
