/*
 * check_damage_ntfs.c: a volume that mkntfs and ntfs-3g wrote, damaged in
 * every way of the damage matrix.  Needs root and FUSE.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "damage.h"
#include "ntfs/reader.h"

static char mnt[512], image[512];
static const char *unmade; /* why there is no image */

#define MAX_SPOTS 1024
static struct place records[MAX_SPOTS], blocks[MAX_SPOTS];
static struct place lists[MAX_SPOTS];
static size_t n_records, n_blocks, n_lists;
static uint64_t mft_off, mirror_off, unused_off;
static uint32_t record_size;

/* ---- making it ----------------------------------------------------------- */

static bool put(const char *path, const char *stream, size_t len, unsigned seed)
{
	uint8_t *p = malloc(len + 1);
	char full[1024];
	int fd;
	bool ok;

	snprintf(full, sizeof(full), "%s%s%s%s", mnt, path,
	         *stream ? ":" : "", stream);
	fill(p, len, seed, 0);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ok = fd >= 0 && write(fd, p, len) == (ssize_t)len && !close(fd);
	free(p);
	want(path, stream, len, seed);
	return ok;
}

static bool put_dir(const char *path)
{
	char full[1024];

	snprintf(full, sizeof(full), "%s%s", mnt, path);
	return !mkdir(full, 0755);
}

/* Every second cluster is a hole: extension records. */
static bool put_fragments(void)
{
	static uint8_t p[450 * 1024];
	struct want *w = want("/fragments", "", sizeof(p), 901);
	char full[1024];
	int fd, i;
	bool ok;

	w->stripe = 512;
	fill(p, sizeof(p), w->seed, w->stripe);
	snprintf(full, sizeof(full), "%s%s", mnt, w->path);
	fd = open(full, O_WRONLY | O_CREAT, 0644);
	ok = fd >= 0;
	for (i = 512; ok && i < (int)sizeof(p); i += 1024)
		ok = pwrite(fd, p + i, 512, i) == 512;
	return !close(fd) && ok;
}

static bool write_files(void)
{
	static const size_t sizes[] = { 0, 1, 200, 600, 700, 1024, 5000 };
	char path[128];
	bool ok = put_dir("/Windows") && put_dir("/Windows/System32") &&
	          put_dir("/Windows/System32/config") && put_dir("/many") &&
	          put_dir("/a") && put_dir("/a/b") && put_dir("/a/b/c");
	unsigned i;

	ok = ok && put("/Windows/System32/config/SYSTEM", "", 20000, 1) &&
	     put("/Windows/System32/config/SOFTWARE", "", 30000, 2) &&
	     put("/a/b/c/deep", "", 3000, 3) && put("/ads", "", 10, 4) &&
	     put("/ads", "small", 60, 5) && put("/ads", "large", 9000, 6) &&
	     put("/a/Pri\xd0\xb2\xd0\xb5\xd1\x82", "", 77, 7);
	for (i = 0; ok && i < 7; i++) {
		snprintf(path, sizeof(path), "/a/size-%zu", sizes[i]);
		ok = put(path, "", sizes[i], 10 + i);
	}
	for (i = 0; ok && i < 60; i++) {
		snprintf(path, sizeof(path), "/many/a file with a rather long "
		         "name, number %u, in a folder", i);
		ok = put(path, "", i * 7, 100 + i);
	}
	return ok && put_fragments();
}

static const char *make_image(void)
{
	bool ok;

	if (geteuid() || access("/dev/fuse", R_OK | W_OK) ||
	    !sh("command -v mkntfs >/dev/null && "
	        "command -v ntfs-3g >/dev/null", "", ""))
		return "needs root, FUSE, mkntfs and ntfs-3g";
	snprintf(image, sizeof(image), "%s/damage.img", test_tmp());
	snprintf(mnt, sizeof(mnt), "%s/mnt", test_tmp());
	mkdir(mnt, 0755);
	if (!sh("truncate -s 2M '%s' && mkntfs -q -F -Q -c 512 -s 512 "
	        "-p 0 -H 255 -S 63 '%s' >/dev/null 2>&1", image, image))
		return "mkntfs failed";
	if (!sh("ntfs-3g -o streams_interface=windows '%s' '%s' 2>/dev/null",
	        image, mnt))
		return "ntfs-3g cannot mount here";
	ok = write_files();
	if (!sh("umount '%s'", mnt, "") && !sh("sleep 1; umount '%s'", mnt, ""))
		ok = false;
	ok = ok && load_image(image);
	unlink(image);
	return ok ? NULL : "the volume could not be written";
}

