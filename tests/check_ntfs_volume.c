/*
 * check_ntfs_volume.c: volumes built by hand with one thing odd or wrong:
 * what must still come out, and what must be said.
 */
#include "ntfs_build.h"

static struct nb *b;
static struct hl_src *src;
static struct hl_fs *fs;

struct entry { unsigned record, seq; const char *name; };

/* Record 5: the root folder, all entries in its root. */
static void root_with(const struct entry *e, size_t n)
{
	uint8_t entries[800];
	size_t at = 0, i;

	for (i = 0; i < n; i++)
		at += nb_entry(entries + at, e[i].record, e[i].seq, e[i].name,
		               -1);
	at += nb_entry(entries + at, 0, 0, NULL, -1);
	nb_record(b, 5, 5, 3);
	nb_file_name(b, 5, ".");
	nb_root(b, entries, at, false);
	nb_end(b);
}
#define ROOT(...) do { \
		const struct entry e_[] = { __VA_ARGS__ }; \
		root_with(e_, sizeof(e_) / sizeof(e_[0])); \
	} while (0)

static enum hl_status try_open(void)
{
	nb_finish(b);
	ck_assert_int_eq(hl_src_mem(&src, b->v, NB_SIZE, false, test_ctx()),
	                 HL_OK);
	return hl_fs_open(&fs, src, test_ctx());
}

static void open_it(void)
{
	ck_assert_int_eq(try_open(), HL_OK);
}

static void setup(void)
{
	b = nb_new();
	src = NULL;
	fs = NULL;
	test_forget_notes();
}

static void teardown(void)
{
	hl_fs_close(fs);
	hl_src_close(src);
	free(b);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static struct hl_src *stream(const char *path, const char *name,
                             enum hl_stream_how how)
{
	struct hl_entry e;
	struct hl_src *s;

	ck_assert_int_eq(hl_fs_find(fs, path, &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, name, how), HL_OK);
	return s;
}

static void expect(struct hl_src *s, uint64_t off, size_t n, int byte)
{
	uint8_t buf[8192];
	size_t i;

	ck_assert_uint_le(n, sizeof(buf));
	ck_assert_int_eq(hl_src_read(s, off, buf, n, NULL), HL_OK);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(buf[i], (unsigned)byte);
}

/* ---- records ------------------------------------------------------------- */

START_TEST(a_healthy_volume_is_quiet)
{
	struct hl_src *s;
	struct hl_entry e;
	char text[8];

	ROOT({ 8, 1, "a.txt" });
	nb_record(b, 8, 1, 1);
	nb_file_name(b, 5, "a.txt");
	nb_resident(b, 0x80, "", "content", 7);
	nb_end(b);
	open_it();
	ck_assert_str_eq(hl_fs_info(fs)->label, "hi");
	ck_assert_str_eq(hl_fs_info(fs)->serial, "0123456789ABCDEF");
	ck_assert(!hl_fs_info(fs)->dirty);
	ck_assert_int_eq(hl_fs_find(fs, "A.TXT", &e), HL_OK);
	ck_assert_uint_eq(e.size, 7);
	ck_assert_uint_eq(e.ref.id, 8);
	ck_assert_int_eq(hl_fs_find(fs, "b.txt", &e), HL_END);
	s = stream("a.txt", "", HL_STREAM_CONTENT);
	ck_assert_int_eq(hl_src_read(s, 0, text, 7, NULL), HL_OK);
	ck_assert(!memcmp(text, "content", 7));
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

/* The value of a resident stream reaches over the end of sector 0. */
START_TEST(a_torn_sector_is_said_and_costs_its_own_bytes)
{
	uint8_t value[600], have[600], *p;
	struct hl_ranges bad;
	struct hl_extent x;
	struct hl_entry e;
	struct hl_src *s;
	size_t i;

	memset(value, 0x5a, sizeof(value));
	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	p = nb_resident(b, 0x80, "", value, sizeof(value));
	nb_end(b);
	nb_place(b, 8)[1022] ^= 1;
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DAMAGED);
	ck_assert(test_noted(HL_LOSS, "1 of 2 sectors are torn"));
	s = stream("a", "", HL_STREAM_CONTENT);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 0, have, sizeof(have), &bad), HL_OK);
	for (i = 0; i < sizeof(have); i++) /* the saved word is back */
		ck_assert_uint_eq(have[i], 0x5a);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 512u - (unsigned)(p - nb_place(b, 8)));
	ck_assert_uint_eq(bad.r[0].off + bad.r[0].len, sizeof(have));
	/* and the map says where the bytes lie on the image */
	ck_assert_int_eq(hl_src_locate(s, 3, &x), HL_OK);
	ck_assert_int_eq(x.what, HL_WHAT_RESIDENT);
	ck_assert_uint_eq(x.in_off, (unsigned)(p + 3 - b->v));
	hl_src_close(s);
}
END_TEST

