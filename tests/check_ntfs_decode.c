/* check_ntfs_decode.c: boot sector and update sequence, built by hand. */
#include <stdlib.h>
#include <string.h>

#include "ntfs/ntfs.h"
#include "testing.h"

/* ---- boot ---------------------------------------------------------------- */

static void boot(uint8_t b[512], unsigned sector, uint8_t spc, uint8_t record)
{
	memset(b, 0, 512);
	memcpy(b + 3, "NTFS    ", 8);
	put16(b + 0x0b, sector);
	b[0x0d] = spc;
	put64(b + 0x28, 0x100000); /* sectors */
	put64(b + 0x30, 4);        /* LCN of $MFT */
	put64(b + 0x38, 2);        /* of the mirror */
	b[0x40] = record;
	b[0x44] = 0xf4;            /* index blocks of 2^12 */
	put64(b + 0x48, 0x1122334455667788);
}

struct boot_row {
	unsigned sector;
	uint8_t spc, record;
	enum hl_status st;
	uint32_t cluster, record_size;
};
static const struct boot_row boot_rows[] = {
	{ 512, 1, 2, HL_OK, 512, 1024 },
	{ 512, 8, 0xf6, HL_OK, 4096, 1024 },
	{ 512, 128, 0xf6, HL_OK, 65536, 1024 },
	{ 512, 0xf8, 0xf6, HL_OK, 131072, 1024 }, /* 2^8 sectors */
	{ 512, 0xf4, 0xf6, HL_OK, 2097152, 1024 },
	{ 512, 0xf3, 0xf6, HL_CORRUPT, 0, 0 },    /* 4 MiB */
	{ 4096, 1, 1, HL_OK, 4096, 4096 },
	{ 4096, 16, 0xf4, HL_OK, 65536, 4096 },
	{ 512, 0, 0xf6, HL_CORRUPT, 0, 0 },
	{ 512, 3, 0xf6, HL_CORRUPT, 0, 0 },
	{ 512, 8, 0, HL_CORRUPT, 0, 0 },
	{ 512, 8, 0x80, HL_CORRUPT, 0, 0 },       /* 2^128 bytes */
	{ 513, 8, 0xf6, HL_CORRUPT, 0, 0 },
	{ 0, 8, 0xf6, HL_CORRUPT, 0, 0 },
};

START_TEST(sizes_in_the_boot_sector)
{
	const struct boot_row *r = &boot_rows[_i];
	struct hl_ntfs_geom g;
	uint8_t b[512];

	boot(b, r->sector, r->spc, r->record);
	ck_assert_int_eq(hl_ntfs_boot_decode(span_of(b, 512), &g), r->st);
	if (r->st)
		return;
	ck_assert_uint_eq(g.cluster_size, r->cluster);
	ck_assert_uint_eq(g.record_size, r->record_size);
	ck_assert_uint_eq(g.index_size, 4096);
	ck_assert_uint_eq(g.n_clusters, 0x100000ull * r->sector / r->cluster);
	ck_assert_uint_eq(g.serial, 0x1122334455667788);
}
END_TEST

START_TEST(not_a_boot_sector)
{
	struct hl_ntfs_geom g;
	uint8_t b[512];

	boot(b, 512, 8, 0xf6);
	ck_assert_int_eq(hl_ntfs_boot_decode(span_of(b, 511), &g), HL_END);
	put64(b + 0x30, 0x100000); /* $MFT behind the end */
	ck_assert_int_eq(hl_ntfs_boot_decode(span_of(b, 512), &g), HL_CORRUPT);
	b[3] = 'X';
	ck_assert_int_eq(hl_ntfs_boot_decode(span_of(b, 512), &g), HL_END);
}
END_TEST

/* ---- fixup --------------------------------------------------------------- */

