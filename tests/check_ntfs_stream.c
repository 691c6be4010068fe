/*
 * check_ntfs_stream.c: streams of volumes built by hand: valid length, runs,
 * compression, what cannot be read, and memory that ends anywhere.
 */
#include "ntfs_fixture.h"

static void one_file(const struct nb_runs *m)
{
	ROOT({ 12, 1, "a" }); /* 8 is $BadClus, which may have holes */
	nb_record(b, 12, 1, 1);
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

static void says(const struct nb_runs *m, const char *loss)
{
	struct hl_src *in;

	one_file(m);
	open_it();
	in = stream("a", "", HL_STREAM_CONTENT);
	ck_assert_uint_eq(test_note_count(HL_LOSS), loss ? 1 : 0);
	if (loss)
		ck_assert(test_noted(HL_LOSS, loss));
	hl_src_close(in);
}

/* The header counts the clusters: the one check that a run list has. */
START_TEST(runs_are_counted)
{
	static const struct {
		struct nb_runs m;
		const char *loss;
	} t[] = {
#define MAPS(flags_, n_, ...) .m = { .highest = 2, .allocated = 12288,	\
		.size = 5000, .valid = 5000, .flags = flags_,		\
		.runs = { __VA_ARGS__ }, .n = n_ }
		{ MAPS(0, 4, 0x11, 3, 30) },
		{ MAPS(0, 7, 0x11, 2, 30, 0x11, 1, 4) },
		{ MAPS(0, 4, 0x11, 2, 30), "run list of $DATA is broken" },
		{ MAPS(0, 4, 0x11, 4, 30), "run list of $DATA is broken" },
		/* behind what the size needs */
		{ MAPS(0, 6, 0x11, 2, 30, 0x19, 1), "is broken" },
		{ MAPS(0, 6, 0x11, 2, 30, 0x01, 1) },
		{ MAPS(0, 6, 0x01, 2, 0x11, 1, 30), "is not marked sparse" },
		{ MAPS(0x8000, 6, 0x01, 2, 0x11, 1, 30) },
#undef MAPS
	};

	says(&t[_i].m, t[_i].loss);
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
	static const uint8_t bad[] = {
		0x03, 0xb0, 2, 'w', 0xfc, 0x0f, 9, 0x90,
	};

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
	struct hl_extent x;
	struct hl_entry e;
	struct hl_src *s;
	uint8_t tag[24] = { 0 };

	ROOT({ 8, 1, "efs" }, { 9, 1, "wof" }, { 10, 1, "odd" });
	nb_record(b, 8, 1, 1);
	nb_mapped(b, 0x80, "", &efs);
	nb_end(b);
	nb_record(b, 9, 1, 1);
	nb_mapped(b, 0x80, "", &hole);
	put32(tag, 0x80000017);
	put16(tag + 4, 16);
	nb_resident(b, 0xc0, "", tag, sizeof(tag));
	nb_end(b);
	nb_record(b, 10, 1, 1);
	nb_resident(b, 0x80, "", "oooooooo", 8);
	put16(b->r + 0x38 + 0x0c, 0x4000); /* the flags of that attribute */
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
	ck_assert_int_eq(hl_src_locate(s, 7, &x), HL_OK);
	ck_assert_uint_eq(x.what, HL_WHAT_ENCRYPTED);
	ck_assert_uint_eq(x.in_off, 30 * NB_CLUSTER + 7);
	ck_assert_uint_eq(x.len, 512 - 7);
	hl_src_close(s);
	/* nor when it lies in the record, where EFS never puts it */
	ck_assert_int_eq(hl_fs_find(fs, "odd", &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_UNSUPPORTED);
	s = stream("odd", "", HL_STREAM_RAW);
	expect(s, 0, 8, 'o');
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
			    hl_fs_list(&it, fs, &e.ref,
			               HL_LIST_FULL) == HL_OK) {
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
	TCase *t = tcase_create("streams");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, bytes_past_the_valid_length_are_zeros);
	tcase_add_test(t, runs_outside_the_volume_are_missing);
	tcase_add_loop_test(t, runs_are_counted, 0, 8);
	tcase_add_test(t, compressed_units_of_every_kind);
	tcase_add_test(t, the_map_of_a_compressed_stream);
	tcase_add_test(t, what_cannot_be_read_is_never_zeros);
	tcase_add_test(t, memory_may_end_anywhere);
	return t;
}

int main(void)
{
	return test_main("ntfs_stream", cases(), NULL);
}
