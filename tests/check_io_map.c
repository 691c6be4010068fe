/*
 * check_io_map.c: ddrescue's map: its text, and an image seen through it.
 * The format is that of the chapter "Mapfile structure" of its manual.
 */
#include "base/limits.h"
#include "io/ddmap.h"
#include "io_build.h"

#define SIZE 8192u

static uint8_t pattern[SIZE];

/* ---- the text ---------------------------------------------------------- */

struct want {
	uint64_t off, len;
	bool rescued;
};

static void decodes(const char *text, const struct want *want, size_t n)
{
	size_t len = strlen(text);
	uint8_t *p = tight(text, len);
	struct hl_ddmap m = hl_ddmap_of(span_of(p, len));
	struct hl_ddmap_area a;

	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(hl_ddmap_next(&m, &a), HL_OK);
		ck_assert_uint_eq(a.off, want[i].off);
		ck_assert_uint_eq(a.len, want[i].len);
		ck_assert_int_eq(a.rescued, want[i].rescued);
	}
	ck_assert_int_eq(hl_ddmap_next(&m, &a), HL_END);
	free(p);
}

START_TEST(every_status_but_plus_is_not_rescued)
{
	static const struct want want[] = {
		{ 0, 0x117000, true }, { 0x117000, 0x200, false },
		{ 0x117200, 0x1000, false }, { 0x118200, 0x7E00, false },
		{ 0x120000, 0x48000, false },
	};

	decodes("# Mapfile. Created by GNU ddrescue version 1.27\n"
	        "# Command line: ddrescue -c18 /dev/fd0 fdimage mapfile\n"
	        "# current_pos  current_status  current_pass\n"
	        "0x00120000     ?               1\n"
	        "#      pos        size  status\n"
	        "0x00000000  0x00117000  +\n"
	        "0x00117000  0x00000200  -\n"
	        "0x00117200  0x00001000  /\n"
	        "0x00118200  0x00007E00  *\n"
	        "0x00120000  0x00048000  ?\n", want, 5);
}
END_TEST

START_TEST(old_logfiles_and_every_notation_are_read)
{
	static const struct want want[] = { { 0, 512, true },
		                            { 512, 512, false } };

	/* no pass; no status line; decimal, octal; no last newline; CR */
	decodes("# Rescue Logfile\n0x0 +\n0x0 0x200 +\n0x200 0x200 -\n",
	        want, 2);
	decodes("0 512 +\n512 512 -\n", want, 2);
	decodes("01000 - 2\n0 01000 +\n01000 01000 -", want, 2);
	decodes("0X200 F 1\r\n\r\n 0\t0X200 +\r\n512 0x200 - # bad\r\n",
	        want, 2);
	decodes("0 G 1\n0 512 +\n512 512 -", want, 2);
}
END_TEST

START_TEST(a_size_of_minus_one_goes_to_the_end)
{
	static const struct want want[] = {
		{ 0, 512, true }, { 512, UINT64_MAX - 512, false }
	};

	decodes("0 ? 1\n0 512 +\n512 -1 ?\n", want, 2);
}
END_TEST

