/*
 * check_io_ewf.c: EWF sets built by hand, whole and damaged.
 *
 * A set has 3 segments of 4, 4 and 3 chunks of 4,096 bytes:
 *	chunk    0 1 2 3 | 4 5 6 7 | 8 9 10
 *	segment  E01       E02       E03
 */
#include "io_build.h"
#include "io/files.h"
#include "io/ewf_sections.h"

#define N 11u
#define DATA_OFF (13 + 76 + 1052) /* of the sectors section */

static const struct b_set plain_set = { 3, 4, 0x11, 7, false };

static void content(uint8_t *dst, unsigned salt)
{
	for (unsigned i = 0; i < N; i++)
		b_content(dst + (size_t)i * B_CHUNK, i, salt);
}

/*
 * Read everything; chunk i must be right, or zero where bit i of `lost` is
 * set, and the list must say exactly that.
 */
static void check_all(struct opened *o, unsigned lost, enum hl_what what,
                      enum hl_quality quality)
{
	static uint8_t want[N * B_CHUNK], got[N * B_CHUNK];
	struct hl_ranges bad;
	unsigned n = 0;

	content(want, 7);
	ck_assert_uint_eq(hl_src_size(o->src), sizeof(want));
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o->src, 0, got, sizeof(got), &bad),
	                 HL_OK);
	for (unsigned i = 0; i < N; i++) {
		if (lost >> i & 1)
			memset(want + (size_t)i * B_CHUNK, 0, B_CHUNK);
		n += lost >> i & 1;
		ck_assert_msg(memcmp(want + (size_t)i * B_CHUNK,
		                     got + (size_t)i * B_CHUNK,
		                     B_CHUNK) == 0, "chunk %u", i);
	}
	ck_assert_uint_eq(bad.bytes, (uint64_t)n * B_CHUNK);
	for (size_t i = 0; i < bad.n; i++) {
		ck_assert_uint_eq(bad.r[i].what, what);
		ck_assert_uint_eq(bad.r[i].quality, quality);
		ck_assert(lost >> (bad.r[i].off / B_CHUNK) & 1);
	}
}

