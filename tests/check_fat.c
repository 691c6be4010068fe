/* check_fat.c: the FAT decoders, on bytes written by hand. */
#include <iconv.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "fat/fat.h"
#include "testing.h"

/* ---- boot sector -------------------------------------------------------- */

/* A floppy-sized FAT12: 1 reserved, 2 FATs of 9, 224 root slots, 2,847 clusters. */
static void boot12(uint8_t b[512])
{
	memset(b, 0, 512);
	b[0] = 0xEB, b[2] = 0x90;       /* jump */
	memcpy(b + 3, "MSDOS5.0", 8);
	put16(b + 0x0B, 512);           /* sector size */
	b[0x0D] = 1;                    /* sectors per cluster */
	put16(b + 0x0E, 1);             /* reserved */
	b[0x10] = 2;                    /* FATs */
	put16(b + 0x11, 224);           /* root slots */
	put16(b + 0x13, 2880);          /* sectors */
	b[0x15] = 0xF0;                 /* media */
	put16(b + 0x16, 9);             /* sectors per FAT */
	b[0x26] = 0x29;                 /* extended signature */
	put32(b + 0x27, 0x1A2B3C4D);    /* serial */
	memcpy(b + 0x2B, "MY LABEL   FAT16   ", 19); /* the type lies */
	b[510] = 0x55, b[511] = 0xAA;
}

/* FAT32 with 1,000 clusters, fewer than the books allow. */
static void boot32(uint8_t b[512])
{
	boot12(b);
	memset(b + 0x24, 0, 0x40);
	put16(b + 0x0E, 32);            /* reserved */
	put16(b + 0x11, 0);             /* no fixed root */
	put16(b + 0x13, 32 + 2 * 8 + 1000);
	put16(b + 0x16, 0);             /* this makes it FAT32 */
	put32(b + 0x24, 8);             /* sectors per FAT */
	put32(b + 0x2C, 2);             /* root cluster */
	put16(b + 0x32, 6);             /* backup */
	b[0x42] = 0x29;
	put32(b + 0x43, 0xDEADBEEF);
	memcpy(b + 0x47, "NO NAME    FAT32   ", 19);
}

static enum hl_status decode(const uint8_t *b, struct hl_fat_geom *g)
{
	uint8_t *p = tight(b, 512);
	const char *why;
	enum hl_status st = hl_fat_boot_decode(span_of(p, 512), g, &why);

	ck_assert_int_eq(st == HL_OK, why == NULL);
	free(p);
	return st;
}

START_TEST(boot_fat12_is_laid_out)
{
	uint8_t b[512];
	struct hl_fat_geom g;

	boot12(b);
	ck_assert_int_eq(decode(b, &g), HL_OK);
	ck_assert_int_eq(g.kind, HL_FAT12);
	ck_assert_uint_eq(g.fat_off, 512);
	ck_assert_uint_eq(g.fat_len, 9 * 512);
	ck_assert_uint_eq(g.root_off, 19 * 512);
	ck_assert_uint_eq(g.data_off, 33 * 512);
	ck_assert_uint_eq(g.n_clusters, 2847);
	ck_assert_uint_eq(g.serial, 0x1A2B3C4D);
	ck_assert(g.has_label && memcmp(g.label, "MY LABEL   ", 11) == 0);
}
END_TEST

START_TEST(boot_type_is_the_number_of_clusters)
{
	uint8_t b[512];
	struct hl_fat_geom g;

	boot12(b);
	put16(b + 0x16, 20); /* room for the entries of both */
	put16(b + 0x13, 1 + 2 * 20 + 14 + 4084);
	ck_assert_int_eq(decode(b, &g), HL_OK);
	ck_assert_int_eq(g.kind, HL_FAT12);
	put16(b + 0x13, 1 + 2 * 20 + 14 + 4085);
	ck_assert_int_eq(decode(b, &g), HL_OK);
	ck_assert_int_eq(g.kind, HL_FAT16);
}
END_TEST