START_TEST(record_zero_out_of_the_mirror)
{
	struct hl_entry e;

	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_end(b);
	nb_finish(b);
	memset(nb_place(b, 0), _i ? 0x11 : 0, NB_RECORD);
	ck_assert_int_eq(hl_src_mem(&src, b->v, NB_SIZE, false, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_fs_open(&fs, src, test_ctx()), HL_OK);
	ck_assert(test_noted(HL_LOSS, "its copy in $MFTMirr is used"));
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
}
END_TEST

START_TEST(without_record_zero_nothing_opens)
{
	ROOT({ 8, 1, "a" });
	memset(nb_place(b, 0), 0x11, NB_RECORD);
	ck_assert_int_ne(try_open(), HL_OK);
	ck_assert(test_noted(HL_FAILED, "$MFT cannot be found"));
}
END_TEST

START_TEST(the_boot_sector_behind_the_volume)
{
	struct hl_entry e;

	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_end(b);
	memset(b->v, 0, 512);
	open_it();
	ck_assert(hl_fs_info(fs)->boot_backup);
	ck_assert(test_noted(HL_LOSS, "the boot sector is destroyed"));
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
}
END_TEST

START_TEST(a_stale_reference_is_not_another_file)
{
	struct hl_ref ref = { .id = 8, .seq = 1 };
	struct hl_entry e;

	ROOT({ 8, 2, "a" });
	nb_record(b, 8, 2, 0); /* and not in use */
	nb_file_name(b, 5, "a");
	nb_end(b);
	open_it();
	ck_assert_int_eq(hl_fs_entry(fs, &ref, &e), HL_END);
	ck_assert(test_noted(HL_INFO, "it is another file now"));
	ck_assert_int_eq(hl_fs_find(fs, "@8", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DELETED);
	ck_assert_str_eq(e.name, "a");
	/* the folder still names it: that is damage */
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DAMAGED);
}
END_TEST

/* ---- attribute lists ----------------------------------------------------- */

static size_t list_entry(uint8_t *p, uint32_t type, uint64_t lowest,
                         unsigned record, unsigned seq, unsigned id)
{
	memset(p, 0, 0x20);
	put32(p, type);
	put16(p + 4, 0x20);
	p[7] = 0x1a;
	put64(p + 8, lowest);
	put64(p + 0x10, (uint64_t)seq << 48 | record);
	put16(p + 0x18, id);
	return 0x20;
}

/*
 * $MFT in three pieces: record 0 maps records 0 to 15, record 15 maps 16 to
 * 19, record 16, reachable only then, maps 20 to 23.
 */
START_TEST(mft_that_describes_itself_in_passes)
{
	static const struct nb_runs first = {
		.highest = 3, .allocated = 24576, .size = 24576,
		.valid = 24576, .runs = { 0x11, 4, NB_MFT }, .n = 4,
	};
	static const struct nb_runs second = {
		.lowest = 4, .highest = 4, .runs = { 0x11, 1, 20 }, .n = 4,
	};
	static const struct nb_runs third = {
		.lowest = 5, .highest = 5, .runs = { 0x11, 1, 22 }, .n = 4,
	};
	uint8_t list[0x60];
	struct hl_entry e;
	size_t n;

	n = list_entry(list, 0x80, 5, 16, 1, 0); /* unsorted on purpose */
	n += list_entry(list + n, 0x80, 0, 0, 1, 1);
	n += list_entry(list + n, 0x80, 4, 15, 1, 0);
	nb_record(b, 0, 1, 1);
	nb_resident(b, 0x20, "", list, n);
	nb_mapped(b, 0x80, "", &first);
	nb_end(b);
	nb_record(b, 15, 1, 1);
	put64(b->r + 0x20, (uint64_t)1 << 48);
	nb_mapped(b, 0x80, "", &second);
	nb_end(b);
	nb_record_at(b, nb_cluster(b, 20), 16, 1, 1);
	put64(b->r + 0x20, (uint64_t)1 << 48);
	nb_mapped(b, 0x80, "", &third);
	nb_end(b);
	nb_record_at(b, nb_cluster(b, 22) + 3 * NB_RECORD, 23, 1, 1);
	nb_resident(b, 0x80, "", "far", 3);
	nb_end(b);
	ROOT({ 23, 1, "a" });
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert_uint_eq(e.size, 3);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

/* Base and extension both have an attribute with id 1. */
static void split_file(unsigned base_of_extension)
{
	static const struct nb_runs first = {
		.highest = 0, .allocated = 8192, .size = 8192, .valid = 8192,
		.runs = { 0x11, 1, 30 }, .n = 4,
	};
	static const struct nb_runs second = {
		.lowest = 1, .highest = 1, .runs = { 0x11, 1, 40 }, .n = 4,
	};
	uint8_t list[0x80];
	size_t n;

	n = list_entry(list, 0x80, 1, 9, 1, 0);
	n += list_entry(list + n, 0x80, 0, 8, 1, 1);
	n += list_entry(list + n, 0xc0, 0, 9, 1, 1);
	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_resident(b, 0x20, "", list, n);
	nb_mapped(b, 0x80, "", &first);
	nb_end(b);
	nb_record(b, 9, 1, 1);
	put64(b->r + 0x20, (uint64_t)1 << 48 | base_of_extension);
	nb_mapped(b, 0x80, "", &second);
	nb_resident(b, 0xc0, "", "\1\0\0\x80\0\0\0\0", 8);
	nb_end(b);
	memset(nb_cluster(b, 30), 'x', NB_CLUSTER);
	memset(nb_cluster(b, 40), 'y', NB_CLUSTER);
	open_it();
}

START_TEST(pieces_from_several_records)
{
	struct hl_src *s;

	split_file(8);
	s = stream("a", "", HL_STREAM_CONTENT);
	expect(s, 0, 4096, 'x');
	expect(s, 4096, 4096, 'y');
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(an_extension_record_of_another_file_is_not_taken)
{
	struct hl_ranges bad;
	struct hl_src *s;
	uint8_t buf[8192];

	split_file(7);
	s = stream("a", "", HL_STREAM_CONTENT);
	ck_assert(test_noted(HL_LOSS, "an extension record is another file's"));
	ck_assert(test_noted(HL_LOSS, "is not mapped to its end"));
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 0, buf, 8192, &bad), HL_OK);
	ck_assert_uint_eq(buf[0], 'x');
	ck_assert_uint_eq(buf[4096], 0); /* never invented */
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 4096);
	ck_assert_int_eq(bad.r[0].what, HL_WHAT_MISSING);
	hl_src_close(s);
}
END_TEST

