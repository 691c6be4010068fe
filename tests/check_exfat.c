/*
 * check_exfat.c: the decoders of exFAT against bytes made by hand: boot
 * sector, entry sets, times, the table of capitals.
 */
#include <string.h>

#include "base/chain.h"
#include "exfat/exfat.h"
#include "exfat/exfat_disk.h"
#include "exfat_build.h"

/* ---- boot sector ------------------------------------------------------- */

static enum hl_status decode(const uint8_t *b, struct hl_exfat_geom *g,
                             const char **why)
{
	uint8_t *p = tight(b, 512);
	enum hl_status st = hl_exfat_boot_decode(span_of(p, 512), g, why);

	free(p);
	return st;
}

START_TEST(boot_sector_gives_the_geometry)
{
	struct vol v = vol_new(2);
	struct hl_exfat_geom g;
	const char *why;

	put16(v.p + 106, 0x0007); /* second FAT, dirty, failing */
	ck_assert_int_eq(decode(v.p, &g, &why), HL_OK);
	ck_assert_uint_eq(g.sector_size, 512);
	ck_assert_uint_eq(g.cluster_size, 1024);
	ck_assert_uint_eq(g.size, v.n);
	ck_assert_uint_eq(g.fat_off, FAT1);
	ck_assert_uint_eq(g.fat_len, 8 * 512);
	ck_assert_uint_eq(g.heap_off, HEAP);
	ck_assert_uint_eq(g.n_clusters, CLUSTERS);
	ck_assert_uint_eq(g.root, ROOT);
	ck_assert_uint_eq(g.serial, 0x1A2B3C4D);
	ck_assert_uint_eq(g.active, 1);
	ck_assert(g.dirty && g.failing && !g.odd);
	free(v.p);
}
END_TEST

/* One field each: what it is set to, and what is said. */
static const struct bad_boot {
	unsigned off, n;
	uint64_t value;
	const char *why;
} bad_boot[] = {
	{ 3, 1, 'X', "not called" },
	{ 510, 2, 0, "signature" },
	{ 108, 1, 8, "sector size" },
	{ 108, 1, 13, "sector size" },
	{ 109, 1, 17, "cluster size" },  /* 2^26 together */
	{ 109, 1, 255, "cluster size" },
	{ 110, 1, 0, "FATs" },
	{ 110, 1, 3, "FATs" },
	{ 104, 2, 0x0200, "revision" },
	{ 72, 8, UINT64_MAX, "size of the volume" },
	{ 72, 8, UINT64_MAX / 512, "size of the volume" },
	{ 72, 8, 10, "place of the clusters" },
	{ 80, 4, 11, "place of the FAT" },
	{ 80, 4, UINT32_MAX, "place of the clusters" },
	{ 84, 4, UINT32_MAX, "place of the clusters" },
	{ 84, 4, 0, "no entries" },
	{ 88, 4, 25, "place of the clusters" },  /* inside the FAT */
	{ 88, 4, UINT32_MAX, "place of the clusters" },
	{ 92, 4, 0, "number of clusters" },
	{ 92, 4, UINT32_MAX, "number of clusters" },
	{ 96, 4, 1, "root" },
	{ 96, 4, CLUSTERS + 2, "root" },
	{ 96, 4, UINT32_MAX, "root" },
};

START_TEST(impossible_boot_sectors_are_refused)
{
	const struct bad_boot *t = &bad_boot[_i];
	struct vol v = vol_new(1);
	struct hl_exfat_geom g;
	const char *why = "";

	for (unsigned i = 0; i < t->n; i++)
		v.p[t->off + i] = (uint8_t)(t->value >> 8 * i);
	ck_assert_int_eq(decode(v.p, &g, &why), HL_END);
	ck_assert_msg(strstr(why, t->why), "row %d: %s", _i, why);
	free(v.p);
}
END_TEST

START_TEST(odd_boot_sectors_are_read_and_said)
{
	static const struct { unsigned off, value; } odd[] = {
		{ 92, 0x1000 },  /* more clusters than the volume has */
		{ 106, 0x0001 }, /* the second FAT, of one */
		{ 0x10, 7 },     /* not zero where FAT has its fields */
	};
	struct vol v = vol_new(1);
	struct hl_exfat_geom g;
	const char *why;

	put16(v.p + odd[_i].off, odd[_i].value);
	ck_assert_int_eq(decode(v.p, &g, &why), HL_OK);
	ck_assert_ptr_nonnull(g.odd);
	ck_assert_uint_eq(g.n_clusters, CLUSTERS);
	ck_assert_uint_eq(g.active, 0);
	free(v.p);
}
END_TEST