/* ---- where everything lies ----------------------------------------------- */

static uint64_t record_at(struct hl_ntfs *nt, uint64_t number)
{
	uint64_t at = hl_src_image_offset(hl_ntfs_mft(nt),
	                                  number * record_size);

	return at == HL_NO_OFFSET ? n_image : at;
}

/* Blocks of the folder's index. */
static void note_blocks(struct hl_ntfs_file *f)
{
	static const uint8_t i30[] = { '$', 0, 'I', 0, '3', 0, '0', 0 };
	size_t i = hl_ntfs_find(f, NTFS_INDEX_ALLOCATION, span_of(i30, 8));
	struct hl_src *s;
	uint64_t off;

	if (i == NTFS_NONE ||
	    hl_ntfs_stream(&s, f, i, NTFS_CONTENT) != HL_OK)
		return;
	for (off = 0; off + 4096 <= hl_src_size(s); off += 512)
		blocks[n_blocks++] = (struct place){
			hl_src_image_offset(s, off), 512 };
	hl_src_close(s);
}

/* The list's value, but for a word of the update sequence. */
static void note_list(struct hl_ntfs_file *f)
{
	size_t i = hl_ntfs_find(f, NTFS_ATTRIBUTE_LIST, span_of(NULL, 0));
	struct hl_src *s;
	uint64_t at, len;

	if (i == NTFS_NONE ||
	    hl_ntfs_stream(&s, f, i, NTFS_CONTENT) != HL_OK)
		return;
	at = hl_src_image_offset(s, 0);
	len = hl_src_size(s);
	hl_src_close(s);
	if (at % 512 + len > 510)
		len = 510 - at % 512;
	lists[n_lists++] = (struct place){ at, len };
}

static void note_wants(struct hl_fs *fs, struct hl_ntfs *nt)
{
	struct hl_ntfs_file *f;
	struct hl_entry e;
	struct hl_src *s;
	size_t i, k;

	for (i = 0; i < n_wants; i++) {
		struct want *w = &wants[i];

		ck_assert_int_eq(hl_fs_find(fs, w->path, &e), HL_OK);
		ck_assert_int_eq(hl_ntfs_file_open(&f, nt, e.ref.id), HL_OK);
		for (k = 0; k < f->n_held; k++)
			owns(w, record_at(nt, f->held[k].number), record_size);
		hl_ntfs_file_close(f);
		ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, w->stream,
		                              HL_STREAM_CONTENT), HL_OK);
		owns_source(w, s);
		hl_src_close(s);
	}
}