START_TEST(a_map_only_begun_tells_of_nothing)
{
	decodes("", NULL, 0);
	decodes("# nothing\n", NULL, 0);
	decodes("0 ? 1\n", NULL, 0);
	decodes("0 ? 1\n0 0 ?\n", NULL, 0);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
	const char *why;
} hostile[] = {
	{ "0 ? 1\n0 512 +\n511 512 -\n", 3, "overlaps" },
	{ "0 ? 1\n0 512 +\n0 512 +\n", 3, "overlaps" },
	{ "0 ? 1\n512 512 +\n0 512 -\n", 3, "overlaps" },
	{ "0 ? 1\n0 -1 +\n0 1 -\n", 3, "overlaps" },
	{ "0 ? 1\n512 0 +\n", 2, "without bytes" },
	{ "0 ? 1\n0 512 +\n512 0 +\n", 3, "without bytes" },
	{ "0 ? 1\n0xFFFFFFFFFFFFFFFF 2 +\n", 2, "ends beyond" },
	{ "0 ? 1\n0x10000000000000000 2 +\n", 2, "no area" },
	{ "0 ? 1\n18446744073709551616 2 +\n", 2, "no area" },
	{ "0 ? 1\n0 512 x\n", 2, "status" },
	{ "0 ? 1\n0 512 F\n", 2, "status" },
	{ "0 ? 1\n0 512 +-\n", 2, "status" },
	{ "0 ? 1\n0 512 + +\n", 2, "no area" },
	{ "0 ? 1\n0 512 + 1 2 3 4 5 6 7\n", 2, "no area" },
	{ "0 ? 1\n0 512\n", 2, "no area" },
	{ "0 ? 1\n0 512 # +\n", 2, "no area" },
	{ "0 ? 1\n0 ? 1\n0 512 +\n", 2, "no area" },
	{ "0 ? 1\n0x 512 +\n", 2, "no area" },
	{ "0 ? 1\n08 512 +\n", 2, "no area" },
	{ "0 ? 1\n-1 512 +\n", 2, "no area" },
	{ "0 ? 1\n0 -2 +\n", 2, "no area" },
	{ "0 ? 1\n0 1K +\n", 2, "no area" },
	{ "0 ! 1\n0 512 +\n", 1, "status" },
	{ "\xef\xbb\xbf# BOM\n", 1, "no area" },
	{ "hello\n", 1, "no area" },
};

START_TEST(a_hostile_line_is_named)
{
	const char *text = hostile[_i].text;
	uint8_t *p = tight(text, strlen(text));
	struct hl_ddmap m = hl_ddmap_of(span_of(p, strlen(text)));
	struct hl_ddmap_area a;
	enum hl_status st;

	while ((st = hl_ddmap_next(&m, &a)) == HL_OK)
		;
	ck_assert_int_eq(st, HL_CORRUPT);
	ck_assert_uint_eq(m.line, hostile[_i].line);
	ck_assert_ptr_nonnull(strstr(m.why, hostile[_i].why));
	free(p);
}
END_TEST

/* ---- the source -------------------------------------------------------- */

static struct hl_files *files;
static struct hl_src *image;

static enum hl_status open_mapped(const char *path, const char *text,
                                  struct hl_image_opts opts)
{
	enum hl_status st;

	test_forget_notes();
	write_file(at("map"), text, strlen(text));
	opts.map = at("map");
	ck_assert_int_eq(hl_files_find(&files, path, &opts, test_ctx()),
	                 HL_OK);
	st = hl_image_open(&image, files, &opts, test_ctx());
	if (st != HL_OK)
		hl_files_close(files);
	return st;
}

static void open_raw(const char *text)
{
	for (size_t i = 0; i < SIZE; i++)
		pattern[i] = (uint8_t)(i * 7 + (i >> 8) + 1);
	write_file(at("image"), pattern, SIZE);
	ck_assert_int_eq(open_mapped(at("image"), text,
	                             (struct hl_image_opts){ 0 }), HL_OK);
}

