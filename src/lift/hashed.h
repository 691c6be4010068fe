/*
 * hashed.h: hives whose digest is known, by where they lie: another one at the
 * same place, or with the same bytes elsewhere, has the same.
 */
#ifndef HL_HASHED_H
#define HL_HASHED_H

#include "hivelift/lift.h"
#include "lift/alike.h"

struct hl_hashed;

/* NULL: no memory; it is for speed only. */
struct hl_hashed *hl_hashed_new(const struct hl_ctx *ctx);
void hl_hashed_free(struct hl_hashed *hashed);

/*
 * Takes down where a hive lies, and finds the sha256 of one that has the same
 * bytes, or NULL.  HL_OK, HL_NOMEM, HL_CANCELLED: *a is then to be freed
 */
enum hl_status hl_hashed_find(struct hl_hashed *hashed,
                              const struct hl_hive *hive, struct hl_src *src,
                              struct hl_alike *a, const char **sha256,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
/* All of it was read, and its sha256 is right; takes over what `a` holds. */
enum hl_status hl_hashed_add(struct hl_hashed *hashed,
                             const struct hl_hive *hive,
                             struct hl_alike *a) HL_MUST_CHECK;

/* hl_hive_examine; hashed may be NULL. */
enum hl_status hl_hive_examine_hashed(struct hl_hive *hive, bool hash,
                                      struct hl_hashed *hashed,
                                      const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
