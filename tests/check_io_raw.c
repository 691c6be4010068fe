/* check_io_raw.c: raw and split images, and what is no image. */
#include "io_build.h"

static uint8_t pattern[100000];

static void fill(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 31 + (i >> 9) + (i >> 16));
}

/* n pieces of `size` bytes, the last shorter; names as the list says. */
static void split(const char *const *names, size_t n, size_t size)
{
	fill();
	for (size_t i = 0; i < n; i++)
		write_file(at("%s", names[i]), pattern + i * size,
		           i + 1 < n ? size : size / 2);
}

static void reads_as(const struct opened *o, size_t n)
{
	uint8_t *buf = malloc(n);

	ck_assert_uint_eq(hl_src_size(o->src), n);
	ck_assert_int_eq(hl_src_read(o->src, 0, buf, n, NULL), HL_OK);
	ck_assert_mem_eq(buf, pattern, n);
	free(buf);
}

static const char *const patterns[][3] = {
	{ "p.001", "p.002", "p.003" },
	{ "q.000", "q.001", "q.002" },
	{ "r.aa", "r.ab", "r.ac" },
	{ "s.raw.0001", "s.raw.0002", "s.raw.0003" },
	{ "t.aaa", "t.aab", "t.aac" },
};

START_TEST(split_sets_are_put_together)
{
	const char *const *p = patterns[_i];
	struct hl_image_info info;
	struct opened o;

	split(p, 3, 10240);
	ck_assert_int_eq(open_image(&o, at("%s", p[0]), false), HL_OK);
	ck_assert_uint_eq(hl_files_count(o.files), 3);
	ck_assert(hl_files_is_source(o.files, at("%s", p[2])));
	ck_assert(!hl_files_is_source(o.files, "/dev/null"));
	reads_as(&o, 2 * 10240 + 5120);
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert_str_eq(info.format, "split raw");
	ck_assert_uint_eq(info.segments, 3);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_image(&o);
}
END_TEST

START_TEST(a_later_segment_names_the_first)
{
	const char *const *p = patterns[_i];
	struct opened o;

	split(p, 3, 10240);
	for (int k = 1; k < 3; k++) {
		ck_assert_int_eq(open_image(&o, at("%s", p[k]), false),
		                 HL_USAGE);
		ck_assert(test_noted(HL_FAILED, p[0]));
		ck_assert_uint_eq(test_note_count(HL_INFO), 1);
	}
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_gap_is_named_and_reads_as_missing)
{
	const char *const *p = patterns[_i];
	struct hl_ranges bad;
	struct hl_extent e;
	struct opened o;
	uint8_t buf[25600];

	split(p, 3, 10240);
	unlink(at("%s", p[1]));
	ck_assert_int_eq(open_image(&o, at("%s", p[0]), false), HL_IO);
	ck_assert(test_noted(HL_FAILED, p[1]));
	ck_assert_uint_eq(test_note_count(HL_INFO), 1);
	ck_assert_int_eq(open_image(&o, at("%s", p[0]), true), HL_OK);
	ck_assert(test_noted(HL_LOSS, p[1]));
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 0, buf, sizeof(buf), &bad), HL_OK);
	ck_assert_mem_eq(buf, pattern, 10240);
	ck_assert_mem_eq(buf + 20480, pattern + 20480, 5120);
	for (int i = 10240; i < 20480; i++)
		ck_assert_uint_eq(buf[i], 0);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 10240);
	ck_assert_uint_eq(bad.r[0].len, 10240);
	ck_assert_uint_eq(bad.r[0].what, HL_WHAT_MISSING);
	ck_assert_int_eq(hl_src_map(o.src, 15000, &e), HL_OK);
	ck_assert_uint_eq(e.what, HL_WHAT_MISSING);
	ck_assert_uint_eq(e.len, 5480);
	close_image(&o);
}
END_TEST