START_TEST(flags_and_percentage_do_not_count_for_the_sum)
{
	struct vol v = vol_new(1);
	struct span s = span_of(v.p, 11 * 512);
	uint32_t sum = hl_exfat_boot_sum(0, s, true);

	ck_assert_uint_eq(sum, build_sum32(v.p, 11 * 512, 1));
	v.p[106] ^= 0xFF, v.p[107] ^= 0xFF, v.p[112] ^= 0xFF;
	ck_assert_uint_eq(hl_exfat_boot_sum(0, s, true), sum);
	v.p[105] ^= 1;
	ck_assert_uint_ne(hl_exfat_boot_sum(0, s, true), sum);
	free(v.p);
}
END_TEST

/* ---- sets -------------------------------------------------------------- */

static const struct hl_exfat_geom geom = {
	.sector_size = 512, .cluster_size = 1024, .n_clusters = 200, .root = 4,
};
static uint16_t long_name[255];
static uint8_t set_bytes[300 * 32];
static struct hl_exfat_entry e;

static enum hl_status set_decode(unsigned n, unsigned *used)
{
	uint8_t *p = tight(set_bytes, n * 32);
	enum hl_status st = hl_exfat_set_decode(span_of(p, n * 32), &geom, &e,
	                                        used);

	free(p);
	return st;
}

/* A file of 3000 bytes, 2000 of them valid, with the longest name. */
static unsigned long_set(void)
{
	struct set s = { .name = long_name, .n_name = 255, .attributes = 0x21,
	                 .cluster = 9, .size = 3000, .valid = 2000 };

	for (unsigned i = 0; i < 255; i++)
		long_name[i] = (uint16_t)(i % 2 ? 0xDC37 : 0xD801);
	long_name[254] = 'x';
	memset(set_bytes, 0, sizeof(set_bytes));
	return set_put(set_bytes, &s);
}

START_TEST(a_set_gives_all_it_holds)
{
	unsigned n = long_set(), used;

	ck_assert_uint_eq(n, 19);
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert_uint_eq(used, 19);
	ck_assert_uint_eq(e.faults, 0);
	ck_assert_int_eq(e.what, HL_EXFAT_IS_FILE);
	ck_assert(!e.deleted && e.contiguous && !e.encrypted);
	ck_assert_uint_eq(e.attributes, 0x21);
	ck_assert_uint_eq(e.cluster, 9);
	ck_assert_uint_eq(e.size, 3000);
	ck_assert_uint_eq(e.valid, 2000);
	ck_assert_uint_eq(e.n_name, 255);
	ck_assert_mem_eq(e.name16, long_name, sizeof(long_name));
}
END_TEST

START_TEST(a_deleted_set_keeps_the_sum_of_the_living)
{
	unsigned n = long_set(), used;

	for (unsigned i = 0; i < n; i++)
		set_bytes[i * 32] &= 0x7F;
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert(e.deleted);
	ck_assert_uint_eq(e.faults, 0);
	ck_assert_uint_eq(e.n_name, 255);
}
END_TEST

START_TEST(live_entries_do_not_belong_to_a_deleted_one)
{
	unsigned n = long_set(), used;

	set_bytes[0] &= 0x7F;
	ck_assert_int_eq(set_decode(n, &used), HL_END);
	ck_assert_uint_eq(used, 1);
}
END_TEST

START_TEST(the_sums_of_ones_only_do_not_overflow)
{
	uint16_t ones[3] = { 0xFFFF, 0xFFFF, 0xFFFF };

	/* 16-bit sums with a rotation: in int they would pass 2^31 */
	memset(set_bytes, 0xFF, 96);
	ck_assert_uint_eq(hl_exfat_set_sum(span_of(set_bytes, 96), false),
	                  build_sum16(set_bytes, 96));
	ck_assert_uint_eq(hl_exfat_name_hash(NULL, ones, 3),
	                  build_hash(ones, 3));
}
END_TEST

