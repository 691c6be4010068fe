/*
 * check_wof_files.c: files that WOF keeps, on a volume built by hand.
 */
#include "ntfs_fixture.h"
#include "wof_build.h"

/* The unnamed stream: one hole of three clusters. */
static const struct nb_runs hole = {
	.highest = 2, .allocated = 12288, .size = 9000, .valid = 9000,
	.flags = 0x8000, .runs = { 0x01, 3 }, .n = 3,
};
/* WofCompressedData: two clusters from 30 on. */
#define STORED_SIZE (8 + PACKED_BYTES + 4096 + 808)
static const struct nb_runs stored = {
	.highest = 1, .allocated = 8192, .size = STORED_SIZE,
	.valid = STORED_SIZE, .runs = { 0x11, 2, 30 }, .n = 4,
};

enum { NO_REPARSE = 1, NO_STREAM = 2, NO_MAIN = 4 };

/* Record 8, "a": 9000 bytes. */
static void wof_file(unsigned without, uint32_t provider, uint32_t algorithm)
{
	uint8_t r[24], *p = nb_cluster(b, 30);

	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	if (!(without & NO_MAIN))
		nb_mapped(b, 0x80, "", &hole);
	if (!(without & NO_STREAM))
		nb_mapped(b, 0x80, "WofCompressedData", &stored);
	put_reparse(r, provider, algorithm);
	if (!(without & NO_REPARSE))
		nb_resident(b, 0xc0, "", r, sizeof(r));
	nb_end(b);
	put32(p, PACKED_BYTES);
	put32(p + 4, PACKED_BYTES + 4096);
	put_packed(p + 8, 'p', 4096);
	memset(p + 8 + PACKED_BYTES, 'q', 4096);
	memset(p + 8 + PACKED_BYTES + 4096, 'r', 808);
}

START_TEST(a_file_has_its_content)
{
	struct hl_entry e;
	struct hl_extent x;
	struct hl_src *s;

	wof_file(0, 2, XPRESS4K);
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert_uint_eq(e.size, 9000);
	ck_assert_uint_eq(e.reparse_tag, WOF_TAG);
	ck_assert_int_eq(e.type, HL_FILE);
	s = stream("a", "", _i ? HL_STREAM_SLACK : HL_STREAM_CONTENT);
	ck_assert_uint_eq(hl_src_size(s), 9000);
	expect(s, 0, 4096, 'p');
	expect(s, 4096, 4096, 'q');
	expect(s, 8192, 808, 'r');
	/* down to the image */
	ck_assert_int_eq(hl_src_locate(s, 0, &x), HL_OK);
	ck_assert_uint_eq(x.what, HL_WHAT_COMPRESSED);
	ck_assert_uint_eq(x.in_off, 30 * NB_CLUSTER + 8);
	ck_assert_uint_eq(x.in_len, PACKED_BYTES);
	ck_assert_int_eq(hl_src_locate(s, 4096, &x), HL_OK);
	ck_assert_uint_eq(x.what, HL_WHAT_DATA);
	ck_assert_uint_eq(x.in_off, 30 * NB_CLUSTER + 8 + PACKED_BYTES);
	hl_src_close(s);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(raw_gives_what_is_stored)
{
	struct hl_src *s[3];
	uint8_t buf[STORED_SIZE];
	size_t i;

	wof_file(0, 2, XPRESS4K);
	open_it();
	s[0] = stream("a", "", HL_STREAM_RAW);
	s[1] = stream("a", "WofCompressedData", HL_STREAM_RAW);
	s[2] = stream("a", "WofCompressedData", HL_STREAM_CONTENT);
	for (i = 0; i < 3; i++) {
		ck_assert_uint_eq(hl_src_size(s[i]), STORED_SIZE);
		ck_assert_int_eq(hl_src_read(s[i], 0, buf, STORED_SIZE, NULL),
		                 HL_OK);
		ck_assert(!memcmp(buf, nb_cluster(b, 30), STORED_SIZE));
		hl_src_close(s[i]);
	}
}
END_TEST

struct refusal {
	unsigned without;
	uint32_t provider, algorithm;
	enum hl_status st;
	const char *note;
};
static const struct refusal refusals[] = {
	{ 0, 1, 0, HL_UNSUPPORTED, "WIM" },
	{ 0, 9, 0, HL_UNSUPPORTED, "provider 9" },
	{ 0, 2, 4, HL_UNSUPPORTED, "algorithm 4" },
	{ NO_STREAM, 1, 0, HL_UNSUPPORTED, "WIM" },
	{ NO_STREAM, 2, LZX, HL_CORRUPT, "WofCompressedData is gone" },
	{ NO_MAIN, 2, LZX, HL_CORRUPT, "tells its size is gone" },
	{ NO_REPARSE, 2, LZX, HL_UNSUPPORTED, "no reparse point tells how" },
};

START_TEST(zeros_never_stand_for_content)
{
	const struct refusal *r = &refusals[_i];
	struct hl_entry e;
	struct hl_src *s;

	wof_file(r->without, r->provider, r->algorithm);
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 r->st);
	ck_assert_ptr_null(s);
	ck_assert(test_noted(HL_FAILED, r->note));
}
END_TEST

