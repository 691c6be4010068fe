/*
 * check_lost_ntfs.c: NTFS volumes without boot sectors, and below a later
 * volume.  mkntfs and ntfs-3g write them; what must come out is what was
 * written, of every file whose clusters and records hold the same bytes as
 * before.  Nothing that differs may come out unmarked.
 */
#include "ntfs_generate.h"

#include "fs/fs_impl.h"
#include "ntfs/recmap.h"

#define N_DIRS 12
#define N_EACH 25

static char before[600];

struct lost_volume {
	struct hl_files *files;
	struct hl_src *src, *win;
	struct hl_fs *fs;
	struct hl_recmap *map;
};

/* ---- the first generation ------------------------------------------------- */

static void write_tree(unsigned cluster)
{
	static const size_t sizes[] = { 30, 500, 3000, 9000, 70000, 260000 };
	char path[200];
	int d, i;

	for (d = 0; d < N_DIRS; d++) {
		snprintf(path, sizeof(path), "a folder with number %d", d);
		make_dir(path);
		for (i = 0; i < N_EACH; i++) {
			snprintf(path, sizeof(path), "a folder with number %d/"
			         "one of the first files %d-%d", d, d, i);
			add(path, "", sizes[(size_t)(d + i) % 6],
			    (unsigned)(100 * d + i + 1), 0);
		}
	}
	(void)cluster;
}

/* $MFT grows into holes: a full disk, every third file deleted. */
static void write_scattered(void)
{
	char full[1024], path[64];
	uint8_t block[8192];
	int n, i, fd;

	memset(block, 0x55, sizeof(block));
	for (n = 0; n < 20000; n++) {
		snprintf(full, sizeof(full), "%s/pad%d", mnt, n);
		fd = open(full, O_WRONLY | O_CREAT, 0644);
		if (fd < 0 || write(fd, block, sizeof(block)) !=
		              (ssize_t)sizeof(block)) {
			if (fd >= 0)
				close(fd);
			unlink(full);
			break;
		}
		close(fd);
	}
	ck_assert_int_gt(n, 500);
	for (i = n - 1; i > n / 2; i -= 3) {
		snprintf(full, sizeof(full), "%s/pad%d", mnt, i);
		unlink(full);
	}
	for (i = 0; i < 180; i++) {
		snprintf(path, sizeof(path), "late %d", i);
		add(path, "", 200 + (size_t)i, 5000 + (unsigned)i, 0);
	}
}

static bool first_generation(const struct config *c, bool scattered)
{
	if (!make(c) || !mount_it())
		return false;
	if (scattered)
		write_scattered();
	else
		write_tree(c->cluster);
	umount_it();
	snprintf(before, sizeof(before), "%s.before", image);
	ck_assert(run("cp --sparse=always '%s' '%s'", image, before));
	return true;
}

/* ---- what must come out ---------------------------------------------------- */

static bool same_bytes(struct hl_src *a, struct hl_src *b, uint64_t off,
                       uint64_t len)
{
	uint8_t x[4096], y[4096];

	while (len) {
		size_t n = len < sizeof(x) ? (size_t)len : sizeof(x);

		ck_assert_int_eq(hl_src_read(a, off, x, n, NULL), HL_OK);
		ck_assert_int_eq(hl_src_read(b, off, y, n, NULL), HL_OK);
		if (memcmp(x, y, n))
			return false;
		off += n;
		len -= n;
	}
	return true;
}

/* Are record and clusters of that file of the sound volume as they were? */
static bool untouched(struct hl_fs *sound, struct hl_src *old,
                      struct hl_src *now, const struct file *f)
{
	struct hl_entry e;
	struct hl_src *mft, *s;
	struct hl_extent x;
	bool same = true;
	uint64_t off;
	struct hl_ref zero = { .id = 0, .seq = 1 };