/* One note without allow_missing, whatever it is; the text must be in it. */
static void refused(const char *path, enum hl_status st, const char *text)
{
	struct opened o;

	ck_assert_int_eq(open_image(&o, path, false), st);
	ck_assert_msg(test_noted(HL_FAILED, text), "%s is not said", text);
	ck_assert_uint_eq(test_note_count(HL_INFO), 1);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static void goes_on(const char *path, const char *text, unsigned lost,
                    enum hl_what what, enum hl_quality quality)
{
	struct opened o;

	ck_assert_int_eq(open_image(&o, path, true), HL_OK);
	ck_assert_msg(test_noted(HL_LOSS, text), "%s is not said", text);
	check_all(&o, lost, what, quality);
	close_image(&o);
}

/* The offset of the n-th (from 0) section of a type in a segment. */
static long section_of(unsigned segment, const char *type)
{
	struct bytes b = b_segment(&plain_set, segment - 1);
	size_t n = strlen(type) + 1;
	long at = -1;

	for (size_t i = 0; at < 0 && i + 76 <= b.n; i++)
		if (memcmp(b.p + i, type, n) == 0)
			at = (long)i;
	free(b.p);
	ck_assert_int_ge(at, 0);
	return at;
}

START_TEST(a_whole_set_reads_in_every_step)
{
	const char *first = b_write_set("w", &plain_set);
	static uint8_t want[N * B_CHUNK];
	struct hl_image_info info;
	struct hl_extent e;
	struct opened o;
	uint8_t buf[B_CHUNK * 2];

	content(want, 7);
	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	ck_assert_uint_eq(hl_files_count(o.files), 3);
	check_all(&o, 0, 0, 0);
	for (size_t off = 0; off + 5000 <= sizeof(want); off += 1237) {
		ck_assert_int_eq(hl_src_read(o.src, off, buf, 5000, NULL),
		                 HL_OK);
		ck_assert_mem_eq(buf, want + off, 5000);
	}
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert_str_eq(info.format, "E01");
	ck_assert_uint_eq(info.chunk_size, B_CHUNK);
	ck_assert_uint_eq(info.sector_size, 512);
	ck_assert_int_eq(hl_src_map(o.src, 5000, &e), HL_OK);
	ck_assert_ptr_null(e.in);
	ck_assert_uint_eq(e.what, HL_WHAT_DATA);
	close_image(&o);
}
END_TEST

START_TEST(a_chunk_is_inflated_once_for_many_small_reads)
{
	const char *first = b_write_set("c", &plain_set);
	uint64_t hits, misses;
	struct opened o;
	uint8_t buf[64];

	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	hits = test_stats()->cache_hits;
	misses = test_stats()->cache_misses;
	for (size_t off = 0; off < B_CHUNK; off += 64)
		ck_assert_int_eq(hl_src_read(o.src, off, buf, 64, NULL),
		                 HL_OK);
	ck_assert_uint_eq(test_stats()->cache_misses - misses, 1);
	ck_assert_uint_eq(test_stats()->cache_hits - hits, 63);
	close_image(&o);
}
END_TEST

START_TEST(a_missing_segment_is_named)
{
	const char *first = b_write_set("m", &plain_set);

	unlink(at("m.E02"));
	refused(first, HL_IO, "m.E02: segment 2 of the set is missing");
	goes_on(first, "m.E02", 0x0f0, HL_WHAT_MISSING, HL_Q_UNREADABLE);
	first = b_write_set("m", &plain_set);
	unlink(at("m.E03"));
	refused(first, HL_IO, "m.E03: segment 3 of the set is missing");
	goes_on(first, "m.E03", 0x700, HL_WHAT_MISSING, HL_Q_UNREADABLE);
	unlink(at("m.E02"));
	goes_on(first, "m.E02", 0x7f0, HL_WHAT_MISSING, HL_Q_UNREADABLE);
	first = b_write_set("m", &plain_set);
	unlink(at("m.E01"));
	refused(at("m.E02"), HL_USAGE, "m.E01");
}
END_TEST

START_TEST(missing_chunks_are_on_the_map)
{
	const char *first = b_write_set("map", &plain_set);
	struct hl_extent e;
	struct opened o;

	unlink(at("map.E02"));
	ck_assert_int_eq(open_image(&o, first, true), HL_OK);
	ck_assert_int_eq(hl_src_map(o.src, 0, &e), HL_OK);
	ck_assert_uint_eq(e.len, 4 * B_CHUNK);
	ck_assert_uint_eq(e.what, HL_WHAT_DATA);
	ck_assert_int_eq(hl_src_map(o.src, 5 * B_CHUNK, &e), HL_OK);
	ck_assert_uint_eq(e.len, 3 * B_CHUNK);
	ck_assert_uint_eq(e.what, HL_WHAT_MISSING);
	ck_assert_uint_eq(e.quality, HL_Q_UNREADABLE);
	ck_assert_int_eq(hl_src_map(o.src, 8 * B_CHUNK, &e), HL_OK);
	ck_assert_uint_eq(e.len, 3 * B_CHUNK);
	ck_assert_uint_eq(e.what, HL_WHAT_DATA);
	close_image(&o);
}
END_TEST

START_TEST(a_cut_segment_is_named_with_the_place)
{
	static const char *const types[] = {
		"data", "sectors", "table", "table2", "next",
	};
	char text[64];

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		long off = section_of(2, types[i]);
		/* without its table the chunks prove themselves */
		unsigned lost = i < 2 ? 0x0f0 : 0;
		const char *first = b_write_set("t", &plain_set);
		ck_assert_int_eq(truncate(at("t.E02"), off), 0);
		snprintf(text, sizeof(text), "t.E02: ends at byte %ld", off);
		refused(first, HL_CORRUPT, text);
		goes_on(first, text, lost, HL_WHAT_MISSING, HL_Q_UNREADABLE);
		b_write_set("t", &plain_set);
		ck_assert_int_eq(truncate(at("t.E02"), off + 40), 0);
		snprintf(text, sizeof(text), "begin at %ld", off);
		refused(first, HL_CORRUPT, text);
		if (i == 4) /* no content to cut */
			continue;
		b_write_set("t", &plain_set);
		ck_assert_int_eq(truncate(at("t.E02"), off + 90), 0);
		snprintf(text, sizeof(text), "within its section %s at %ld",
		         types[i], off);
		refused(first, HL_CORRUPT, text);
		goes_on(first, text, lost, HL_WHAT_MISSING, HL_Q_UNREADABLE);
	}
}
END_TEST

