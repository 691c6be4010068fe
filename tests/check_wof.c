/*
 * check_wof.c: how WOF keeps a file: its reparse point, and its stream with
 * the table of chunks.
 */
#include <stdlib.h>

#include "codec/codec.h"
#include "ntfs/wof.h"
#include "wof_build.h"

/* ---- the reparse point --------------------------------------------------- */

START_TEST(the_four_algorithms)
{
	static const struct { const char *name; uint32_t chunk; } rows[] = {
		{ "XPRESS4K", 4096 }, { "LZX", 32768 }, { "XPRESS8K", 8192 },
		{ "XPRESS16K", 16384 },
	};
	struct hl_ntfs_wof how;
	uint8_t p[24];

	put_reparse(p, 2, (uint32_t)_i);
	ck_assert_int_eq(hl_ntfs_wof_decode(span_of(p, 24), &how), HL_OK);
	ck_assert_uint_eq(how.provider, 2);
	ck_assert_uint_eq(how.algorithm, (unsigned)_i);
	ck_assert_str_eq(how.name, rows[_i].name);
	ck_assert_uint_eq(how.chunk, rows[_i].chunk);
	ck_assert_ptr_null(how.refuse);
}
END_TEST

struct change {
	unsigned off, width;
	uint32_t v;
	enum hl_status st;
	bool ours;
};
static const struct change changes[] = {
	{ 0, 4, 0xa000000c, HL_END, false },    /* a symbolic link */
	{ 4, 2, 15, HL_CORRUPT, true },         /* the algorithm is cut */
	{ 4, 2, 7, HL_CORRUPT, true },          /* the provider is cut */
	{ 8, 4, 2, HL_UNSUPPORTED, true },      /* versions */
	{ 16, 4, 2, HL_UNSUPPORTED, true },
	{ 12, 4, 1, HL_UNSUPPORTED, true },     /* WIM */
	{ 12, 4, 3, HL_UNSUPPORTED, true },
	{ 20, 4, 4, HL_UNSUPPORTED, true },     /* algorithms are 0 to 3 */
	{ 20, 4, 0xffffffff, HL_UNSUPPORTED, true },
};

START_TEST(what_is_not_known_is_told)
{
	const struct change *c = &changes[_i];
	struct hl_ntfs_wof how;
	uint8_t p[24];

	put_reparse(p, 2, LZX);
	if (c->width == 2)
		put16(p + c->off, c->v);
	else
		put32(p + c->off, c->v);
	ck_assert_int_eq(hl_ntfs_wof_decode(span_of(p, 24), &how), c->st);
	ck_assert_int_eq(how.ours, c->ours);
	ck_assert_int_eq(how.refuse != NULL, c->st == HL_UNSUPPORTED);
}
END_TEST

START_TEST(a_reparse_point_cut_anywhere)
{
	struct hl_ntfs_wof how;
	uint8_t p[24], *t;
	size_t n;

	put_reparse(p, 2, LZX);
	for (n = 0; n < 24; n++) {
		t = tight(p, n);
		ck_assert_int_eq(hl_ntfs_wof_decode(span_of(t, n), &how),
		                 HL_CORRUPT);
		ck_assert_int_eq(how.ours, n >= 4);
		free(t);
	}
}
END_TEST

/* ---- the stream ---------------------------------------------------------- */

static struct hl_src *raw, *content;

static enum hl_status open_stream(const void *p, size_t n, unsigned algorithm,
                                  uint64_t size)
{
	struct hl_ntfs_wof how;
	uint8_t r[24];

	put_reparse(r, 2, algorithm);
	ck_assert_int_eq(hl_ntfs_wof_decode(span_of(r, 24), &how), HL_OK);
	ck_assert_int_eq(hl_src_mem(&raw, p, n, false, test_ctx()), HL_OK);
	return hl_ntfs_wof_open(&content, raw, &how, size, test_ctx());
}

static void close_stream(void)
{
	hl_src_close(content);
	ck_assert_uint_eq(test_mem_now(), 0);
}

