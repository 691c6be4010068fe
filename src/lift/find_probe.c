/*
 * find_probe.c: is a folder of a root a Windows folder, a folder of profiles,
 * or an older system?  Names are a short cut; content decides, within the
 * budgets of limits.h.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
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

/* HL_OK: it is a Windows folder, and kept; HL_END: it is not. */
static enum hl_status try_windows(struct hl_find *f, const struct hl_ref *ref,
                                  const char *path)
{
	struct hl_entry e;
	char *real;
	enum hl_status st = hl_place_folder(f, ref, "", "System32/config", &e,
	                                    &real);

	if (st != HL_OK)
		return st;
	hl_free(f->ctx, real);
	return hl_place_add(f, HL_AT_WINDOWS, ref, path, NULL);
}

/* A mandatory profile (.MAN) has one of the other kind among its brothers. */
static enum hl_status has_profile_hive(struct hl_find *f,
                                       const struct hl_ref *dir, bool man)
{
	struct hl_entry e;
	enum hl_status st = hl_find_lookup(f, dir, "NTUSER.DAT", &e);

	if (st == HL_END && man)
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

/* A Windows folder one level down makes its parent a system. */
static enum hl_status try_inner_windows(struct parent *p,
                                        const struct hl_entry *e)
{
	char *path = hl_asprintf(p->f->ctx, "%s/%s", p->path, e->name);

	if (!path)
		return HL_NOMEM;
	enum hl_status st = try_windows(p->f, &e->ref, path);
	hl_free(p->f->ctx, path);
	return st == HL_OK ? found_system(p) : st;
}

/* Enough of this one?  Never where a profile was seen. */
static bool enough(const struct parent *p)
{
	if (p->sure || p->hit)
		return false;
	return p->f->probes == 0 || p->vain >= HL_MAX_PROBES_EACH;
}

static enum hl_status try_grandchild(struct parent *p,
                                     const struct hl_entry *e)
{
	struct hl_find *f = p->f;
	enum hl_status st = HL_OK;

	if (!p->sure)
		st = has_profile_hive(f, &e->ref, p->hit);
	if (st == HL_OK) {
		p->hit = true;
		return add_named(f, HL_AT_PROFILE, &e->ref, p->path, e->name,
		                 e->name);
	}
	if (st != HL_END)
		return st;
	st = try_inner_windows(p, e);
	if (st != HL_END)
		return st;
	p->vain++;
	f->probes -= !p->hit && f->probes > 0;
	return HL_OK;
}

/* One folder in a folder of a root; *end: this one is known for what it is. */
static enum hl_status take(struct parent *p, const struct hl_entry *e,
                           bool *end)
{
	enum hl_status st = HL_END;

	if (!p->sure && hl_casecmp(e->name, "System32") == 0) {
		st = try_windows(p->f, &p->dir->ref, p->path);
		*end = st == HL_OK;
	} else if (!p->sure && is_one_of(e->name, usual_windows,
	                                 COUNT(usual_windows))) {
		st = try_inner_windows(p, e);
	} else if (!enough(p)) {
		st = try_grandchild(p, e);
	}
	return st == HL_END ? HL_OK : st;
}

/* The list was given up: what has the usual names is looked up. */
static enum hl_status look_up(struct parent *p)
{
	struct hl_find *f = p->f;
	struct hl_entry e;
	enum hl_status st = try_windows(f, &p->dir->ref, p->path);

	for (size_t i = 0; st == HL_END && i < COUNT(usual_windows); i++) {
		st = hl_find_lookup(f, &p->dir->ref, usual_windows[i], &e);
		if (st == HL_OK && e.type == HL_DIR)
			st = try_inner_windows(p, &e);
		else if (st == HL_OK)
			st = HL_END;
	}
	return hl_find_goes_on(st) ? HL_OK : st;
}

/* Names are listed while they are few, or profiles are among them. */
static bool list_on(const struct parent *p, size_t n)
{
	return p->sure || p->hit ||
	       (n < HL_MAX_NAMES_EACH && p->f->probe_names > 0);
}

static enum hl_status look_through(struct parent *p)
{
	struct hl_find *f = p->f;
	struct hl_fs_iter *it;
	struct hl_entry e;
	bool end = false;
	size_t n;
	enum hl_status st = hl_fs_list(&it, f->fs, &p->dir->ref,
	                               HL_LIST_NAMES);

	if (st != HL_OK)
		return hl_find_goes_on(st) ? HL_OK : st;
	for (n = 0; !end && list_on(p, n); n++) {
		st = hl_cancelled(f->ctx) ? HL_CANCELLED : hl_fs_next(it, &e);
		if (st == HL_CORRUPT)
			continue;
		if (st != HL_OK)
			break;
		f->probe_names -= !p->sure && !p->hit;
		if (e.type == HL_DIR)
			st = take(p, &e, &end);
		if (st != HL_OK)
			break;
	}
	hl_fs_iter_close(it);
	if (!hl_find_goes_on(st))
		return st;
	return end || list_on(p, n) ? HL_OK : look_up(p);
}

static enum hl_status look_into(struct hl_find *f, const struct hl_entry *dir,
                                const char *base, char *path)
{
	struct parent p = { .f = f, .dir = dir, .path = path };
	enum hl_status st = HL_END;

	p.in_root = base[0] == '\0';
	p.sure = is_one_of(dir->name, usual_profiles, COUNT(usual_profiles));
	/* with the name but without System32: what is left of one (a moved
	   \WINNT\Profiles), so its rows are tried, and so is the rest */
	if (is_one_of(dir->name, usual_windows, COUNT(usual_windows))) {
		st = try_windows(f, &dir->ref, path);
		if (st != HL_END)
			return st;
		st = hl_place_add(f, HL_AT_WINDOWS, &dir->ref, path, NULL);
	}
	return hl_find_goes_on(st) ? look_through(&p) : st;
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
	char *path = hl_asprintf(f->ctx, "%s/%s", base, e->name);
	if (!path)
		return HL_NOMEM;
	st = look_into(f, e, base, path);
	hl_free(f->ctx, path);
	return st;
}
