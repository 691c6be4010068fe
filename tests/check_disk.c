/*
 * check_disk.c: an image as volumes.  A FAT12 volume small enough to be made
 * by hand stands for every file system that is read.
 */
#include <string.h>

#include "fs/fs_impl.h"
#include "testing.h"
#include "vol_build.h"

/* 100 sectors: boot, one FAT, a root folder of 16 entries, 97 clusters */
#define FAT_SECTORS 100
static void put_fat12(uint8_t *p, unsigned sectors)
{
	static const uint8_t boot[] = {
		0xeb, 0x3c, 0x90,                        /* jump */
		'M', 'S', 'D', 'O', 'S', '5', '.', '0',
		0x00, 0x02,                              /* bytes per sector */
		1,                                       /* per cluster */
		1, 0,                                    /* reserved */
		1,                                       /* FATs */
		16, 0,                                   /* root entries */
		0, 0,                                    /* sectors, below */
		0xf8,                                    /* media */
		1, 0,                                    /* sectors per FAT */
	};

	memcpy(p, boot, sizeof(boot));
	put16(p + 19, sectors);
	p[36] = 0x80;             /* drive */
	p[38] = 0x29;             /* what follows is there */
	put32(p + 39, 0x12345678); /* serial */
	memcpy(p + 43, "NO NAME    FAT12   ", 19);
	boot_mark(p);
	p[512] = 0xf8;            /* the FAT begins with the media byte */
	p[513] = p[514] = 0xff;
}

/* A boot sector of NTFS behind which there is nothing. */
static void put_ntfs_shell(uint8_t *p)
{
	memcpy(p, "\xeb\x52\x90NTFS    ", 11);
	put16(p + 11, 512);   /* bytes per sector */
	p[13] = 8;            /* sectors per cluster */
	p[21] = 0xf8;
	put64(p + 0x28, 999); /* sectors */
	put64(p + 0x30, 4);   /* $MFT */
	put64(p + 0x38, 8);   /* $MFTMirr */
	p[0x40] = 0xf6;       /* 1 KiB records */
	p[0x44] = 1;
	boot_mark(p);
}

/*
 * "HL_OK mbr | 1:2048+100 fat12 | 2:... -no file system" with '-' before a
 * reason that is a loss and '~' before one that is expected.
 */
static const char *disk_text(struct img *m, const struct hl_disk_opts *opts)
{
	static char s[4096];
	struct hl_disk *d;
	enum hl_status st = hl_disk_open(&d, img_src(m), opts, test_ctx());
	int n;

	if (!d) {
		snprintf(s, sizeof(s), "%d", st);
		return s;
	}
	n = snprintf(s, sizeof(s), "%d %s", st, !hl_disk_table(d) ? "bare" :
	             hl_table_info(hl_disk_table(d))->scheme);
	for (size_t i = 0; i < hl_disk_count(d); i++) {
		struct hl_volume *v = hl_disk_volume(d, i);

		if (v->skipped)
			continue;
		ck_assert_int_eq(v->src != NULL, v->len > 0);
		ck_assert_int_eq(v->fs != NULL, v->unread == NULL);
		n += snprintf(s + n, sizeof(s) - (size_t)n,
		              " | %s:%llu+%llu %s", v->id,
		              (unsigned long long)v->off / 512,
		              (unsigned long long)v->len / 512, v->fs_name);
		if (v->unread)
			n += snprintf(s + n, sizeof(s) - (size_t)n, "%c%s",
			              v->expected_empty ? '~' : '-',
			              v->unread);
	}
	hl_disk_close(d);
	return s;
}

#define EXPECT(m, opts, want) ck_assert_str_eq(disk_text(m, opts), want)
#define ZEROS "-no file system (all zeros at its start)"

/* ---- bare ------------------------------------------------------------ */

START_TEST(a_bare_file_system_is_volume_1)
{
	struct img m = img_new(FAT_SECTORS, 512);

	put_fat12(m.p, FAT_SECTORS);
	EXPECT(&m, NULL, "0 bare | 1:0+100 fat12");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	img_free(&m);
}
END_TEST

/* Its boot code may read like partitions, in or out of the image. */
START_TEST(a_boot_sector_is_not_taken_for_an_mbr)
{
	struct img m = img_new(FAT_SECTORS, 512);

	put_fat12(m.p, FAT_SECTORS);
	mbr_entry(m.p, 0, 0x07, 20, 30);
	mbr_entry(m.p, 1, 0x74, 0x20736b73, 0x6d2e6f72);
	EXPECT(&m, NULL, "0 bare | 1:0+100 fat12");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	img_free(&m);
}
END_TEST

