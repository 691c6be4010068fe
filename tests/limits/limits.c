/*
 * limits.c: every ceiling of limits.h is made so low that a small image
 * reaches it, one at a time.  No crash (this runs under the sanitizers), and
 * no silent cut: what comes out is all of it, or a loss is said.
 *
 * Each ceiling has to be reached here by some image, or stands in the table
 * `elsewhere` with the test that reaches it.  A new one fails until it does.
 */
#define LIMITS_DEFINE
#include "base/limits.h"

#include "../works.h"

struct limit {
	const char *name;
	void *p;
	size_t n;
};
#define ROW(name) { #name, &name, sizeof(name) },
static const struct limit limits[] = { LIMITS_ALL(ROW) };
#define N_LIMITS (int)(sizeof(limits) / sizeof(limits[0]))

static uint64_t get(const struct limit *l)
{
	return l->n == 8 ? *(uint64_t *)l->p : *(uint32_t *)l->p;
}

static void set(const struct limit *l, uint64_t v)
{
	if (l->n == 8)
		*(uint64_t *)l->p = v;
	else
		*(uint32_t *)l->p = (uint32_t)v;
}

/* Ceilings that stop a search for more, or choose a way: no loss. */
static const struct {
	const char *name, *why;
} elsewhere[] = {
	{ "", "" },
};

static const char *reason(const char *name)
{
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		if (!strcmp(elsewhere[i].name, name))
			return elsewhere[i].why;
	return NULL;
}

/* ---- the images ---------------------------------------------------------- */

enum { FAT12, FAT16, FAT32, EXFAT, NTFS, NTFS_DELETED, FAT_DELETED, FAT_HIVES,
       MBR, GPT, SAMPLE, N_IMAGES };
static const char *const seeds[N_IMAGES] = {
	[FAT12] = "fuzz/fat/fat12.img",
	[FAT32] = "fuzz/fat/fat32.img",
	[EXFAT] = "fuzz/exfat/good-volume",
	[NTFS] = "fuzz/ntfs_volume/good-small",
	[NTFS_DELETED] = "fuzz/ntfs_volume/deleted",
	[FAT_DELETED] = "fuzz/fat/fat12-deleted.img",
};
static struct subject image[N_IMAGES];
static struct run sound[N_IMAGES][N_WORKS];
static char sample[512];

static void make_images(void)
{
	struct vol hives = hives_volume(), fat16 = fat16_volume();
	struct img mbr = mbr_image(), gpt = gpt_image();

	for (int i = 0; i < N_IMAGES; i++)
		if (seeds[i])
			image[i].p = test_file(seeds[i], &image[i].n);
	image[FAT_HIVES] = (struct subject){ .p = hives.p, .n = hives.n };
	image[FAT16] = (struct subject){ .p = fat16.p, .n = fat16.n };
	image[MBR] = (struct subject){ .p = mbr.p, .n = mbr.n };
	image[GPT] = (struct subject){ .p = gpt.p, .n = gpt.n };
	sample_path(sample);
	image[SAMPLE] = (struct subject){ .path = sample };
	for (int i = 0; i < N_IMAGES; i++)
		for (int w = 0; w < TAR; w++)
			run_work(&sound[i][w], &image[i], (enum work)w);
}

/* ---- one ceiling ----------------------------------------------------------- */

/* Was it reached there?  Then it was said. */
static bool try_value(const struct limit *l, uint64_t v, int i, int w)
{
	const struct run *s = &sound[i][w];
	struct run r = { .failed = false };
	uint64_t usual = get(l);

	set(l, v);
	run_work(&r, &image[i], (enum work)w);
	set(l, usual);
	bool said = r.losses > s->losses || r.bad > s->bad;
	if (r.digest != s->digest && !said && !reason(l->name))
		fprintf(stderr, "%s is %llu: image %d, work %d: less came out, "
		             "and nothing said so\n", l->name,
		             (unsigned long long)v, i, w);
	return said || r.digest != s->digest;
}

START_TEST(reached_and_said)
{
	const struct limit *l = &limits[_i];
	const char *only = getenv("LIMIT"); /* while working on one */
	bool reached = false;

	if (only && strcmp(only, l->name) != 0)
		return;
	/* the sample is large: one value, and not every work */
	for (int i = 0; i < N_IMAGES; i++)
		for (int w = 0; w < TAR; w++)
			for (uint64_t v = 1; v < (i == SAMPLE ? 2 : 3); v++)
				if (i != SAMPLE || w == HIVES || w == LIST)
					reached |= try_value(l, v, i, w);
	if (!reached && !reason(l->name))
		fprintf(stderr, "%s: nothing here reaches it\n", l->name);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("limits");

	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, make_images, NULL);
	tcase_add_loop_test(tc, reached_and_said, 0, N_LIMITS);
	return test_main("limits", tc, NULL);
}
