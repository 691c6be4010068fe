/*
 * check_fs.c: the generic layer over a file system that exists only here:
 * a fixed tree, so that every path rule and every kind of loop can be had.
 */
#include <string.h>

#include "fs/fs_impl.h"
#include "base/text.h"
#include "fs/walk.h"
#include "testing.h"
#include "vol_build.h"

/* ---- a driver with a fixed tree -------------------------------------- */

struct node {
	uint64_t id, parent;
	enum hl_type type;
	const char *name;
	unsigned flags;
};

/* id 5 is the root, as on NTFS, and lists itself as "." does there */
static const struct node tree[] = {
	{ 5, 5, HL_DIR, ".", 0 },
	{ 10, 5, HL_DIR, "Windows", 0 },
	{ 11, 10, HL_DIR, "System32", 0 },
	{ 12, 11, HL_FILE, "SYSTEM", 0 },
	{ 13, 11, HL_FILE, "a:b", 0 },      /* POSIX allows it */
	{ 14, 5, HL_FILE, "c:x", 0 },
	{ 15, 5, HL_LINK, "Documents", 0 },
	{ 16, 5, HL_FILE, "note", 0 },
	{ 10, 5, HL_DIR, "WINDOW~1", HL_ENTRY_SHORT_NAME },
	{ 17, 5, HL_DIR, "gone", HL_ENTRY_DELETED },
	{ 18, 17, HL_FILE, "below gone", 0 },
	{ 19, 5, HL_FILE, "3", 0 },
	{ 20, 5, HL_DIR, "end", 0 },
};

struct fake {
	const struct node *node;
	size_t n;
	size_t next_fails_at; /* listing of any folder breaks there; 0: never */
	enum hl_status fail;
	bool rescued;
};
struct fake_iter {
	uint64_t dir;
	size_t i;
};

static struct fake fake_now; /* read by open: a driver has no arguments */
static enum hl_status open_status;
static bool needs_rescue;

static void fill(const struct node *node, struct hl_entry *e)
{
	memset(e, 0, sizeof(*e));
	e->ref.id = node->id;
	e->ref.seq = 7;
	e->parent.id = node->parent;
	e->type = node->type;
	e->flags = node->flags | HL_ENTRY_RECORD;
	snprintf(e->name, sizeof(e->name), "%s", node->name);
	e->n_name16 = (uint16_t)hl_utf16_from8(e->name16, HL_NAME_UNITS,
	                                       e->name);
	for (size_t i = 0; i < e->n_name16; i++)
		if (e->name16[i] == 0xfffd) /* what the text cannot say */
			e->name16[i] = 0xd800;
}

static enum hl_status f_probe(const void *p, size_t n)
{
	return n >= 4 && memcmp(p, "FAKE", 4) == 0 ? HL_OK : HL_END;
}

static enum hl_status f_open(struct hl_fs *fs, bool rescue)
{
	if (needs_rescue && !rescue)
		return HL_CORRUPT;
	if (rescue && !needs_rescue)
		return HL_END;
	if (open_status != HL_OK)
		return open_status;
	fs->impl = &fake_now;
	fs->info.name = "fake";
	fs->info.has_records = true;
	fake_now.rescued = rescue;
	return HL_OK;
}

static void f_close(struct hl_fs *fs)
{
	fs->impl = NULL;
}

static enum hl_status f_root(struct hl_fs *fs, struct hl_entry *out)
{
	fill(&((struct fake *)fs->impl)->node[0], out);
	return HL_OK;
}

static enum hl_status f_lookup(struct hl_fs *fs, const struct hl_ref *dir,
                               const char *name, struct hl_entry *out)
{
	const struct fake *f = fs->impl;

	if (strcmp(name, "bad") == 0)
		return HL_CORRUPT;
	for (size_t i = 0; i < f->n; i++) {
		const char *a = f->node[i].name;

		if (f->node[i].parent != dir->id || strlen(a) != strlen(name))
			continue;
		size_t k = 0;
		while (name[k] && (a[k] | 32) == (name[k] | 32))
			k++;
		if (!name[k]) {
			fill(&f->node[i], out);
			return HL_OK;
		}
	}
	return HL_END;
}

