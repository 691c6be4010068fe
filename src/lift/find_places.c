/*
 * find_places.c: where on this volume Windows and profile folders are.
 *
 *	/WINDOWS            a Windows folder, by System32/config below it
 *	/Windows.old        holds one, and is then a system of its own
 *	/Users/alice        a profile: any folder below the usual names, else
 *	                    by NTUSER.DAT or NTUSER.MAN in it
 *	{windows}/Profiles, {windows}/ServiceProfiles: a profile each folder
 *	{windows}/System32/config/systemprofile: one profile
 *
 * Names are only a short cut: unusual ones are tried too, within a budget
 * that is told when it ends the search early.  That is no loss: Windows keeps
 * nothing beyond the usual names but for translated profile folders, and
 * those show a profile among their first.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "lift/find_impl.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Systems two levels down, which no probing reaches. */
static const char *const deep_systems[] = {
	"$WINDOWS.~BT/NewOS", "$SysReset/OldOS",
};
/* Looked up when a root has too many names to list. */
static const char *const usual[] = {
	"Windows", "WINNT", "Users", "Documents and Settings", "Windows.old",
};

void hl_places_clear(struct hl_find *f)
{
	for (size_t a = 0; a < COUNT(f->at); a++) {
		struct hl_places *set = &f->at[a];
		for (size_t i = 0; i < set->n; i++) {
			hl_free(f->ctx, set->p[i].path);
			hl_free(f->ctx, set->p[i].user);
		}
		hl_free(f->ctx, set->p);
		*set = (struct hl_places){ 0 };
	}
}

bool hl_place_known(const struct hl_find *f, enum hl_anchor anchor,
                    const struct hl_ref *ref)
{
	const struct hl_places *set = &f->at[anchor];

	for (size_t i = 0; i < set->n; i++)
		if (set->p[i].ref.id == ref->id)
			return true;
	return false;
}

enum hl_status hl_place_add(struct hl_find *f, enum hl_anchor anchor,
                            const struct hl_ref *ref, const char *path,
                            const char *user)
{
	struct hl_places *set = &f->at[anchor];
	struct hl_place p = { .ref = *ref };
	void *array = set->p;

	if (hl_place_known(f, anchor, ref))
		return HL_OK;
	enum hl_status st = hl_grow(f->ctx, &array, &set->cap, set->n,
	                            sizeof(p), HL_MAX_PLACES);
	set->p = array;
	if (st == HL_LIMIT) {
		hl_warn(&(struct hl_at){ f->ctx, f->volume->src, HL_NO_OFFSET,
		                         "search" },
		        "%s: more than %d folders of its kind; not searched",
		        path, HL_MAX_PLACES);
		return HL_OK;
	}
	if (st != HL_OK)
		return st;
	p.path = hl_strdup(f->ctx, path);
	p.user = user ? hl_strdup(f->ctx, user) : NULL;
	if (!p.path || (user && !p.user)) {
		hl_free(f->ctx, p.path);
		hl_free(f->ctx, p.user);
		return HL_NOMEM;
	}
	set->p[set->n++] = p;
	return HL_OK;
}

/*
 * A folder by a path of plain names below dir.  *real gets its path in the
 * volume's own spelling, for the caller to free.
 */
enum hl_status hl_place_folder(struct hl_find *f, const struct hl_ref *dir,
                               const char *base, const char *path,
                               struct hl_entry *out, char **real)
{
	struct hl_ref at = *dir;
	char name[64];

	*real = hl_strdup(f->ctx, base);
	while (*real) {
		size_t n = strcspn(path, "/");
		enum hl_status st = HL_END;
		if (n < sizeof(name)) {
			memcpy(name, path, n);
			name[n] = '\0';
			st = hl_find_lookup(f, &at, name, out);
		}
		if (st == HL_OK && out->type != HL_DIR)
			st = HL_END;
		if (st != HL_OK) {
			hl_free(f->ctx, *real);
			*real = NULL;
			return st;
		}
		char *longer = hl_asprintf(f->ctx, "%s/%s", *real, out->name);
		hl_free(f->ctx, *real);
		*real = longer;
		if (!longer || !path[n])
			break;
		at = out->ref;
		path += n + 1;
	}
	return *real ? HL_OK : HL_NOMEM;
}

/* ---- a root ------------------------------------------------------------ */

/* The list was cut: what has the usual name is found nevertheless. */
static enum hl_status look_up_usual(struct hl_find *f,
                                    const struct hl_ref *dir,
                                    const char *path)
{
	struct hl_entry e;

	f->cut = true;
	for (size_t i = 0; i < COUNT(usual); i++) {
		enum hl_status st = hl_find_lookup(f, dir, usual[i], &e);
		if (st == HL_OK && e.type == HL_DIR)
			st = hl_probe_child(f, &e, path);
		if (!hl_find_goes_on(st))
			return st;
	}
	return HL_OK;
}

