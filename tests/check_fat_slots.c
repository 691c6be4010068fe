/* check_fat_slots.c: long names out of their pieces, kinds of entries. */
#include <stdio.h>

#include "fat/fat.h"
#include "fat_build.h"

static struct hl_fat_names names;
static struct hl_fat_entry e;
static uint8_t b[32 * 32];

static enum hl_fat_slot_is feed(unsigned i)
{
	return hl_fat_slot_feed(&names, HL_FAT32, b + 32 * i, &e);
}

/* All slots up to the first that is an entry (or n). */
static enum hl_fat_slot_is feed_all(unsigned n)
{
	enum hl_fat_slot_is is = HL_FAT_SLOT_PIECE;
	struct hl_fat_codepage cp = { NULL };

	memset(&names, 0, sizeof(names));
	for (unsigned i = 0; i < n && is == HL_FAT_SLOT_PIECE; i++)
		is = feed(i);
	if (is == HL_FAT_SLOT_ENTRY)
		hl_fat_short_name(&cp, &e);
	return is;
}

static bool is_named(const char *name)
{
	size_t n = strlen(name);

	if (e.n_name != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (e.name16[i] != (uint8_t)name[i])
			return false;
	return true;
}

START_TEST(long_name_is_put_together)
{
	unsigned n = named(b, "A rather long name.txt", "ARATHE~1TXT", 0x20, 5,
	                   77);

	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(feed_all(n), HL_FAT_SLOT_ENTRY);
	ck_assert(e.long_name && is_named("A rather long name.txt"));
	ck_assert_uint_eq(e.n_short, 12);
	ck_assert_uint_eq(e.cluster, 5);
	ck_assert_uint_eq(e.size, 77);
	ck_assert_uint_eq(names.orphans, 0);
}
END_TEST

START_TEST(long_name_of_13_and_of_255_units)
{
	char name[256];

	ck_assert_uint_eq(named(b, "thirteen13.13", "THIRTE~113 ", 0, 5, 0), 2);
	ck_assert_int_eq(feed_all(2), HL_FAT_SLOT_ENTRY);
	ck_assert(is_named("thirteen13.13")); /* no NUL, no padding */
	memset(name, 'x', 255);
	name[255] = '\0';
	ck_assert_uint_eq(named(b, name, "XXXXXX~1   ", 0, 5, 0), 21);
	ck_assert_int_eq(feed_all(21), HL_FAT_SLOT_ENTRY);
	ck_assert(is_named(name));
}
END_TEST

START_TEST(long_name_over_long_is_refused)
{
	char name[300];

	memset(name, 'y', 260); /* 20 full pieces: 260 units */
	name[260] = '\0';
	named(b, name, "YYYYYY~1   ", 0, 5, 0);
	ck_assert_int_eq(feed_all(21), HL_FAT_SLOT_ENTRY);
	ck_assert(is_named("YYYYYY~1"));
	ck_assert_uint_eq(names.orphans, 20);
	memset(name, 'z', 273); /* 21 pieces */
	name[273] = '\0';
	named(b, name, "ZZZZZZ~1   ", 0, 5, 0);
	ck_assert_int_eq(feed_all(22), HL_FAT_SLOT_ENTRY);
	ck_assert(is_named("ZZZZZZ~1"));
	ck_assert_uint_eq(names.orphans, 21);
}
END_TEST

START_TEST(long_name_of_another_entry_is_dropped)
{
	named(b, "Some long name.txt", "SOMELO~1TXT", 0, 5, 0);
	memcpy(b + 64, "OTHER   TXT", 11); /* checksum does not fit any more */
	ck_assert_int_eq(feed_all(3), HL_FAT_SLOT_ENTRY);
	ck_assert(!e.long_name && is_named("OTHER.TXT"));
	ck_assert_uint_eq(names.orphans, 2);
}
END_TEST

START_TEST(long_name_out_of_order_is_dropped)
{
	uint8_t swap[32];

	named(b, "Pieces in the wrong order, three", "PIECES~1   ", 0, 5, 0);
	memcpy(swap, b + 32, 32);
	memcpy(b + 32, b + 64, 32);
	memcpy(b + 64, swap, 32);
	ck_assert_int_eq(feed_all(4), HL_FAT_SLOT_ENTRY);
	ck_assert(!e.long_name && is_named("PIECES~1"));
	ck_assert_uint_eq(names.orphans, 3);
}
END_TEST

START_TEST(long_name_without_its_first_or_last_piece_is_dropped)
{
	named(b, "Pieces in the right order, three", "PIECES~1   ", 0, 5, 0);
	memset(&names, 0, sizeof(names));
	ck_assert_int_eq(feed(1), HL_FAT_SLOT_PIECE); /* not the last first */
	ck_assert_int_eq(feed(2), HL_FAT_SLOT_PIECE);
	ck_assert_int_eq(feed(3), HL_FAT_SLOT_ENTRY);
	ck_assert(!e.long_name);
	ck_assert_uint_eq(names.orphans, 2);
	memset(&names, 0, sizeof(names));
	feed(0);
	feed(1);
	ck_assert_int_eq(feed(3), HL_FAT_SLOT_ENTRY);
	ck_assert(!e.long_name);
	ck_assert_uint_eq(names.orphans, 2);
}
END_TEST

static bool is_short(const char *name)
{
	size_t n = strlen(name);

	if (e.n_short != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (e.short16[i] != (uint8_t)name[i])
			return false;
	return true;
}

START_TEST(long_name_of_a_deleted_entry)
{
	named(b, "Some deleted name.txt", "SOMEDE~1TXT", 0, 5, 9);
	b[0] = b[32] = b[64] = 0xE5;
	ck_assert_int_eq(feed_all(3), HL_FAT_SLOT_ENTRY);
	ck_assert(e.deleted && is_named("Some deleted name.txt"));
	ck_assert_uint_eq(e.first, 'S'); /* and the short name's first byte */
	ck_assert(is_short("SOMEDE~1.TXT"));
	ck_assert(!hl_fat_first_lost(&e));
}
END_TEST

START_TEST(deleted_entry_keeps_pieces_that_are_live)
{
	/* some cameras mark the short entry only; the pieces prove it */
	named(b, "Some deleted name.txt", "SOMEDE~1TXT", 0, 5, 9);
	b[64] = 0xE5;
	ck_assert_int_eq(feed_all(3), HL_FAT_SLOT_ENTRY);
	ck_assert(e.deleted && is_named("Some deleted name.txt"));
	ck_assert(is_short("SOMEDE~1.TXT"));
	/* not complete: no proof */
	memset(&names, 0, sizeof(names));
	feed(0);
	feed(2);
	ck_assert(e.deleted && !e.long_name);
	/* a live entry never takes deleted pieces */
	named(b, "Some deleted name.txt", "SOMEDE~1TXT", 0, 5, 9);
	b[0] = b[32] = 0xE5;
	ck_assert_int_eq(feed_all(3), HL_FAT_SLOT_ENTRY);
	ck_assert(!e.deleted && !e.long_name);
	ck_assert_uint_eq(names.orphans, 2);
}
END_TEST

START_TEST(deleted_pieces_of_another_entry_are_dropped)
{
	named(b, "Some deleted name.txt", "SOMEDE~1TXT", 0, 5, 9);
	memcpy(b + 64, "\xE5THER   TXT", 11); /* a new entry, deleted, too */
	b[0] = b[32] = 0xE5;
	ck_assert_int_eq(feed_all(3), HL_FAT_SLOT_ENTRY);
	ck_assert(e.deleted && !e.long_name && hl_fat_first_lost(&e));
	feed_all(3);
	ck_assert(is_named("_THER.TXT"));
	ck_assert_uint_eq(names.orphans, 2);
	/* padding inside a name: pieces of two names with one checksum */
	named(b, "Some deleted name.txt", "SOMEDE~1TXT", 0, 5, 9);
	b[0] = b[32] = b[64] = 0xE5;
	put16(b + 32 + 3, 0xFFFF);
	ck_assert_int_eq(feed_all(3), HL_FAT_SLOT_ENTRY);
	ck_assert(!e.long_name);
}
END_TEST

/* The first byte is the only one with which the sum comes out. */
START_TEST(first_byte_comes_out_of_the_checksum)
{
	static const uint8_t tail[] = "EADME  MD ";
	uint8_t name[11];

	memcpy(name + 1, tail, 10);
	for (unsigned c = 0; c < 256; c++) {
		name[0] = (uint8_t)c;
		uint8_t sum = slot_sum((const char *)name);
		name[0] = 0xE5;
		ck_assert_uint_eq(hl_fat_first_byte(sum, name), c);
	}
}
END_TEST

START_TEST(first_byte_has_to_fit_the_long_name)
{
	static const struct {
		const char *name;
		uint8_t byte;
		bool fits;
	} x[] = {
		{ "readme.md", 'R', true },  { "readme.md", 'r', true },
		{ "readme.md", 'E', false }, { "readme.md", '_', false },
		{ ".profile", 'P', true },   { ".profile", '.', false },
		{ " x", 'X', true },         { "+plus", '_', true },
		{ "+plus", '+', false },     { "...", '_', true },
		{ "...", 'A', false },       { "~x", '~', true },
		{ "5", '5', true },          { "5", '6', false },
	};
	const uint16_t greek[] = { 0x03A3 }, none[1] = { 0 };
	static const uint8_t plain[] = "?ROFIL~1TXT";
	static const uint8_t hex[] = "?AA7~1  TXT";

	for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++) {
		uint16_t u[16];
		size_t n = strlen(x[i].name);
		for (size_t j = 0; j < n; j++)
			u[j] = (uint8_t)x[i].name[j];
		ck_assert_msg(hl_fat_first_fits(x[i].byte, plain, u, n) ==
		              x[i].fits,
		              "%s %c", x[i].name, x[i].byte);
	}
	ck_assert(hl_fat_first_fits(0xE4, plain, greek, 1));
	ck_assert(hl_fat_first_fits('_', plain, greek, 1));
	ck_assert(hl_fat_first_fits(0x05, plain, greek, 1)); /* stands for E5 */
	ck_assert(!hl_fat_first_fits('S', plain, greek, 1));
	ck_assert(!hl_fat_first_fits('S', plain, none, 0));
	ck_assert(hl_fat_first_fits('1', hex, greek, 1));
	ck_assert(!hl_fat_first_fits('1', plain, greek, 1));
	ck_assert(!hl_fat_first_fits('S', hex, greek, 1));
}
END_TEST

START_TEST(plausible_entries_and_others)
{
	struct hl_fat_geom g = { .kind = HL_FAT16, .n_clusters = 5000,
		                 .cluster_size = 2048 };

	slot(b, "FILE    TXT", 0x20, 9, 100);
	ck_assert(hl_fat_slot_plausible(&g, b));
	b[0] = 0xE5;
	ck_assert(hl_fat_slot_plausible(&g, b));
	slot(b, "DIR        ", 0x10, 9, 0);
	ck_assert(hl_fat_slot_plausible(&g, b));
	slot(b, "DIR        ", 0x10, 9, 4096); /* as Windows XP leaves it */
	ck_assert(hl_fat_slot_plausible(&g, b));
	slot(b, "\xE5MPTY      ", 0x20, 0, 0);
	ck_assert(hl_fat_slot_plausible(&g, b));
	slot(b, "DIR        ", 0x10, 9, 100);     /* a folder of that size */
	ck_assert(!hl_fat_slot_plausible(&g, b));
	slot(b, "DIR        ", 0x10, 0, 0);       /* without a cluster */
	ck_assert(!hl_fat_slot_plausible(&g, b));
	slot(b, "FILE    TXT", 0x20, 5002, 100);  /* past the volume */
	ck_assert(!hl_fat_slot_plausible(&g, b));
	slot(b, "FILE    TXT", 0x20, 0, 100);     /* bytes without clusters */
	ck_assert(!hl_fat_slot_plausible(&g, b));
	slot(b, "FILE    TXT", 0x20, 9, 0);       /* clusters without bytes */
	ck_assert(!hl_fat_slot_plausible(&g, b));
	slot(b, "FI:E    TXT", 0x20, 9, 100);     /* no such name */
	ck_assert(!hl_fat_slot_plausible(&g, b));
	slot(b, "FILE    TXT", 0x60, 9, 100);     /* no such attribute */
	ck_assert(!hl_fat_slot_plausible(&g, b));
	slot(b, "FILE    TXT", 0x20, 9, 100);
	put16(b + 0x18, 13 << 5 | 1);             /* month 13 */
	ck_assert(!hl_fat_slot_plausible(&g, b));
	slot(b, "FILE    TXT", 0x20, 9, 100);
	put16(b + 0x16, 24 << 11);                /* hour 24 */
	ck_assert(!hl_fat_slot_plausible(&g, b));
	memcpy(b, "The quick brown fox jumps over it", 32);
	ck_assert(!hl_fat_slot_plausible(&g, b));
	memset(b, '0', 32);
	ck_assert(!hl_fat_slot_plausible(&g, b));
	memset(b, 0xFF, 32);
	ck_assert(!hl_fat_slot_plausible(&g, b));
}
END_TEST

/* FAT32: what Windows left of a first cluster beyond 65,535. */
START_TEST(upper_half_of_a_deleted_cluster_may_be_lost)
{
	slot(b, "\xE5ILE    TXT", 0x20, 0x0234, 100);
	feed_all(1);
	ck_assert(e.high_lost);
	slot(b, "\xE5ILE    TXT", 0x20, 0x10234, 100);
	feed_all(1);
	ck_assert(!e.high_lost);
	slot(b, "FILE    TXT", 0x20, 0x0234, 100);
	feed_all(1);
	ck_assert(!e.high_lost);
}
END_TEST

START_TEST(two_deleted_names_do_not_mix)
{
	named(b, "First name", "FIRSTN~1   ", 0, 5, 0);
	memcpy(b + 32, b, 32); /* its entry was overwritten … */
	named(b + 32, "Second name", "SECOND~1   ", 0, 6, 0); /* … by this */
	b[0] = b[32] = b[64] = 0xE5;
	ck_assert_int_eq(feed_all(3), HL_FAT_SLOT_ENTRY);
	ck_assert(is_named("Second name"));
	ck_assert_uint_eq(names.orphans, 1);
}
END_TEST

START_TEST(kinds_of_entries)
{
	slot(b, "LABEL      ", 0x08, 0, 0);
	ck_assert_int_eq(feed_all(1), HL_FAT_SLOT_ENTRY);
	ck_assert_int_eq(e.what, HL_FAT_LABEL);
	slot(b, ".          ", 0x10, 7, 0);
	ck_assert_int_eq(feed_all(1), HL_FAT_SLOT_ENTRY);
	ck_assert_int_eq(e.what, HL_FAT_DOT);
	slot(b, "..         ", 0x10, 0, 0);
	feed_all(1);
	ck_assert_int_eq(e.what, HL_FAT_DOT);
	slot(b, "...        ", 0x10, 7, 0);
	feed_all(1);
	ck_assert_int_eq(e.what, HL_FAT_FOLDER);
	slot(b, ".          ", 0x20, 7, 3); /* a file that hides as "." */
	feed_all(1);
	ck_assert_int_eq(e.what, HL_FAT_FILE);
	slot(b, "DIR        ", 0x10, 0x12345, 99);
	feed_all(1);
	ck_assert_int_eq(e.what, HL_FAT_FOLDER);
	ck_assert_uint_eq(e.cluster, 0x12345);
	ck_assert_uint_eq(e.size, 0);
	hl_fat_slot_feed(&names, HL_FAT16, b, &e);
	ck_assert_uint_eq(e.cluster, 0x2345); /* the high half is not ours */
	memset(b, 0, 32);
	ck_assert_int_eq(feed_all(1), HL_FAT_SLOT_END);
}
END_TEST

START_TEST(short_names_with_kanji_lead_and_lower_case)
{
	slot(b, "\x05" "BC     TXT", 0x20, 5, 0);
	feed_all(1);
	ck_assert(!e.deleted);
	ck_assert_uint_eq(e.name16[0], 0x03C3); /* E5 in CP437 */
	slot(b, "README  TXT", 0x20, 5, 0);
	b[12] = 0x18;
	feed_all(1);
	ck_assert(is_named("readme.txt"));
	b[12] = 0x10;
	feed_all(1);
	ck_assert(is_named("README.txt"));
	b[12] = 0x08;
	feed_all(1);
	ck_assert(is_named("readme.TXT"));
	slot(b, "A B C      ", 0x20, 5, 0); /* blanks inside are kept */
	feed_all(1);
	ck_assert(is_named("A B C"));
	slot(b, "AB\0D       ", 0x20, 5, 0); /* a NUL does not cut */
	feed_all(1);
	ck_assert_uint_eq(e.n_name, 4);
	ck_assert_uint_eq(e.name16[2], 0xDC00);
	ck_assert(e.bad_name);
}
END_TEST

START_TEST(pieces_of_the_corpus)
{
	const char *path = test_corpus("images/msuhanov__dfir_ntfs/"
	                               "fat32_dirent_verylong.bin");
	uint8_t all[3072];
	int files = 0, longs = 0;

	if (!path)
		SKIP("no corpus");
	FILE *f = fopen(path, "rb");
	ck_assert_uint_eq(fread(all, 1, sizeof(all), f), sizeof(all));
	fclose(f);
	memset(&names, 0, sizeof(names));
	for (size_t i = 0; i < sizeof(all); i += 32) {
		enum hl_fat_slot_is is =
			hl_fat_slot_feed(&names, HL_FAT32, all + i, &e);
		if (is == HL_FAT_SLOT_END)
			break;
		files += is == HL_FAT_SLOT_ENTRY;
		longs += is == HL_FAT_SLOT_ENTRY && e.n_name == 255;
	}
	ck_assert_int_gt(files, 0);
	ck_assert_int_gt(longs, 0);
	ck_assert_uint_eq(names.orphans, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("slots");

	tcase_add_test(tc, long_name_is_put_together);
	tcase_add_test(tc, long_name_of_13_and_of_255_units);
	tcase_add_test(tc, long_name_over_long_is_refused);
	tcase_add_test(tc, long_name_of_another_entry_is_dropped);
	tcase_add_test(tc, long_name_out_of_order_is_dropped);
	tcase_add_test(tc, long_name_without_its_first_or_last_piece_is_dropped);
	tcase_add_test(tc, long_name_of_a_deleted_entry);
	tcase_add_test(tc, deleted_entry_keeps_pieces_that_are_live);
	tcase_add_test(tc, deleted_pieces_of_another_entry_are_dropped);
	tcase_add_test(tc, first_byte_comes_out_of_the_checksum);
	tcase_add_test(tc, first_byte_has_to_fit_the_long_name);
	tcase_add_test(tc, plausible_entries_and_others);
	tcase_add_test(tc, upper_half_of_a_deleted_cluster_may_be_lost);
	tcase_add_test(tc, two_deleted_names_do_not_mix);
	tcase_add_test(tc, kinds_of_entries);
	tcase_add_test(tc, short_names_with_kanji_lead_and_lower_case);
	tcase_add_test(tc, pieces_of_the_corpus);
	return test_main("fat_slots", tc, NULL);
}