/* Three chunks of 4096 and one of 100: packed, stored, packed, stored. */
#define FOUR (12 + PACKED_BYTES * 2 + 4096 + 100)
#define FOUR_SIZE (3 * 4096 + 100)
static void put_four(uint8_t *p)
{
	uint8_t *data = p + 12;

	put32(p, PACKED_BYTES);
	put32(p + 4, PACKED_BYTES + 4096);
	put32(p + 8, PACKED_BYTES * 2 + 4096);
	put_packed(data, 'a', 4096);
	memset(data + PACKED_BYTES, 'b', 4096);
	put_packed(data + PACKED_BYTES + 4096, 'c', 4096);
	memset(data + PACKED_BYTES * 2 + 4096, 'd', 100);
}

static int wanted_byte(uint64_t off)
{
	return "abcd"[off / 4096];
}

START_TEST(chunks_packed_and_stored)
{
	static uint8_t p[FOUR], out[FOUR_SIZE];
	size_t off, n, i;

	put_four(p);
	ck_assert_int_eq(open_stream(p, FOUR, XPRESS4K, FOUR_SIZE), HL_OK);
	ck_assert_uint_eq(hl_src_size(content), FOUR_SIZE);
	for (off = 0; off < FOUR_SIZE; off += 999)
		for (n = 1; n < 9000 && n <= FOUR_SIZE - off; n += 1171) {
			memset(out, 0, n);
			ck_assert_int_eq(hl_src_read(content, off, out, n,
			                             NULL), HL_OK);
			for (i = 0; i < n; i++)
				ck_assert_int_eq(out[i],
				                 wanted_byte(off + i));
		}
	close_stream();
}
END_TEST

START_TEST(the_map_tells_where_each_chunk_lies)
{
	static const struct {
		uint64_t off, len, in_off, in_len;
		enum hl_what what;
	} want[] = {
		{ 0, 4096, 12, PACKED_BYTES, HL_WHAT_COMPRESSED },
		{ 4096, 4096, 12 + PACKED_BYTES, 4096, HL_WHAT_DATA },
		{ 8192, 4096, 12 + PACKED_BYTES + 4096, PACKED_BYTES,
		  HL_WHAT_COMPRESSED },
		{ 12288, 100, 12 + 2 * PACKED_BYTES + 4096, 100, HL_WHAT_DATA },
	};
	static uint8_t p[FOUR];
	struct hl_extent e;
	uint64_t off = 0;
	size_t i;

	put_four(p);
	ck_assert_int_eq(open_stream(p, FOUR, XPRESS4K, FOUR_SIZE), HL_OK);
	for (i = 0; i < 4; i++, off += e.len) {
		ck_assert_int_eq(hl_src_map(content, off, &e), HL_OK);
		ck_assert_uint_eq(e.off, want[i].off);
		ck_assert_uint_eq(e.len, want[i].len);
		ck_assert_ptr_eq(e.in, raw);
		ck_assert_uint_eq(e.in_off, want[i].in_off);
		ck_assert_uint_eq(e.in_len, want[i].in_len);
		ck_assert_uint_eq(e.what, want[i].what);
		ck_assert_uint_eq(e.quality, HL_Q_OK);
	}
	ck_assert_uint_eq(off, FOUR_SIZE);
	close_stream();
}
END_TEST

/* One thing wrong; which chunks are lost by it. */
static const struct wrong {
	const char *what;
	unsigned off;  /* of 32 bits in the stream */
	uint32_t v;
	bool lost[4];
} wrongs[] = {
	{ "a code that cannot be", 12, 0xffffffff, { true } },
	{ "another code", 12 + PACKED_BYTES + 4096, 0xffffffff,
	  { false, false, true } },
	{ "a place before the one before", 4, PACKED_BYTES - 1,
	  { false, true, true } },
	{ "a place behind the end", 8, FOUR - 12 + 1,
	  { false, false, true, true } },
	{ "a place of no length", 0, 0, { true, true } },
	{ "a place far away", 4, 0xffffffff, { false, true, true } },
	{ "the last chunk has none; what the one before has too much is not "
	  "looked at", 8, FOUR - 12, { false, false, false, true } },
};

