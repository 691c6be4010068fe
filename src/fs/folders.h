/* folders.h: the folders that paths went through (folders.c). */
#ifndef HL_FOLDERS_H
#define HL_FOLDERS_H

#include "fs/fs_impl.h"

/* What stands above a folder; else its place in the table. */
#define FOLDER_NONE UINT32_MAX        /* not known, or being looked for */
#define FOLDER_ROOT (UINT32_MAX - 1)  /* is the root: its path is "" */
#define FOLDER_LOST (UINT32_MAX - 2)  /* there is none */

struct folder {
	struct hl_ref ref; /* as the child names it */
	uint32_t up;
	uint32_t name : 31; /* into names; of FOLDER_LOST and ROOT none */
	uint32_t deleted : 1; /* the child is: its ref means another one */
};
struct hl_folders {
	struct folder *f;
	size_t n, cap;
	uint32_t *slot; /* an open hash of places + 1 */
	size_t n_slot;
	char *names; /* one after the other, each with its NUL */
	size_t n_names, cap_names;
};

/* The folder that e names as its parent, or FOLDER_NONE. */
uint32_t hl_folders_find(const struct hl_folders *t, const struct hl_entry *e);
/* One that find does not know, with nothing above it.  HL_OK, HL_NOMEM,
 * HL_LIMIT (full) */
enum hl_status hl_folders_add(struct hl_folders *t, const struct hl_entry *e,
                              uint32_t *at,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
/* HL_OK, HL_NOMEM, HL_LIMIT */
enum hl_status hl_folders_name(struct hl_folders *t, uint32_t at,
                               const char *name,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_folders_clear(struct hl_folders *t, const struct hl_ctx *ctx);

#endif