START_TEST(an_odd_middle_segment_is_named)
{
	const char *const *p = patterns[0];
	struct hl_ranges bad;
	struct opened o;
	uint8_t buf[25600];

	split(p, 3, 10240);
	ck_assert_int_eq(truncate(at("%s", p[1]), 9000), 0);
	ck_assert_int_eq(open_image(&o, at("%s", p[0]), false), HL_IO);
	ck_assert(test_noted(HL_FAILED, "p.002: has 9000 bytes"));
	ck_assert_int_eq(open_image(&o, at("%s", p[0]), true), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 0, buf, sizeof(buf), &bad), HL_OK);
	ck_assert_uint_eq(bad.bytes, 1240);
	ck_assert_uint_eq(bad.r[0].off, 19240);
	ck_assert_mem_eq(buf + 20480, pattern + 20480, 5120);
	close_image(&o);
	/* the first is the short one */
	split(p, 3, 10240);
	ck_assert_int_eq(truncate(at("%s", p[0]), 100), 0);
	ck_assert_int_eq(open_image(&o, at("%s", p[0]), false), HL_IO);
	ck_assert(test_noted(HL_FAILED, "p.001: has 100 bytes"));
}
END_TEST

START_TEST(a_lone_segment_says_what_it_cannot_know)
{
	struct opened o;

	fill();
	write_file(at("lone.001"), pattern, 1000);
	ck_assert_int_eq(open_image(&o, at("lone.001"), false), HL_OK);
	ck_assert(test_noted(HL_INFO, "cannot be known"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_image(&o);
	/* a later one alone is not taken for an image */
	write_file(at("late.002"), pattern, 1000);
	ck_assert_int_eq(open_image(&o, at("late.002"), false), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "late.001"));
	/* but a year is */
	write_file(at("backup.2023"), pattern, 1000);
	ck_assert_int_eq(open_image(&o, at("backup.2023"), false), HL_OK);
	close_image(&o);
}
END_TEST

START_TEST(neighbours_are_not_taken_for_segments)
{
	struct opened o;

	fill();
	write_file(at("n.aa"), pattern, 1000);
	write_file(at("n.dd"), pattern, 3000);
	write_file(at("n.gz"), pattern, 500);
	write_file(at("n.md"), pattern, 50);
	ck_assert_int_eq(open_image(&o, at("n.aa"), false), HL_OK);
	ck_assert_uint_eq(hl_files_count(o.files), 1);
	close_image(&o);
	ck_assert_int_eq(open_image(&o, at("n.dd"), false), HL_OK);
	ck_assert_uint_eq(hl_files_count(o.files), 1);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	reads_as(&o, 3000);
	close_image(&o);
}
END_TEST

START_TEST(thousands_of_segments_are_read)
{
	struct opened o;
	uint8_t buf[64];

	for (unsigned i = 1; i <= 1500; i++) {
		memset(buf, (int)(i % 251), sizeof(buf));
		write_file(at("many.%03u", i), buf, sizeof(buf));
	}
	ck_assert_int_eq(open_image(&o, at("many.001"), false), HL_OK);
	ck_assert_uint_eq(hl_src_size(o.src), 1500 * 64);
	for (unsigned i = 0; i < 1500; i += 7) {
		ck_assert_int_eq(hl_src_read(o.src, i * 64, buf, 64, NULL),
		                 HL_OK);
		ck_assert_uint_eq(buf[0], (i + 1) % 251);
		ck_assert_uint_eq(buf[63], (i + 1) % 251);
	}
	close_image(&o);
}
END_TEST

START_TEST(a_file_cut_while_open_costs_its_tail_only)
{
	struct hl_ranges bad;
	struct opened o;
	uint8_t buf[5000];

	fill();
	write_file(at("cut.raw"), pattern, 5000);
	ck_assert_int_eq(open_image(&o, at("cut.raw"), false), HL_OK);
	ck_assert_int_eq(truncate(at("cut.raw"), 3000), 0);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 0, buf, 5000, &bad), HL_OK);
	ck_assert_mem_eq(buf, pattern, 3000);
	ck_assert_uint_eq(buf[3000] | buf[4999], 0);
	ck_assert_uint_eq(bad.bytes, 2000);
	ck_assert_uint_eq(bad.r[0].quality, HL_Q_UNREADABLE);
	ck_assert_int_eq(hl_src_read(o.src, 0, buf, 5000, NULL), HL_IO);
	close_image(&o);
}
END_TEST

