/*
 * check_vol_corpus.c: tables of real disks.  The numbers are what sfdisk,
 * sgdisk or the image's own page say (start+sectors:type), not what this
 * library said once; the volumes of the cases come from their JSON.
 */
#include <inttypes.h>
#include <jansson.h>
#include <unistd.h>

#include "vol_build.h"

#define DFTT "sleuthkit__sleuthkit_test_data/from_brian/"

static const struct {
	bool unpacked;
	const char *path, *want;
} tables[] = {
	{ true, "msuhanov__dfir_ntfs/gpt-512-0p.raw", "gpt 512" },
	{ true, "msuhanov__dfir_ntfs/gpt-512-3p.raw",
	  "gpt 512 34+31:0fc63daf 65+64:0fc63daf 129+1886:c12a7328" },
	{ false, "msuhanov__dfir_ntfs/mbr-512-p0.bin", "mbr 512" },
	{ false, "msuhanov__dfir_ntfs/mbr-512-p1.bin", "mbr 512 1+2047:0x83" },
	{ false, "msuhanov__dfir_ntfs/mbr-512-p4.bin",
	  "mbr 512 1+2:0x83 3+2:0x83 5+2:0x83 7+2041:0x8e" },
	{ true, "msuhanov__dfir_ntfs/mbr-512-p1e2.bin",
	  "mbr 512 2+511:0x83L 514+511:0x83L 1025+1023:0x83" },
	{ true, "msuhanov__dfir_ntfs/mbr-512-p1e2_2.bin",
	  "mbr 512 1+64:0x83 66+35:0x83L 102+1946:0x8eL" },
	{ true, "msuhanov__dfir_ntfs/mbr-4096-p1e0.bin",
	  "mbr 4096 1+125:0x83" },
	{ true, "msuhanov__dfir_ntfs/mbr-win-512.raw",
	  "mbr 512 128+16384:0x06 16512+16384:0x06 32896+16384:0x06 "
	  "49408+16384:0x06L 65920+16384:0x06L 82432+16384:0x06L "
	  "98944+417792:0x06L" },
	{ true, DFTT "1-extend-part__ext-part-test-2.dd",
	  "mbr 512 63+52353:0x04 52416+52416:0x04 104832+52416:0x04 "
	  "157311+52353:0x04L 209727+52353:0x04L 262143+50337:0x06L" },
	{ true, "util-linux__util-linux/blkid/images-pt/gpt.img",
	  "gpt 512 34+2014:ebd0a0a2 2048+2048:ebd0a0a2 4096+2048:ebd0a0a2 "
	  "6144+2048:ebd0a0a2 8192+2048:ebd0a0a2" },
	{ true, "util-linux__util-linux/blkid/images-pt/dos+bsd.img",
	  "mbr 512 32+7648:0x83 7680+8704:0xa5" },
	{ true, "msuhanov__dfir_ntfs/vss_1_vol.raw",
	  "gpt 512 34+65536:e3c9e316 67584+10416128:ebd0a0a2" },
	{ false, "Velocidex__velociraptor/MBR",
	  "mbr 512 2048+166808174:0x07 166811648+956416:0x27" },
	{ false, "fox-it__dissect.volume/mbr.bin",
	  "mbr 512 2048+1024000:0x07 1026048+124801024:0x07" },
	{ false, "SecurityRonin__forensic-vfs/gpt_ntfs.E01",
	  "gpt 512 2048+14336:ebd0a0a2" },
	{ false, "SecurityRonin__forensic-vfs/partitioned_ntfs.E01",
	  "mbr 512 2048+14336:0x07" },
};

