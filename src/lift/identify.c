/*
 * identify.c: whose the hives are and what machine they make: a few keys of
 * SOFTWARE, SYSTEM and UsrClass.dat.
 *
 *	SOFTWARE  ProfileList\<SID>: ProfileImagePath    a profile's SID
 *	          CurrentVersion                         Windows' version
 *	SYSTEM    ControlSet…\ComputerName               the computer's name
 *	UsrClass  root key "<SID>_Classes"               the SID once more
 *
 * They are read as found: logs rarely hold the only copy of such keys, and a
 * dirty hive is replayed when its turn comes, not before.
 * The SID never comes from a file's owner, which is often SYSTEM.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "base/text.h"
#include "hive/hive_keys.h"
#include "hivelift/lift.h"

#define CONFIG "/System32/config/"

static bool stops(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

/* "/Windows" of "/Windows/System32/config/SOFTWARE"; false: elsewhere. */
static bool windows_of(const struct hl_hive *h, char *dst, size_t size)
{
	const char *name = strrchr(h->path, '/');
	size_t n = strlen(CONFIG), len;

	if (!name || (h->entry.flags & HL_ENTRY_DELETED))
		return false;
	len = (size_t)(name - h->path) + 1;
	if (len < n || !hl_case_starts(h->path + len - n, CONFIG) ||
	    len - n >= size)
		return false;
	memcpy(dst, h->path, len - n);
	dst[len - n] = '\0';
	return true;
}

/* ---- profiles ---------------------------------------------------------- */

static void cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/*
 * "%SystemDrive%\Users\x", "C:\Users\x" or "%SystemRoot%\x" as a path on the
 * volume of that Windows folder.
 */
static bool on_volume(const char *image, const char *windows, char *dst,
                      size_t size)
{
	static const char *const roots[] = { "%SystemRoot%", "%windir%" };
	char drive[1024];

	hl_copy(drive, sizeof(drive), windows);
	cut_last(drive);
	for (size_t i = 0; i < 2; i++)
		if (hl_case_starts(image, roots[i])) {
			image += strlen(roots[i]);
			hl_copy(drive, sizeof(drive), windows);
		}
	if (hl_case_starts(image, "%SystemDrive%"))
		image += strlen("%SystemDrive%");
	else if (image[0] && image[1] == ':')
		image += 2;
	if (*image != '\\' && *image != '/')
		return false;
	if ((size_t)snprintf(dst, size, "%s%s", drive, image) >= size)
		return false;
	for (char *p = dst; *p; p++)
		if (*p == '\\')
			*p = '/';
	return true;
}

static bool below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return n && hl_case_starts(path, dir) && path[n] == '/';
}

static enum hl_status set_sid(struct hl_hive *h, const char *sid,
                              const char *source, const struct hl_ctx *ctx)
{
	if (h->sid)
		return HL_OK;
	h->sid = hl_strdup(ctx, sid);
	h->sid_source = source;
	return h->sid ? HL_OK : HL_NOMEM;
}

/* All of that profile get it. */
static enum hl_status give(struct hl_hives *hives, const struct hl_hive *by,
                           const char *dir, const char *sid,
                           const char *source, const struct hl_ctx *ctx)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; st == HL_OK && i < hl_hives_count(hives); i++) {
		struct hl_hive *h = hl_hives_get(hives, i);
		if (h->volume == by->volume && h->user &&
		    (h->kind == HL_KIND_NTUSER ||
		     h->kind == HL_KIND_USRCLASS) && below(h->path, dir))
			st = set_sid(h, sid, source, ctx);
	}
	return st;
}

static enum hl_status profiles(struct hl_hives *hives, struct hl_hive *by,
                               struct hive_tree *t,
                               const struct hive_key *version,
                               const char *windows, const struct hl_ctx *ctx)
{
	struct hive_key list, key;
	struct hive_value v;
	char image[1024], dir[2048];
	uint32_t i = 0;
	enum hl_status st = hl_tree_find(t, version, "ProfileList", &list);

	while (st == HL_OK) {
		st = hl_tree_next(t, &list, &i, &key);
		if (st != HL_OK || !hl_case_starts(key.name, "S-1-"))
			continue;
		st = hl_tree_value(t, &key, "ProfileImagePath", &v);
		if (st == HL_OK && hl_value_text(&v, image, sizeof(image)) &&
		    on_volume(image, windows, dir, sizeof(dir)))
			st = give(hives, by, dir, key.name, "ProfileList",
			          ctx);
		else if (!stops(st))
			st = HL_OK;
	}
	return stops(st) ? st : HL_OK;
}

/* ---- the machine ------------------------------------------------------- */

static enum hl_status text_of(struct hive_tree *t, const struct hive_key *key,
                              const char *name, char *dst, size_t size)
{
	struct hive_value v;
	enum hl_status st = hl_tree_value(t, key, name, &v);

	*dst = '\0';
	if (st == HL_OK)
		(void)hl_value_text(&v, dst, size);
	return stops(st) ? st : HL_OK;
}

static enum hl_status version(struct hive_tree *t, const struct hive_key *key,
                              struct hl_machine *m)
{
	enum hl_status st = text_of(t, key, "ProductName", m->product,
	                            sizeof(m->product));

