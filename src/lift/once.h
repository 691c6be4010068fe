/*
 * once.h: a hive with its logs that was written, as it is remembered:
 *
 *	key    every digest in a row      is it the same?  what that costs
 *	alike  where it lies, and its     is a digest of it
 *	       first bytes                is it the same?  without any
 */
#ifndef HL_ONCE_H
#define HL_ONCE_H

#include "lift/alike.h"
#include "lift/lift_impl.h"

#define ALL_HASHES (1u << HL_MD5 | 1u << HL_SHA1 | 1u << HL_SHA256)

/* Of the hive first, then of its logs. */
struct once_file {
	char *place;  /* "1:/Windows/System32/config/SAM"; NULL: of a log that
	                 was not written */
	char *output; /* or NULL */
	char *beside; /* or NULL */
	char beside_sha256[HL_HASH_HEX];
	char hex[HL_HASH_KINDS][HL_HASH_HEX];
	struct hl_alike alike;
};

struct hl_once_set {
	char *key;    /* NULL: cannot be compared */
	size_t n, cap;
	struct once_file *file;
	enum hl_hive_state state; /* with its logs */
	struct hl_buf digests;    /* becomes the key */
};

/* One digest more of a key; what cannot be compared makes it no key. */
bool hl_once_digest(struct hl_buf *b, const struct hl_pass *pass);

#endif