START_TEST(a_broken_chunk_costs_only_its_bytes)
{
	static uint8_t p[FOUR], out[FOUR_SIZE];
	const struct wrong *w = &wrongs[_i];
	struct hl_ranges bad;
	struct hl_extent e;
	uint64_t lost = 0;
	size_t i, k, n;

	put_four(p);
	put32(p + w->off, w->v);
	ck_assert_int_eq(open_stream(p, FOUR, XPRESS4K, FOUR_SIZE), HL_OK);
	hl_ranges_clear(&bad);
	memset(out, 0xee, sizeof(out));
	ck_assert_int_eq(hl_src_read(content, 0, out, FOUR_SIZE, &bad), HL_OK);
	for (i = 0; i < 4; i++) {
		n = i < 3 ? 4096 : 100;
		lost += w->lost[i] ? n : 0;
		for (k = 0; k < n; k++)
			ck_assert_msg(out[i * 4096 + k] ==
			              (w->lost[i] ? 0 : "abcd"[i]),
			              "%s: chunk %zu", w->what, i);
		ck_assert_int_eq(hl_src_map(content, i * 4096, &e), HL_OK);
		ck_assert_uint_eq(e.len, n);
		ck_assert(e.in || w->lost[i]);
	}
	ck_assert_uint_eq(bad.bytes, lost);
	ck_assert_uint_eq(bad.r[0].quality, HL_Q_UNREADABLE);
	ck_assert_int_eq(hl_src_read(content, 0, out, FOUR_SIZE, NULL), HL_IO);
	close_stream();
}
END_TEST

/* What is missing below is missing here: of a stored chunk just those bytes,
 * of a packed one all, and of the table what it leads to. */