static enum hl_status f_entry(struct hl_fs *fs, const struct hl_ref *ref,
                              bool by_number, struct hl_entry *out)
{
	const struct fake *f = fs->impl;

	for (size_t i = 0; i < f->n; i++) {
		if (f->node[i].id != ref->id || (!by_number && ref->seq != 7))
			continue;
		fill(&f->node[i], out);
		return HL_OK;
	}
	return HL_END;
}

static enum hl_status f_list(void **iter, struct hl_fs *fs,
                             const struct hl_ref *dir, unsigned how)
{
	(void)how;
	if (dir->id == 99)
		return HL_CORRUPT;
	struct fake_iter *it = calloc(1, sizeof(*it));
	(void)fs;
	it->dir = dir->id;
	*iter = it;
	return HL_OK;
}

static enum hl_status f_next(struct hl_fs *fs, void *iter,
                             struct hl_entry *out)
{
	const struct fake *f = fs->impl;
	struct fake_iter *it = iter;

	while (it->i < f->n) {
		size_t i = it->i++;

		if (f->next_fails_at && i == f->next_fails_at)
			return f->fail;
		if (f->node[i].parent != it->dir ||
		    strcmp(f->node[i].name, ".") == 0) /* as drivers do */
			continue;
		fill(&f->node[i], out);
		return HL_OK;
	}
	return HL_END;
}

static void f_list_close(struct hl_fs *fs, void *iter)
{
	(void)fs;
	free(iter);
}

static const struct hl_fs_ops fake_ops = {
	.probe = f_probe, .open = f_open, .close = f_close, .root = f_root,
	.lookup = f_lookup, .entry = f_entry, .list = f_list, .next = f_next,
	.list_close = f_list_close,
};
static const struct hl_fs_driver fakes[] = {
	{ "fake", &fake_ops }, { NULL, NULL },
};

struct world {
	struct img m;
	struct hl_fs *fs;
};

static struct world world(const struct node *node, size_t n)
{
	struct world w = { .m = img_new(200, 512) };
	struct hl_fs_found found;

	fake_now = (struct fake){ .node = node, .n = n };
	memcpy(w.m.p, "FAKE", 4);
	ck_assert_int_eq(hl_fs_identify_with(&found, img_src(&w.m), false,
	                                     fakes, test_ctx()), HL_OK);
	w.fs = found.fs;
	return w;
}

static void end(struct world *w)
{
	hl_fs_close(w->fs);
	img_free(&w->m);
	ck_assert_uint_eq(test_mem_now(), 0);
}

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* ---- paths ----------------------------------------------------------- */

static const struct {
	const char *path;
	enum hl_status st;
	uint64_t id;
} finds[] = {
	{ "", HL_OK, 5 },
	{ "/", HL_OK, 5 },
	{ "\\", HL_OK, 5 },
	{ "C:", HL_OK, 5 },
	{ "C:\\", HL_OK, 5 },
	{ "/Windows/System32/SYSTEM", HL_OK, 12 },
	{ "Windows\\system32\\system", HL_OK, 12 },
	{ "c:\\windows\\SYSTEM32//SYSTEM", HL_OK, 12 },
	{ "d:/windows/./System32/", HL_OK, 11 },
	{ "/Windows/System32/a:b", HL_OK, 13 },
	{ "c:x", HL_OK, 14 },
	{ "/no", HL_END, 0 },
	{ "/note/below", HL_END, 0 },
	{ "/Documents", HL_OK, 15 },
	{ "/bad/x", HL_CORRUPT, 0 },
	{ "@12", HL_OK, 12 },
	{ "@12-7", HL_OK, 12 },
	{ "@12-8", HL_END, 0 },
	{ "@4000", HL_END, 0 },
	{ "@11/SYSTEM", HL_OK, 12 },
	{ "@", HL_END, 0 },
	{ "@x", HL_END, 0 },
	{ "@12-", HL_END, 0 },
	{ "@12x", HL_END, 0 },
	{ "@99999999999999999999999999", HL_END, 0 },
	{ "/@12", HL_END, 0 }, /* a name */
};