static const char *unpacked(const char *name)
{
	static char path[512];
	const char *dir = getenv("HIVELIFT_UNPACKED");
	const char *cache = getenv("XDG_CACHE_HOME");

	if (dir)
		snprintf(path, sizeof(path), "%s/%s", dir, name);
	else if (cache)
		snprintf(path, sizeof(path), "%s/hivelift-corpus/%s", cache,
		         name);
	else
		snprintf(path, sizeof(path), "%s/.cache/hivelift-corpus/%s",
		         getenv("HOME") ? getenv("HOME") : "", name);
	return access(path, R_OK) == 0 ? path : NULL;
}

static const char *in_corpus(bool from_unpacked, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "images/%s", name);
	return from_unpacked ? unpacked(name) : test_corpus(path);
}

static struct hl_src *open_image(const char *path, struct hl_files **files)
{
	static const struct hl_image_opts opts;
	struct hl_src *src;

	ck_assert_int_eq(hl_files_find(files, path, &opts, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_image_open(&src, *files, &opts, test_ctx()),
	                 HL_OK);
	return src;
}

/* Scheme, sector size, and partitions with their stated length. */
static const char *stated(const struct hl_table *t)
{
	static char s[16384];
	const struct hl_table_info *info = hl_table_info(t);
	int n = snprintf(s, sizeof(s), "%s %u", info->scheme,
	                 info->sector_size);

	for (size_t i = 0; i < hl_table_count(t); i++) {
		const struct hl_part *p = hl_table_part(t, i);

		if (p->flags & HL_PART_GAP)
			continue;
		n += snprintf(s + n, 100, " %" PRIu64 "+%" PRIu64 ":%.8s%s",
		              p->off / info->sector_size,
		              p->stated_len / info->sector_size, p->type,
		              p->flags & HL_PART_LOGICAL ? "L" : "");
		ck_assert_int_lt(n, (int)sizeof(s) - 100);
	}
	return s;
}

START_TEST(a_real_table_is_read_as_others_read_it)
{
	const char *path = in_corpus(tables[_i].unpacked, tables[_i].path);
	struct hl_files *files;
	struct hl_table *t;

	if (!path)
		SKIP("no corpus");
	struct hl_src *src = open_image(path, &files);
	ck_assert_int_eq(hl_table_open(&t, src, 0, test_ctx()), HL_OK);
	ck_assert_msg(strcmp(stated(t), tables[_i].want) == 0,
	              "%s:\n got  %s\n want %s", tables[_i].path, stated(t),
	              tables[_i].want);
	hl_table_close(t);
	hl_src_close(src);
	hl_files_close(files);
}
END_TEST

START_TEST(all_131_of_more_than_128_entries)
{
	const char *path = in_corpus(false, "SecurityRonin__ewf-forensic/"
	                             "forensic/gpt_130_partitions.E01");
	struct hl_files *files;
	struct hl_table *t;
	size_t n = 0;

	if (!path)
		SKIP("no corpus");
	struct hl_src *src = open_image(path, &files);
	ck_assert_int_eq(hl_table_open(&t, src, 0, test_ctx()), HL_OK);
	for (size_t i = 0; i < hl_table_count(t); i++)
		n += !(hl_table_part(t, i)->flags & HL_PART_GAP);
	ck_assert_uint_eq(n, 131);
	ck_assert(hl_table_info(t)->ok);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	hl_table_close(t);
	hl_src_close(src);
	hl_files_close(files);
}
END_TEST

/* MBR of types 83, 83, ee, ee */
START_TEST(a_real_hybrid)
{
	const char *path = in_corpus(false,
	                             "fox-it__dissect.volume/gpt_hybrid.bin");
	struct hl_files *files;
	struct hl_table *t;

	if (!path)
		SKIP("no corpus");
	struct hl_src *src = open_image(path, &files);
	ck_assert_int_eq(hl_table_open(&t, src, 0, test_ctx()), HL_OK);
	ck_assert_str_eq(hl_table_info(t)->scheme, "gpt");
	ck_assert(hl_table_info(t)->hybrid);
	hl_table_close(t);
	hl_src_close(src);
	hl_files_close(files);
}
END_TEST

/* The radare2 image ends behind the array; its backup would be far away. */
START_TEST(a_disk_cut_behind_its_header)
{
	const char *path = in_corpus(false, "radareorg__radare2-testbins/"
	                             "gpt.img");
	struct hl_files *files;
	struct hl_table *t;

	if (!path)
		SKIP("no corpus");
	struct hl_src *src = open_image(path, &files);
	ck_assert_int_eq(hl_table_open(&t, src, 0, test_ctx()), HL_OK);
	ck_assert(!hl_table_info(t)->ok);
	ck_assert(test_noted(HL_INFO, "sector 244277247, behind the end"));
	ck_assert(test_noted(HL_LOSS, "behind the end of the image"));
	hl_table_close(t);
	hl_src_close(src);
	hl_files_close(files);
}
END_TEST

/* ---- volumes --------------------------------------------------------- */

static void compare_case(const char *image, const char *facts)
{
	struct hl_files *files;
	struct hl_src *src = open_image(image, &files);
	struct hl_disk *d;
	json_error_t error;
	json_t *root = json_load_file(facts, 0, &error), *v;
	size_t i;

	ck_assert_msg(root != NULL, "%s: %s", facts, error.text);
	ck_assert_int_eq(hl_disk_open(&d, src, NULL, test_ctx()), HL_OK);
	json_t *all = json_object_get(root, "volumes");
	ck_assert_uint_eq(hl_disk_count(d), json_array_size(all));
	json_array_foreach(all, i, v) {
		struct hl_volume *have = hl_disk_volume(d, i);
		const char *fs = json_string_value(json_object_get(v, "fs"));

		ck_assert_int_eq(strtol(have->id, NULL, 10),
		                 json_integer_value(json_object_get(v,
		                                                "volume")));
		ck_assert_uint_eq(have->off, (uint64_t)json_integer_value(
		                  json_object_get(v, "offset")));
		ck_assert_uint_eq(have->len, (uint64_t)json_integer_value(
		                  json_object_get(v, "size")));
		ck_assert_str_eq(have->fs_name[0] ? have->fs_name : "none",
		                 fs);
		if (have->fs)
			ck_assert_str_eq(hl_fs_info(have->fs)->label,
			                 json_string_value(json_object_get(v,
			                                   "label")));
	}
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	json_decref(root);
	hl_disk_close(d);
	hl_src_close(src);
	hl_files_close(files);
}

START_TEST(the_volumes_of_the_windows_10_case)
{
	const char *image = test_corpus("cases/win10.E01");
	const char *facts = test_corpus("cases/win10.json");

	if (!image || !facts)
		SKIP("no corpus");
	compare_case(image, facts);
}
END_TEST

START_TEST(the_volumes_of_the_xp_case)
{
	const char *image = unpacked("cases/xp.dd");
	const char *facts = test_corpus("cases/xp.json");

	if (!image || !facts)
		SKIP("no corpus");
	compare_case(image, facts);
}
END_TEST

/* "name": volumes as offset in sectors, name of the format; '-' unread */
static const struct {
	bool unpacked;
	const char *path, *want;
} disks[] = {
	{ true, "mbroz__cryptsetup/dev__bitlk-aes-xts-128.img",
	  "0:bitlocker-" },
	{ true, "util-linux__util-linux/blkid/images-fs/bitlocker-win7.img",
	  "0:bitlocker-" },
	{ false, "log2timeline__dfvfs/bdetogo.raw.hist-truncated",
	  "0:bitlocker-" },
	{ true, "util-linux__util-linux/blkid/images-fs/hpfs.img", "0:hpfs-" },
	{ true, "util-linux__util-linux/blkid/images-fs/iso.img",
	  "0:iso9660-" },
	{ true, "google__rrg/small_ext4.img", "0:ext4-" },
	{ false, "log2timeline__dfvfs/ext2.E01", "0:ext2-" },
	{ true, "mdbooth__libldm/ldm-2003r2-simple-1.img",
	  "63:ldm- 63:ntfs" },
	{ true, "mdbooth__libldm/ldm-2003r2-mirrored-2.img",
	  "63:ldm- 63:ntfs" },
	{ true, "mdbooth__libldm/ldm-2003r2-striped-1.img",
	  "63:ldm- 63:ntfs 61503:ntfs" },
	{ true, "mdbooth__libldm/ldm-2003r2-spanned-2.img",
	  "63:ldm- 63:ntfs" },
	{ true, "mdbooth__libldm/ldm-2003r2-raid5-1.img",
	  "63:ldm- 63:-" },
	{ true, "mdbooth__libldm/ldm-2008r2-raid5-3.img",
	  "34:ldm- 2082:- 65570:ldm- 65664:-" },
	/* signatures of ext3 and UFS inside NTFS: the boot sector decides */
	{ true, DFTT "10-ntfs-autodetect__10-ntfs-disk.dd",
	  "63:ntfs 96390:ntfs" },
	{ true, DFTT "10-ntfs-autodetect__10-ntfs-part3.dd", "0:ntfs" },
	{ true, "DFIR-ORC__dfir-orc/ntfs_images/ntfs.vhd", "128:ntfs" },
	{ true, "DFIR-ORC__dfir-orc/fat_images/FAT2.vhd", "128:fat32" },
	/* the type byte says FAT32 */
	{ false, "simsong__bulk_extractor/1mb_fat32.dmg", "1:fat12" },
	{ false, "simsong__bulk_extractor/nps-2010-emails.E01", "1:fat16" },
	/* a partition alone, which others took for a disk */
	{ false, "Velocidex__velociraptor/partition_image.E01", "0:ntfs" },
	{ false, "google__grr/ntfs_img.dd", "63:ntfs" },
	{ true, "rust-embedded-community__embedded-sdmmc-rs/disk.img",
	  "2048:fat16 264192:fat32" },
};

START_TEST(real_disks_show_the_volumes_they_have)
{
	const char *path = in_corpus(disks[_i].unpacked, disks[_i].path);
	struct hl_files *files;
	struct hl_disk *d;
	char s[512] = "";
	size_t n = 0;

	if (!path)
		SKIP("no corpus");
	struct hl_src *src = open_image(path, &files);
	ck_assert_int_eq(hl_disk_open(&d, src, NULL, test_ctx()), HL_OK);
	for (size_t i = 0; i < hl_disk_count(d); i++) {
		struct hl_volume *v = hl_disk_volume(d, i);

		n += (size_t)snprintf(s + n, sizeof(s) - n,
		                      "%s%" PRIu64 ":%s%s", n ? " " : "",
		                      v->off / 512, v->fs_name,
		                      v->unread ? "-" : "");
	}
	ck_assert_msg(strcmp(s, disks[_i].want) == 0, "%s: %s, not %s",
	              disks[_i].path, s, disks[_i].want);
	hl_disk_close(d);
	hl_src_close(src);
	hl_files_close(files);
}
END_TEST

int main(void)
{
	TCase *table = tcase_create("tables"), *disk = tcase_create("disks");

	tcase_add_loop_test(table, a_real_table_is_read_as_others_read_it, 0,
	                    sizeof(tables) / sizeof(tables[0]));
	tcase_add_test(table, all_131_of_more_than_128_entries);
	tcase_add_test(table, a_real_hybrid);
	tcase_add_test(table, a_disk_cut_behind_its_header);
	tcase_add_test(disk, the_volumes_of_the_windows_10_case);
	tcase_add_test(disk, the_volumes_of_the_xp_case);
	tcase_add_loop_test(disk, real_disks_show_the_volumes_they_have, 0,
	                    sizeof(disks) / sizeof(disks[0]));
	return test_main("vol_corpus", table, disk, NULL);
}