START_TEST(damage_below_is_passed_on)
{
	static const struct { uint64_t off, len; uint64_t bad_off, bad_len; }
	rows[] = {
		{ 12 + PACKED_BYTES + 10, 5, 4096 + 10, 5 },
		{ 12 + 10, 5, 0, 4096 },
		{ 6, 1, 4096, 8192 },
		{ 12 + PACKED_BYTES - 1, 2, 0, 4097 },
	};
	static uint8_t p[FOUR], out[FOUR_SIZE];
	uint64_t off = rows[_i].off, len = rows[_i].len;
	struct hl_src *mem, *holes;
	struct hl_ntfs_wof how = { .chunk = 4096, .codec = HL_CODEC_XPRESS };
	struct hl_ranges bad;
	struct hl_extent e[3];

	put_four(p);
	ck_assert_int_eq(hl_src_mem(&mem, p, FOUR, false, test_ctx()), HL_OK);
	e[0] = (struct hl_extent){ .len = off, .in = mem, .in_len = off };
	e[1] = (struct hl_extent){ .off = off, .len = len, .in_len = len,
	                           .what = HL_WHAT_MISSING,
	                           .quality = HL_Q_UNREADABLE };
	e[2] = (struct hl_extent){ .off = off + len, .len = FOUR - off - len,
	                           .in = mem, .in_off = off + len,
	                           .in_len = FOUR - off - len };
	ck_assert_int_eq(hl_src_extents(&holes, "holes", e, 3, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_ntfs_wof_open(&content, holes, &how, FOUR_SIZE,
	                                  test_ctx()), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(content, 0, out, FOUR_SIZE, &bad), HL_OK);
	ck_assert_uint_eq(bad.bytes, rows[_i].bad_len);
	ck_assert_uint_eq(bad.r[0].off, rows[_i].bad_off);
	ck_assert_int_eq(out[12288], 'd');
	hl_src_close(content);
	hl_src_close(mem);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(sizes_around_a_chunk)
{
	static const struct { uint64_t size; size_t stream; enum hl_status st; }
	rows[] = {
		{ 0, 0, HL_OK },
		{ 0, 50, HL_OK },
		{ 1, 1, HL_OK },
		{ 4096, 4096, HL_OK },
		{ 4097, 4 + 4097, HL_OK },
		{ 1, 0, HL_CORRUPT },        /* nothing is there */
		{ 4097, 4, HL_CORRUPT },     /* the table alone */
		{ 4097, 3, HL_CORRUPT },
		{ 1ull << 62, 4096, HL_CORRUPT },
		{ UINT64_MAX, 4096, HL_CORRUPT },
	};
	static uint8_t p[5000], out[5000];
	size_t i;

	memset(p, 's', sizeof(p));
	if (rows[_i].size == 4097)
		put32(p, 4096);
	ck_assert_int_eq(open_stream(p, rows[_i].stream, XPRESS4K,
	                             rows[_i].size), rows[_i].st);
	if (rows[_i].st != HL_OK) {
		ck_assert_ptr_null(content);
		ck_assert_uint_eq(test_mem_now(), 0);
		return;
	}
	ck_assert_int_eq(hl_src_read(content, 0, out, (size_t)rows[_i].size,
	                             NULL), HL_OK);
	for (i = 0; i < rows[_i].size; i++)
		ck_assert_uint_eq(out[i], 's');
	close_stream();
}
END_TEST

/* From 4 GiB on a place has 8 bytes; one byte less, and it has 4. */
START_TEST(wide_places)
{
	uint64_t size = _i ? 1ull << 32 : UINT32_MAX;
	size_t width = _i ? 8 : 4, n = (1u << 20) - 1, table = n * width;
	uint8_t *p = calloc(1, table + 3 * 4096), out[2];
	struct hl_extent e;

	/* all but the first and the last two are of no length: lost */
	put32(p, 4096);
	put32(p + (n - 2) * width, 4096);
	put32(p + (n - 1) * width, 8192);
	memset(p + table, '1', 4096);
	memset(p + table + 4096, '2', 4096);
	memset(p + table + 8192, '3', 4096);
	ck_assert_int_eq(open_stream(p, table + 8192 + 4095 + (size_t)_i,
	                             XPRESS4K, size), HL_OK);
	ck_assert_int_eq(hl_src_read(content, 0, out, 1, NULL), HL_OK);
	ck_assert_uint_eq(out[0], '1');
	ck_assert_int_eq(hl_src_read(content, 4096, out, 1, NULL), HL_IO);
	ck_assert_int_eq(hl_src_read(content, 0xffffefff, out, 2, NULL), HL_OK);
	ck_assert_uint_eq(out[0], '2');
	ck_assert_uint_eq(out[1], '3');
	ck_assert_int_eq(hl_src_map(content, size - 1, &e), HL_OK);
	ck_assert_uint_eq(e.in_off, table + 8192 + 4094 + (size_t)_i);
	close_stream();
	free(p);
}
END_TEST

/* Any byte wrong, or the end cut: no crash, and what is read is either what
 * it was, or bytes of a chunk that still decodes, or said to be bad. */
START_TEST(mutations_of_a_stream)
{
	static uint8_t good[FOUR], p[FOUR], out[FOUR_SIZE];
	struct hl_ranges bad;
	size_t i, n;

	put_four(good);
	for (i = 0; i < FOUR; i++) {
		memcpy(p, good, FOUR);
		p[i] ^= (uint8_t)(1u << i % 8);
		ck_assert_int_eq(open_stream(p, FOUR, XPRESS4K, FOUR_SIZE),
		                 HL_OK);
		hl_ranges_clear(&bad);
		ck_assert_int_eq(hl_src_read(content, 0, out, FOUR_SIZE, &bad),
		                 HL_OK);
		hl_src_close(content);
	}
	for (n = 0; n < FOUR; n += 7) {
		uint8_t *t = tight(good, n);
		enum hl_status st = open_stream(t, n, XPRESS4K, FOUR_SIZE);

		ck_assert_int_eq(st, n > 12 ? HL_OK : HL_CORRUPT);
		hl_ranges_clear(&bad);
		if (st == HL_OK)
			ck_assert_int_eq(hl_src_read(content, 0, out,
			                             FOUR_SIZE, &bad), HL_OK);
		if (st == HL_OK)
			ck_assert_uint_gt(bad.bytes, 0);
		hl_src_close(content);
		free(t);
	}
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

static TCase *parts(void)
{
	TCase *t = tcase_create("parts");

	tcase_add_loop_test(t, the_four_algorithms, 0, 4);
	tcase_add_loop_test(t, what_is_not_known_is_told, 0,
	                    sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(t, a_reparse_point_cut_anywhere);
	tcase_add_test(t, chunks_packed_and_stored);
	tcase_add_test(t, the_map_tells_where_each_chunk_lies);
	tcase_add_loop_test(t, a_broken_chunk_costs_only_its_bytes, 0,
	                    sizeof(wrongs) / sizeof(wrongs[0]));
	tcase_add_loop_test(t, damage_below_is_passed_on, 0, 4);
	tcase_add_loop_test(t, sizes_around_a_chunk, 0, 10);
	tcase_add_loop_test(t, wide_places, 0, 2);
	tcase_add_test(t, mutations_of_a_stream);
	return t;
}

int main(void)
{
	return test_main("wof", parts(), NULL);
}