START_TEST(a_path_leads_to_its_file)
{
	struct world w = world(tree, N(tree));
	struct hl_entry e;
	enum hl_status st = hl_fs_find(w.fs, finds[_i].path, &e);

	ck_assert_msg(st == finds[_i].st, "%s: %d", finds[_i].path, st);
	if (st == HL_OK)
		ck_assert_uint_eq(e.ref.id, finds[_i].id);
	end(&w);
}
END_TEST

START_TEST(a_name_longer_than_any_is_not_there)
{
	struct world w = world(tree, N(tree));
	char name[HL_NAME_BYTES + 10];
	struct hl_entry e;

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(hl_fs_find(w.fs, name, &e), HL_END);
	end(&w);
}
END_TEST

static const struct {
	const char *arg, *volume, *path;
	size_t n_base;
	const char *stream;
} parses[] = {
	{ "/a/b", "", "/a/b", 4, NULL },
	{ "3:/a", "3", "/a", 2, NULL },
	{ "12:\\a", "12", "\\a", 2, NULL },
	{ "L1:/a:s", "L1", "/a:s", 2, "s" },
	{ "l2:/a", "L2", "/a", 2, NULL },
	{ "3.s1:/a", "3.s1", "/a", 2, NULL },
	{ "3:@42-7", "3", "@42-7", 5, NULL },
	{ "3:@42:s", "3", "@42:s", 3, "s" },
	{ "3:", "3", "", 0, NULL },
	{ "3:x", "", "3:x", 1, "x" },        /* a file called 3 */
	{ "C:/a", "", "C:/a", 4, NULL },
	{ "C:\\a\\b:s", "", "C:\\a\\b:s", 6, "s" },
	{ "C:", "", "C:", 2, NULL },
	{ "C:x", "", "C:x", 3, NULL },
	{ "ab:x", "", "ab:x", 2, "x" },
	{ "/a:b/c", "", "/a:b/c", 6, NULL }, /* not behind the last one */
	{ "/a:b:c", "", "/a:b:c", 4, "c" },
	{ "/a:", "", "/a:", 2, "" },
	{ "", "", "", 0, NULL },
	{ ":s", "", ":s", 0, "s" },
	{ "3:C:/a:s", "3", "C:/a:s", 4, "s" },
};

START_TEST(a_path_is_taken_apart)
{
	struct hl_path p;

	ck_assert_int_eq(hl_path_parse(parses[_i].arg, &p), HL_OK);
	ck_assert_str_eq(p.volume, parses[_i].volume);
	ck_assert_str_eq(p.path, parses[_i].path);
	ck_assert_uint_eq(p.n_base, parses[_i].n_base);
	if (parses[_i].stream)
		ck_assert_str_eq(p.stream, parses[_i].stream);
	else
		ck_assert_ptr_null(p.stream);
}
END_TEST

START_TEST(a_volume_with_too_many_digits_is_refused)
{
	struct hl_path p;

	ck_assert_int_eq(hl_path_parse("11111111111111111111:/x", &p),
	                 HL_USAGE);
}
END_TEST

START_TEST(the_whole_name_comes_before_the_stream)
{
	static const struct {
		const char *arg;
		enum hl_status st;
		uint64_t id;
		const char *stream;
	} t[] = {
		{ "/Windows/System32/a:b", HL_OK, 13, "" },
		{ "/Windows/System32/a:b:s", HL_OK, 13, "s" },
		{ "/note:s", HL_OK, 16, "s" },
		{ "note", HL_OK, 16, "" },
		{ "@12:s", HL_OK, 12, "s" },
		{ "C:x", HL_OK, 14, "" },     /* there is a file "c:x" */
		{ "C:note", HL_OK, 16, "" },  /* and drive C */
		{ "C:note:s", HL_OK, 16, "s" },
		{ "3:s", HL_OK, 19, "s" },
		{ "/no:s", HL_END, 0, "s" },
	};
	struct world w = world(tree, N(tree));

	for (size_t i = 0; i < N(t); i++) {
		struct hl_path p;
		struct hl_entry e;
		const char *stream;

		ck_assert_int_eq(hl_path_parse(t[i].arg, &p), HL_OK);
		ck_assert_int_eq(hl_fs_find_path(w.fs, &p, &e, &stream),
		                 t[i].st);
		if (t[i].st == HL_OK)
			ck_assert_uint_eq(e.ref.id, t[i].id);
		ck_assert_str_eq(stream, t[i].stream);
	}
	end(&w);
}
END_TEST