START_TEST(bytes_behind_four_gigabytes_are_found)
{
	struct opened o;
	uint8_t buf[16];
	int fd = open(at("big.raw"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, "behind", 6, (off_t)5 << 30), 6);
	close(fd);
	ck_assert_int_eq(open_image(&o, at("big.raw"), false), HL_OK);
	ck_assert_uint_eq(hl_src_size(o.src), (5ull << 30) + 6);
	ck_assert_int_eq(hl_src_read(o.src, 5ull << 30, buf, 6, NULL), HL_OK);
	ck_assert_mem_eq(buf, "behind", 6);
	close_image(&o);
	unlink(at("big.raw"));
}
END_TEST

/* 16 MiB of which 4096 bytes in the middle were written; a file system that
 * keeps no holes tells of none. */
START_TEST(holes_are_known_without_reading)
{
	const uint64_t mib = 1 << 20, data = 8 * mib;
	struct opened o;
	struct hl_src *part;
	int fd = open(at("thin.raw"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	fill();
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)(16 * mib)), 0);
	ck_assert_int_eq(pwrite(fd, pattern, 4096, (off_t)data), 4096);
	close(fd);
	ck_assert_int_eq(open_image(&o, at("thin.raw"), false), HL_OK);
	ck_assert_uint_le(hl_src_hole(o.src, 0), data);
	ck_assert_uint_eq(hl_src_hole(o.src, data), 0);
	ck_assert_uint_eq(hl_src_hole(o.src, data + 4095), 0);
	ck_assert_uint_eq(hl_src_hole(o.src, 16 * mib), 0);
	ck_assert_int_eq(hl_src_window(&part, o.src, mib, 9 * mib, test_ctx()),
	                 HL_OK);
	if (hl_src_hole(o.src, 0) == 0) {
		test_skip("no holes in files of this file system");
	} else {
		ck_assert_uint_eq(hl_src_hole(o.src, 0), data);
		ck_assert_uint_eq(hl_src_hole(o.src, 12 * mib), 4 * mib);
		ck_assert_uint_eq(hl_src_hole(part, 0), 7 * mib);
		/* not behind the end of the window */
		ck_assert_uint_eq(hl_src_hole(part, 8 * mib), mib);
	}
	hl_src_close(part);
	close_image(&o);
	unlink(at("thin.raw"));
}
END_TEST

START_TEST(a_fixed_vhd_is_read_without_its_footer)
{
	struct hl_image_info info;
	struct opened o;

	fill();
	memcpy(pattern + 4096, "conectix", 8);
	put32be(pattern + 4096 + 60, 2);
	write_file(at("fixed.vhd"), pattern, 4096 + 512);
	ck_assert_int_eq(open_image(&o, at("fixed.vhd"), false), HL_OK);
	ck_assert(test_noted(HL_INFO, "fixed VHD"));
	ck_assert_uint_eq(hl_src_size(o.src), 4096);
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert_str_eq(info.format, "VHD fixed");
	reads_as(&o, 4096);
	close_image(&o);
}
END_TEST

static const struct {
	const char *head;
	size_t n;
	const char *say;
} containers[] = {
	{ "AFF10\r\n", 7, "AFF" },
	{ "LVF\x09\x0d\x0a\xff", 8, "L01" },
	{ "LEF2\x0d\x0a\x81", 8, "Lx01" },
	{ "PK\x03\x04", 4, "ZIP" },
	{ "\x1f\x8b\x08", 3, "gzip" },
	{ "QED", 4, "QED" },
	{ "WithoutFreeSpace", 16, "Parallels" },
	{ "WithouFreSpacExt", 16, "Parallels" },
};