/* ---- streams ------------------------------------------------------------- */

static void one_file(const struct nb_runs *m)
{
	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_mapped(b, 0x80, "", m);
	nb_end(b);
}

START_TEST(bytes_past_the_valid_length_are_zeros)
{
	static const struct nb_runs m = {
		.highest = 1, .allocated = 8192, .size = 7000, .valid = 5000,
		.runs = { 0x11, 2, 30 }, .n = 4,
	};
	struct hl_extent x;
	struct hl_src *s;

	memset(nb_cluster(b, 30), 'P', 8192); /* what lay there before */
	one_file(&m);
	open_it();
	s = stream("a", "", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 7000);
	expect(s, 0, 5000, 'P');
	expect(s, 5000, 2000, 0);
	ck_assert_int_eq(hl_src_map(s, 5000, &x), HL_OK);
	ck_assert_int_eq(x.what, HL_WHAT_BEYOND_VALID);
	ck_assert_uint_eq(x.len, 2000);
	hl_src_close(s);
	s = stream("a", "", HL_STREAM_SLACK);
	ck_assert_uint_eq(hl_src_size(s), 8192);
	expect(s, 5000, 2000, 0);
	expect(s, 7000, 1192, 'P');
	hl_src_close(s);
	s = stream("a", "", HL_STREAM_RAW);
	ck_assert_uint_eq(hl_src_size(s), 7000);
	expect(s, 0, 7000, 'P');
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(runs_outside_the_volume_are_missing)
{
	static const struct nb_runs m = {
		.highest = 2, .allocated = 12288, .size = 12288, .valid = 12288,
		/* cluster 62, which is the last, and two behind it */
		.runs = { 0x11, 3, 62 }, .n = 4,
	};
	struct hl_ranges bad;
	struct hl_src *s;
	uint8_t buf[12288];

	one_file(&m);
	memset(nb_cluster(b, 62), 'e', NB_CLUSTER);
	open_it();
	s = stream("a", "", HL_STREAM_CONTENT);
	ck_assert(test_noted(HL_LOSS, "lie outside the volume"));
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 0, buf, sizeof(buf), &bad), HL_OK);
	ck_assert_uint_eq(buf[4095], 'e');
	ck_assert_uint_eq(buf[4096], 0);
	ck_assert_uint_eq(bad.bytes, 8192);
	hl_src_close(s);
}
END_TEST