START_TEST(bare_bitlocker_is_not_taken_for_an_mbr)
{
	struct img m = img_new(FAT_SECTORS, 512);

	memcpy(m.p, "\xeb\x58\x90-FVE-FS-", 11);
	boot_mark(m.p); /* and an empty table */
	EXPECT(&m, NULL, "0 bare | 1:0+100 bitlocker-BitLocker: encrypted");
	ck_assert(test_noted(HL_INFO, "volume 1"));
	img_free(&m);
}
END_TEST

/* GRUB keeps the old BPB in front of a real table. */
START_TEST(a_table_whose_partition_begins_a_file_system_wins)
{
	struct img m = img_new(300, 512);

	put_fat12(m.p, FAT_SECTORS);
	mbr_entry(m.p, 0, 0x01, 150, FAT_SECTORS);
	put_fat12(img_at(&m, 150), FAT_SECTORS);
	EXPECT(&m, NULL, "0 mbr | 1:150+100 fat12");
	ck_assert(test_noted(HL_INFO, "also a file system's boot sector"));
	img_free(&m);
}
END_TEST

/* Formatting the whole disk leaves the backup GPT at its end. */
START_TEST(an_old_backup_gpt_does_not_win_over_a_file_system)
{
	struct img m = img_new(500, 512);
	struct gpt_build b = gpt_usual(&m, 128, 128);

	gpt_entry(img_at(&m, 2), &b, 0, 100, 250, "old");
	gpt_seal(&m, &b);
	memset(m.p, 0, 40 * 512);
	put_fat12(img_at(&m, 100), FAT_SECTORS); /* still there */
	put_fat12(m.p, 500);
	EXPECT(&m, NULL, "0 bare | 1:0+500 fat12");
	img_free(&m);
}
END_TEST

START_TEST(an_empty_mbr_does_not_hide_a_signature)
{
	struct img m = img_new(200, 512);

	boot_mark(m.p);
	put16(m.p + 1024 + 0x38, 0xef53); /* ext behind a boot block */
	put32(m.p + 1024 + 0x28, 100);
	EXPECT(&m, NULL, "0 bare | 1:0+200 ext2-ext2: not read");
	memset(m.p + 1024, 0, 512);
	EXPECT(&m, NULL, "0 mbr");
	img_free(&m);
}
END_TEST

START_TEST(nothing_recognised_is_one_unread_volume)
{
	struct img m = img_new(200, 512);

	memset(m.p, 'x', m.n);
	EXPECT(&m, NULL, "1 bare | 1:0+200 -no file system recognised");
	ck_assert(test_noted(HL_INFO, "no file system recognised"));
	memset(m.p, 0, m.n);
	EXPECT(&m, NULL, "1 bare | 1:0+200 " ZEROS);
	img_free(&m);
}
END_TEST

/* A user who names a hive gets "not an image" (1), not "a loss" (2). */
START_TEST(what_is_no_disk_is_called_what_it_is)
{
	struct img m = img_new(200, 512);

	memcpy(m.p, "regf", 4);
	EXPECT(&m, NULL, "1 bare | 1:0+200 -a registry hive");
	img_free(&m);
}
END_TEST