	if (st == HL_OK)
		st = text_of(t, key, "DisplayVersion", m->release,
		             sizeof(m->release));
	if (st == HL_OK && !*m->release)
		st = text_of(t, key, "ReleaseId", m->release,
		             sizeof(m->release));
	if (st == HL_OK && !*m->release)
		st = text_of(t, key, "CSDVersion", m->release,
		             sizeof(m->release));
	if (st == HL_OK)
		st = text_of(t, key, "CurrentBuildNumber", m->build,
		             sizeof(m->build));
	if (st == HL_OK && !*m->build)
		st = text_of(t, key, "CurrentBuild", m->build,
		             sizeof(m->build));
	if (st == HL_OK && !*m->product)
		st = text_of(t, key, "CurrentVersion", m->product,
		             sizeof(m->product));
	return st;
}

static enum hl_status software(struct hl_hives *hives, struct hl_hive *h,
                               struct hive_tree *t,
                               const struct hive_key *root,
                               struct hl_machine *m, const struct hl_ctx *ctx)
{
	struct hive_key key;
	enum hl_status st = hl_tree_find(t, root,
	                                 "Microsoft/Windows NT/CurrentVersion",
	                                 &key);

	if (st == HL_OK)
		st = version(t, &key, m);
	if (st == HL_OK)
		st = profiles(hives, h, t, &key, m->path, ctx);
	return st;
}

static enum hl_status system_hive(struct hive_tree *t,
                                  const struct hive_key *root,
                                  struct hl_machine *m)
{
	struct hive_key key;
	struct hive_value v;
	char path[80];
	unsigned set = 1;
	enum hl_status st = hl_tree_find(t, root, "Select", &key);

	if (st == HL_OK)
		st = hl_tree_value(t, &key, "Current", &v);
	if (st == HL_OK && v.type == 4 && v.n >= 1)
		set = v.data[0];
	if (stops(st))
		return st;
	snprintf(path, sizeof(path),
	         "ControlSet%03u/Control/ComputerName/ComputerName", set);
	st = hl_tree_find(t, root, path, &key);
	if (st == HL_OK)
		st = text_of(t, &key, "ComputerName", m->computer,
		             sizeof(m->computer));
	return st;
}

/* ---- each hive that tells something ----------------------------------- */

static enum hl_status usrclass(struct hl_hives *hives, struct hl_hive *h,
                               const struct hive_key *root,
                               const struct hl_ctx *ctx)
{
	static const char end[] = "_Classes";
	char sid[200], dir[2048];
	size_t n = strlen(root->name), m = strlen(end);
	const char *tail = "/AppData/Local/Microsoft/Windows/";

	if (n <= m || n - m >= sizeof(sid) ||
	    hl_casecmp(root->name + n - m, end) != 0 ||
	    !hl_case_starts(root->name, "S-1-"))
		return HL_OK;
	memcpy(sid, root->name, n - m);
	sid[n - m] = '\0';
	enum hl_status st = set_sid(h, sid, "root key", ctx);
	size_t len = strlen(h->path) - strlen(h->entry.name), k = strlen(tail);
	if (st != HL_OK || len <= k || len - k >= sizeof(dir) ||
	    !hl_case_starts(h->path + len - k, tail))
		return st;
	memcpy(dir, h->path, len - k);
	dir[len - k] = '\0';
	return give(hives, h, dir, sid, "root key of UsrClass.dat", ctx);
}

static enum hl_status look(struct hl_hives *hives, struct hl_hive *h,
                           struct hl_machine *m, const struct hl_ctx *ctx)
{
	struct hl_src *src;
	struct hive_tree t;
	struct hive_key root;
	enum hl_status st = hl_fs_stream(&src, h->volume->fs, &h->entry.ref,
	                                 NULL, HL_STREAM_LOOK);

	if (st != HL_OK)
		return st;
	st = hl_tree_open(&t, src, &root);
	if (st == HL_OK && h->kind == HL_KIND_USRCLASS)
		st = usrclass(hives, h, &root, ctx);
	else if (st == HL_OK && m && h->kind == HL_KIND_SOFTWARE)
		st = software(hives, h, &t, &root, m, ctx);
	else if (st == HL_OK && m)
		st = system_hive(&t, &root, m);
	hl_src_close(src);
	return st;
}

static struct hl_machine *machine(struct hl_machine *list, size_t *n,
                                  size_t max, const struct hl_hive *h)
{
	char path[sizeof(list->path)];

	if (!windows_of(h, path, sizeof(path)))
		return NULL;
	for (size_t i = 0; i < *n; i++)
		if (list[i].volume == h->volume &&
		    hl_casecmp(list[i].path, path) == 0)
			return &list[i];
	if (*n == max)
		return NULL;
	struct hl_machine *m = &list[(*n)++];
	memset(m, 0, sizeof(*m));
	m->volume = h->volume;
	hl_copy(m->path, sizeof(m->path), path);
	return m;
}

/* One kind after the other: what ProfileList says comes first. */
enum hl_status hl_hives_identify(struct hl_hives *hives,
                                 struct hl_machine *list, size_t *n,
                                 size_t max, const struct hl_ctx *ctx)
{
	static const enum hl_kind kinds[] = { HL_KIND_SOFTWARE, HL_KIND_SYSTEM,
		                              HL_KIND_USRCLASS };

	*n = 0;
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < hl_hives_count(hives); i++) {
			struct hl_hive *h = hl_hives_get(hives, i);
			struct hl_machine *m = NULL;
			if (h->kind != kinds[k] || h->entry.size == 0)
				continue;
			if (h->kind != HL_KIND_USRCLASS) {
				m = machine(list, n, max, h);
				if (!m)
					continue;
			}
			enum hl_status st = look(hives, h, m, ctx);
			if (stops(st))
				return st;
		}
	return HL_OK;
}