START_TEST(boot_small_fat32_is_fat32)
{
	uint8_t b[512];
	struct hl_fat_geom g;

	boot32(b);
	ck_assert_int_eq(decode(b, &g), HL_OK);
	ck_assert_int_eq(g.kind, HL_FAT32);
	ck_assert_uint_eq(g.n_clusters, 1000);
	ck_assert_uint_eq(g.backup_off, 6 * 512);
	ck_assert_uint_eq(g.root_cluster, 2);
	ck_assert(g.mirrored);
	put16(b + 0x28, 0x81); /* no mirroring, the second FAT is active */
	ck_assert_int_eq(decode(b, &g), HL_OK);
	ck_assert(!g.mirrored);
	ck_assert_uint_eq(g.active, 1);
	put16(b + 0x28, 0x8F); /* a FAT that is not there */
	ck_assert_int_eq(decode(b, &g), HL_OK);
	ck_assert_uint_eq(g.active, 0);
	ck_assert_ptr_nonnull(g.odd);
}
END_TEST

START_TEST(boot_sector_sizes)
{
	static const unsigned size[] = { 512, 1024, 2048, 4096 };
	uint8_t b[512];
	struct hl_fat_geom g;

	for (int i = 0; i < 4; i++) {
		boot12(b);
		put16(b + 0x0B, size[i]);
		b[0x0D] = 2;
		ck_assert_int_eq(decode(b, &g), HL_OK);
		ck_assert_uint_eq(g.sector_size, size[i]);
		ck_assert_uint_eq(g.cluster_size, 2 * size[i]);
		ck_assert_uint_eq(g.fat_off, size[i]);
	}
}
END_TEST

static const struct bad_boot {
	const char *rule;
	unsigned off, size;
	uint32_t value;
} bad_boots[] = {
	{ "sector size 0 (exFAT)", 0x0B, 2, 0 },
	{ "sector size 513", 0x0B, 2, 513 },
	{ "sector size 8192", 0x0B, 2, 8192 },
	{ "cluster of 0 sectors", 0x0D, 1, 0 },
	{ "cluster of 3 sectors", 0x0D, 1, 3 },
	{ "no reserved sector", 0x0E, 2, 0 },
	{ "no FAT (NTFS)", 0x10, 1, 0 },
	{ "media byte", 0x15, 1, 0xF1 },
	{ "no sectors", 0x13, 2, 0 },
	{ "no room for clusters", 0x13, 2, 33 },
	{ "FATs larger than the volume", 0x16, 2, 0xFFFF },
	{ "no root", 0x11, 2, 0 },
};

START_TEST(boot_bad_fields_are_refused)
{
	const struct bad_boot *x = &bad_boots[_i];
	uint8_t b[512];
	struct hl_fat_geom g;

	boot12(b);
	for (unsigned i = 0; i < x->size; i++)
		b[x->off + i] = (uint8_t)(x->value >> 8 * i);
	ck_assert_msg(decode(b, &g) == HL_END, "%s", x->rule);
}
END_TEST

START_TEST(boot_others_are_refused)
{
	static const uint8_t to_go[16] = { 0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E,
	                                   0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3,
	                                   0x39, 0xE3, 0xD0, 0x01 };
	uint8_t b[512];
	struct hl_fat_geom g;

	boot32(b);
	memcpy(b + 3, "-FVE-FS-", 8); /* BitLocker, says FAT32 at 0x52 */
	ck_assert_int_eq(decode(b, &g), HL_END);
	boot32(b);
	memcpy(b + 0x1A8, to_go, 16); /* BitLocker To Go */
	ck_assert_int_eq(decode(b, &g), HL_END);
	boot32(b);
	put32(b + 0x2C, 1002); /* root behind the last cluster */
	ck_assert_int_eq(decode(b, &g), HL_END);
	put32(b + 0x2C, 1001);
	ck_assert_int_eq(decode(b, &g), HL_OK);
	boot12(b);
	b[510] = 0;
	ck_assert_int_eq(decode(b, &g), HL_OK); /* jump and "FAT1" are there */
	b[0] = 0;
	ck_assert_int_eq(decode(b, &g), HL_END);
	memset(b, 0, 512);
	ck_assert_int_eq(decode(b, &g), HL_END);
}
END_TEST