/* Sector 0 of an MBR disk is bad: its partitions are lost, and it is said. */
START_TEST(an_unreadable_first_sector_is_told)
{
	struct img m = img_new(500, 512);
	struct gpt_build b = gpt_usual(&m, 128, 128);
	struct hl_src *src;
	struct hl_disk *d;

	gpt_entry(img_at(&m, 2), &b, 0, 100, 199, "data");
	put_fat12(img_at(&m, 100), FAT_SECTORS);
	gpt_seal(&m, &b);
	struct hl_extent ext[2] = {
		{ .off = 0, .len = 512, .what = HL_WHAT_MISSING,
		  .quality = HL_Q_UNREADABLE },
		{ .off = 512, .len = m.n - 512, .in = img_src(&m),
		  .in_off = 512, .in_len = m.n - 512 },
	};
	ck_assert_int_eq(hl_src_extents(&src, "bad", ext, 2, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_disk_open(&d, src, NULL, test_ctx()), HL_OK);
	ck_assert_uint_eq(hl_disk_count(d), 1);
	ck_assert_str_eq(hl_disk_volume(d, 0)->fs_name, "fat12");
	ck_assert(test_noted(HL_LOSS, "first sector cannot be read"));
	hl_disk_close(d);
	hl_src_close(src);
	img_free(&m);
}
END_TEST

START_TEST(an_empty_image_has_no_volume)
{
	struct img m = img_new(1, 512);

	m.n = 0;
	EXPECT(&m, NULL, "1 bare");
	img_free(&m);
}
END_TEST

START_TEST(images_smaller_than_anything)
{
	static const uint8_t zeros[600];

	for (size_t n = 1; n < 600; n += 37) {
		uint8_t *p = tight(zeros, n);
		struct hl_src *src;
		struct hl_disk *d;

		ck_assert_int_eq(hl_src_mem(&src, p, n, false, test_ctx()),
		                 HL_OK);
		ck_assert_int_eq(hl_disk_open(&d, src, NULL, test_ctx()),
		                 HL_END);
		hl_disk_close(d);
		hl_src_close(src);
		free(p);
	}
}
END_TEST

/* ---- second copies --------------------------------------------------- */

static const struct { const char *make, *want; } second[] = {
	{ "mkntfs -qF", "ntfs" },
	{ "mkfs.fat -F32", "fat32" },
	/* the copy of an older NTFS still lies in the last sector */
	{ "mkntfs -qF $v && mkfs.fat -F32", "fat32" },
};

/* Bare, and in a partition; the boot sector is zeroed, its copy is used. */
START_TEST(a_lost_boot_sector_is_replaced_by_its_copy)
{
	char cmd[512];
	const uint64_t size = 64u << 20;
	struct img m = img_new(2 * size / 512 + 2048, 512);

	snprintf(cmd, sizeof(cmd), "v=%s/v; rm -f $v; truncate -s 64M $v && "
	         "{ %s $v; } >/dev/null 2>&1", test_tmp(), second[_i].make);
	if (system(cmd) != 0)
		SKIP("no mkntfs or mkfs.fat");
	snprintf(cmd, sizeof(cmd), "%s/v", test_tmp());
	FILE *f = fopen(cmd, "rb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(img_at(&m, 2048), 1, size, f), size);
	fclose(f);
	mbr_entry(m.p, 0, 0x07, 2048, (uint32_t)(size / 512));
	memset(img_at(&m, 2048), 0, 512);
	snprintf(cmd, sizeof(cmd), "0 mbr | 1:2048+131072 %s", second[_i].want);
	EXPECT(&m, NULL, cmd);
	ck_assert_uint_ge(test_note_count(HL_LOSS), 1);
	struct hl_src *window;
	struct hl_disk *d;
	ck_assert_int_eq(hl_src_window(&window, img_src(&m), 1 << 20, size,
	                               test_ctx()), HL_OK);
	ck_assert_int_eq(hl_disk_open(&d, window, NULL, test_ctx()), HL_OK);
	ck_assert_ptr_null(hl_disk_table(d));
	struct hl_volume *v = hl_disk_volume(d, 0);
	ck_assert_str_eq(v->fs_name, second[_i].want);
	ck_assert(hl_fs_info(v->fs)->boot_backup);
	hl_disk_close(d);
	hl_src_close(window);
	img_free(&m);
}
END_TEST

/* ---- tables ---------------------------------------------------------- */

START_TEST(volumes_are_numbered_by_their_start)
{
	struct img m = img_new(1000, 512);

	mbr_entry(m.p, 0, 0x01, 500, FAT_SECTORS);
	mbr_entry(m.p, 1, 0x0f, 200, 200);
	mbr_entry(m.p, 2, 0x06, 50, FAT_SECTORS);
	mbr_entry(img_at(&m, 200), 0, 0x07, 10, FAT_SECTORS);
	put_fat12(img_at(&m, 500), FAT_SECTORS);
	put_fat12(img_at(&m, 50), FAT_SECTORS);
	put_fat12(img_at(&m, 210), FAT_SECTORS);
	EXPECT(&m, NULL, "0 mbr | 1:50+100 fat12 | 2:210+100 fat12 | "
	       "3:500+100 fat12");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	img_free(&m);
}
END_TEST

START_TEST(a_reserved_partition_is_a_volume_and_no_loss)
{
	static const uint8_t msr[16] = {
		0x16, 0xe3, 0xc9, 0xe3, 0x5c, 0x0b, 0xb8, 0x4d,
		0x81, 0x7d, 0xf9, 0x2d, 0xf0, 0x02, 0x15, 0xae
	};
	struct img m = img_new(500, 512);
	struct gpt_build b = gpt_usual(&m, 128, 128);

	gpt_entry(img_at(&m, 2), &b, 0, 40, 99, "msr");
	memcpy(img_at(&m, 2), msr, 16);
	gpt_entry(img_at(&m, 2), &b, 1, 100, 199, "data");
	put_fat12(img_at(&m, 100), FAT_SECTORS);
	gpt_seal(&m, &b);
	EXPECT(&m, NULL, "0 gpt | 1:40+60 ~reserved, holds no file system | "
	       "2:100+100 fat12");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	/* but what lies in one and has a name is told */
	memcpy(img_at(&m, 40) + 3, "-FVE-FS-", 8);
	EXPECT(&m, NULL, "0 gpt | 1:40+60 bitlocker-BitLocker: encrypted | "
	       "2:100+100 fat12");
	ck_assert(test_noted(HL_INFO, "BitLocker"));
	img_free(&m);
}
END_TEST

START_TEST(one_bad_volume_does_not_hide_the_others)
{
	struct img m = img_new(2000, 512);

	mbr_entry(m.p, 0, 0x07, 10, 100);   /* zeros */
	mbr_entry(m.p, 1, 0x07, 200, 1000); /* NTFS without an MFT */
	mbr_entry(m.p, 2, 0x07, 1300, 50);  /* BitLocker */
	mbr_entry(m.p, 3, 0x01, 1400, 100);
	put_ntfs_shell(img_at(&m, 200));
	memcpy(img_at(&m, 1300) + 3, "-FVE-FS-", 8);
	put_fat12(img_at(&m, 1400), FAT_SECTORS);
	EXPECT(&m, NULL, "0 mbr | 1:10+100 " ZEROS
	       " | 2:200+1000 ntfs-damaged beyond use"
	       " | 3:1300+50 bitlocker-BitLocker: encrypted"
	       " | 4:1400+100 fat12");
	ck_assert(test_noted(HL_INFO, "volume 1"));
	ck_assert(test_noted(HL_INFO, "volume 2"));
	ck_assert(test_noted(HL_INFO, "volume 3"));
	img_free(&m);
}
END_TEST

START_TEST(types_name_what_content_does_not)
{
	struct img m = img_new(500, 512);

	mbr_entry(m.p, 0, 0x42, 10, 100);
	mbr_entry(m.p, 1, 0xe7, 120, 100);
	memset(img_at(&m, 10), 'x', 512);
	EXPECT(&m, NULL,
	       "0 mbr | 1:10+100 ldm-dynamic disk (LDM): not read | "
	       "2:120+100 storage-spaces-Storage Spaces member: not read");
	img_free(&m);
}
END_TEST

START_TEST(a_dynamic_disk_is_read_where_a_volume_is_whole)
{
	struct img m = img_new(500, 512);

	mbr_entry(m.p, 0, 0x42, 10, FAT_SECTORS);
	put_fat12(img_at(&m, 10), FAT_SECTORS);
	EXPECT(&m, NULL, "0 mbr | 1:10+100 fat12");
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	/* the first stripe of a volume twice as large */
	put_fat12(img_at(&m, 10), 2 * FAT_SECTORS);
	EXPECT(&m, NULL,
	       "0 mbr | 1:10+100 ldm-dynamic disk (LDM): not read");
	ck_assert(test_noted(HL_INFO, "LDM"));
	img_free(&m);
}
END_TEST

START_TEST(a_partition_behind_the_image_is_an_unread_volume)
{
	struct img m = img_new(200, 512);

	mbr_entry(m.p, 0, 0x01, 50, FAT_SECTORS);
	mbr_entry(m.p, 1, 0x07, 5000, 100);
	put_fat12(img_at(&m, 50), FAT_SECTORS);
	EXPECT(&m, NULL, "0 mbr | 1:50+100 fat12 | "
	       "2:5000+0 -it lies behind the end of the image");
	img_free(&m);
}
END_TEST

/* ---- options --------------------------------------------------------- */

START_TEST(one_volume_only)
{
	struct img m = img_new(500, 512);
	struct hl_disk_opts o = { .volume = "2" };

	mbr_entry(m.p, 0, 0x07, 10, 100); /* zeros; not asked for */
	mbr_entry(m.p, 1, 0x01, 200, FAT_SECTORS);
	put_fat12(img_at(&m, 200), FAT_SECTORS);
	EXPECT(&m, &o, "0 mbr | 2:200+100 fat12");
	ck_assert(!test_noted(HL_INFO, "volume 1"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	o.volume = "3";
	ck_assert_int_eq((int)strtol(disk_text(&m, &o), NULL, 10), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "no volume 3"));
	img_free(&m);
}
END_TEST

START_TEST(an_offset_instead_of_the_table)
{
	struct img m = img_new(500, 512);
	struct hl_disk_opts o = { .at_offset = true, .offset = 200 * 512 };
	struct hl_disk *d;
	uint64_t off, len;

	put_fat12(img_at(&m, 200), FAT_SECTORS);
	EXPECT(&m, &o, "0 bare | 1:200+100 fat12");
	ck_assert_int_eq(hl_disk_open(&d, img_src(&m), &o, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_disk_gap(d, 0, &off, &len), HL_OK);
	ck_assert_uint_eq(off, 0);
	ck_assert_uint_eq(len, 200 * 512);
	ck_assert_int_eq(hl_disk_gap(d, 1, &off, &len), HL_OK);
	ck_assert_uint_eq(off, 300 * 512);
	ck_assert_uint_eq(len, 200 * 512);
	ck_assert_int_eq(hl_disk_gap(d, 2, &off, &len), HL_END);
	hl_disk_close(d);
	o.offset = 500 * 512;
	ck_assert_int_eq((int)strtol(disk_text(&m, &o), NULL, 10), HL_USAGE);
	img_free(&m);
}
END_TEST

START_TEST(gaps_of_a_table)
{
	struct img m = img_new(500, 512);
	struct hl_disk *d;
	uint64_t off, len;

	mbr_entry(m.p, 0, 0x01, 50, FAT_SECTORS);
	put_fat12(img_at(&m, 50), FAT_SECTORS);
	ck_assert_int_eq(hl_disk_open(&d, img_src(&m), NULL, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_disk_gap(d, 1, &off, &len), HL_OK);
	ck_assert_uint_eq(off, 150 * 512);
	ck_assert_uint_eq(len, 350 * 512);
	ck_assert_int_eq(hl_disk_gap(d, 2, &off, &len), HL_END);
	hl_disk_close(d);
	img_free(&m);
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	struct img m = img_new(500, 512);
	struct hl_src *src = img_src(&m);
	uint64_t before = test_mem_now();
	enum hl_status st = HL_NOMEM;
	struct hl_disk *d;

	mbr_entry(m.p, 0, 0x07, 10, 100);
	mbr_entry(m.p, 1, 0x01, 200, FAT_SECTORS);
	put_fat12(img_at(&m, 200), FAT_SECTORS);
	for (size_t i = 1; i < 200 && st == HL_NOMEM; i++) {
		test_fail_alloc(i);
		st = hl_disk_open(&d, src, NULL, test_ctx());
		test_fail_alloc(0);
		if (st == HL_NOMEM)
			ck_assert_uint_eq(test_mem_now(), before);
	}
	ck_assert_int_eq(st, HL_OK);
	hl_disk_close(d);
	ck_assert_uint_eq(test_mem_now(), before);
	img_free(&m);
}
END_TEST

int main(void)
{
	TCase *bare = tcase_create("bare"), *table = tcase_create("table");
	TCase *opt = tcase_create("options");

	tcase_add_test(bare, a_bare_file_system_is_volume_1);
	tcase_add_test(bare, a_boot_sector_is_not_taken_for_an_mbr);
	tcase_add_test(bare, bare_bitlocker_is_not_taken_for_an_mbr);
	tcase_add_test(bare,
	               a_table_whose_partition_begins_a_file_system_wins);
	tcase_add_test(bare,
	               an_old_backup_gpt_does_not_win_over_a_file_system);
	tcase_add_test(bare, an_empty_mbr_does_not_hide_a_signature);
	tcase_add_test(bare, nothing_recognised_is_one_unread_volume);
	tcase_add_test(bare, what_is_no_disk_is_called_what_it_is);
	tcase_add_test(bare, an_unreadable_first_sector_is_told);
	tcase_add_test(bare, an_empty_image_has_no_volume);
	tcase_add_test(bare, images_smaller_than_anything);
	tcase_add_loop_test(table, a_lost_boot_sector_is_replaced_by_its_copy,
	                    0, 3);
	tcase_add_test(table, volumes_are_numbered_by_their_start);
	tcase_add_test(table, a_reserved_partition_is_a_volume_and_no_loss);
	tcase_add_test(table, one_bad_volume_does_not_hide_the_others);
	tcase_add_test(table, types_name_what_content_does_not);
	tcase_add_test(table, a_dynamic_disk_is_read_where_a_volume_is_whole);
	tcase_add_test(table,
	               a_partition_behind_the_image_is_an_unread_volume);
	tcase_add_test(opt, one_volume_only);
	tcase_add_test(opt, an_offset_instead_of_the_table);
	tcase_add_test(opt, gaps_of_a_table);
	tcase_add_test(opt, every_failing_allocation_is_survived);
	return test_main("disk", bare, table, opt, NULL);
}