static void map_out(void)
{
	struct hl_ntfs_file *f;
	struct hl_ntfs_rec rec;
	struct hl_ntfs *nt;
	struct hl_src *src;
	struct hl_fs *fs;
	uint64_t i;

	ck_assert_int_eq(hl_src_mem(&src, healthy, n_image, false, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_fs_open(&fs, src, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_ntfs_open(&nt, src, NULL, NULL, test_ctx()),
	                 HL_OK);
	record_size = hl_ntfs_geom(nt)->record_size;
	mft_off = hl_ntfs_geom(nt)->mft_lcn * hl_ntfs_geom(nt)->cluster_size;
	mirror_off = hl_ntfs_geom(nt)->mirror_lcn *
	             hl_ntfs_geom(nt)->cluster_size;
	for (i = 0; i < hl_ntfs_record_count(nt); i++) {
		if (hl_ntfs_record(nt, i, &rec) != HL_OK)
			continue;
		if (!(rec.head.flags & NTFS_IN_USE)) {
			unused_off = record_at(nt, i);
			continue;
		}
		records[n_records++] = (struct place){ record_at(nt, i),
		                                       rec.bytes.n };
		if (hl_ntfs_file_open(&f, nt, i) == HL_OK) {
			note_blocks(f);
			note_list(f);
			hl_ntfs_file_close(f);
		}
	}
	note_wants(fs, nt);
	hl_ntfs_close(nt);
	hl_fs_close(fs);
	hl_src_close(src);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert_uint_gt(n_blocks, 8);
	ck_assert_uint_gt(n_records, 80);
	ck_assert_uint_gt(n_lists, 0);
}

static void make(void)
{
	unmade = make_image();
	if (!unmade)
		map_out();
}

#define NEED() do { if (unmade) SKIP(unmade); } while (0)

/* ---- the matrix ---------------------------------------------------------- */

START_TEST(undamaged_it_is_quiet)
{
	size_t i;

	NEED();
	ck_assert(examine(healthy, n_image));
	for (i = 0; i < n_wants; i++)
		ck_assert_msg(wants[i].exact, "%s", wants[i].path);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(without_its_boot_sector)
{
	NEED();
	zeroed("boot sector", 0, 512);
	must_say("boot sector");
	zeroed("whole boot area", 0, 8192 < mft_off ? 8192 : mft_off);
	must_say("boot area");
}
END_TEST

START_TEST(without_any_of_the_first_records)
{
	unsigned i;

	NEED();
	for (i = 0; i < 16; i++) {
		zeroed("record", mft_off + i * record_size, record_size);
		if (i < 6)
			must_say("record");
		zeroed("first half", mft_off + i * record_size,
		       record_size / 2);
		zeroed("second half", mft_off + i * record_size +
		       record_size / 2, record_size / 2);
	}
}
END_TEST

START_TEST(without_the_first_records_and_the_mirror)
{
	uint8_t *p;
	unsigned i;

	NEED();
	for (i = 0; i < 4; i++) {
		p = malloc(n_image);
		memcpy(p, healthy, n_image);
		memset(p + mft_off + i * record_size, 0, record_size);
		memset(p + mirror_off + i * record_size, 0, record_size);
		examine(p, n_image);
		verify("record and its mirror", mft_off + i * record_size,
		       record_size);
		must_say("record and its mirror");
		free(p);
	}
}
END_TEST

START_TEST(without_any_record)
{
	size_t i;

	NEED();
	for (i = 0; i < n_records; i++) {
		zeroed("record", records[i].off, record_size);
		zeroed("first half", records[i].off, record_size / 2);
		zeroed("second half", records[i].off + record_size / 2,
		       record_size / 2);
	}
}
END_TEST

/* Names of an index have a second copy: nothing may be lost. */
START_TEST(without_any_index_block)
{
	size_t i, k;

	NEED();
	for (i = 0; i + 8 <= n_blocks; i++) {
		zeroed("sector of an index", blocks[i].off, 512);
		for (k = 0; k < n_wants; k++)
			ck_assert_msg(wants[k].exact, "%s", wants[k].path);
	}
	for (i = 0; i + 8 <= n_blocks; i += 8) {
		zeroed("index block", blocks[i].off, 4096);
		for (k = 0; k < n_wants; k++)
			ck_assert_msg(wants[k].exact, "%s", wants[k].path);
		must_say("index block");
	}
}
END_TEST

/* The file's records have a second way to them: nothing may be lost. */
START_TEST(without_any_attribute_list)
{
	size_t i, k;

	NEED();
	for (i = 0; i < n_lists; i++) {
		zeroed("attribute list", lists[i].off, lists[i].len);
		must_say("attribute list");
		for (k = 0; k < n_wants; k++)
			ck_assert_msg(wants[k].exact, "%s", wants[k].path);
	}
}
END_TEST

START_TEST(cut_short)
{
	unsigned i, k;

	NEED();
	for (i = 1; i <= 20; i++) {
		size_t n = n_image / 21 * i / 512 * 512;
		uint8_t *p = tight(healthy, n);

		if (examine(p, n))
			must_say("truncation");
		verify("truncation", n, n_image - n);
		for (k = 0; k < n_wants; k++)
			ck_assert(wants[k].exact || wants[k].bad ||
			          test_note_count(HL_LOSS));
		free(p);
	}
}
END_TEST

/* 7-Zip refuses the whole volume for the first of these. */
START_TEST(damage_where_nothing_is_says_nothing)
{
	static const uint8_t odd[] = { 7, 0, 0, 0 };
	uint8_t *p;
	size_t i;

	NEED();
	ck_assert_uint_gt(unused_off, 0);
	p = malloc(n_image);
	memcpy(p, healthy, n_image);
	memcpy(p + unused_off, odd, sizeof(odd));
	ck_assert(examine(p, n_image));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	memset(p + unused_off, 0x5a, record_size);
	ck_assert(examine(p, n_image));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	for (i = 0; i < n_wants; i++)
		ck_assert(wants[i].exact);
	free(p);
}
END_TEST

/* Marked unused, but of the same sequence, and their files are in use. */
START_TEST(folders_marked_unused)
{
	uint8_t *p;
	size_t i, k;

	NEED();
	p = malloc(n_image);
	memcpy(p, healthy, n_image);
	for (i = 0; i < n_records; i++) {
		uint64_t at = records[i].off + 0x16;

		if (i < 24 || !(p[at] & NTFS_HAS_INDEX))
			continue;
		p[at] ^= NTFS_IN_USE;
		examine(p, n_image);
		must_say("folder marked unused");
		for (k = 0; k < n_wants; k++)
			ck_assert_msg(wants[k].exact, "%s", wants[k].path);
		p[at] ^= NTFS_IN_USE;
	}
	free(p);
}
END_TEST

/* A byte somewhere in what the file system has written about itself. */
static uint64_t a_place(uint32_t *x)
{
	size_t total = 0x54 / 16 + n_records * 16 + n_blocks * 4, i;
	uint32_t r;

	*x = *x * 1664525u + 1013904223u;
	i = (*x >> 8) % total;
	*x = *x * 1664525u + 1013904223u;
	r = *x >> 8;
	if (i < 0x54 / 16)
		return r % 0x54;
	i -= 0x54 / 16;
	if (i < n_records * 16)
		return records[i / 16].off + r % records[i / 16].len;
	i -= n_records * 16;
	return blocks[i / 4].off + r % 512;
}

START_TEST(one_byte_flipped)
{
	unsigned i, silent = 0, n = 0;
	uint8_t *p;
	uint32_t x = 1;

	NEED();
	p = malloc(n_image);
	memcpy(p, healthy, n_image);
	for (i = 0; i < 2000; i++) {
		uint64_t at = a_place(&x);
		uint8_t bit = (uint8_t)(1u << (x >> 5) % 8);

		if (i % DAMAGE_STEP)
			continue;
		p[at] ^= bit;
		examine(p, n_image);
		silent += verify("a flipped bit", at, 1) > 0;
		n++;
		p[at] ^= bit;
	}
	free(p);
	/* a cluster of a run list, a size: not every one can be told */
	ck_assert_msg(silent < n / 50, "%u of %u flips lost something in "
	              "silence", silent, n);
}
END_TEST

static TCase *matrix(void)
{
	TCase *t = tcase_create("matrix");

	tcase_add_unchecked_fixture(t, make, NULL);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, undamaged_it_is_quiet);
	tcase_add_test(t, without_its_boot_sector);
	tcase_add_test(t, without_any_of_the_first_records);
	tcase_add_test(t, without_the_first_records_and_the_mirror);
	tcase_add_test(t, without_any_record);
	tcase_add_test(t, without_any_index_block);
	tcase_add_test(t, without_any_attribute_list);
	tcase_add_test(t, cut_short);
	tcase_add_test(t, damage_where_nothing_is_says_nothing);
	tcase_add_test(t, folders_marked_unused);
	tcase_add_test(t, one_byte_flipped);
	return t;
}

int main(void)
{
	return test_main("damage_ntfs", matrix(), NULL);
}
