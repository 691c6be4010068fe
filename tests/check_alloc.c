/*
 * check_alloc.c: the n-th allocation fails, for every n, while small images
 * of every kind are opened, listed, read, searched for hives, replayed and
 * extracted.  No crash, nothing kept (mem_now is 0 at the end), and an honest
 * result: what came out is what comes out when nothing fails, or something
 * said that it is not.
 *
 *	once    only the n-th fails: memory was short for a moment
 *	for good  the n-th and all behind it
 */
#include "works.h"
#include "works_images.h"

static struct run run_once(const struct subject *s, enum work what,
                           size_t fail_at, bool for_good)
{
	struct run r = { .fail_at = fail_at, .for_good = for_good };

	run_work(&r, s, what);
	return r;
}

/* points: how many of the allocations are tried; 0: every one */
static void one_work(const struct subject *s, enum work what, size_t points)
{
	struct run sound = run_once(s, what, 0, false);

	size_t step = points && sound.n > points ? sound.n / points : 1;

	ck_assert_uint_gt(sound.n, 0);
	if (getenv("HIVELIFT_TEST_NOTES"))
		fprintf(stderr, "work %d: %zu allocations\n", what, sound.n);
	for (size_t n = 1; n <= sound.n; n += step) {
		for (int good = 0; good <= 1; good++) {
			struct run r = run_once(s, what, n, good);

			ck_assert_msg(r.said || r.digest == sound.digest,
			              "work %d: allocation %zu of %zu%s: "
			              "less came out, and nothing said so",
			              what, n, sound.n,
			              good ? " and on" : "");
		}
	}
}

/* ---- the images -------------------------------------------------------- */

static const char *const volumes[] = {
	"fuzz/fat/fat12-deleted.img", "fuzz/fat/fat12.img",
	"fuzz/fat/fat32.img",         "fuzz/exfat/good-volume.hex",
	"fuzz/ntfs_volume/good-small.hex", "fuzz/ntfs_volume/deleted.hex",
};
#define N_VOLUMES (int)(sizeof(volumes) / sizeof(volumes[0]))

START_TEST(volume)
{
	struct subject s = { 0 };
	uint8_t *p = test_file(volumes[_i / N_WORKS], &s.n);

	s.p = p;
	one_work(&s, (enum work)(_i % N_WORKS), 0);
	free(p);
}
END_TEST

START_TEST(fat16)
{
	struct vol v = fat16_volume();
	const struct subject s = { .p = v.p, .n = v.n };

	one_work(&s, (enum work)_i, 0);
	free(v.p);
}
END_TEST

START_TEST(hives)
{
	struct vol v = hives_volume();
	const struct subject s = { .p = v.p, .n = v.n };

	one_work(&s, (enum work)_i, 0);
	free(v.p);
}
END_TEST

START_TEST(carved)
{
	struct vol v = carved_volume();
	const struct subject s = { .p = v.p, .n = v.n };

	one_work(&s, CARVE, 0);
	free(v.p);
}
END_TEST

/* Three or two of those volumes: what is new is the table. */
START_TEST(mbr)
{
	struct img m = mbr_image();
	const struct subject s = { .p = m.p, .n = m.n };

	one_work(&s, (enum work)_i, 60);
	img_free(&m);
}
END_TEST

START_TEST(gpt)
{
	struct img m = gpt_image();
	const struct subject s = { .p = m.p, .n = m.n };

	one_work(&s, (enum work)_i, 60);
	img_free(&m);
}
END_TEST

/* E01, GPT, FAT32 and NTFS with hives that are replayed, in one. */
START_TEST(sample)
{
	char path[512];
	const struct subject s = { .path = path };

	sample_path(path);
	one_work(&s, (enum work)_i, 40);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("alloc");

	tcase_set_timeout(tc, 0);
	tcase_add_checked_fixture(tc, test_cpu_limit, NULL);
	tcase_add_loop_test(tc, volume, 0, N_VOLUMES * N_WORKS);
	tcase_add_loop_test(tc, fat16, 0, N_WORKS);
	tcase_add_loop_test(tc, hives, 0, N_WORKS);
	tcase_add_test(tc, carved);
	tcase_add_loop_test(tc, mbr, 0, N_WORKS);
	tcase_add_loop_test(tc, gpt, 0, N_WORKS);
	tcase_add_loop_test(tc, sample, 0, N_WORKS);
	return test_main("alloc", tc, NULL);
}