static void done(void)
{
	hl_src_close(image);
	hl_files_close(files);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static const char two_bad[] = "0 + 1\n"
	"0 1024 +\n1024 512 -\n1536 512 /\n2048 2048 +\n4096 512 ?\n"
	"4608 3584 +\n";

/* What was not rescued is a hole in the copy, and no zeros of the disk. */
START_TEST(a_bad_area_is_no_hole)
{
	static const char text[] = "0 + 1\n0 1048576 +\n1048576 1048576 -\n";
	int fd = open(at("copy"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 2 << 20), 0);
	close(fd);
	ck_assert_int_eq(open_mapped(at("copy"), text,
	                             (struct hl_image_opts){ 0 }), HL_OK);
	ck_assert_uint_le(hl_src_hole(image, 0), 1 << 20);
	ck_assert_uint_eq(hl_src_hole(image, 1 << 20), 0);
	done();
}
END_TEST

START_TEST(a_bad_area_is_reported_and_costs_only_its_bytes)
{
	struct hl_ranges bad;
	uint8_t buf[SIZE];

	open_raw(two_bad);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(image, 0, buf, SIZE, &bad), HL_OK);
	memset(pattern + 1024, 0, 1024);
	memset(pattern + 4096, 0, 512);
	ck_assert_mem_eq(buf, pattern, SIZE);
	ck_assert_uint_eq(bad.bytes, 1536);
	ck_assert_uint_eq(bad.n, 2);
	ck_assert_uint_eq(bad.r[0].off, 1024);
	ck_assert_uint_eq(bad.r[0].len, 1024);
	ck_assert_uint_eq(bad.r[0].what, HL_WHAT_DATA);
	ck_assert_uint_eq(bad.r[0].quality, HL_Q_UNREADABLE);
	ck_assert_uint_eq(bad.r[1].off, 4096);
	/* up to the edges nothing is bad, one byte more is */
	ck_assert_int_eq(hl_src_read(image, 0, buf, 1024, NULL), HL_OK);
	ck_assert_int_eq(hl_src_read(image, 0, buf, 1025, NULL), HL_IO);
	ck_assert_int_eq(hl_src_read(image, 2047, buf, 1, NULL), HL_IO);
	ck_assert_int_eq(hl_src_read(image, 2048, buf, 2048, NULL), HL_OK);
	ck_assert_int_eq(hl_src_read(image, SIZE - 1, buf, 2, NULL),
	                 HL_RANGE);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert(test_noted(HL_INFO, "1536 bytes"));
	done();
}
END_TEST

START_TEST(places_and_qualities_are_told_through_views)
{
	struct hl_src *window, *file;
	struct hl_extent e;

	open_raw(two_bad);
	ck_assert_int_eq(hl_src_window(&window, image, 512, 7168, test_ctx()),
	                 HL_OK);
	const struct hl_extent runs[] = {
		{ .off = 0, .len = 1024, .in = window, .in_off = 3072,
		  .in_len = 1024 },
		{ .off = 1024, .len = 1024, .in = window, .in_off = 512,
		  .in_len = 1024, .quality = HL_Q_ALLOCATED_TO, .owner = 7 },
	};
	ck_assert_int_eq(hl_src_extents(&file, "file", runs, 2, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_src_locate(file, 0, &e), HL_OK);
	ck_assert_ptr_eq(e.in, image);
	ck_assert_uint_eq(e.in_off, 3584);
	ck_assert_uint_eq(e.len, 512);
	ck_assert_uint_eq(e.quality, HL_Q_OK);
	ck_assert_int_eq(hl_src_locate(file, 512, &e), HL_OK);
	ck_assert_ptr_eq(e.in, image);
	ck_assert_uint_eq(e.in_off, 4096);
	ck_assert_uint_eq(e.len, 512);
	ck_assert_uint_eq(e.what, HL_WHAT_DATA);
	ck_assert_uint_eq(e.quality, HL_Q_UNREADABLE);
	ck_assert_int_eq(hl_src_locate(file, 1024, &e), HL_OK);
	ck_assert_uint_eq(e.in_off, 1024);
	ck_assert_uint_eq(e.len, 1024);
	ck_assert_uint_eq(e.quality, HL_Q_UNREADABLE);
	ck_assert_uint_eq(e.owner, 0);
	ck_assert_int_eq(hl_src_locate(image, 1030, &e), HL_OK);
	ck_assert_ptr_eq(e.in, image);
	ck_assert_uint_eq(e.in_off, 1030);
	ck_assert_uint_eq(e.quality, HL_Q_UNREADABLE);
	hl_src_close(file);
	hl_src_close(window);
	done();
}
END_TEST

START_TEST(it_is_the_image_in_all_else)
{
	struct hl_image_info info;

	write_file(at("image"), pattern, SIZE);
	ck_assert_int_eq(open_mapped(at("image"), two_bad,
	                             (struct hl_image_opts){
	                                     .sector_size = 4096 }), HL_OK);
	ck_assert_int_eq(hl_image_info(image, &info), HL_OK);
	ck_assert_str_eq(info.format, "raw");
	ck_assert_uint_eq(info.size, SIZE);
	ck_assert_uint_eq(hl_src_sector_size(image), 4096);
	ck_assert_str_eq(hl_src_name(image), at("image"));
	hl_src_advise(image, 0, SIZE, HL_ADVISE_SEQUENTIAL);
	ck_assert(hl_files_is_source(files, at("map")));
	ck_assert(hl_files_is_source(files, at("image")));
	done();
}
END_TEST

START_TEST(what_the_map_leaves_out_is_unreadable)
{
	struct hl_ranges bad;
	uint8_t buf[SIZE];

	open_raw("0 + 1\n512 512 +\n2048 1024 +\n");
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(image, 0, buf, SIZE, &bad), HL_OK);
	ck_assert_uint_eq(bad.bytes, SIZE - 1536);
	ck_assert_uint_eq(bad.n, 3);
	ck_assert_uint_eq(bad.r[0].len, 512);
	ck_assert_uint_eq(bad.r[1].off, 1024);
	ck_assert_uint_eq(bad.r[2].off, 3072);
	ck_assert_uint_eq(bad.r[2].len, SIZE - 3072);
	ck_assert(test_noted(HL_INFO, "ends at 3072"));
	done();
}
END_TEST