/* Four units of 16 clusters: compressed, broken, sparse, stored. */
static void packed_file(void)
{
	static const struct nb_runs m = {
		.highest = 63, .allocated = 64 * 4096, .size = 3 * 65536 + 5000,
		.valid = 3 * 65536 + 5000, .flags = 1, .unit = 4,
		.runs = {
			0x11, 1, 30, 0x01, 15, /* one cluster, 15 sparse */
			0x11, 1, 1, 0x01, 15,
			0x01, 16,
			0x11, 16, 2, 0,
		},
		.n = 17,
	};
	/* a chunk of 4096 'z', then the end */
	static const uint8_t good[] = { 0x03, 0xb0, 2, 'z', 0xfc, 0x0f, 0, 0 };
	/* a good chunk, then a bad signature */
	static const uint8_t bad[] = { 0x03, 0xb0, 2, 'w', 0xfc, 0x0f, 9, 0x90 };

	memset(nb_cluster(b, 30), 0xcc, NB_CLUSTER);
	memcpy(nb_cluster(b, 30), good, sizeof(good));
	memcpy(nb_cluster(b, 31), bad, sizeof(bad));
	memset(nb_cluster(b, 33), 'S', 16 * NB_CLUSTER);
	one_file(&m);
	open_it();
}

START_TEST(compressed_units_of_every_kind)
{
	struct hl_ranges bad;
	struct hl_src *s;
	uint8_t buf[65536];

	packed_file();
	s = stream("a", "", HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 3 * 65536 + 5000);
	expect(s, 0, 4096, 'z');
	expect(s, 4096, 8192, 0); /* ends early: zeros, and no damage */
	expect(s, 65536, 4096, 'w');
	/* a broken unit costs its own bytes from the damage on */
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(s, 65536, buf, 65536, &bad), HL_OK);
	ck_assert_uint_eq(buf[4095], 'w');
	ck_assert_uint_eq(buf[4096], 0);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 65536 + 4096);
	ck_assert_uint_eq(bad.r[0].len, 65536 - 4096);
	ck_assert_int_eq(bad.r[0].what, HL_WHAT_COMPRESSED);
	expect(s, 2 * 65536, 8192, 0);
	expect(s, 3 * 65536, 5000, 'S');
	hl_src_close(s);
}
END_TEST

START_TEST(the_map_of_a_compressed_stream)
{
	struct hl_extent x;
	struct hl_src *s;

	packed_file();
	s = stream("a", "", HL_STREAM_CONTENT);
	ck_assert_int_eq(hl_src_locate(s, 0, &x), HL_OK);
	ck_assert_int_eq(x.what, HL_WHAT_COMPRESSED);
	ck_assert_uint_eq(x.len, 65536);
	ck_assert_uint_eq(x.in_off, 30 * NB_CLUSTER);
	ck_assert_uint_eq(x.in_len, NB_CLUSTER);
	ck_assert_int_eq(hl_src_map(s, 2 * 65536 + 5, &x), HL_OK);
	ck_assert_int_eq(x.what, HL_WHAT_SPARSE);
	ck_assert_int_eq(hl_src_locate(s, 3 * 65536 + 5, &x), HL_OK);
	ck_assert_int_eq(x.what, HL_WHAT_DATA);
	ck_assert_uint_eq(x.in_off, 33 * NB_CLUSTER + 5);
	hl_src_close(s);
	s = stream("a", "", HL_STREAM_RAW);
	ck_assert_uint_eq(hl_src_size(s), 64 * 4096);
	expect(s, 8, 4000, 0xcc);
	hl_src_close(s);
}
END_TEST