START_TEST(chunks_before_a_cut_are_saved)
{
	/* chunk 4 is deflated, 5 plain, 6 deflated, 7 plain at the end */
	long end = section_of(2, "table");
	const char *first = b_write_set("c", &plain_set);

	ck_assert_int_eq(truncate(at("c.E02"), end - 1), 0);
	refused(first, HL_CORRUPT, "within its section sectors");
	goes_on(first, "c.E02", 0x080, HL_WHAT_MISSING, HL_Q_UNREADABLE);
	ck_assert(test_noted(HL_INFO, "3 chunks from byte"));
	ck_assert_int_eq(truncate(at("c.E02"), end - 4100 - 5), 0);
	goes_on(first, "c.E02", 0x0c0, HL_WHAT_MISSING, HL_Q_UNREADABLE);
	ck_assert_int_eq(truncate(at("c.E02"), end - 4100 - 4096), 0);
	goes_on(first, "c.E02", 0x0e0, HL_WHAT_MISSING, HL_Q_UNREADABLE);
}
END_TEST

START_TEST(a_cut_last_segment_is_named)
{
	const char *first = b_write_set("l", &plain_set);
	struct stat sb;

	ck_assert_int_eq(stat(at("l.E03"), &sb), 0);
	ck_assert_int_eq(truncate(at("l.E03"), sb.st_size - 1), 0);
	refused(first, HL_CORRUPT, "l.E03: ends at byte");
	goes_on(first, "l.E03", 0, 0, 0);
	ck_assert_int_eq(truncate(at("l.E03"), 0), 0);
	refused(first, HL_CORRUPT, "l.E03: does not begin");
	goes_on(first, "l.E03", 0x700, HL_WHAT_MISSING, HL_Q_UNREADABLE);
}
END_TEST

START_TEST(swapped_segments_are_named)
{
	const char *first = b_write_set("s", &plain_set);

	ck_assert_int_eq(rename(at("s.E02"), at("tmp")), 0);
	ck_assert_int_eq(rename(at("s.E03"), at("s.E02")), 0);
	ck_assert_int_eq(rename(at("tmp"), at("s.E03")), 0);
	refused(first, HL_CORRUPT, "s.E02: says that it is segment 3, where 2");
	goes_on(first, "s.E03: says that it is segment 2", 0x7f0,
	        HL_WHAT_MISSING, HL_Q_UNREADABLE);
}
END_TEST

START_TEST(a_foreign_segment_is_named)
{
	struct b_set other = plain_set;
	struct bytes b;

	b_write_set("f", &plain_set);
	other.id = 0x22;
	other.salt = 99;
	b = b_segment(&other, 1);
	write_file(at("f.E02"), b.p, b.n);
	free(b.p);
	refused(at("f.E01"), HL_CORRUPT, "f.E02: this segment is of another");
	goes_on(at("f.E01"), "f.E02", 0x0f0, HL_WHAT_MISSING,
	        HL_Q_UNREADABLE);
}
END_TEST

