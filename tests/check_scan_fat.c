/* check_scan_fat.c: FAT volumes that no table has. */
#include "fat_build.h"
#include "scan_build.h"

#define MIB (1u << 20)

static struct disk with(int kind, size_t off)
{
	struct disk d = disk_new(6 * MIB);
	struct vol v = vol_new(kind);

	slot(vol_root(&v), "OLD LABEL  ", 0x08, 0, 0);
	put16(vol_root(&v) + 24, 40 << 9 | 5 << 5 | 6);
	slot(vol_root(&v) + 32, "FILE    TXT", 0x20, 5, 10);
	disk_put(&d, off, v.p, v.n);
	free(v.p);
	return d;
}

START_TEST(all_three_kinds)
{
	static const struct { int kind; const char *text; } want[] = {
		{ 12, "L1 fat12 1048576+53248 primary g1" },
		{ 16, "L1 fat16 1048576+2168832 primary g1" },
		{ 32, "L1 fat32 1048576+173056 primary g1" },
	};

	for (int i = 0; i < 3; i++) {
		struct disk d = with(want[i].kind, MIB);
		const struct hl_lost *l;

		disk_scan(&d);
		l = hl_scan_get(d.scan, 0);
		ck_assert_str_eq(scan_text(d.scan), want[i].text);
		ck_assert(lost_says(l, "both FATs begin"));
		ck_assert(lost_says(l, "first 2 entries make sense"));
		ck_assert_str_eq(l->label, "OLD LABEL");
		ck_assert_uint_ne(l->formatted, 0);
		disk_free(&d);
	}
}
END_TEST

START_TEST(second_boot_sector_only)
{
	struct disk d = with(32, MIB);

	memset(d.p + MIB, 0, 512);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan),
	                 "L1 fat32 1048576+173056 backup g1");
	ck_assert_uint_eq(hl_scan_get(d.scan, 0)->boot_off, MIB + 6 * 512);
	disk_free(&d);
}
END_TEST

START_TEST(a_boot_sector_alone_is_not_believed)
{
	struct disk d = with(16, MIB);

	memset(d.p + MIB + 512, 0, 5 * MIB - 512);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan),
	                 "- fat16 1048576+2168832 primary g0");
	disk_free(&d);
}
END_TEST

START_TEST(another_media_byte_is_another_volume)
{
	struct disk d = with(16, MIB);

	d.p[MIB + 0x15] = 0xf0;
	disk_scan(&d);
	ck_assert(!lost_says(hl_scan_get(d.scan, 0), "media byte"));
	disk_free(&d);
}
END_TEST

START_TEST(opened_by_its_copy)
{
	struct disk d = with(32, MIB);
	struct hl_disk_opts opts = { .volume = NULL };
	struct hl_disk *disk;
	struct hl_entry e;

	memset(d.p + MIB, 0, 512);
	disk_scan(&d);
	opts.scan = d.scan;
	ck_assert_int_eq(hl_disk_open(&disk, d.src, &opts, test_ctx()), HL_OK);
	for (size_t i = 0; i < hl_disk_count(disk); i++) {
		struct hl_volume *v = hl_disk_volume(disk, i);

		if (strcmp(v->id, "L1") != 0)
			continue;
		ck_assert_ptr_nonnull(v->fs);
		ck_assert_int_eq(hl_fs_find(v->fs, "/FILE.TXT", &e), HL_OK);
	}
	hl_disk_close(disk);
	disk_free(&d);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("fat");

	tcase_add_test(t, all_three_kinds);
	tcase_add_test(t, second_boot_sector_only);
	tcase_add_test(t, a_boot_sector_alone_is_not_believed);
	tcase_add_test(t, another_media_byte_is_another_volume);
	tcase_add_test(t, opened_by_its_copy);
	return test_main("scan_fat", t, NULL);
}