START_TEST(boot_zero_geometry_and_lying_strings_do_not_matter)
{
	uint8_t b[512];
	struct hl_fat_geom g;

	boot12(b);
	put16(b + 0x18, 0); /* track */
	put16(b + 0x1A, 0); /* heads */
	put32(b + 0x1C, 0xFFFFFFFF); /* hidden */
	memcpy(b + 0x36, "FAT32   ", 8);
	ck_assert_int_eq(decode(b, &g), HL_OK);
	ck_assert_int_eq(g.kind, HL_FAT12);
}
END_TEST

START_TEST(boot_fat_too_small_limits_the_clusters)
{
	uint8_t b[512];
	struct hl_fat_geom g;

	boot32(b);
	put32(b + 0x24, 1); /* 128 entries for 1,000 clusters and more */
	ck_assert_int_eq(decode(b, &g), HL_OK);
	ck_assert_uint_eq(g.n_clusters, 126);
	ck_assert_ptr_nonnull(g.odd);
}
END_TEST

START_TEST(boot_edge_pieces_of_the_corpus)
{
	struct hl_fat_geom g;
	uint8_t b[512];
	const char *name[] = { "fat16_edge", "fat12_bs", "fat32_bs",
	                       "fat32_bs_dirty" };
	const int kind[] = { 16, 12, 32, 32 };
	const int dirty[] = { 1, 0, 0, 1 }; /* byte 0x25 or 0x41 */

	for (int i = 0; i < 4; i++) {
		char path[128];
		snprintf(path, sizeof(path),
		         "images/msuhanov__dfir_ntfs/%s.bin", name[i]);
		const char *full = test_corpus(path);
		if (!full)
			SKIP("no corpus");
		FILE *f = fopen(full, "rb");
		ck_assert_uint_eq(fread(b, 1, 512, f), 512);
		fclose(f);
		ck_assert_int_eq(decode(b, &g), HL_OK);
		ck_assert_int_eq(g.kind, kind[i]);
		ck_assert_int_eq(g.boot_dirty, dirty[i]);
	}
}
END_TEST

/* ---- FAT entries -------------------------------------------------------- */

START_TEST(entry_fat12_halves_and_tail)
{
	/* 0: 0x123, 1: 0x456, 2: 0x789 without its last nibble's byte */
	static const uint8_t bytes[4] = { 0x23, 0x61, 0x45, 0x89 };
	uint32_t v;
	uint8_t *p = tight(bytes, 4); /* ASan sees one byte more */

	ck_assert(hl_fat_entry(HL_FAT12, span_of(p, 4), 0, &v));
	ck_assert_uint_eq(v, 0x123);
	ck_assert(hl_fat_entry(HL_FAT12, span_of(p, 4), 1, &v));
	ck_assert_uint_eq(v, 0x456);
	ck_assert(!hl_fat_entry(HL_FAT12, span_of(p, 4), 2, &v));
	ck_assert(!hl_fat_entry(HL_FAT12, span_of(p, 4), 3, &v));
	free(p);
	p = tight(bytes, 2);
	ck_assert(hl_fat_entry(HL_FAT12, span_of(p, 2), 0, &v));
	ck_assert(!hl_fat_entry(HL_FAT12, span_of(p, 2), 1, &v));
	free(p);
}
END_TEST

