/*
 * walk.h: everything below a folder, in the volume's own order, a folder
 * before what it holds.
 *
 *	while ((st = hl_walk_next(w, &entry, &path)) == HL_OK ||
 *	       st == HL_CORRUPT)
 *		if (st == HL_OK)
 *			use(entry, path);
 */
#ifndef HL_FS_WALK_H
#define HL_FS_WALK_H

#include "hivelift/fs.h"

struct hl_walk;

/*
 * `path` is how the folder `from` is called ("/" or "/Users/a"); how: enum
 * hl_list_how.  HL_OK, HL_NOMEM, HL_CORRUPT (it cannot be listed: said),
 * HL_LIMIT (the path is too long), HL_CANCELLED
 */
enum hl_status hl_walk_open(struct hl_walk **out, struct hl_fs *fs,
                            const struct hl_entry *from, const char *path,
                            unsigned how) HL_MUST_CHECK;
/*
 * The next entry and its whole path (valid until the next call).
 *   HL_OK; HL_END; HL_CORRUPT: something was left out (said), go on;
 *   HL_NOMEM, HL_CANCELLED: it ends here
 */
enum hl_status hl_walk_next(struct hl_walk *w, struct hl_entry *out,
                            const char **path) HL_MUST_CHECK;
/*
 * The path of the entry returned last in UTF-16 units, when some name in it
 * is not valid UTF-16 and the text therefore does not tell it; or NULL.
 */
const uint16_t *hl_walk_path16(const struct hl_walk *w, size_t *n);
/* Do not go into the folder that was returned last. */
void hl_walk_prune(struct hl_walk *w);
void hl_walk_close(struct hl_walk *w); /* NULL is fine */

#endif
