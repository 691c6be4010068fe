/*
 * find_probe.c: is a folder of a root a Windows folder, a folder of profiles,
 * or an older system?  Names are a short cut; content decides, within the
 * budgets of limits.h.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/note.h"
#include "base/text.h"
#include "lift/find_glob.h"
#include "lift/find_impl.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const usual_windows[] = { "Windows", "WINNT" };
static const char *const usual_profiles[] = {
	"Users", "Documents and Settings",
};
/* Folders of a root that are known to hold neither. */
static const char *const others[] = {
	"$*", "System Volume Information", "RECYCLER", "RECYCLED",
	"Program Files*", "ProgramData", "PerfLogs", "MSOCache",
	"Config.Msi", "found.???",
};

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hl_glob_match(list[i], name))
			return true;
	return false;
}

static enum hl_status add_named(struct hl_find *f, enum hl_anchor anchor,
                                const struct hl_ref *ref, const char *base,
                                const char *name, const char *user)
{
	char *path = hl_asprintf(f->ctx, "%s/%s", base, name);

	if (!path)
		return HL_NOMEM;
	enum hl_status st = hl_place_add(f, anchor, ref, path, user);
	hl_free(f->ctx, path);
	return st;
}

/* HL_OK: it is one, and kept; HL_END: it is not. */
static enum hl_status try_windows(struct hl_find *f,
                                  const struct hl_entry *dir,
                                  const char *base)
{
	struct hl_entry e;
	char *path;
	enum hl_status st = hl_place_folder(f, &dir->ref, "",
	                                    "System32/config", &e, &path);

	if (st != HL_OK)
		return st;
	hl_free(f->ctx, path);
	return add_named(f, HL_AT_WINDOWS, &dir->ref, base, dir->name, NULL);
}

static enum hl_status has_profile_hive(struct hl_find *f,
                                       const struct hl_ref *dir)
{
	struct hl_entry e;
	enum hl_status st = hl_find_lookup(f, dir, "NTUSER.DAT", &e);

	if (st == HL_END)
		st = hl_find_lookup(f, dir, "NTUSER.MAN", &e);
	return st == HL_OK && e.type != HL_FILE ? HL_END : st;
}

/* What a child of a root is taken for while its folders are looked through. */
struct parent {
	struct hl_find *f;
	const struct hl_entry *dir;
	char *path;
	bool sure;        /* of the usual names: every folder is a profile */
	bool hit;         /* a profile was found in it */
	bool in_root;     /* of the volume, not of an older system */
	size_t vain;      /* folders tried without a result */
};

static enum hl_status found_system(struct parent *p)
{
	struct hl_find *f = p->f;

	if (!p->in_root)
		return HL_OK;
	return hl_place_add(f, HL_AT_SYSTEM, &p->dir->ref, p->path, NULL);
}

static enum hl_status try_grandchild(struct parent *p,
                                     const struct hl_entry *e)
{
	struct hl_find *f = p->f;
	enum hl_status st = HL_OK;

	if (!p->sure)
		st = has_profile_hive(f, &e->ref);
	if (st == HL_OK) {
		p->hit = true;
		return add_named(f, HL_AT_PROFILE, &e->ref, p->path, e->name,
		                 e->name);
	}
	if (st != HL_END)
		return st;
	st = try_windows(f, e, p->path);
	if (st == HL_OK)
		return found_system(p);
	p->vain++;
	f->probes -= !p->hit && f->probes > 0;
	return st == HL_END ? HL_OK : st;
}

/* Enough of this one?  Never where a profile was seen. */
static bool enough(struct parent *p)
{
	struct hl_find *f = p->f;

	if (p->sure || p->hit)
		return false;
	if (f->probe_names == 0 || f->probes == 0)
		return true;
	return p->vain >= HL_MAX_PROBES_EACH;
}

static enum hl_status look_through(struct parent *p)
{
	struct hl_find *f = p->f;
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st = hl_fs_list(&it, f->fs, &p->dir->ref,
	                               HL_LIST_NAMES);

	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	while (!enough(p)) {
		st = hl_cancelled(f->ctx) ? HL_CANCELLED : hl_fs_next(it, &e);
		if (st == HL_CORRUPT)
			continue;
		if (st != HL_OK)
			break;
		f->probe_names -= !p->hit && f->probe_names > 0;
		if (e.type != HL_DIR)
			continue;
		st = try_grandchild(p, &e);
		if (st != HL_OK)
			break;
	}
	hl_fs_iter_close(it);
	return hl_find_goes_on(st) ? HL_OK : st;
}

/* Windows.old/Windows and the like, also where probing gave up. */
static enum hl_status try_inner_windows(struct parent *p)
{
	struct hl_find *f = p->f;
	struct hl_entry e;

	for (size_t i = 0; p->in_root && i < COUNT(usual_windows); i++) {
		enum hl_status st = hl_find_lookup(f, &p->dir->ref,
		                                   usual_windows[i], &e);
		if (st == HL_OK && e.type == HL_DIR)
			st = try_windows(f, &e, p->path);
		else if (st == HL_OK)
			st = HL_END;
		if (st == HL_OK)
			st = found_system(p);
		if (st != HL_OK && st != HL_END)
			return st;
	}
	return HL_OK;
}

static enum hl_status look_into(struct hl_find *f, const struct hl_entry *dir,
                                const char *base)
{
	struct parent p = { .f = f, .dir = dir };
	enum hl_status st = HL_OK;

	p.in_root = base[0] == '\0';
	p.sure = is_one_of(dir->name, usual_profiles, COUNT(usual_profiles));
	p.path = hl_asprintf(f->ctx, "%s/%s", base, dir->name);
	if (!p.path)
		return HL_NOMEM;
	if (!p.sure)
		st = try_inner_windows(&p);
	if (st == HL_OK)
		st = look_through(&p);
	hl_free(f->ctx, p.path);
	return st;
}

enum hl_status hl_probe_profiles(struct hl_find *f, const struct hl_entry *dir,
                                 char *path)
{
	struct parent p = { .f = f, .dir = dir, .path = path, .sure = true };

	return look_through(&p);
}

/* Is it looked into although its name says nothing? */
static bool worth_a_look(struct hl_find *f, const struct hl_entry *e)
{
	if (is_one_of(e->name, usual_profiles, COUNT(usual_profiles)) ||
	    is_one_of(e->name, usual_windows, COUNT(usual_windows)) ||
	    hl_glob_match("Windows.old*", e->name))
		return true;
	if (is_one_of(e->name, others, COUNT(others)))
		return false;
	if (f->root_folders == 0)
		return false;
	f->root_folders--;
	return true;
}

enum hl_status hl_probe_child(struct hl_find *f, const struct hl_entry *e,
                              const char *base)
{
	enum hl_status st;

	if (hl_place_known(f, HL_AT_SYSTEM, &e->ref) || !worth_a_look(f, e))
		return HL_OK;
	st = try_windows(f, e, base);
	if (st != HL_END)
		return st;
	return look_into(f, e, base);
}