START_TEST(entry_products_do_not_wrap)
{
	uint8_t bytes[16] = { 0 };
	uint32_t v;

	/* 32 bits times 2^27 + 1 is 32 again in 32 bits */
	ck_assert(!hl_fat_entry(HL_FAT32, span_of(bytes, 16), 0x08000001, &v));
	ck_assert(!hl_fat_entry(HL_FAT32, span_of(bytes, 16), UINT32_MAX, &v));
	ck_assert(!hl_fat_entry(HL_FAT12, span_of(bytes, 16), 0x20000000, &v));
	put32(bytes + 12, 0xF2345678); /* the upper four bits are others' */
	ck_assert(hl_fat_entry(HL_FAT32, span_of(bytes, 16), 3, &v));
	ck_assert_uint_eq(v, 0x02345678);
}
END_TEST

START_TEST(entry_meanings)
{
	struct hl_fat_geom g = { .kind = HL_FAT16, .n_clusters = 100 };

	ck_assert_int_eq(hl_fat_link_kind(&g, 0), HL_FAT_FREE);
	ck_assert_int_eq(hl_fat_link_kind(&g, 1), HL_FAT_WILD);
	ck_assert_int_eq(hl_fat_link_kind(&g, 2), HL_FAT_NEXT);
	ck_assert_int_eq(hl_fat_link_kind(&g, 101), HL_FAT_NEXT);
	ck_assert_int_eq(hl_fat_link_kind(&g, 102), HL_FAT_WILD);
	ck_assert_int_eq(hl_fat_link_kind(&g, 0xFFF7), HL_FAT_BAD);
	ck_assert_int_eq(hl_fat_link_kind(&g, 0xFFF8), HL_FAT_LAST);
	ck_assert_int_eq(hl_fat_link_kind(&g, 0xFFFF), HL_FAT_LAST);
	g.kind = HL_FAT12;
	ck_assert_int_eq(hl_fat_link_kind(&g, 0xFF7), HL_FAT_BAD);
	ck_assert_int_eq(hl_fat_link_kind(&g, 0xFF8), HL_FAT_LAST);
	g.kind = HL_FAT32;
	ck_assert_int_eq(hl_fat_link_kind(&g, 0x0FFFFFF7), HL_FAT_BAD);
	ck_assert_int_eq(hl_fat_link_kind(&g, 0x0FFFFFF8), HL_FAT_LAST);
	ck_assert_int_eq(hl_fat_link_kind(&g, 0x0FFFFFF6), HL_FAT_WILD);
	ck_assert(hl_fat_entry_dirty(HL_FAT32, 0x07FFFFFF));
	ck_assert(!hl_fat_entry_dirty(HL_FAT32, 0x0FFFFFFF));
	ck_assert(hl_fat_entry_dirty(HL_FAT16, 0x7FFF));
	ck_assert(!hl_fat_entry_dirty(HL_FAT12, 0x7FF));
}
END_TEST

static TCase *boot_case(void)
{
	TCase *tc = tcase_create("boot");

	tcase_add_test(tc, boot_fat12_is_laid_out);
	tcase_add_test(tc, boot_type_is_the_number_of_clusters);
	tcase_add_test(tc, boot_small_fat32_is_fat32);
	tcase_add_test(tc, boot_sector_sizes);
	tcase_add_loop_test(tc, boot_bad_fields_are_refused, 0,
	                    sizeof(bad_boots) / sizeof(bad_boots[0]));
	tcase_add_test(tc, boot_others_are_refused);
	tcase_add_test(tc, boot_zero_geometry_and_lying_strings_do_not_matter);
	tcase_add_test(tc, boot_fat_too_small_limits_the_clusters);
	tcase_add_test(tc, boot_edge_pieces_of_the_corpus);
	tcase_add_test(tc, entry_fat12_halves_and_tail);
	tcase_add_test(tc, entry_products_do_not_wrap);
	tcase_add_test(tc, entry_meanings);
	return tc;
}

/* ---- case and code pages ------------------------------------------------ */