/* ---- identify -------------------------------------------------------- */

static enum hl_status identify(struct img *m, bool rescue,
                               struct hl_fs_found *found)
{
	return hl_fs_identify_with(found, img_src(m), rescue, fakes,
	                           test_ctx());
}

START_TEST(bitlocker_to_go_comes_before_the_driver_it_imitates)
{
	static const uint8_t guid[16] = {
		0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
		0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01
	};
	struct img m = img_new(200, 512);
	struct hl_fs_found found;

	fake_now = (struct fake){ .node = tree, .n = N(tree) };
	memcpy(m.p, "FAKEMSWIN4.1", 12);
	memcpy(m.p + 424, guid, 16);
	ck_assert_int_eq(identify(&m, true, &found), HL_END);
	ck_assert_ptr_null(found.fs);
	ck_assert_str_eq(found.name, "bitlocker");
	img_free(&m);
}
END_TEST

START_TEST(a_signature_comes_before_second_copies)
{
	struct img m = img_new(200, 512);
	struct hl_fs_found found;

	fake_now = (struct fake){ .node = tree, .n = N(tree) };
	needs_rescue = true; /* a second copy is there */
	memcpy(m.p, "LUKS\xba\xbe", 6);
	ck_assert_int_eq(identify(&m, true, &found), HL_END);
	ck_assert_str_eq(found.name, "luks");
	memset(m.p, 0, 6);
	ck_assert_int_eq(identify(&m, false, &found), HL_END);
	ck_assert(found.zeros);
	ck_assert_int_eq(identify(&m, true, &found), HL_OK);
	ck_assert(fake_now.rescued);
	ck_assert_str_eq(found.name, "fake");
	hl_fs_close(found.fs);
	img_free(&m);
}
END_TEST