static enum hl_status look_at_system(struct hl_find *f, struct hl_ref ref,
                                     const char *path)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	size_t n = 0;
	enum hl_status st = hl_fs_list(&it, f->fs, &ref, HL_LIST_NAMES);

	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	while (n++ < HL_MAX_ROOT_NAMES) {
		st = hl_cancelled(f->ctx) ? HL_CANCELLED : hl_fs_next(it, &e);
		if (st == HL_CORRUPT)
			continue;
		if (st != HL_OK)
			break;
		if (e.type != HL_DIR)
			continue;
		st = hl_probe_child(f, &e, path);
		if (!hl_find_goes_on(st))
			break;
	}
	hl_fs_iter_close(it);
	if (!hl_find_goes_on(st))
		return st;
	return n > HL_MAX_ROOT_NAMES ? look_up_usual(f, &ref, path) : HL_OK;
}

static enum hl_status add_deep_systems(struct hl_find *f,
                                       const struct hl_ref *root)
{
	struct hl_entry e;
	char *path;

	for (size_t i = 0; i < COUNT(deep_systems); i++) {
		enum hl_status st = hl_place_folder(f, root, "",
		                                    deep_systems[i], &e,
		                                    &path);
		if (st == HL_OK) {
			st = hl_place_add(f, HL_AT_SYSTEM, &e.ref, path, NULL);
			hl_free(f->ctx, path);
		}
		if (!hl_find_goes_on(st))
			return st;
	}
	return HL_OK;
}

/* ---- profiles inside a Windows folder ---------------------------------- */

static enum hl_status add_children(struct hl_find *f,
                                   const struct hl_place *windows,
                                   const char *name)
{
	struct hl_entry dir;
	char *path;
	enum hl_status st = hl_place_folder(f, &windows->ref, windows->path,
	                                    name, &dir, &path);

	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	st = hl_probe_profiles(f, &dir, path);
	hl_free(f->ctx, path);
	return st;
}

static enum hl_status add_one(struct hl_find *f,
                              const struct hl_place *windows,
                              const char *below)
{
	struct hl_entry e;
	char *path;
	enum hl_status st = hl_place_folder(f, &windows->ref, windows->path,
	                                    below, &e, &path);

	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	st = hl_place_add(f, HL_AT_PROFILE, &e.ref, path, e.name);
	hl_free(f->ctx, path);
	return st;
}

static enum hl_status look_at_windows(struct hl_find *f, size_t i)
{
	struct hl_place w = f->at[HL_AT_WINDOWS].p[i];
	enum hl_status st = add_children(f, &w, "Profiles");

	if (st == HL_OK)
		st = add_children(f, &w, "ServiceProfiles");
	if (st == HL_OK)
		st = add_one(f, &w, "System32/config/systemprofile");
	if (st == HL_OK)
		st = add_one(f, &w, "SysWOW64/config/systemprofile");
	return st;
}

static void say_budget(struct hl_find *f)
{
	if (!f->cut && f->root_folders && f->probes && f->probe_names)
		return;
	hl_say(&(struct hl_at){ f->ctx, f->volume->src, HL_NO_OFFSET,
	                        "search" },
	       "volume %s has so many folders that not all were tried for "
	       "Windows and profile folders under unusual names",
	       f->volume->id);
}

enum hl_status hl_find_places(struct hl_find *f)
{
	struct hl_entry root;
	enum hl_status st = hl_fs_root(f->fs, &root);

	f->cut = false;
	f->root_folders = HL_MAX_ROOT_FOLDERS;
	f->probes = HL_MAX_PROBES;
	f->probe_names = HL_MAX_PROBE_NAMES;
	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	st = hl_place_add(f, HL_AT_ROOT, &root.ref, "", NULL);
	if (st == HL_OK)
		st = hl_place_add(f, HL_AT_SYSTEM, &root.ref, "", NULL);
	if (st == HL_OK)
		st = add_deep_systems(f, &root.ref);
	/* systems found on the way are looked at in their turn */
	for (size_t i = 0; st == HL_OK && i < f->at[HL_AT_SYSTEM].n; i++) {
		const struct hl_place *s = &f->at[HL_AT_SYSTEM].p[i];
		st = look_at_system(f, s->ref, s->path);
	}
	for (size_t i = 0; st == HL_OK && i < f->at[HL_AT_WINDOWS].n; i++)
		st = look_at_windows(f, i);
	say_budget(f);
	return st;
}