	ck_assert_int_eq(hl_fs_find(sound, f->path, &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&mft, sound, &zero, "",
	                              HL_STREAM_CONTENT), HL_OK);
	ck_assert_int_eq(hl_src_locate(mft, e.ref.id * 1024, &x), HL_OK);
	same = same_bytes(old, now, x.in_off, 1024);
	hl_src_close(mft);
	ck_assert_int_eq(hl_fs_stream(&s, sound, &e.ref, "",
	                              HL_STREAM_CONTENT), HL_OK);
	for (off = 0; same && off < hl_src_size(s); off += x.len) {
		ck_assert_int_eq(hl_src_locate(s, off, &x), HL_OK);
		if (x.in)
			same = same_bytes(old, now, x.in_off, x.len);
	}
	hl_src_close(s);
	return same;
}

static bool is_exact(struct hl_src *s, const struct file *f)
{
	uint8_t *want = malloc(f->len + 1), *have = malloc(f->len + 1);
	bool same;

	fill(want, f);
	same = hl_src_size(s) == f->len &&
	       hl_src_read(s, 0, have, f->len, NULL) == HL_OK &&
	       !memcmp(want, have, f->len);
	free(want);
	free(have);
	return same;
}

static bool is_marked(struct hl_src *s)
{
	struct hl_extent x;
	uint64_t off;

	for (off = 0; off < hl_src_size(s); off += x.len) {
		ck_assert_int_eq(hl_src_locate(s, off, &x), HL_OK);
		if (x.quality != HL_Q_OK || x.what == HL_WHAT_MISSING)
			return true;
	}
	return false;
}

static const struct file *file_of(const char *name, bool *seen)
{
	size_t i;

	for (i = 0; i < n_files; i++) {
		const char *slash = strrchr(files[i].path, '/');

		if (!strcmp(slash ? slash + 1 : files[i].path, name)) {
			seen[i] = true;
			return &files[i];
		}
	}
	return NULL;
}

/* Its path leads to it, through "$Orphan" where folders are gone. */
static bool check_path(struct hl_fs *fs, const struct hl_entry *e)
{
	static char path[32768];
	struct hl_entry found;
	bool orphan;

	ck_assert_int_eq(hl_fs_path(fs, e, path, sizeof(path), &orphan),
	                 HL_OK);
	ck_assert_msg(hl_fs_find(fs, path, &found) == HL_OK, "%s", path);
	ck_assert_uint_eq(found.ref.id, e->ref.id);
	return orphan;
}

struct outcome { size_t exact, marked, gone, kept, orphans; };

/* Every file of the lost volume against what was written. */
static struct outcome compare(struct hl_fs *fs, struct hl_src *now)
{
	struct outcome o = { 0, 0, 0, 0, 0 };
	bool seen[MAX_FILES] = { false }, good[MAX_FILES];
	struct hl_files *hf;
	struct hl_src *old, *s;
	struct hl_fs *sound;
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;
	size_t i;

	ck_assert_int_eq(hl_files_find(&hf, before, NULL, test_ctx()), 0);
	ck_assert_int_eq(hl_image_open(&old, hf, NULL, test_ctx()), 0);
	ck_assert_int_eq(hl_fs_open(&sound, old, test_ctx()), 0);
	for (i = 0; i < n_files; i++) {
		good[i] = untouched(sound, old, now, &files[i]);
		o.kept += good[i];
	}
	ck_assert_int_eq(hl_fs_sweep(&it, fs, 0), HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		const struct file *f = st == HL_OK ? file_of(e.name, seen) :
		                       NULL;
		bool exact;

		ck_assert_msg(st != HL_OK || !strstr(e.name, "second"),
		              "%s is of the later volume", e.name);
		if (!f)
			continue;
		st = hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT);
		ck_assert_msg(st == HL_OK, "%s", f->path);
		exact = is_exact(s, f);
		o.orphans += check_path(fs, &e);
		ck_assert_msg(exact || !good[f - files], "%s: record and "
		              "clusters are as before, the content is not",
		              f->path);
		ck_assert_msg(exact || is_marked(s), "%s: wrong, and nothing "
		              "says so", f->path);
		ck_assert_msg(!good[f - files] || !is_marked(s),
		              "%s is sound and marked", f->path);
		o.exact += exact;
		o.marked += !exact;
		hl_src_close(s);
	}
	ck_assert_int_eq(st, HL_END);
	hl_fs_iter_close(it);
	for (i = 0; i < n_files; i++) {
		o.gone += !seen[i];
		ck_assert_msg(seen[i] || !good[i], "%s is lost", files[i].path);
	}
	hl_fs_close(sound);
	hl_src_close(old);
	hl_files_close(hf);
	return o;
}