START_TEST(each_damaged_bit_spoils_the_sum)
{
	unsigned n = long_set(), used;

	/* not the types nor the counts, which change what the set is */
	for (unsigned i = 4; i < n * 32; i += 7) {
		if (i % 32 == 0)
			continue;
		set_bytes[i] ^= 0x10;
		ck_assert_int_eq(set_decode(n, &used), HL_OK);
		ck_assert(e.faults & HL_EXFAT_BAD_SUM);
		set_bytes[i] ^= 0x10;
	}
}
END_TEST

START_TEST(a_set_without_a_stream_has_nothing_to_show)
{
	unsigned n = long_set(), used;

	set_bytes[32] = 0xC1;
	ck_assert_int_eq(set_decode(n, &used), HL_END);
	ck_assert_int_eq(set_decode(1, &used), HL_END);
	ck_assert_uint_eq(used, 1);
}
END_TEST

START_TEST(a_set_cut_short_is_shown_as_far_as_it_goes)
{
	unsigned used;

	long_set();
	ck_assert_int_eq(set_decode(4, &used), HL_OK);
	ck_assert_uint_eq(used, 4);
	ck_assert_uint_eq(e.n_name, 30);
	ck_assert(e.faults & HL_EXFAT_BAD_SUM);
	ck_assert(e.faults & HL_EXFAT_BAD_NAME);
	ck_assert(e.faults & HL_EXFAT_BAD_COUNT);
}
END_TEST

START_TEST(a_miscounted_set_still_has_its_whole_name)
{
	unsigned n = long_set(), used;

	set_bytes[1] = 3;
	set_seal(set_bytes, 4);
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert_uint_eq(used, 19);
	ck_assert_uint_eq(e.n_name, 255);
	ck_assert_uint_eq(e.faults, HL_EXFAT_BAD_COUNT);
	set_bytes[1] = 255; /* and the other way round */
	set_seal(set_bytes, 19);
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert_uint_eq(used, 19);
	ck_assert_uint_eq(e.faults, HL_EXFAT_BAD_COUNT);
	set_bytes[1] = 0;
	set_seal(set_bytes, 19);
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert(e.faults & HL_EXFAT_BAD_COUNT);
	ck_assert_uint_eq(e.n_name, 255);
}
END_TEST

START_TEST(vendors_entries_are_skipped)
{
	static const uint16_t name[] = { 'a', 'b' };
	struct set s = { .name = name, .n_name = 2, .attributes = 0x20,
	                 .vendors = 16 };
	unsigned n = set_put(set_bytes, &s), used;

	ck_assert_uint_eq(n, 19);
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert_uint_eq(used, 19);
	ck_assert_uint_eq(e.n_vendor, 16);
	ck_assert_uint_eq(e.faults, 0);
	ck_assert_uint_eq(e.n_name, 2);
}
END_TEST

START_TEST(a_set_of_256_entries_is_one)
{
	static const uint16_t name[] = { 'a' };
	struct set s = { .name = name, .n_name = 1, .attributes = 0x20,
	                 .vendors = 253 };
	unsigned n = set_put(set_bytes, &s), used;

	ck_assert_uint_eq(n, 256);
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert_uint_eq(used, 256);
	ck_assert_uint_eq(e.faults, 0);
	set_bytes[256 * 32] = 0xE0; /* one more is nobody's */
	ck_assert_int_eq(set_decode(257, &used), HL_OK);
	ck_assert_uint_eq(used, 256);
}
END_TEST

START_TEST(a_length_of_zero_lets_the_entries_tell)
{
	unsigned n = long_set(), used;

	set_bytes[32 + 3] = 0; /* Linux stored 256 like this */
	set_seal(set_bytes, n);
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert_uint_eq(e.faults, HL_EXFAT_BAD_NAME);
	ck_assert_uint_eq(e.n_name, 255);
	ck_assert_int_eq(set_decode(2, &used), HL_OK);
	ck_assert_uint_eq(e.n_name, 1); /* something has to be shown */
	ck_assert_uint_eq(e.name16[0], 0xFFFD);
}
END_TEST

START_TEST(a_nul_in_a_name_is_damage_and_stays)
{
	static const uint16_t name[] = { 'a', 0, 'b' };
	struct set s = { .name = name, .n_name = 3, .attributes = 0x20 };
	unsigned n = set_put(set_bytes, &s), used;

	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert_uint_eq(e.faults, HL_EXFAT_BAD_NAME);
	ck_assert_uint_eq(e.n_name, 3);
}
END_TEST