START_TEST(a_file_that_only_looks_like_a_segment_is_left_alone)
{
	const char *first = b_write_set("x", &plain_set);
	struct opened o;

	write_file(at("x.EXE"), "MZ", 2);
	write_file(at("x.txt"), "notes", 5);
	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	ck_assert_uint_eq(hl_files_count(o.files), 3);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_image(&o);
	write_file(at("x.E04"), "left over", 9);
	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	ck_assert(test_noted(HL_INFO, "x.E04: is not read"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_image(&o);
}
END_TEST

START_TEST(a_bad_table_is_replaced_by_its_copy)
{
	const char *first = b_write_set("b", &plain_set);
	long t1 = section_of(2, "table"), t2 = section_of(2, "table2");
	struct opened o;

	flip(at("b.E02"), t1 + 76 + 24 + 5, 0x10);
	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	ck_assert(test_noted(HL_LOSS, "its second copy is used"));
	check_all(&o, 0, 0, 0);
	close_image(&o);
	flip(at("b.E02"), t2 + 76 + 24 + 5, 0x10);
	refused(first, HL_CORRUPT, "no good second one");
	goes_on(first, "b.E02", 0, 0, 0);
	/* and where a chunk does not prove itself the rest is lost */
	flip(at("b.E02"), t1 - 100, 0x01);
	goes_on(first, "b.E02", 0x080, HL_WHAT_MISSING, HL_Q_UNREADABLE);
	/* a bad head, and a copy that is whole */
	first = b_write_set("b", &plain_set);
	flip(at("b.E02"), t1 + 76 + 1, 0x10);
	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	check_all(&o, 0, 0, 0);
	close_image(&o);
}
END_TEST

START_TEST(a_damaged_descriptor_is_named_and_stepped_over)
{
	static const char *const types[] = {
		"data", "sectors", "table", "table2", "next",
	};
	char text[64];

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const char *first = b_write_set("d", &plain_set);
		long off = section_of(2, types[i]);
		flip(at("d.E02"), off + 17, 0x01);
		snprintf(text, sizeof(text),
		         "d.E02: the section descriptor at byte %ld", off);
		refused(first, HL_CORRUPT, text);
		goes_on(first, text, 0, 0, 0);
	}
}
END_TEST

START_TEST(a_bad_chunk_costs_only_itself)
{
	const char *first = b_write_set("k", &plain_set);
	struct opened o;
	uint8_t buf[16];

	/* chunk 0 is deflated and begins right behind the descriptor */
	flip(at("k.E01"), DATA_OFF + 76 + 12, 0x40);
	/* chunk 7 is plain and ends right before the table */
	flip(at("k.E02"), section_of(2, "table") - 100, 0x01);
	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	check_all(&o, 0x081, HL_WHAT_DATA, HL_Q_BAD_CHECKSUM);
	check_all(&o, 0x081, HL_WHAT_DATA, HL_Q_BAD_CHECKSUM);
	ck_assert_int_eq(hl_src_read(o.src, 7 * B_CHUNK + 9, buf, 16, NULL),
	                 HL_IO);
	ck_assert_int_eq(hl_src_read(o.src, 6 * B_CHUNK + 9, buf, 16, NULL),
	                 HL_OK);
	close_image(&o);
}
END_TEST

static void write_one(const char *name, const struct b_volume *v)
{
	struct bytes b = { 0 };

	b_head(&b, 1);
	b_volume(&b, "volume", v);
	b_sectors(&b, &(struct b_set){ 1, 4, 1, 7, false }, 0, 3);
	b_section(&b, "done", 0, b.n);
	write_file(at("%s", name), b.p, b.n);
	free(b.p);
}

START_TEST(an_impossible_volume_is_refused)
{
	static const struct {
		struct b_volume v;
		const char *say;
	} bad[] = {
		{ { 3, 8, 512, 0, 1 }, "sectors are impossible" },
		{ { 3, 8, 512, UINT64_MAX / 2, 1 }, "are impossible" },
		{ { 3, 8, 512, 16, 1 }, NULL }, /* a chunk of odd bytes */
		{ { 3, 8, 512, 8, 1 }, "do not fit" },
		{ { 3, 8, 512, 25, 1 }, "do not fit" },
		{ { 0x7fffffff, 8, 512, 0x3fffffff8, 1 }, "only 3 of the" },
		{ { 2, 8, 512, 16, 1 }, "list 3 chunks" },
		{ { 3, 0, 512, 24, 1 }, "are impossible" },
		{ { 3, 8, 0, 24, 1 }, "are impossible" },
		{ { 3, 0xffffffff, 0xffffffff, 24, 1 }, "are impossible" },
		{ { 2, 32768, 4096, 65536, 1 }, "are impossible" },
		{ { 1, 32768, 4096, 24, 1 }, "list 3 chunks" },
	};
	struct opened o;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		write_one("v.E01", &bad[i].v);
		if (bad[i].say) {
			refused(at("v.E01"), HL_CORRUPT, bad[i].say);
			continue;
		}
		ck_assert_int_eq(open_image(&o, at("v.E01"), false), HL_OK);
		close_image(&o);
	}
}
END_TEST

START_TEST(a_hostile_table_costs_no_memory)
{
	struct b_volume v = { 0x10000000, 8, 512, 0x80000000, 1 };
	struct bytes b = { 0 };
	uint8_t d[28] = { 0 };

	b_head(&b, 1);
	b_volume(&b, "volume", &v);
	put32(d, 0x10000000); /* entries */
	put32(d + 20, b_adler(d, 20));
	b_section(&b, "table", sizeof(d), 0);
	b_add(&b, d, sizeof(d));
	b_section(&b, "done", 0, b.n);
	write_file(at("h.E01"), b.p, b.n);
	free(b.p);
	test_stats()->mem_peak = 0;
	refused(at("h.E01"), HL_CORRUPT, "more entries than fit");
	ck_assert_uint_lt(test_stats()->mem_peak, 1 << 20);
}
END_TEST

