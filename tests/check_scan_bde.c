/*
 * check_scan_bde.c: what a scan believes of BitLocker: boot sectors and
 * blocks of metadata, built byte by byte.  With keys: tests/cli/bitlocker.sh.
 */
#include <zlib.h>

#include "scan_build.h"
#include "base/limits.h"
#include "fs/scan_impl.h"

#define MIB (1u << 20)
#define SIZE (4u * MIB) /* of the volume */

static const uint64_t places[3] = { MIB, 2 * MIB + 8192, 3 * MIB };
static const uint8_t usual[16] = {
	0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
	0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01,
};

static void put(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void put_places(uint8_t *p)
{
	for (unsigned i = 0; i < 3; i++)
		put(p + 8 * i, places[i], 8);
}

static void boot(uint8_t *p)
{
	memcpy(p, "\xeb\x58\x90-FVE-FS-", 11);
	put(p + 0x0b, 512, 2);
	memcpy(p + 0xa0, usual, 16);
	put_places(p + 0xb0);
	put(p + 510, 0xaa55, 2);
}

/* One clear key, no more: 64 + 48 + 48 bytes, then the checksum. */
static void block(uint8_t *p, unsigned version, unsigned state)
{
	const unsigned size = 160;

	memset(p, 0, 512);
	memcpy(p, "-FVE-FS-", 8);
	put(p + 0x08, version == 2 ? size / 16 : size, 2);
	put(p + 0x0a, version, 2);
	put(p + 0x0c, state, 2);
	put(p + 0x0e, state, 2);
	put(p + 0x10, SIZE, 8);
	put_places(p + 0x20);
	put(p + 64, size - 64, 4);
	put(p + 68, 1, 4);
	put(p + 72, 48, 4);
	put(p + 76, size - 64, 4);
	memset(p + 80, 0x77, 16); /* the volume's name */
	put(p + 104, 132000000000000000, 8);
	put(p + 112, 48, 2); /* a protector */
	put(p + 114, 2, 2);
	put(p + 116, 8, 2);
	put(p + size, 8, 2);
	put(p + size + 2, 1, 2);
	put(p + size + 4, crc32(0, p, size), 4);
}

static struct disk disk_of(bool with_boot, unsigned mask, unsigned version,
                           unsigned state)
{
	struct disk d = disk_new(8 * MIB);

	if (with_boot)
		boot(d.p + MIB);
	for (unsigned i = 0; i < 3; i++)
		if (mask >> i & 1)
			block(d.p + MIB + places[i], version, state);
	return d;
}

static void expect(struct disk *d, const char *text, unsigned score)
{
	disk_scan(d);
	ck_assert_str_eq(scan_text(d->scan), text);
	if (*text)
		ck_assert_uint_eq(hl_scan_get(d->scan, 0)->score, score);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}

START_TEST(boot_sector_and_metadata)
{
	struct disk d = disk_of(true, 7, 2, 4);

	expect(&d, "L1 bitlocker 1048576+4194304 primary g1", 100);
	ck_assert(lost_says(hl_scan_get(d.scan, 0), "3 of 3 blocks"));
	ck_assert_uint_eq(hl_scan_get(d.scan, 0)->formatted,
	                  132000000000000000);
	disk_free(&d);
}
END_TEST

START_TEST(a_boot_sector_alone_is_not_believed)
{
	struct disk d = disk_of(true, 0, 2, 4);

	expect(&d, "- bitlocker 1048576+0 primary g0", 20);
	disk_free(&d);
}
END_TEST

START_TEST(the_boot_sector_is_gone)
{
	static const struct {
		unsigned mask, score;
		const char *text;
	} c[] = {
		{ 7, 80, "L1 bitlocker 1048576+4194304 none g1" },
		{ 5, 60, "L1 bitlocker 1048576+4194304 none g1" },
		{ 6, 60, "L1 bitlocker 1048576+4194304 none g1" },
		/* one alone may be the first, the second or the third */
		{ 1, 20, "- bitlocker 1048576+4194304 none g0" },
	};

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct disk d = disk_of(false, c[i].mask, 2, 4);

		expect(&d, c[i].text, c[i].score);
		ck_assert(lost_says(hl_scan_get(d.scan, 0),
		                    "no boot sector is left"));
		disk_free(&d);
	}
}
END_TEST

/* The same distance from the first to the second as to the third. */
START_TEST(where_it_began_is_not_certain)
{
	struct disk d = disk_new(8 * MIB);

	for (unsigned i = 0; i < 2; i++) {
		uint8_t *p = d.p + (3 + i) * MIB;

		block(p, 2, 4);
		put(p + 0x28, 2 * MIB, 8);
		put(p + 164, crc32(0, p, 160), 4);
	}
	expect(&d, "- bitlocker 2097152+4194304 none g0", 20);
	ck_assert(lost_says(hl_scan_get(d.scan, 0),
	                    "byte 1048576 would fit, too"));
	disk_free(&d);
}
END_TEST

START_TEST(a_wrong_checksum_is_less)
{
	struct disk d = disk_of(false, 7, 2, 4);

	for (unsigned i = 0; i < 3; i++)
		d.p[MIB + places[i] + 110] ^= 1;
	expect(&d, "- bitlocker 1048576+4194304 none g0", 15);
	disk_free(&d);
}
END_TEST