START_TEST(what_a_driver_knows_and_cannot_open_keeps_its_name)
{
	struct img m = img_new(200, 512);
	struct hl_fs_found found;

	memcpy(m.p, "FAKE", 4);
	open_status = HL_CORRUPT;
	ck_assert_int_eq(identify(&m, true, &found), HL_END);
	ck_assert(found.damaged);
	ck_assert_str_eq(found.name, "fake");
	ck_assert_str_eq(found.reason, "damaged beyond use");
	img_free(&m);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

static const struct { size_t off; const char *magic; size_t n;
                      const char *name; } magics[] = {
	{ 3, "-FVE-FS-", 8, "bitlocker" },
	{ 3, "ReFS\0\0\0\0", 8, "refs" },
	{ 0, "LUKS\xba\xbe", 6, "luks" },
	{ 4096, "SPACEDB ", 8, "storage-spaces" },
	{ 0, "PRIVHEAD", 8, "ldm" },
	{ 32, "NXSB", 4, "apfs" },
	{ 0, "XFSB", 4, "xfs" },
	{ 0x10040, "_BHRfS_M", 8, "btrfs" },
	{ 512, "LABELONE", 8, "lvm2" },
	{ 0, "hsqs", 4, "squashfs" },
	{ 4086, "SWAPSPACE2", 10, "swap" },
	{ 0x8001, "CD001", 5, "iso9660" },
	{ 0x8001, "BEA01", 5, "udf" },
	{ 1024, "H+\0\4", 4, "hfs+" },
	{ 0, "regf", 4, "hive" },
	{ 0x255c, "\x54\x19\x01\x00", 4, "ufs" },
	{ 0x1055c, "\x19\x01\x54\x19", 4, "ufs" },
	{ 512, "\x57\x45\x56\x82", 4, "bsd" },
};

START_TEST(what_is_not_read_has_a_name)
{
	struct img m = img_new(200, 512);

	memcpy(m.p + magics[_i].off, magics[_i].magic, magics[_i].n);
	const struct hl_known *k = hl_known_find(m.p, m.n, false);
	ck_assert_ptr_nonnull(k);
	ck_assert_str_eq(k->fs_name, magics[_i].name);
	ck_assert_ptr_nonnull(k->reason);
	/* and never by bytes behind the end */
	uint8_t *cut = tight(m.p, magics[_i].off + magics[_i].n - 1);
	ck_assert_ptr_null(hl_known_find(cut,
	                   magics[_i].off + magics[_i].n - 1, false));
	free(cut);
	img_free(&m);
}
END_TEST

START_TEST(the_three_exts_are_told_apart)
{
	struct img m = img_new(200, 512);
	uint8_t *sb = m.p + 1024;

	put16(sb + 0x38, 0xef53);
	put32(sb + 0x28, 100); /* inodes per group */
	put32(sb + 0x4c, 1);   /* revision */
	ck_assert_str_eq(hl_known_find(m.p, m.n, false)->fs_name, "ext2");
	put32(sb + 0x5c, 4);   /* has_journal */
	ck_assert_str_eq(hl_known_find(m.p, m.n, false)->fs_name, "ext3");
	put32(sb + 0x60, 0x40); /* extents */
	ck_assert_str_eq(hl_known_find(m.p, m.n, false)->fs_name, "ext4");
	put32(sb + 0x4c, 7);    /* no such revision: two bytes prove nothing */
	ck_assert_ptr_null(hl_known_find(m.p, m.n, false));
	img_free(&m);
}
END_TEST

/* ---- the walk -------------------------------------------------------- */

/* All paths, one a line; "!" for something left out. */
static const char *walk_text(struct world *w, const char *from)
{
	static char s[8192];
	struct hl_entry e;
	struct hl_walk *walk;
	const char *path;
	enum hl_status st;
	size_t n = 0;

	s[0] = '\0';
	ck_assert_int_eq(hl_fs_find(w->fs, from, &e), HL_OK);
	st = hl_walk_open(&walk, w->fs, &e, from, HL_LIST_NAMES);
	ck_assert_int_eq(st, HL_OK);
	while ((st = hl_walk_next(walk, &e, &path)) == HL_OK ||
	       st == HL_CORRUPT)
		n += (size_t)snprintf(s + n, sizeof(s) - n, "%s\n",
		                      st == HL_OK ? path : "!");
	ck_assert_int_eq(st, HL_END);
	hl_walk_close(walk);
	return s;
}

START_TEST(a_walk_gives_folders_before_what_they_hold)
{
	struct world w = world(tree, N(tree));

	ck_assert_str_eq(walk_text(&w, "/"),
	                 "/Windows\n/Windows/System32\n"
	                 "/Windows/System32/SYSTEM\n/Windows/System32/a:b\n"
	                 "/c:x\n/Documents\n/note\n/WINDOW~1\n/gone\n/3\n"
	                 "/end\n");
	ck_assert_str_eq(walk_text(&w, "/Windows/System32"),
	                 "/Windows/System32/SYSTEM\n/Windows/System32/a:b\n");
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	end(&w);
}
END_TEST

/* 30 folders each listing the next twice: 2^30 paths, if followed */
START_TEST(cross_links_do_not_explode)
{
	static char names[60][8];
	static struct node n[61];
	size_t k = 0;

	n[k++] = (struct node){ 5, 5, HL_DIR, ".", 0 };
	for (uint64_t i = 0; i < 30; i++)
		for (int j = 0; j < 2; j++) {
			snprintf(names[k - 1], 8, "%d%c", (int)i, 'a' + j);
			n[k] = (struct node){ 101 + i, i ? 100 + i : 5, HL_DIR,
			                      names[k - 1], 0 };
			k++;
		}
	struct world w = world(n, k);
	const char *s = walk_text(&w, "/");
	ck_assert_ptr_nonnull(strstr(s, "!"));
	ck_assert(test_noted(HL_LOSS, "a loop or a cross link"));
	end(&w);
}
END_TEST

START_TEST(a_folder_inside_itself_is_entered_once)
{
	static const struct node n[] = {
		{ 5, 5, HL_DIR, ".", 0 },
		{ 10, 5, HL_DIR, "a", 0 },
		{ 11, 10, HL_DIR, "b", 0 },
		{ 10, 11, HL_DIR, "a", 0 },
		{ 5, 11, HL_DIR, "root", 0 },
		{ 12, 11, HL_FILE, "f", 0 },
	};
	struct world w = world(n, N(n));

	ck_assert_str_eq(walk_text(&w, "/"),
	                 "/a\n/a/b\n/a/b/a\n!\n/a/b/root\n!\n/a/b/f\n");
	ck_assert(test_noted(HL_LOSS, ": /a/b/a"));
	end(&w);
}
END_TEST

START_TEST(a_folder_that_cannot_be_listed_does_not_end_the_walk)
{
	static const struct node n[] = {
		{ 5, 5, HL_DIR, ".", 0 },
		{ 99, 5, HL_DIR, "broken", 0 },
		{ 11, 5, HL_FILE, "f", 0 },
	};
	struct world w = world(n, N(n));

	ck_assert_str_eq(walk_text(&w, "/"), "/broken\n!\n/f\n");
	ck_assert(test_noted(HL_LOSS, "it cannot be listed: /broken"));
	end(&w);
}
END_TEST

START_TEST(a_listing_that_breaks_off_is_told)
{
	static const struct node n[] = {
		{ 5, 5, HL_DIR, ".", 0 },
		{ 10, 5, HL_DIR, "a", 0 },
		{ 11, 10, HL_FILE, "x", 0 },
		{ 12, 10, HL_FILE, "y", 0 },
	};
	struct world w = world(n, N(n));

	fake_now.next_fails_at = 3;
	fake_now.fail = HL_LIMIT;
	ck_assert_str_eq(walk_text(&w, "/a"), "/a/x\n!\n");
	ck_assert(test_noted(HL_LOSS, "its listing broke off: /a"));
	end(&w);
}
END_TEST

/* U+FFFD in the text, the lone surrogate in the units; also further down. */
START_TEST(a_walk_carries_names_that_are_no_utf16)
{
	static const struct node n[] = {
		{ 5, 5, HL_DIR, ".", 0 },
		{ 9, 5, HL_FILE, "a", 0 },
		{ 10, 5, HL_DIR, "b\xef\xbf\xbd", HL_ENTRY_BAD_NAME },
		{ 11, 10, HL_FILE, "x", 0 },
		{ 12, 5, HL_FILE, "c", 0 },
	};
	static const uint16_t want[] = { '/', 'b', 0xd800, '/', 'x' };
	static const size_t n_units[] = { 0, 3, 5, 0 };
	static const char *const from[] = { "/", "/b\xef\xbf\xbd" };
	struct world w = world(n, N(n));
	struct hl_entry e;
	struct hl_walk *walk;
	const char *path;
	size_t k;

	ck_assert_int_eq(hl_fs_find(w.fs, from[_i], &e), HL_OK);
	ck_assert_int_eq(hl_walk_open(&walk, w.fs, &e, from[_i], 0), HL_OK);
	for (size_t i = _i ? 2 : 0; i < (_i ? 3 : 4); i++) {
		ck_assert_int_eq(hl_walk_next(walk, &e, &path), HL_OK);
		const uint16_t *u = hl_walk_path16(walk, &k);
		ck_assert_int_eq(u != NULL, n_units[i] != 0);
		if (u) {
			ck_assert_uint_eq(k, n_units[i]);
			ck_assert_mem_eq(u, want, 2 * k);
		}
	}
	ck_assert_int_eq(hl_walk_next(walk, &e, &path), HL_END);
	hl_walk_close(walk);
	end(&w);
}
END_TEST

START_TEST(what_is_pruned_is_not_entered)
{
	struct world w = world(tree, N(tree));
	struct hl_entry e;
	struct hl_walk *walk;
	const char *path;
	size_t n = 0;

	ck_assert_int_eq(hl_fs_root(w.fs, &e), HL_OK);
	ck_assert_int_eq(hl_walk_open(&walk, w.fs, &e, "/", 0), HL_OK);
	for (; hl_walk_next(walk, &e, &path) == HL_OK; n++) {
		ck_assert_ptr_null(strchr(path + 1, '/'));
		hl_walk_prune(walk);
	}
	ck_assert_uint_gt(n, 5);
	hl_walk_close(walk);
	end(&w);
}
END_TEST

START_TEST(depth_is_bounded)
{
	static struct node n[1202];

	n[0] = (struct node){ 5, 5, HL_DIR, ".", 0 };
	for (uint64_t i = 1; i < 1201; i++)
		n[i] = (struct node){ 100 + i, i == 1 ? 5 : 99 + i, HL_DIR,
		                      "d", 0 };
	struct world w = world(n, 1201);
	struct hl_entry e;
	struct hl_walk *walk;
	const char *path;
	enum hl_status st;
	size_t ok = 0;

	ck_assert_int_eq(hl_fs_root(w.fs, &e), HL_OK);
	ck_assert_int_eq(hl_walk_open(&walk, w.fs, &e, "/", 0), HL_OK);
	while ((st = hl_walk_next(walk, &e, &path)) == HL_OK ||
	       st == HL_CORRUPT)
		ok += st == HL_OK;
	ck_assert_uint_eq(ok, 1024);
	ck_assert(test_noted(HL_LOSS, "too deep"));
	hl_walk_close(walk);
	end(&w);
}
END_TEST

START_TEST(a_walk_survives_every_failing_allocation)
{
	struct world w = world(tree, N(tree));
	uint64_t before = test_mem_now();
	enum hl_status st = HL_NOMEM;

	for (size_t i = 1; i < 80 && st == HL_NOMEM; i++) {
		struct hl_walk *walk;
		struct hl_entry e;
		const char *path;

		hl_fs_root(w.fs, &e) == HL_OK ? (void)0 : ck_abort();
		test_fail_alloc(i);
		st = hl_walk_open(&walk, w.fs, &e, "/", 0);
		while (st == HL_OK)
			st = hl_walk_next(walk, &e, &path);
		test_fail_alloc(0);
		hl_walk_close(walk);
		ck_assert_uint_eq(test_mem_now(), before);
	}
	ck_assert_int_eq(st, HL_END);
	end(&w);
}
END_TEST

int main(void)
{
	TCase *path = tcase_create("paths"), *ident = tcase_create("identify");
	TCase *walk = tcase_create("walk");

	tcase_add_loop_test(path, a_path_leads_to_its_file, 0, N(finds));
	tcase_add_test(path, a_name_longer_than_any_is_not_there);
	tcase_add_loop_test(path, a_path_is_taken_apart, 0, N(parses));
	tcase_add_test(path, a_volume_with_too_many_digits_is_refused);
	tcase_add_test(path, the_whole_name_comes_before_the_stream);
	tcase_add_test(ident,
	               bitlocker_to_go_comes_before_the_driver_it_imitates);
	tcase_add_test(ident, a_signature_comes_before_second_copies);
	tcase_add_test(ident,
	               what_a_driver_knows_and_cannot_open_keeps_its_name);
	tcase_add_loop_test(ident, what_is_not_read_has_a_name, 0, N(magics));
	tcase_add_test(ident, the_three_exts_are_told_apart);
	tcase_add_test(walk, a_walk_gives_folders_before_what_they_hold);
	tcase_add_test(walk, cross_links_do_not_explode);
	tcase_add_test(walk, a_folder_inside_itself_is_entered_once);
	tcase_add_test(walk,
	               a_folder_that_cannot_be_listed_does_not_end_the_walk);
	tcase_add_test(walk, a_listing_that_breaks_off_is_told);
	tcase_add_loop_test(walk, a_walk_carries_names_that_are_no_utf16, 0, 2);
	tcase_add_test(walk, what_is_pruned_is_not_entered);
	tcase_add_test(walk, depth_is_bounded);
	tcase_add_test(walk, a_walk_survives_every_failing_allocation);
	return test_main("fs", path, ident, walk, NULL);
}