static const struct place {
	unsigned attributes, flags;
	uint32_t cluster;
	uint64_t size, valid;
	unsigned faults;
} places[] = {
	{ 0x20, 0, 0, 0, 0, 0 },
	{ 0x20, 3, 0, 0, 0, 0 },
	{ 0x20, 1, 201, 1, 1, 0 },
	{ 0x20, 0, 77, 0, 0, 0 },               /* no clusters: no place */
	{ 0x20, 1, 201, 0, 0, 0 },
	{ 0x20, 3, 202, 1, 1, HL_EXFAT_BAD_PLACE },
	{ 0x20, 3, 1, 1, 1, HL_EXFAT_BAD_PLACE },
	{ 0x20, 3, UINT32_MAX, 1, 1, HL_EXFAT_BAD_PLACE },
	{ 0x20, 0, 9, 1, 1, HL_EXFAT_BAD_PLACE },
	{ 0x20, 3, 2, 200 * 1024, 0, 0 },
	{ 0x20, 3, 2, 200 * 1024 + 1, 0, HL_EXFAT_BAD_PLACE },
	{ 0x20, 3, 2, UINT64_MAX, UINT64_MAX, HL_EXFAT_BAD_PLACE },
	{ 0x20, 3, 9, 10, 11, HL_EXFAT_BAD_VALID },
	{ 0x10, 0, 0, 0, 0, HL_EXFAT_BAD_PLACE }, /* a folder has a cluster */
	{ 0x10, 3, 9, 1024, 1024, 0 },
};

START_TEST(impossible_places_are_told)
{
	const struct place *t = &places[_i];
	static const uint16_t name[] = { 'a' };
	struct set s = { .name = name, .n_name = 1,
	                 .attributes = t->attributes };
	unsigned n = set_put(set_bytes, &s), used;

	set_bytes[33] = (uint8_t)t->flags;
	put64(set_bytes + 40, t->valid);
	put32(set_bytes + 52, t->cluster);
	put64(set_bytes + 56, t->size);
	set_seal(set_bytes, n);
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert_msg(e.faults == t->faults, "row %d: %u", _i, e.faults);
	ck_assert_uint_le(e.valid, e.size);
}
END_TEST

START_TEST(encrypted_files_are_known_by_flag_and_name)
{
	static const uint16_t name[] = { '1', '.', 'P', 'F', 'I', 'L', 'E' };
	struct set s = { .name = name, .n_name = 7, .attributes = 0x20 };
	unsigned n = set_put(set_bytes, &s), used;

	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert(!e.encrypted);
	put16(set_bytes + 6, 0x8000);
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert(e.encrypted);
	set_bytes[64 + 2 + 2 * 6] = 'S';
	ck_assert_int_eq(set_decode(n, &used), HL_OK);
	ck_assert(!e.encrypted);
}
END_TEST

/* ---- times ------------------------------------------------------------- */

static const struct when {
	uint32_t stamp;
	uint8_t tenms, utc;
	enum hl_time_kind kind;
	const char *text;
} when[] = {
	{ 0x50430000 | 4 << 11 | 5 << 5 | 3, 50, 0, HL_TIME_LOCAL,
	  "2020-02-03T04:05:06" },
	{ 0x50430000 | 4 << 11 | 5 << 5 | 3, 150, 0x80, HL_TIME_UTC,
	  "2020-02-03T04:05:07.5000000Z" },
	{ 0x50430000 | 4 << 11 | 5 << 5 | 3, 0, 0x84, HL_TIME_UTC,
	  "2020-02-03T03:05:06.0000000Z" },  /* UTC+1 */
	{ 0x50430000 | 4 << 11 | 5 << 5 | 3, 0, 0xFE, HL_TIME_UTC,
	  "2020-02-03T04:35:06.0000000Z" },  /* UTC-0:30 */
	{ 0x50430000 | 4 << 11 | 5 << 5 | 3, 0, 0x7E, HL_TIME_LOCAL,
	  "2020-02-03T04:05:06" },           /* not valid */
	{ 0x00210000, 0, 0xB8, HL_TIME_UTC,  /* the first day, UTC+14 */
	  "1979-12-31T10:00:00.0000000Z" },
	{ 0xFF9FBF7D, 199, 0xC0, HL_TIME_UTC, /* the last second, UTC-16 */
	  "2108-01-01T15:59:59.9900000Z" },
	{ 0, 0, 0x80, HL_TIME_NONE, "" },
	{ 0x50430000 | 25 << 11, 0, 0x80, HL_TIME_NONE, "" },
};