START_TEST(a_chain_that_goes_back_ends)
{
	struct bytes b = { 0 };

	b_head(&b, 1);
	b_section(&b, "header", 0, 13);
	write_file(at("loop.E01"), b.p, b.n);
	refused(at("loop.E01"), HL_CORRUPT, "byte 13 points backwards");
	free(b.p);
}
END_TEST

START_TEST(sectors_the_acquisition_could_not_read_are_marked)
{
	struct b_volume v = { 3, 8, 512, 24, 1 };
	uint8_t d[520 + 16 + 4] = { 0 }, buf[24 * 512];
	struct bytes b = { 0 };
	struct hl_ranges bad;
	struct opened o;

	b_head(&b, 1);
	b_volume(&b, "volume", &v);
	b_sectors(&b, &(struct b_set){ 1, 4, 1, 7, false }, 0, 3);
	put32(d, 2); /* entries */
	put32(d + 516, b_adler(d, 516));
	put32(d + 520, 3);  /* first sector */
	put32(d + 524, 2);  /* sectors */
	put32(d + 528, 20);
	put32(d + 532, 1);
	b_section(&b, "error2", sizeof(d), 0);
	b_add(&b, d, sizeof(d));
	b_section(&b, "done", 0, b.n);
	write_file(at("e.E01"), b.p, b.n);
	free(b.p);
	ck_assert_int_eq(open_image(&o, at("e.E01"), false), HL_OK);
	ck_assert(test_noted(HL_INFO, "3 sectors could not be read"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 0, buf, sizeof(buf), &bad), HL_OK);
	ck_assert_uint_eq(bad.n, 2);
	ck_assert_uint_eq(bad.r[0].off, 3 * 512);
	ck_assert_uint_eq(bad.r[0].len, 2 * 512);
	ck_assert_uint_eq(bad.r[1].off, 20 * 512);
	ck_assert_int_eq(hl_src_read(o.src, 4 * 512 + 100, buf, 10, NULL),
	                 HL_IO);
	ck_assert_int_eq(hl_src_read(o.src, 5 * 512, buf, 15 * 512, NULL),
	                 HL_OK);
	close_image(&o);
}
END_TEST