/* Of another volume, as its name says: they do not count for each other. */
START_TEST(blocks_of_two_volumes)
{
	struct disk d = disk_of(false, 3, 2, 4);
	uint8_t *p = d.p + MIB + places[1];

	memset(p + 80, 0x78, 16);
	put(p + 164, crc32(0, p, 160), 4);
	disk_scan(&d);
	for (size_t i = 0; i < hl_scan_count(d.scan); i++)
		ck_assert(!hl_scan_get(d.scan, i)->believed);
	disk_free(&d);
}
END_TEST

/* Being encrypted, Vista: how large it is nothing tells. */
START_TEST(a_size_that_is_not_known)
{
	struct disk d = disk_of(false, 7, 2, 2);

	expect(&d, "L1 bitlocker 1048576+4194304 none g1", 80);
	ck_assert(hl_scan_get(d.scan, 0)->at_least);
	disk_free(&d);
	d = disk_of(false, 7, 1, 4);
	expect(&d, "L1 bitlocker 1048576+3211264 none g1", 80);
	ck_assert(lost_says(hl_scan_get(d.scan, 0), "bytes at least"));
	disk_free(&d);
}
END_TEST

START_TEST(vista_knows_one_block)
{
	struct disk d = disk_of(false, 7, 1, 4);
	uint8_t *p = d.p + MIB;

	memcpy(p, "\xeb\x52\x90-FVE-FS-", 11);
	put(p + 0x0b, 512, 2);
	p[0x0d] = 8;
	put(p + 0x28, SIZE / 512 - 1, 8);
	put(p + 0x38, places[0] / 4096, 8);
	expect(&d, "L1 bitlocker 1048576+4194304 primary g1", 100);
	disk_free(&d);
}
END_TEST

/* Its boot sector is one of FAT32, too: that is not what is there. */
START_TEST(to_go_is_no_fat)
{
	struct disk d = disk_of(false, 7, 2, 4);
	uint8_t *p = d.p + MIB;

	memcpy(p, "\xeb\x58\x90MSWIN4.1", 11);
	put(p + 0x0b, 512, 2);
	p[0x0d] = 1;
	put(p + 0x0e, 32, 2);
	p[0x10] = 2;
	p[0x15] = 0xf8;
	put(p + 0x20, 70000, 4);
	put(p + 0x24, 540, 4);
	put(p + 0x2c, 2, 4);
	put(p + 510, 0xaa55, 2);
	ck_assert(hl_fat_lost_keep(span_of(p, 512)));
	memcpy(p + 0x1a8, usual, 16);
	put_places(p + 0x1b8);
	expect(&d, "L1 bitlocker 1048576+4194304 primary g1", 100);
	disk_free(&d);
}
END_TEST

/* Impossible places, and the words alone. */
START_TEST(what_is_none)
{
	struct disk d = disk_of(false, 1, 2, 4);
	uint8_t *p = d.p + MIB + places[0];

	put(p + 0x20, places[0] + 1, 8);
	put(p + 164, crc32(0, p, 160), 4);
	memcpy(d.p + 5 * MIB, "-FVE-FS-", 8);
	memcpy(d.p + 6 * MIB + 3, "-FVE-FS-", 8);
	expect(&d, "", 0);
	disk_free(&d);
}
END_TEST

START_TEST(a_flood_of_blocks_ends)
{
	struct disk d = disk_new(MIB);

	for (size_t i = 0; i < d.n; i += 512)
		block(d.p + i, 2, 4);
	disk_scan(&d);
	ck_assert(test_noted(HL_LOSS, "blocks of BitLocker metadata"));
	disk_free(&d);
}
END_TEST

START_TEST(memory_runs_out)
{
	struct disk d = disk_of(true, 7, 2, 4);
	uint64_t before = test_mem_now();
	enum hl_status st = HL_NOMEM;

	for (size_t n = 1; st == HL_NOMEM && n < 4000; n++) {
		struct hl_scan *s;

		test_fail_alloc(n);
		st = hl_scan_open(&s, d.src, NULL, test_ctx());
		if (st == HL_OK)
			st = hl_scan_pass(s);
		if (st == HL_OK)
			st = hl_scan_judge(s);
		test_fail_alloc(0);
		hl_scan_close(s);
		ck_assert_uint_eq(test_mem_now(), before);
	}
	ck_assert_int_eq(st, HL_OK);
	disk_free(&d);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("bitlocker");

	tcase_add_test(t, boot_sector_and_metadata);
	tcase_add_test(t, a_boot_sector_alone_is_not_believed);
	tcase_add_test(t, the_boot_sector_is_gone);
	tcase_add_test(t, where_it_began_is_not_certain);
	tcase_add_test(t, a_wrong_checksum_is_less);
	tcase_add_test(t, blocks_of_two_volumes);
	tcase_add_test(t, a_size_that_is_not_known);
	tcase_add_test(t, vista_knows_one_block);
	tcase_add_test(t, to_go_is_no_fat);
	tcase_add_test(t, what_is_none);
	tcase_add_test(t, a_flood_of_blocks_ends);
	tcase_add_test(t, memory_runs_out);
	return test_main("scan_bde", t, NULL);
}