START_TEST(times_use_their_own_offset)
{
	const struct when *t = &when[_i];
	struct hl_time got = hl_exfat_time(t->stamp, t->tenms, t->utc);
	char buf[HL_TIME_TEXT];

	ck_assert_int_eq(got.kind, t->kind);
	ck_assert_str_eq(hl_time_text(buf, got), t->text);
}
END_TEST

/* ---- capitals ---------------------------------------------------------- */

static uint16_t table[HL_EXFAT_UNITS];

START_TEST(the_table_of_capitals_is_unpacked)
{
	uint8_t b[256];
	size_t n = build_upcase(b);

	uint8_t *exact = tight(b, n);
	ck_assert_int_eq(hl_exfat_upcase_decode(span_of(exact, n), table),
	                 HL_OK);
	free(exact);
	for (unsigned i = 0; i < HL_EXFAT_UNITS; i++)
		ck_assert_uint_eq(table[i], build_up(i));
	ck_assert_uint_eq(hl_exfat_upcase_sum(0, span_of(b, n)),
	                  build_sum32(b, n, 0));
}
END_TEST

START_TEST(a_table_that_is_too_long_is_refused)
{
	static uint8_t b[2 * 65537];

	/* not compressed: every unit by itself, FFFF the last */
	for (unsigned i = 0; i < 65537; i++)
		put16(b + 2 * i, i & 0xFFFF ? i : 0);
	ck_assert_int_eq(hl_exfat_upcase_decode(span_of(b, 2 * 65536), table),
	                 HL_OK);
	ck_assert_uint_eq(table[0xFFFF], 0xFFFF);
	ck_assert_int_eq(hl_exfat_upcase_decode(span_of(b, 2 * 65537), table),
	                 HL_CORRUPT);
	put16(b, 'a'), put16(b + 2, 0xFFFF), put16(b + 4, 0xFFFF);
	ck_assert_int_eq(hl_exfat_upcase_decode(span_of(b, 6), table), HL_OK);
	put16(b + 6, 'b');
	ck_assert_int_eq(hl_exfat_upcase_decode(span_of(b, 8), table),
	                 HL_CORRUPT);
	put16(b, 'a'), put16(b + 2, 'b'), put16(b + 4, 0xFFFF);
	put16(b + 6, 0xFFFF);
	ck_assert_int_eq(hl_exfat_upcase_decode(span_of(b, 8), table),
	                 HL_CORRUPT);
	/* an odd byte, and a mark without its count, do no harm */
	uint8_t *exact = tight(b, 5);
	ck_assert_int_eq(hl_exfat_upcase_decode(span_of(exact, 5), table),
	                 HL_OK);
	free(exact);
}
END_TEST

START_TEST(names_are_compared_through_the_table)
{
	static const uint16_t a[] = { 'a', 0x180, 0xE9 };
	static const uint16_t b[] = { 'A', 'a', 0xE9 };
	static const uint16_t c[] = { 'A', 'a', 0xC9 };
	uint8_t bytes[256];
	size_t n = build_upcase(bytes);

	ck_assert_int_eq(hl_exfat_upcase_decode(span_of(bytes, n), table),
	                 HL_OK);
	ck_assert(hl_exfat_same_name(table, a, 3, b, 3));
	ck_assert(!hl_exfat_same_name(table, b, 3, c, 3));
	ck_assert(!hl_exfat_same_name(table, a, 3, b, 2));
	/* the built-in rule knows Latin, and nothing of U+0180 */
	ck_assert(hl_exfat_same_name(NULL, b, 3, c, 3));
	ck_assert(!hl_exfat_same_name(NULL, a, 3, b, 3));
}
END_TEST

START_TEST(the_hash_is_that_of_windows)
{
	/* from a volume that Windows 10 wrote: "$EFS", "EFS0.TMP" */
	static const uint16_t a[] = { '$', 'E', 'F', 'S' };
	static const uint16_t b[] = { 'e', 'f', 's', '0', '.', 't', 'm', 'p' };

	ck_assert_uint_eq(hl_exfat_name_hash(NULL, a, 4), 0xB034);
	ck_assert_uint_eq(hl_exfat_name_hash(NULL, b, 8), 0xC14E);
}
END_TEST