START_TEST(case_folding_agrees_with_the_c_library)
{
	int folded = 0;

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		SKIP("no locale C.UTF-8");
	for (unsigned u = 0; u < 0xD800; u++) {
		uint16_t up = hl_fat_upcase((uint16_t)u);
		if (up == u)
			continue;
		folded++;
		ck_assert_msg((wint_t)up == towupper((wint_t)u), "U+%04X", u);
		ck_assert_uint_eq(hl_fat_upcase(up), up);
		ck_assert_uint_eq(hl_fat_downcase(up), u);
	}
	ck_assert_int_gt(folded, 500);
	/* Latin-1, Greek and Cyrillic are complete, but for letters whose
	 * capital is elsewhere (dotless i, final sigma, micro) */
	for (unsigned u = 0x61; u < 0x180; u++)
		if (u != 0xB5 && u != 0x131 && u != 0x17F)
			ck_assert_msg((wint_t)hl_fat_upcase((uint16_t)u) ==
			              towupper((wint_t)u), "U+%04X", u);
	for (unsigned u = 0x386; u < 0x530; u++)
		if ((wint_t)u >= 0x3AC && u != 0x3C2 &&
		    !(u >= 0x3D0 && u <= 0x3D7) && !(u >= 0x3F0 && u < 0x400))
			ck_assert_msg((wint_t)hl_fat_upcase((uint16_t)u) ==
			              towupper((wint_t)u), "U+%04X", u);
}
END_TEST

START_TEST(codepage_437_agrees_with_iconv)
{
	struct hl_fat_codepage cp;
	iconv_t cd = iconv_open("UTF-16LE", "IBM437");

	if (cd == (iconv_t)-1)
		SKIP("iconv without IBM437");
	ck_assert_int_eq(hl_fat_codepage_open(&cp, NULL), HL_OK);
	for (unsigned i = 1; i < 256; i++) {
		uint8_t byte = (uint8_t)i;
		char in[1] = { (char)byte }, out[2], *from = in, *to = out;
		size_t left = 1, room = 2;
		uint16_t u;
		bool bad = false;

		ck_assert_uint_eq(iconv(cd, &from, &left, &to, &room), 0);
		ck_assert_uint_eq(hl_fat_decode(&cp, &u, &byte, 1, &bad), 1);
		ck_assert_uint_eq(u, (uint8_t)out[0] |
		                     (uint8_t)out[1] << 8);
		ck_assert(!bad);
	}
	iconv_close(cd);
	hl_fat_codepage_close(&cp);
}
END_TEST

START_TEST(codepage_of_two_bytes_and_what_it_lacks)
{
	/* CP932: katakana A (83 41), half-width A (B1), then A0, no letter */
	static const uint8_t bytes[] = { 0x83, 0x41, 0xB1, 'x', 0xA0, 0x83 };
	struct hl_fat_codepage cp;
	uint16_t u[8];
	bool bad = false;

	if (hl_fat_codepage_open(&cp, "CP932") != HL_OK)
		SKIP("iconv without CP932");
	ck_assert_uint_eq(hl_fat_decode(&cp, u, bytes, 6, &bad), 5);
	ck_assert_uint_eq(u[0], 0x30A2);
	ck_assert_uint_eq(u[1], 0xFF71);
	ck_assert_uint_eq(u[2], 'x');
	/* a byte without a meaning is kept: 0xDC00 + byte */
	ck_assert(bad);
	ck_assert_uint_eq(u[4], 0xDC83);
	hl_fat_codepage_close(&cp);
	ck_assert_int_eq(hl_fat_codepage_open(&cp, "no such page"), HL_END);
}
END_TEST

static TCase *name_case(void)
{
	TCase *tc = tcase_create("names");

	tcase_add_test(tc, case_folding_agrees_with_the_c_library);
	tcase_add_test(tc, codepage_437_agrees_with_iconv);
	tcase_add_test(tc, codepage_of_two_bytes_and_what_it_lacks);
	return tc;
}

int main(void)
{
	return test_main("fat", boot_case(), name_case(), NULL);
}
