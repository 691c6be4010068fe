/* check_scan_exfat.c: exFAT volumes that no table has. */
#include "exfat_build.h"
#include "scan_build.h"

#define MIB (1u << 20)

static struct disk with(size_t off)
{
	struct disk d = disk_new(2 * MIB);
	struct vol v = vol_new(1);

	disk_put(&d, off, v.p, v.n);
	free(v.p);
	return d;
}

START_TEST(whole)
{
	struct disk d = with(MIB);

	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan),
	                 "L1 exfat 1048576+225280 primary g1");
	ck_assert_uint_eq(hl_scan_get(d.scan, 0)->score, 100);
	ck_assert_str_eq(hl_scan_get(d.scan, 0)->label, "HAND");
	disk_free(&d);
}
END_TEST

START_TEST(second_region_only)
{
	struct disk d = with(MIB);

	memset(d.p + MIB, 0, 12 * SECTOR);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan),
	                 "L1 exfat 1048576+225280 backup g1");
	ck_assert(lost_says(hl_scan_get(d.scan, 0),
	                    "checksum of the second"));
	disk_free(&d);
}
END_TEST

START_TEST(a_wrong_checksum_is_no_proof)
{
	struct disk d = with(MIB);

	memset(d.p + MIB + SECTOR, 0, MIB - SECTOR);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan),
	                 "- exfat 1048576+225280 primary g0");
	disk_free(&d);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("exfat");

	tcase_add_test(t, whole);
	tcase_add_test(t, second_region_only);
	tcase_add_test(t, a_wrong_checksum_is_no_proof);
	return test_main("scan_exfat", t, NULL);
}