/* EnCase 6.7: behind 2 GiB the entries are plain 32-bit offsets. */
START_TEST(entries_behind_two_gigabytes_have_no_deflate_bit)
{
	struct b_volume v = { 3, 8, 512, 24, 1 };
	uint32_t entry[3] = { 2000, 0x7fffff00, 0x80000f04 };
	uint8_t chunk[B_CHUNK + 4], buf[B_CHUNK];
	struct bytes b = { 0 };
	uint8_t d[76] = "sectors";
	struct opened o;
	uint64_t end = 0x80000f04ull + B_CHUNK + 4, base = 0;
	int fd = open(at("2g.E01"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	b_head(&b, 1);
	b_volume(&b, "volume", &v);
	put64(d + 16, end);
	put64(d + 24, end - b.n);
	put32(d + 72, b_adler(d, 72));
	b_add(&b, d, sizeof(d));
	ck_assert_int_eq(pwrite(fd, b.p, b.n, 0), (ssize_t)b.n);
	for (unsigned i = 0; i < 3; i++) {
		b_content(chunk, i, 7);
		put32(chunk + B_CHUNK, b_adler(chunk, B_CHUNK));
		ck_assert_int_gt(pwrite(fd, chunk, sizeof(chunk),
		                        (off_t)entry[i]), 0);
	}
	/* a table at the real offset; only its descriptor has one */
	struct bytes t = { 0 };
	b_table(&t, "table", entry, 3, base);
	put64(t.p + 16, end + t.n);
	put32(t.p + 72, b_adler(t.p, 72));
	size_t done = t.n;
	b_section(&t, "done", 0, end + t.n);
	put32(t.p + done + 72, b_adler(t.p + done, 72));
	ck_assert_int_gt(pwrite(fd, t.p, t.n, (off_t)end), 0);
	close(fd);
	free(b.p);
	free(t.p);
	ck_assert_int_eq(open_image(&o, at("2g.E01"), false), HL_OK);
	for (unsigned i = 0; i < 3; i++) {
		b_content(chunk, i, 7);
		ck_assert_int_eq(hl_src_read(o.src, (uint64_t)i * B_CHUNK, buf,
		                             B_CHUNK, NULL), HL_OK);
		ck_assert_mem_eq(buf, chunk, B_CHUNK);
	}
	close_image(&o);
	unlink(at("2g.E01"));
}
END_TEST

START_TEST(any_flipped_bit_is_seen_or_harmless)
{
	static uint8_t want[N * B_CHUNK], got[N * B_CHUNK];
	struct bytes b = b_segment(&plain_set, 1);
	struct hl_ranges bad;
	struct opened o;

	content(want, 7);
	b_write_set("any", &plain_set);
	for (size_t i = 0; i < b.n; i += i < DATA_OFF + 80 ? 3 : 41) {
		b.p[i] ^= 0x04;
		write_file(at("any.E02"), b.p, b.n);
		b.p[i] ^= 0x04;
		ck_assert_int_eq(open_image(&o, at("any.E01"), true), HL_OK);
		hl_ranges_clear(&bad);
		ck_assert_int_eq(hl_src_read(o.src, 0, got, sizeof(got), &bad),
		                 HL_OK);
		/* what is not listed as bad is right */
		for (size_t k = 0; k < bad.n; k++)
			memcpy(got + bad.r[k].off, want + bad.r[k].off,
			       (size_t)bad.r[k].len);
		ck_assert_msg(memcmp(got, want, sizeof(want)) == 0,
		              "bit in byte %zu", i);
		close_image(&o);
	}
	free(b.p);
}
END_TEST

START_TEST(a_failing_allocator_leaves_nothing_behind)
{
	const char *first = b_write_set("a", &plain_set);
	enum hl_status st = HL_NOMEM;
	struct opened o;
	uint8_t buf[64];

	for (size_t n = 1; st != HL_OK && n < 300; n++) {
		test_fail_alloc(n);
		st = open_image(&o, first, false);
		if (st == HL_OK) {
			st = hl_src_read(o.src, 100, buf, 64, NULL);
			test_fail_alloc(0);
			close_image(&o);
		}
		test_fail_alloc(0);
		ck_assert(st == HL_OK || st == HL_NOMEM);
		ck_assert_uint_eq(test_mem_now(), 0);
	}
	ck_assert_int_eq(st, HL_OK);
}
END_TEST

static TCase *whole(void)
{
	TCase *t = tcase_create("whole");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_whole_set_reads_in_every_step);
	tcase_add_test(t, a_chunk_is_inflated_once_for_many_small_reads);
	tcase_add_test(t, a_file_that_only_looks_like_a_segment_is_left_alone);
	tcase_add_test(t, sectors_the_acquisition_could_not_read_are_marked);
	tcase_add_test(t, entries_behind_two_gigabytes_have_no_deflate_bit);
	tcase_add_test(t, a_failing_allocator_leaves_nothing_behind);
	return t;
}

static TCase *damaged(void)
{
	TCase *t = tcase_create("damaged");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_missing_segment_is_named);
	tcase_add_test(t, missing_chunks_are_on_the_map);
	tcase_add_test(t, a_cut_segment_is_named_with_the_place);
	tcase_add_test(t, chunks_before_a_cut_are_saved);
	tcase_add_test(t, a_cut_last_segment_is_named);
	tcase_add_test(t, swapped_segments_are_named);
	tcase_add_test(t, a_foreign_segment_is_named);
	tcase_add_test(t, a_bad_table_is_replaced_by_its_copy);
	tcase_add_test(t, a_damaged_descriptor_is_named_and_stepped_over);
	tcase_add_test(t, a_bad_chunk_costs_only_itself);
	tcase_add_test(t, an_impossible_volume_is_refused);
	tcase_add_test(t, a_hostile_table_costs_no_memory);
	tcase_add_test(t, a_chain_that_goes_back_ends);
	tcase_add_test(t, any_flipped_bit_is_seen_or_harmless);
	return t;
}

int main(void)
{
	return test_main("io_ewf", whole(), damaged(), NULL);
}
