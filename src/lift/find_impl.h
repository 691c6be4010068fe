/*
 * find_impl.h: what the parts of the search share.
 *
 *	find_places.c   where on this volume Windows and profile folders are
 *	find_probe.c    what a folder of a root is
 *	find_walk.c     from an anchor along a pattern to the folders it names
 *	find_deleted.c  which deleted files are hives
 *	find_deep.c     which files are hives by their content (kind_of.c)
 *	find_folder.c   which names of such a folder are hives and logs
 *	find.c          the list: filter, duplicates, order
 */
#ifndef HL_FIND_IMPL_H
#define HL_FIND_IMPL_H

#include "hivelift/lift.h"
#include "hive/hive_role.h"
#include "lift/catalogue.h"

/* A folder that a pattern can start from. */
struct hl_place {
	struct hl_ref ref;
	char *path; /* "" for the root: a name is added as "/" NAME */
	char *user; /* the profile's name, or NULL */
	bool hive;  /* profile: a hive was found in it */
	bool class; /* profile: its UsrClass.dat was found */
};

struct hl_places {
	struct hl_place *p;
	size_t n, cap;
};

struct hl_find {
	const struct hl_ctx *ctx;
	const struct hl_hive_query *query;
	struct hl_hives *hives;
	/* of the volume at hand */
	const struct hl_volume *volume;
	struct hl_fs *fs;
	size_t first; /* index of its first hive */
	struct hl_places at[HL_AT_PROFILE + 1];
	/* budgets of limits.h, counted down */
	size_t root_folders, probes, probe_names;
	bool cut;  /* a root has too many names to list */
	bool full; /* HL_MAX_HIVES was reached, and said */
};

/* Keep the folder unless it is known.  HL_OK, HL_NOMEM */
enum hl_status hl_place_add(struct hl_find *f, enum hl_anchor anchor,
                            const struct hl_ref *ref, const char *path,
                            const char *user) HL_MUST_CHECK;
bool hl_place_known(const struct hl_find *f, enum hl_anchor anchor,
                    const struct hl_ref *ref);
/* A folder below dir: HL_OK and its path in *real, HL_END, or fatal. */
enum hl_status hl_place_folder(struct hl_find *f, const struct hl_ref *dir,
                               const char *base, const char *path,
                               struct hl_entry *out,
                               char **real) HL_MUST_CHECK;
void hl_places_clear(struct hl_find *f);

/* What a folder of the root `base` is; adds places.  The same codes. */
enum hl_status hl_probe_child(struct hl_find *f, const struct hl_entry *dir,
                              const char *base) HL_MUST_CHECK;
/* Every folder below dir is a profile. */
enum hl_status hl_probe_profiles(struct hl_find *f, const struct hl_entry *dir,
                                 char *path) HL_MUST_CHECK;

/* Fill f->at for the volume.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_find_places(struct hl_find *f) HL_MUST_CHECK;

/* One group of rows from one place.  The same codes. */
enum hl_status hl_find_walk(struct hl_find *f, size_t row, size_t rows,
                            struct hl_place *place) HL_MUST_CHECK;

/* The rows' last names in one folder.  The same codes. */
enum hl_status hl_find_folder(struct hl_find *f, size_t row, size_t rows,
                              const struct hl_ref *dir, const char *path,
                              struct hl_place *place) HL_MUST_CHECK;

/*
 * Add a hive unless the query leaves it out or it is known already; *out is
 * then NULL.  user is copied.  HL_OK, HL_NOMEM
 */
enum hl_status hl_find_add(struct hl_find *f, const struct hl_place_row *row,
                           const struct hl_entry *entry, const char *dir,
                           const char *user,
                           struct hl_hive **out) HL_MUST_CHECK;
enum hl_status hl_find_add_log(struct hl_find *f, struct hl_hive *hive,
                               const struct hl_entry *entry,
                               const char *dir) HL_MUST_CHECK;

/* NAME itself, or NAME and the ending of a copy. */
bool hl_row_fits(const struct hl_place_row *row, const char *name);
/* Deleted hives of the volume, by a sweep.  The same codes. */
enum hl_status hl_find_deleted(struct hl_find *f) HL_MUST_CHECK;

/* Those below no known folder, of a volume of which a part is lost. */
enum hl_status hl_find_orphans(struct hl_find *f) HL_MUST_CHECK;

/* Every file of the volume by its content.  The same codes. */
enum hl_status hl_find_deep(struct hl_find *f) HL_MUST_CHECK;
/* By name and keys, when the place does not tell. */
enum hl_kind hl_kind_of(const struct hl_hive_role *role, const char *name);
/* Is that file in the list already? */
bool hl_find_listed(const struct hl_find *f, const struct hl_ref *ref);

/* Only these end the search: damage and limits were said by who met them. */
static inline bool hl_find_goes_on(enum hl_status st)
{
	return st != HL_NOMEM && st != HL_CANCELLED;
}

/* A lookup that answers only yes or no, or a status that ends the search. */
static inline enum hl_status hl_find_lookup(struct hl_find *f,
                                            const struct hl_ref *dir,
                                            const char *name,
                                            struct hl_entry *out)
{
	enum hl_status st = hl_fs_lookup(f->fs, dir, name, out);

	return st == HL_OK || !hl_find_goes_on(st) ? st : HL_END;
}

#endif