/* ---- chains ------------------------------------------------------------ */

static uint32_t fat[40];

static enum hl_status next(void *user, uint32_t cluster, uint32_t *out)
{
	++*(unsigned *)user;
	*out = fat[cluster];
	return fat[cluster] ? HL_OK : HL_END;
}

static const struct loop {
	uint32_t link[8]; /* of cluster 2, 3, … */
	uint32_t want, got;
	enum hl_chain_stop stop;
} loops[] = {
	{ { 3, 4, 5, 0 }, 9, 4, HL_CHAIN_END },
	{ { 3, 4, 5, 0 }, 3, 3, HL_CHAIN_WANT },
	{ { 3, 4, 5, 0 }, 4, 4, HL_CHAIN_WANT },
	{ { 2 }, 9, 1, HL_CHAIN_LOOP },
	{ { 2 }, 2, 1, HL_CHAIN_LOOP },
	{ { 3, 2 }, 9, 2, HL_CHAIN_LOOP },
	{ { 3, 4, 5, 3 }, 30, 4, HL_CHAIN_LOOP },
	{ { 3, 4, 5, 3 }, 5, 4, HL_CHAIN_LOOP },
	{ { 4, 0, 3 }, 9, 3, HL_CHAIN_END },
	{ { 3, 4, 5, 6, 7, 8, 9, 9 }, 99, 8, HL_CHAIN_LOOP },
};

START_TEST(chains_end_where_they_lead_back)
{
	const struct loop *t = &loops[_i];
	unsigned asked = 0;
	struct hl_chain_walk w = { test_ctx(), next, &asked, 8 };
	struct hl_runs runs = { 0 };
	enum hl_chain_stop stop;

	memcpy(fat + 2, t->link, sizeof(t->link));
	ck_assert_int_eq(hl_chain_follow(&w, 2, t->want, &runs, &stop), HL_OK);
	ck_assert_uint_eq(runs.clusters, t->got);
	ck_assert_int_eq(stop, t->stop);
	ck_assert_uint_le(asked, 60);
	hl_runs_free(&runs, test_ctx());
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("decoders");

	tcase_add_test(tc, boot_sector_gives_the_geometry);
	tcase_add_loop_test(tc, impossible_boot_sectors_are_refused, 0,
	                    sizeof(bad_boot) / sizeof(bad_boot[0]));
	tcase_add_loop_test(tc, odd_boot_sectors_are_read_and_said, 0, 3);
	tcase_add_test(tc, flags_and_percentage_do_not_count_for_the_sum);
	tcase_add_test(tc, a_set_gives_all_it_holds);
	tcase_add_test(tc, a_deleted_set_keeps_the_sum_of_the_living);
	tcase_add_test(tc, live_entries_do_not_belong_to_a_deleted_one);
	tcase_add_test(tc, the_sums_of_ones_only_do_not_overflow);
	tcase_add_test(tc, each_damaged_bit_spoils_the_sum);
	tcase_add_test(tc, a_set_without_a_stream_has_nothing_to_show);
	tcase_add_test(tc, a_set_cut_short_is_shown_as_far_as_it_goes);
	tcase_add_test(tc, a_miscounted_set_still_has_its_whole_name);
	tcase_add_test(tc, vendors_entries_are_skipped);
	tcase_add_test(tc, a_set_of_256_entries_is_one);
	tcase_add_test(tc, a_length_of_zero_lets_the_entries_tell);
	tcase_add_test(tc, a_nul_in_a_name_is_damage_and_stays);
	tcase_add_loop_test(tc, impossible_places_are_told, 0,
	                    sizeof(places) / sizeof(places[0]));
	tcase_add_test(tc, encrypted_files_are_known_by_flag_and_name);
	tcase_add_loop_test(tc, times_use_their_own_offset, 0,
	                    sizeof(when) / sizeof(when[0]));
	tcase_add_test(tc, the_table_of_capitals_is_unpacked);
	tcase_add_test(tc, a_table_that_is_too_long_is_refused);
	tcase_add_test(tc, names_are_compared_through_the_table);
	tcase_add_test(tc, the_hash_is_that_of_windows);
	tcase_add_loop_test(tc, chains_end_where_they_lead_back, 0,
	                    sizeof(loops) / sizeof(loops[0]));
	return test_main("exfat", tc, NULL);
}
