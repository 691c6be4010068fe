/*
 * walk_path.h: a path that grows and shrinks by one name at a time, as people
 * read it and in its exact UTF-16 units, which UTF-8 cannot always carry.
 */
#ifndef HL_FS_WALK_PATH_H
#define HL_FS_WALK_PATH_H

#include "hivelift/fs.h"

/* How long it was at some folder. */
struct hl_path_mark {
	size_t n, n16;
	bool bad; /* some name so far is not valid UTF-16 */
};

struct hl_walk_path {
	const struct hl_ctx *ctx;
	char *s;     /* always a string; the root is "" */
	uint16_t *u;
	size_t cap, cap16;
	struct hl_path_mark at;
};

/* `path` is how the folder `from` is called.  HL_OK, HL_NOMEM, HL_LIMIT */
enum hl_status hl_walk_path_init(struct hl_walk_path *p, const char *path,
                                 const struct hl_entry *from,
                                 const struct hl_ctx *ctx) HL_MUST_CHECK;
/* "/name" behind it.  HL_OK, HL_NOMEM, HL_LIMIT */
enum hl_status hl_walk_path_add(struct hl_walk_path *p,
                                const struct hl_entry *e) HL_MUST_CHECK;
void hl_walk_path_cut(struct hl_walk_path *p, struct hl_path_mark at);
void hl_walk_path_free(struct hl_walk_path *p);

/*
 * The units of a path whose last name is that of the entry, exactly; at most
 * strlen(path) + HL_NAME_UNITS.  SIZE_MAX: it is not UTF-8.
 */
size_t hl_path_units(uint16_t *dst, const char *path,
                     const struct hl_entry *last);

#endif