START_TEST(a_stream_that_is_too_short_is_said)
{
	struct nb_runs cut = stored;
	struct hl_entry e;
	struct hl_src *s;
	uint8_t r[24];

	ROOT({ 8, 1, "a" });
	nb_record(b, 8, 1, 1);
	nb_mapped(b, 0x80, "", &hole);
	cut.size = cut.valid = 8;
	nb_mapped(b, 0x80, "WofCompressedData", &cut);
	put_reparse(r, 2, XPRESS4K);
	put16(r + 4, 16);
	nb_resident(b, 0xc0, "", r, sizeof(r));
	nb_end(b);
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_CORRUPT);
	ck_assert(test_noted(HL_FAILED, "shorter than the table"));
}
END_TEST

/* Not resident, as no writer makes it: hidden, the file would be zeros. */
START_TEST(a_reparse_point_outside_of_the_record)
{
	static const struct nb_runs far = {
		.allocated = 4096, .size = 24, .valid = 24,
		.runs = { 0x11, 1, 40 }, .n = 4,
	};
	struct hl_src *s;

	wof_file(NO_REPARSE, 2, XPRESS4K);
	nb_record(b, 8, 1, 1);
	nb_mapped(b, 0x80, "", &hole);
	nb_mapped(b, 0x80, "WofCompressedData", &stored);
	nb_mapped(b, 0xc0, "", &far);
	nb_end(b);
	put_reparse(nb_cluster(b, 40), 2, XPRESS4K);
	open_it();
	s = stream("a", "", HL_STREAM_CONTENT);
	expect(s, 0, 4096, 'p');
	hl_src_close(s);
}
END_TEST

/* A deleted one: still read, and who has its clusters now is said. */
START_TEST(a_deleted_file)
{
	struct hl_entry e;
	struct hl_src *s;

	wof_file(0, 2, XPRESS4K);
	/* no longer in use */
	put16(nb_place(b, 8) + 0x16, 0);
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "@8", &e), HL_OK);
	ck_assert(e.flags & HL_ENTRY_DELETED);
	ck_assert_uint_eq(e.size, 9000);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_OK);
	expect(s, 4000, 96, 'p');
	expect(s, 8192, 808, 'r');
	hl_src_close(s);
	ck_assert(test_noted(HL_INFO, "deleted file 8"));
}
END_TEST

START_TEST(memory_may_end_anywhere)
{
	struct hl_entry e;
	struct hl_src *s;
	uint8_t buf[512];
	size_t n;

	wof_file(0, 2, XPRESS4K);
	open_it();
	ck_assert_int_eq(hl_fs_find(fs, "a", &e), HL_OK);
	for (n = 1; n < 20; n++) {
		enum hl_status st;

		test_fail_alloc(n);
		st = hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT);
		test_fail_alloc(0);
		ck_assert(st == HL_OK || st == HL_NOMEM);
		if (st == HL_OK)
			ck_assert_int_eq(hl_src_read(s, 0, buf, 512, NULL),
			                 HL_OK);
		hl_src_close(s);
	}
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_file_has_its_content, 0, 2);
	tcase_add_test(t, raw_gives_what_is_stored);
	tcase_add_loop_test(t, zeros_never_stand_for_content, 0,
	                    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, a_stream_that_is_too_short_is_said);
	tcase_add_test(t, a_reparse_point_outside_of_the_record);
	tcase_add_test(t, a_deleted_file);
	tcase_add_test(t, memory_may_end_anywhere);
	return t;
}

int main(void)
{
	return test_main("wof_files", cases(), NULL);
}