START_TEST(what_cannot_be_read_is_never_zeros)
{
	static const struct nb_runs efs = {
		.highest = 0, .allocated = 4096, .size = 100, .valid = 100,
		.flags = 0x4000, .runs = { 0x11, 1, 30 }, .n = 4,
	};
	static const struct nb_runs hole = {
		.highest = 0, .allocated = 4096, .size = 100, .valid = 100,
		.flags = 0x8000, .runs = { 0x01, 1 }, .n = 3,
	};
	struct hl_entry e;
	struct hl_src *s;
	uint8_t tag[24] = { 0 };

	ROOT({ 8, 1, "efs" }, { 9, 1, "wof" });
	nb_record(b, 8, 1, 1);
	nb_mapped(b, 0x80, "", &efs);
	nb_end(b);
	nb_record(b, 9, 1, 1);
	nb_mapped(b, 0x80, "", &hole);
	put32(tag, 0x80000017);
	put16(tag + 4, 16);
	nb_resident(b, 0xc0, "", tag, sizeof(tag));
	nb_end(b);
	memset(nb_cluster(b, 30), 'c', NB_CLUSTER);
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "efs", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_ENCRYPTED);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_UNSUPPORTED);
	ck_assert(test_noted(HL_FAILED, "encrypted (EFS)"));
	s = stream("efs", "", HL_STREAM_RAW);
	ck_assert_uint_eq(hl_src_size(s), 512);
	expect(s, 0, 512, 'c');
	hl_src_close(s);
	ck_assert_int_eq(hl_fs_find(fs, "wof", &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_UNSUPPORTED);
	ck_assert(test_noted(HL_FAILED, "WOF"));
}
END_TEST

/* ---- memory -------------------------------------------------------------- */

/* Every allocation fails once; nothing may leak or crash. */
START_TEST(memory_may_end_anywhere)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	struct hl_src *s;
	uint8_t buf[512];
	size_t n;

	packed_file();
	hl_fs_close(fs);
	fs = NULL;
	for (n = 1; n < 60; n++) {
		test_fail_alloc(n);
		if (hl_fs_open(&fs, src, test_ctx()) == HL_OK &&
		    hl_fs_find(fs, "a", &e) == HL_OK) {
			if (hl_fs_stream(&s, fs, &e.ref, "",
			                 HL_STREAM_CONTENT) == HL_OK) {
				if (hl_src_read(s, 0, buf, 512, NULL))
					test_fail_alloc(0);
				hl_src_close(s);
			}
			if (hl_fs_root(fs, &e) == HL_OK &&
			    hl_fs_list(&it, fs, &e.ref, HL_LIST_FULL) == HL_OK) {
				while (hl_fs_next(it, &e) == HL_OK)
					;
				hl_fs_iter_close(it);
			}
		}
		hl_fs_close(fs);
		fs = NULL;
	}
	test_fail_alloc(0);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("volume");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_healthy_volume_is_quiet);
	tcase_add_test(t, a_torn_sector_is_said_and_costs_its_own_bytes);
	tcase_add_loop_test(t, record_zero_out_of_the_mirror, 0, 2);
	tcase_add_test(t, without_record_zero_nothing_opens);
	tcase_add_test(t, the_boot_sector_behind_the_volume);
	tcase_add_test(t, a_stale_reference_is_not_another_file);
	tcase_add_test(t, mft_that_describes_itself_in_passes);
	tcase_add_test(t, pieces_from_several_records);
	tcase_add_test(t, an_extension_record_of_another_file_is_not_taken);
	tcase_add_test(t, bytes_past_the_valid_length_are_zeros);
	tcase_add_test(t, runs_outside_the_volume_are_missing);
	tcase_add_test(t, compressed_units_of_every_kind);
	tcase_add_test(t, the_map_of_a_compressed_stream);
	tcase_add_test(t, what_cannot_be_read_is_never_zeros);
	tcase_add_test(t, memory_may_end_anywhere);
	return t;
}

int main(void)
{
	return test_main("ntfs_volume", cases(), NULL);
}
