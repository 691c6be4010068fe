/*
 * check_ntfs_generated.c: volumes that mkntfs and ntfs-3g write, read back
 * and compared byte for byte with what was written.  Needs root and FUSE.
 */
#include "ntfs_generate.h"

struct volume {
	struct hl_files *files;
	struct hl_src *src;
	struct hl_fs *fs;
};

static void open_volume(struct volume *v)
{
	ck_assert_int_eq(hl_files_find(&v->files, image, NULL, test_ctx()), 0);
	ck_assert_int_eq(hl_image_open(&v->src, v->files, NULL, test_ctx()), 0);
	ck_assert_int_eq(hl_fs_open(&v->fs, v->src, test_ctx()), 0);
}

static void close_volume(struct volume *v)
{
	hl_fs_close(v->fs);
	hl_src_close(v->src);
	hl_files_close(v->files);
}

static void compare(struct hl_fs *fs, const struct file *f)
{
	struct hl_entry e;
	struct hl_src *s;
	uint8_t *want = malloc(f->len + 1), *have = malloc(f->len + 1);
	uint64_t off;

	ck_assert_msg(hl_fs_find(fs, f->path, &e) == HL_OK, "%s", f->path);
	ck_assert_msg(hl_fs_stream(&s, fs, &e.ref, f->stream,
	                           HL_STREAM_CONTENT) == HL_OK, "%s:%s",
	              f->path, f->stream);
	ck_assert_uint_eq(hl_src_size(s), f->len);
	if (!*f->stream)
		ck_assert_uint_eq(e.size, f->len);
	fill(want, f);
	ck_assert_int_eq(hl_src_read(s, 0, have, f->len, NULL), HL_OK);
	ck_assert_msg(!memcmp(want, have, f->len), "%s:%s differs", f->path,
	              f->stream);
	/* the map covers it without holes of its own, piece by piece */
	for (off = 0; off < f->len;) {
		struct hl_extent x;

		ck_assert_int_eq(hl_src_locate(s, off, &x), HL_OK);
		ck_assert_uint_gt(x.len, 0);
		ck_assert_int_eq(x.quality, HL_Q_OK);
		ck_assert_int_ne(x.what, HL_WHAT_MISSING);
		off += x.len;
	}
	hl_src_close(s);
	free(want);
	free(have);
}

static int list_count(struct hl_fs *fs, const char *path, bool sorted)
{
	struct hl_fs_iter *it;
	struct hl_entry e, dir;
	int n = 0;
	enum hl_status st;
	char last[HL_NAME_BYTES] = "";

	ck_assert_int_eq(hl_fs_find(fs, path, &dir), HL_OK);
	ck_assert_int_eq(hl_fs_list(&it, fs, &dir.ref, HL_LIST_FULL), HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK) {
		n++;
		ck_assert(e.flags & HL_ENTRY_FULL);
		if (sorted)
			ck_assert_int_gt(strcmp(e.name, last), 0);
		snprintf(last, sizeof(last), "%s", e.name);
	}
	ck_assert_int_eq(st, HL_END);
	hl_fs_iter_close(it);
	return n;
}

static void check_lookups(struct hl_fs *fs)
{
	struct hl_entry e;
	char path[64];
	int i;

	for (i = 0; i < TALL; i += 37) {
		snprintf(path, sizeof(path), "TALL/name %d OF a tall INDEX", i);
		ck_assert_msg(hl_fs_find(fs, path, &e) == HL_OK, "%s", path);
	}
	ck_assert_int_eq(hl_fs_find(fs, "tall/Name 2000 of a Tall index", &e),
	                 HL_END);
	/* folded by $UpCase, not by this machine */
	ck_assert_int_eq(hl_fs_find(fs, "names/\xd0\xbf\xd0\xa0\xd0\xb8\xd0\xb2"
	                                "\xd0\x95\xd1\x82", &e), HL_OK);
	ck_assert_uint_eq(e.size, 12);
}

/* The fragmented file really is in several records. */
static void check_split(struct hl_fs *fs)
{
	struct hl_entry e;
	struct hl_fact f;
	unsigned cursor = 0, lists = 0, pieces = 0;

	ck_assert_int_eq(hl_fs_find(fs, "fragments", &e), HL_OK);
	while (hl_fs_fact_next(fs, &e.ref, &cursor, &f) == HL_OK) {
		lists += strstr(f.group, "$ATTRIBUTE_LIST") && !strcmp(f.key,
		                                                       "id");
		pieces += strstr(f.group, "$DATA") && !strcmp(f.key, "id");
	}
	ck_assert_uint_eq(lists, 1);
	ck_assert_uint_gt(pieces, 1);
}

START_TEST(every_byte_comes_back)
{
	const struct config *c = &configs[_i];
	struct volume v;
	uint64_t free_bytes;
	size_t i;

	if (!have_tools())
		SKIP("needs root, FUSE, mkntfs, ntfs-3g and setfattr");
	ck_assert(make(c));
	ck_assert(mount_it());
	write_volume(c);
	umount_it();
	open_volume(&v);
	ck_assert_str_eq(hl_fs_info(v.fs)->label, "T\xc3\xa4st");
	ck_assert_uint_eq(hl_fs_info(v.fs)->cluster_size, c->cluster);
	for (i = 0; i < n_files; i++)
		compare(v.fs, &files[i]);
	ck_assert_int_eq(list_count(v.fs, "tall", true), TALL);
	ck_assert_int_eq(list_count(v.fs, "links", false), 60);
	check_lookups(v.fs);
	ck_assert_int_eq(hl_fs_unallocated(v.fs, &free_bytes), HL_OK);
	if (c->cluster <= 4096 || (c->cluster == 65536 && c->sector == 512))
		check_split(v.fs);
	close_volume(&v);
	/* a healthy volume has nothing lost */
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert_uint_eq(test_mem_now(), 0);
	ck_assert_uint_lt(test_stats()->mem_peak, 8u << 20);
	unlink(image);
}
END_TEST

static TCase *volumes(void)
{
	TCase *t = tcase_create("generated");

	tcase_set_timeout(t, 180);
	tcase_add_loop_test(t, every_byte_comes_back, 0, N_CONFIGS);
	return t;
}

int main(void)
{
	return test_main("ntfs_generated", volumes(), NULL);
}