START_TEST(other_containers_are_refused_by_name)
{
	struct opened o;
	uint8_t head[4096] = { 0 };

	memcpy(head, containers[_i].head, containers[_i].n);
	write_file(at("box%d", _i), head, sizeof(head));
	ck_assert_int_eq(open_image(&o, at("box%d", _i), false),
	                 HL_UNSUPPORTED);
	ck_assert(test_noted(HL_FAILED, containers[_i].say));
	ck_assert(test_noted(HL_FAILED, "are not read"));
	ck_assert_uint_eq(test_note_count(HL_INFO), 1);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(what_is_no_image_is_refused_in_one_line)
{
	struct opened o;

	write_file(at("empty.E01"), "", 0);
	ck_assert_int_eq(open_image(&o, at("empty.E01"), false), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "empty.E01: is empty"));
	ck_assert_int_eq(open_image(&o, test_tmp(), false), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "is a folder"));
	ck_assert_int_eq(open_image(&o, at("absent.raw"), false), HL_IO);
	ck_assert(test_noted(HL_FAILED, "absent.raw: cannot be opened"));
	ck_assert_int_eq(mkfifo(at("pipe"), 0600), 0);
	ck_assert_int_eq(open_image(&o, at("pipe"), false), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "pipe: is neither a file"));
	ck_assert_int_eq(open_image(&o, "/dev/null", false), HL_USAGE);
	ck_assert_uint_eq(test_note_count(HL_INFO), 1);
	ck_assert_int_eq(open_image(&o, "/proc", false), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "without a device"));
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_failing_allocator_leaves_nothing_open)
{
	struct opened o;
	enum hl_status st = HL_NOMEM;

	split(patterns[0], 3, 1024);
	for (size_t n = 1; st != HL_OK && n < 200; n++) {
		test_fail_alloc(n);
		st = open_image(&o, at("p.001"), false);
		test_fail_alloc(0);
		if (st != HL_OK) {
			ck_assert_int_eq(st, HL_NOMEM);
			ck_assert_uint_eq(test_mem_now(), 0);
		}
	}
	ck_assert_int_eq(st, HL_OK);
	close_image(&o);
}
END_TEST

static TCase *sets(void)
{
	TCase *t = tcase_create("sets");
	int n = (int)(sizeof(patterns) / sizeof(*patterns));

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, split_sets_are_put_together, 0, n);
	tcase_add_loop_test(t, a_later_segment_names_the_first, 0, n);
	tcase_add_loop_test(t, a_gap_is_named_and_reads_as_missing, 0, n);
	tcase_add_test(t, an_odd_middle_segment_is_named);
	tcase_add_test(t, a_lone_segment_says_what_it_cannot_know);
	tcase_add_test(t, neighbours_are_not_taken_for_segments);
	tcase_add_test(t, thousands_of_segments_are_read);
	tcase_add_test(t, a_failing_allocator_leaves_nothing_open);
	return t;
}

static TCase *files(void)
{
	TCase *t = tcase_create("files");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_file_cut_while_open_costs_its_tail_only);
	tcase_add_test(t, bytes_behind_four_gigabytes_are_found);
	tcase_add_test(t, holes_are_known_without_reading);
	tcase_add_test(t, a_fixed_vhd_is_read_without_its_footer);
	tcase_add_loop_test(t, other_containers_are_refused_by_name, 0,
	                    (int)(sizeof(containers) / sizeof(*containers)));
	tcase_add_test(t, what_is_no_image_is_refused_in_one_line);
	return t;
}

int main(void)
{
	return test_main("io_raw", sets(), files(), NULL);
}
