/*
 * libcrypto.h: OpenSSL's library, loaded when it is first wanted: a run that
 * needs none of it does not pay for it, and none is needed to build.
 */
#ifndef HL_IO_LIBCRYPTO_H
#define HL_IO_LIBCRYPTO_H

#include <stdbool.h>

/* For hl_libcrypto_drop; users are counted.  NULL: there is none. */
void *hl_libcrypto_load(void);
void hl_libcrypto_drop(void *lib); /* NULL is fine */
/*
 * For a process that can open no file later, and uses ciphers only: it then
 * reads no configuration when it is first used, but takes its own providers.
 * Without effect where it was used before.
 */
void hl_libcrypto_no_config(void *lib);
/* fn: the address of a pointer to a function of that name's type */
bool hl_libcrypto_entry(void *lib, const char *name, void *fn);

#endif