/* Two sectors of 0xaa, update sequence 0x1234, saved words 5566 and 7788. */
static void block(uint8_t b[1024])
{
	memset(b, 0xaa, 1024);
	memcpy(b, "FILE", 4);
	put16(b + 4, 0x30);
	put16(b + 6, 3);
	put16(b + 0x30, 0x1234);
	put16(b + 0x32, 0x5566);
	put16(b + 0x34, 0x7788);
	put16(b + 510, 0x1234);
	put16(b + 1022, 0x1234);
}

START_TEST(saved_words_come_back)
{
	struct hl_ntfs_fixup f;
	uint8_t b[1024];

	block(b);
	hl_ntfs_fixup(b, sizeof(b), &f);
	ck_assert(f.header_ok);
	ck_assert_uint_eq(f.n_torn, 0);
	ck_assert_uint_eq(b[510] | b[511] << 8, 0x5566);
	ck_assert_uint_eq(b[1022] | b[1023] << 8, 0x7788);
}
END_TEST

/* One byte of the word differs: low, then high. */
START_TEST(one_wrong_byte_is_a_torn_sector)
{
	struct hl_ntfs_fixup f;
	uint8_t b[1024];

	block(b);
	b[1022 + _i] ^= 0x40;
	hl_ntfs_fixup(b, sizeof(b), &f);
	ck_assert(f.header_ok);
	ck_assert_uint_eq(f.n_torn, 1);
	ck_assert(!hl_ntfs_torn(&f, 0));
	ck_assert(hl_ntfs_torn(&f, 1));
	ck_assert_uint_eq(b[510] | b[511] << 8, 0x5566);
	/* the torn sector stays as it lies on the disk */
	ck_assert_uint_eq(b[1022] | b[1023] << 8,
	                  0x1234 ^ (_i ? 0x4000 : 0x40));
}
END_TEST

struct usa_row { unsigned off, count; };
static const struct usa_row usa_rows[] = {
	{ 0x30, 2 }, { 0x30, 4 }, { 0x30, 0 }, { 0x30, 0xffff },
	{ 0x31, 3 }, { 0, 3 }, { 0xffff, 3 }, { 1020, 3 }, { 506, 3 },
};

START_TEST(a_broken_update_sequence_replaces_nothing)
{
	struct hl_ntfs_fixup f;
	uint8_t b[1024], was[1024];

	block(b);
	put16(b + 4, usa_rows[_i].off);
	put16(b + 6, usa_rows[_i].count);
	memcpy(was, b, sizeof(b));
	hl_ntfs_fixup(b, sizeof(b), &f);
	ck_assert(!f.header_ok);
	ck_assert_uint_eq(f.n_torn, 2);
	ck_assert(!memcmp(was, b, sizeof(b)));
}
END_TEST

START_TEST(odd_sizes_are_left_alone)
{
	struct hl_ntfs_fixup f;
	uint8_t b[1024];

	block(b);
	hl_ntfs_fixup(b, 4, &f);
	ck_assert(!f.header_ok);
	hl_ntfs_fixup(b, 1000, &f);
	ck_assert(!f.header_ok);
	ck_assert_uint_eq(b[510] | b[511] << 8, 0x1234);
}
END_TEST

static TCase *blocks(void)
{
	TCase *t = tcase_create("blocks");

	tcase_add_loop_test(t, sizes_in_the_boot_sector, 0,
	                    sizeof(boot_rows) / sizeof(boot_rows[0]));
	tcase_add_test(t, not_a_boot_sector);
	tcase_add_test(t, saved_words_come_back);
	tcase_add_loop_test(t, one_wrong_byte_is_a_torn_sector, 0, 2);
	tcase_add_loop_test(t, a_broken_update_sequence_replaces_nothing, 0,
	                    sizeof(usa_rows) / sizeof(usa_rows[0]));
	tcase_add_test(t, odd_sizes_are_left_alone);
	return t;
}

int main(void)
{
	return test_main("ntfs_decode", blocks(), NULL);
}
