/*
 * layout.h: flat names for hives, as `extract --layout regripper` and
 * `exec --out` give them: whose, then the hive's own name, last.
 *
 *	v3_alice_NTUSER.DAT       volume 3, user alice
 *	v3_SYSTEM                 nobody's
 *	v3_%-_SYSTEM_Delta        nobody's, and its own name has a '_'
 *	v3%~2_SYSTEM              another one (of RegBack, of Windows.old)
 *	v3.deleted_bob_NTUSER.DAT
 *
 * Escaped as in names.h; a blank is %20, and a '_' in a user's name %5F, so
 * that the first two '_' part the name.  The one with the shortest path has
 * the name without a number: that is the one in use.
 */
#ifndef HL_LAYOUT_H
#define HL_LAYOUT_H

#include "hivelift/lift.h"

struct hl_layout;
/* HL_OK, HL_NOMEM */
enum hl_status hl_layout_new(struct hl_layout **out, struct hl_hives *hives,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
/* The same for hives in an array. */
enum hl_status hl_layout_list(struct hl_layout **out,
                              struct hl_hive *const *hives, size_t n,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
/* Of hive number i; no two are the same, also without regard to case. */
const char *hl_layout_name(const struct hl_layout *l, size_t i);
void hl_layout_free(struct hl_layout *l);

#endif
