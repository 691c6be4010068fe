/*
 * hive_keys.h: a careful look into a hive: subkeys and values of a few keys
 * by name, to tell what the hive is and whose.  Not a registry library:
 * what is damaged is simply not found.
 */
#ifndef HL_HIVE_KEYS_H
#define HL_HIVE_KEYS_H

#include "hivelift/hive.h"
#include "hivelift/src.h"

struct hive_tree {
	struct hl_src *src; /* borrowed */
	uint64_t bins;      /* bytes of them that can be looked at */
	uint32_t root;
	bool old;           /* 1.1 (NT 3.1): a dword more before each key */
	unsigned budget;    /* cells that may still be read */
	bool spent;         /* that were all, which was said */
};

#define HIVE_NAME_BYTES 768
struct hive_key {
	char name[HIVE_NAME_BYTES]; /* UTF-8, maybe cut */
	uint32_t n_subkeys, subkeys; /* the list's cell */
	uint32_t n_values, values;
};

struct hive_value {
	uint32_t type;
	size_t n;          /* bytes of it, at most sizeof(data) */
	uint8_t data[512]; /* as stored, maybe cut */
};

/* The root key.  HL_OK; HL_END (there is none); HL_NOMEM, HL_CANCELLED */
enum hl_status hl_tree_open(struct hive_tree *t, struct hl_src *src,
                            struct hive_key *root) HL_MUST_CHECK;
/*
 * The subkeys, one after the other; *i starts at 0.  Damaged ones are passed
 * over.  HL_OK, HL_END, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_tree_next(struct hive_tree *t, const struct hive_key *key,
                            uint32_t *i, struct hive_key *out) HL_MUST_CHECK;
/* Down a path "Microsoft/Windows NT"; the same codes. */
enum hl_status hl_tree_find(struct hive_tree *t, const struct hive_key *from,
                            const char *path,
                            struct hive_key *out) HL_MUST_CHECK;
enum hl_status hl_tree_value(struct hive_tree *t, const struct hive_key *key,
                             const char *name,
                             struct hive_value *out) HL_MUST_CHECK;
/* A string value as UTF-8; false: it is none. */
bool hl_value_text(const struct hive_value *v, char *dst, size_t size);

#endif