START_TEST(a_map_beyond_the_image_is_said)
{
	uint8_t buf[SIZE];

	open_raw("0 + 1\n0 9000 +\n9000 1000 -\n");
	ck_assert(test_noted(HL_LOSS, "rescued bytes up to 9000"));
	ck_assert_int_eq(hl_src_read(image, 0, buf, SIZE, NULL), HL_OK);
	done();
	open_raw("0 ? 1\n0 8192 +\n8192 -1 ?\n");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert(test_noted(HL_INFO, "behind the image"));
	ck_assert_int_eq(hl_src_read(image, 0, buf, SIZE, NULL), HL_OK);
	done();
	open_raw("0 + 1\n0 8192 +\n");
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	done();
}
END_TEST

START_TEST(a_missing_segment_stays_missing)
{
	struct hl_ranges bad;
	struct hl_extent e;
	uint8_t buf[3072];

	write_file(at("set.001"), pattern, 1024);
	write_file(at("set.003"), pattern, 1024);
	ck_assert_int_eq(open_mapped(at("set.001"),
	                             "0 + 1\n0 512 +\n512 1024 -\n"
	                             "1536 1536 +\n",
	                             (struct hl_image_opts){
	                                     .allow_missing = true }), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(image, 0, buf, 3072, &bad), HL_OK);
	ck_assert_uint_eq(bad.n, 2);
	ck_assert_uint_eq(bad.bytes, 1536);
	ck_assert_uint_eq(bad.r[0].what, HL_WHAT_DATA);
	ck_assert_uint_eq(bad.r[0].len, 512);
	ck_assert_uint_eq(bad.r[1].what, HL_WHAT_MISSING);
	ck_assert_uint_eq(bad.r[1].off, 1024);
	ck_assert_uint_eq(bad.r[1].len, 1024);
	ck_assert_int_eq(hl_src_locate(image, 1200, &e), HL_OK);
	ck_assert_ptr_null(e.in);
	ck_assert_uint_eq(e.what, HL_WHAT_MISSING);
	done();
}
END_TEST

START_TEST(a_map_that_cannot_be_used_is_one_failure)
{
	static const struct { const char *text, *said; } bad[] = {
		{ "", "no areas" }, { "0 ? 1\n", "no areas" },
		{ "0 ? 1\n0 0 ?\n", "no areas" },
		{ "0 ? 1\n0 512 +\n0 512 +\n", "line 3 overlaps" },
		{ "0 ? 1\n0 512 +\n1 512 -\n", "line 3 overlaps" },
	};

	write_file(at("image"), pattern, SIZE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_int_eq(open_mapped(at("image"), bad[i].text,
		                             (struct hl_image_opts){ 0 }),
		                 HL_CORRUPT);
		ck_assert_ptr_null(image);
		ck_assert(test_noted(HL_FAILED, bad[i].said));
		ck_assert_uint_eq(test_note_count(HL_INFO), 1);
		ck_assert_uint_eq(test_mem_now(), 0);
	}
}
END_TEST