/* ---- opening -------------------------------------------------------------- */

/* The best inferred volume of that kind. */
static const struct hl_recmap_volume *infer(struct lost_volume *v, bool older)
{
	const struct hl_recmap_volume *r;
	size_t n, i;

	ck_assert_int_eq(hl_files_find(&v->files, image, NULL, test_ctx()), 0);
	ck_assert_int_eq(hl_image_open(&v->src, v->files, NULL, test_ctx()),
	                 0);
	ck_assert_int_eq(hl_recmap_new(&v->map, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_recmap_scan(v->map, v->src, "test"), HL_OK);
	ck_assert_int_eq(hl_recmap_infer(v->map, &r, &n), HL_OK);
	for (i = 0; i < n; i++)
		if (r[i].older == older)
			return &r[i];
	ck_assert_msg(older, "no such volume among %zu", n);
	return NULL;
}

static void open_lost(struct lost_volume *v, const struct hl_recmap_volume *r,
                      bool extents)
{
	struct hl_fs_lost how = {
		.cluster_size = r->cluster_size, .has_mft = true,
		.mft_lcn = r->mft_lcn, .vol_off = r->start,
	};

	if (extents) {
		how.record_size = r->record_size;
		how.ext = r->ext;
		how.n_ext = r->n_ext;
	}
	ck_assert_int_eq(hl_src_window(&v->win, v->src, r->start,
	                               hl_src_size(v->src) - r->start,
	                               test_ctx()), HL_OK);
	ck_assert_int_eq(hl_fs_open_lost(&v->fs, v->win, &how, test_ctx()),
	                 HL_OK);
}

static void close_lost(struct lost_volume *v)
{
	hl_fs_close(v->fs);
	hl_src_close(v->win);
	hl_recmap_free(v->map);
	hl_src_close(v->src);
	hl_files_close(v->files);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static void zero_boot(void)
{
	static const char zeros[8192];
	int fd = open(image, O_WRONLY);
	off_t end = lseek(fd, 0, SEEK_END);

	ck_assert(end > 0);
	ck_assert(pwrite(fd, zeros, sizeof(zeros), 0) == sizeof(zeros));
	ck_assert(pwrite(fd, zeros, 512, end - 512) == 512);
	close(fd);
}

static const struct config tried[] = {
	{ 4096, 512, 64, true }, { 1024, 512, 48, true },
	{ 512, 512, 64, true }, { 65536, 512, 256, false },
};

START_TEST(boot_sectors_are_gone)
{
	struct lost_volume v = { 0 };
	struct outcome o;
	const struct hl_recmap_volume *r;

	if (!have_tools())
		SKIP("needs root, FUSE, mkntfs and ntfs-3g");
	ck_assert(first_generation(&tried[_i], false));
	zero_boot();
	r = infer(&v, false);
	ck_assert_uint_eq(r->start, 0);
	ck_assert_uint_eq(r->cluster_size, tried[_i].cluster);
	ck_assert(r->has_zero);
	open_lost(&v, r, false);
	ck_assert(!hl_fs_info(v.fs)->stitched);
	o = compare(v.fs, v.src);
	ck_assert_uint_eq(o.exact, n_files);
	ck_assert(test_noted(HL_LOSS, "NTFS boot sector: it is gone"));
	close_lost(&v);
}
END_TEST

/* Record 0, its mirror and all of the start overwritten with noise. */
START_TEST(a_mft_in_many_pieces_without_record_0)
{
	struct config c = { 1024, 512, 8, true };
	struct lost_volume v = { 0 };
	const struct hl_recmap_volume *r;
	struct outcome o;
	uint64_t mft;
	char cmd[1400];

	if (!have_tools())
		SKIP("needs root, FUSE, mkntfs and ntfs-3g");
	ck_assert(first_generation(&c, true));
	zero_boot();
	r = infer(&v, false);
	ck_assert(r->has_zero);
	ck_assert_uint_ge(r->n_ext, 5);
	mft = r->mft_lcn * r->cluster_size;
	close_lost(&v);
	snprintf(cmd, sizeof(cmd), "dd if=/dev/urandom of='%s' bs=1024 seek=%u "
	         "count=%d conv=notrunc 2>/dev/null", image,
	         (unsigned)(mft / 1024), _i ? 16 : 1);
	ck_assert(system(cmd) == 0);
	v = (struct lost_volume){ 0 };
	r = infer(&v, false);
	ck_assert_uint_eq(r->start, 0);
	ck_assert_uint_eq(r->cluster_size, 1024);
	ck_assert_uint_ge(r->n_ext, 5);
	open_lost(&v, r, _i);
	o = compare(v.fs, v.src);
	ck_assert_uint_eq(o.exact, n_files);
	close_lost(&v);
}
END_TEST

/* ---- a later volume over it ------------------------------------------------ */

static const struct {
	unsigned cluster, percent;
} later[] = {
	{ 4096, 0 }, { 4096, 1 }, { 4096, 10 }, { 4096, 50 },
	{ 1024, 0 }, { 1024, 1 }, { 1024, 10 }, { 1024, 50 },
	{ 16384, 10 },
};
#define N_LATER (int)(sizeof(later) / sizeof(later[0]))

/* Files of the later volume that fill so much of it. */
static void overwrite(size_t want, size_t len)
{
	char path[1200];
	uint8_t *p = malloc(len);
	int i, fd;

	memset(p, 0xa5, len);
	ck_assert(mount_it());
	for (i = 0; want > len; i++, want -= len) {
		snprintf(path, sizeof(path), "%s/a file of the second %d",
		         mnt, i);
		fd = open(path, O_WRONLY | O_CREAT, 0644);
		ck_assert(fd >= 0);
		ck_assert(write_all(fd, p, len));
		close(fd);
	}
	umount_it();
	free(p);
}

START_TEST(below_a_later_volume)
{
	struct lost_volume v = { 0 };
	const struct hl_recmap_volume *r;
	struct outcome o;
	char cmd[1400];

	if (!have_tools())
		SKIP("needs root, FUSE, mkntfs and ntfs-3g");
	ck_assert(first_generation(&tried[0], false));
	snprintf(cmd, sizeof(cmd), "mkntfs -q -F -Q -c %u -L later '%s' "
	         ">/dev/null 2>&1", later[_i].cluster, image);
	ck_assert(system(cmd) == 0);
	if (later[_i].percent)
		overwrite((size_t)tried[0].mib * later[_i].percent * 10486,
		          later[_i].percent < 10 ? 40000 : 400000);
	r = infer(&v, true);
	if (!r) { /* nothing may be left of it, then */
		ck_assert_uint_ge(later[_i].percent, 50);
		close_lost(&v);
		return;
	}
	ck_assert_uint_eq(r->start, 0);
	ck_assert_uint_eq(r->cluster_size, 4096);
	open_lost(&v, r, _i % 2);
	o = compare(v.fs, v.src);
	printf("# later %u %u%%: %zu kept, %zu exact, %zu marked, %zu gone, "
	       "%zu orphans\n", later[_i].cluster, later[_i].percent, o.kept,
	       o.exact, o.marked, o.gone, o.orphans);
	ck_assert_uint_ge(o.exact, o.kept);
	if (o.marked)
		ck_assert(test_noted(HL_LOSS, "overwritten by the volume at "
		                              "0"));
	close_lost(&v);
}
END_TEST

/* ---- hives whose folders are gone ------------------------------------------ */

static void write_hive(const char *path)
{
	uint8_t p[9000] = "regf";
	char full[1024];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", mnt, path);
	fd = open(full, O_WRONLY | O_CREAT, 0644);
	ck_assert(fd >= 0);
	ck_assert(write_all(fd, p, sizeof(p)));
	close(fd);
}

/* Folders take the first records, and those are used anew. */
static void write_windows(void)
{
	static const char *const dirs[] = {
		"Windows", "Windows/System32", "Windows/System32/config",
		"Users", "Users/alice",
	};
	char path[64];
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		make_dir(dirs[i]);
	for (i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "filler %zu", i);
		add(path, "", 100, (unsigned)i + 1, 0);
	}
	write_hive("Windows/System32/config/SYSTEM");
	write_hive("Windows/System32/config/SYSTEM.LOG1");
	write_hive("Users/alice/NTUSER.DAT");
}

START_TEST(hives_are_found_without_their_folders)
{
	struct hl_lost_geom geom = { .cluster_size = 4096 };
	const struct hl_disk_opts opts = { .at_offset = true, .geom = &geom };
	struct lost_volume v = { 0 };
	struct hl_hives *hives;
	struct hl_disk *disk;
	char cmd[1400];

	if (!have_tools())
		SKIP("needs root, FUSE, mkntfs and ntfs-3g");
	ck_assert(make(&tried[0]) && mount_it());
	write_windows();
	umount_it();
	snprintf(cmd, sizeof(cmd), "mkntfs -q -F -Q -c 4096 '%s' >/dev/null "
	         "2>&1", image);
	ck_assert(system(cmd) == 0);
	if (_i)
		overwrite(1700, 100); /* records only */
	geom.mft_lcn = infer(&v, true)->mft_lcn;
	ck_assert_int_eq(hl_disk_open(&disk, v.src, &opts, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_hives_find(&hives, disk, NULL, test_ctx()), HL_OK);
	ck_assert_uint_eq(hl_hives_count(hives), 2);
	ck_assert_int_eq(hl_hives_get(hives, 1)->kind, HL_KIND_SYSTEM);
	ck_assert_uint_eq(hl_hives_get(hives, 1)->n_logs, 1);
	ck_assert_int_eq(hl_hives_get(hives, 0)->kind, HL_KIND_NTUSER);
	if (_i) {
		ck_assert_str_eq(hl_hives_get(hives, 1)->path,
		                 "/$Orphan/SYSTEM");
		ck_assert_str_eq(hl_hives_get(hives, 1)->logs[0].path,
		                 "/$Orphan/SYSTEM.LOG1");
		ck_assert(test_noted(HL_INFO, "2 of its hives were found by "
		                              "what their records say"));
	} else {
		ck_assert_str_eq(hl_hives_get(hives, 0)->path,
		                 "/Users/alice/NTUSER.DAT");
		ck_assert_str_eq(hl_hives_get(hives, 0)->user, "alice");
	}
	hl_hives_free(hives);
	hl_disk_close(disk);
	close_lost(&v);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("lost NTFS");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, boot_sectors_are_gone, 0, 4);
	tcase_add_loop_test(t, a_mft_in_many_pieces_without_record_0, 0, 2);
	tcase_add_loop_test(t, below_a_later_volume, 0, N_LATER);
	tcase_add_loop_test(t, hives_are_found_without_their_folders, 0, 2);
	return test_main("lost_ntfs", t, NULL);
}