START_TEST(a_map_that_is_not_there_is_told_before_anything_is_parsed)
{
	struct hl_image_opts opts = { .map = at("nothing") };

	write_file(at("image"), pattern, SIZE);
	ck_assert_int_eq(hl_files_find(&files, at("image"), &opts, test_ctx()),
	                 HL_IO);
	ck_assert(test_noted(HL_FAILED, "nothing"));
	opts.map = test_tmp();
	ck_assert_int_eq(hl_files_find(&files, at("image"), &opts, test_ctx()),
	                 HL_USAGE);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_huge_map_is_refused_unread)
{
	struct hl_image_opts opts = { .map = at("huge") };

	write_file(at("image"), pattern, SIZE);
	write_file(at("huge"), "", 0);
	ck_assert_int_eq(truncate(at("huge"), (off_t)HL_MAX_MAP_BYTES + 1), 0);
	ck_assert_int_eq(hl_files_find(&files, at("image"), &opts, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_image_open(&image, files, &opts, test_ctx()),
	                 HL_LIMIT);
	ck_assert_uint_eq(test_note_count(HL_FAILED), 1);
	hl_files_close(files);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_failed_allocation_leaves_nothing)
{
	struct hl_image_opts opts = { .map = at("map") };
	bool opened = false;

	write_file(at("image"), pattern, SIZE);
	write_file(at("map"), two_bad, strlen(two_bad));
	for (size_t n = 1; !opened; n++) {
		enum hl_status st;
		ck_assert_uint_lt(n, 100);
		test_fail_alloc(n);
		st = hl_files_find(&files, at("image"), &opts, test_ctx());
		if (st == HL_OK) {
			st = hl_image_open(&image, files, &opts, test_ctx());
			opened = st == HL_OK;
			if (opened)
				hl_src_close(image);
			hl_files_close(files);
		}
		test_fail_alloc(0);
		ck_assert(opened || st == HL_NOMEM);
		ck_assert_uint_eq(test_mem_now(), 0);
	}
}
END_TEST

static TCase *text_case(void)
{
	TCase *t = tcase_create("text");

	tcase_add_test(t, every_status_but_plus_is_not_rescued);
	tcase_add_test(t, old_logfiles_and_every_notation_are_read);
	tcase_add_test(t, a_size_of_minus_one_goes_to_the_end);
	tcase_add_test(t, a_map_only_begun_tells_of_nothing);
	tcase_add_loop_test(t, a_hostile_line_is_named, 0,
	                    sizeof(hostile) / sizeof(*hostile));
	return t;
}

static TCase *source_case(void)
{
	TCase *t = tcase_create("source");

	tcase_add_test(t, a_bad_area_is_no_hole);
	tcase_add_test(t, a_bad_area_is_reported_and_costs_only_its_bytes);
	tcase_add_test(t, places_and_qualities_are_told_through_views);
	tcase_add_test(t, it_is_the_image_in_all_else);
	tcase_add_test(t, what_the_map_leaves_out_is_unreadable);
	tcase_add_test(t, a_map_beyond_the_image_is_said);
	tcase_add_test(t, a_missing_segment_stays_missing);
	tcase_add_test(t, a_map_that_cannot_be_used_is_one_failure);
	tcase_add_test(t,
	        a_map_that_is_not_there_is_told_before_anything_is_parsed);
	tcase_add_test(t, a_huge_map_is_refused_unread);
	tcase_add_test(t, a_failed_allocation_leaves_nothing);
	return t;
}

int main(void)
{
	return test_main("io_map", text_case(), source_case(), NULL);
}
