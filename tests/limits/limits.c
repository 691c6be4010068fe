/*
 * limits.c: every ceiling of limits.h is made so low that a small image
 * reaches it, one at a time.  No crash (this runs under the sanitizers), and
 * no silent cut: what comes out is all of it, or a loss is said.
 *
 * A ceiling that no image here reaches is a failure, unless a table says
 * why; a row of that table that is not true any more is one, too.
 */
#define LIMITS_DEFINE
#include "base/limits.h"

#include "../jobs.h"
#include "../works_images.h"

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

/*
 * These choose how long something is looked for, what is believed, or keep a
 * cache: less comes out, and that is no loss.
 */
static const char *const no_loss[][2] = {
	{ "HL_MAX_NTFS_SLACK", "names in slack that are told apart" },
	{ "HL_MAX_NTFS_OWNED", "whose a deleted file's cluster is now" },
	{ "HL_MAX_FAT_LOOKS", "lost folders that are looked for" },
	{ "HL_MAX_WILD_NAMES", "unusual names that are tried" },
	{ "HL_MAX_ROOT_NAMES", "then the usual names are looked up" },
	{ "HL_MAX_ROOT_FOLDERS", "tried under unusual names; a note tells" },
	{ "HL_MAX_PROBES_EACH", "the same" },
	{ "HL_MAX_PROBES", "the same" },
	{ "HL_MAX_NAMES_EACH", "the same" },
	{ "HL_MAX_PROBE_NAMES", "the same" },
	{ "HL_MAX_NTFS_BOOT_BACK", "then the volume is one of no known kind" },
	{ "HL_MAX_NTFS_MFT_CHECKS", "a second opinion on $MFT's extents" },
	{ "HL_MAX_BDE_LOST", "how far a lost volume's metadata are looked for" },
	{ "HL_MAX_OPEN_SEGMENTS", "the others are opened when read" },
	{ "HL_EWF_AHEAD_BYTES", "how much is read ahead" },
	{ "HL_EWF_CACHE_BYTES", "a cache" },
	{ "HL_REPLAY_CACHE_BYTES", "a cache" },
	{ "HL_MAX_ALIKE_SPOTS", "then digests tell what is the same" },
	{ "HL_MAX_ALIKE_TRIES", "the same" },
	{ "HL_MAX_CARVE_BIN", "a larger bin is not believed to be one" },
	{ "HL_MAX_CARVE_WORDS", "more words make nothing surer" },
	{ "HL_MAX_CARVE_ROW", "more pieces are searched in several rows" },
};

/* What no image here reaches: where it is shown, or why it is not. */
static const char *const elsewhere[][2] = {
	{ "HL_MAX_NOTES", "what is not kept is counted: check_src" },
	{ "HL_MAX_SAME_NAME", "names in an index are told apart: check_outdir" },
	{ "HL_MAX_NTFS_MFT_PASSES", "what is left reads as missing" },
	{ "HL_MAX_NTFS_LEFT", "needs a $MFT that a format cut to pieces" },
	{ "HL_MAX_EMPTY_TAIL", "needs 16 GiB of size: cli-bombs" },
	{ "HL_MAX_MISSING_TAIL", "needs a GiB of size: cli-bombs" },
	{ "HL_MAX_SCAN_STATE", "a state file: check_scan" },
	{ "HL_MAX_BDE_ASKS", "questions to the user" },
	{ "HL_MAX_VSS_SEARCH", "needs shadow copies" },
	{ "HL_MAX_VSS_LIB_READ", "needs shadow copies" },
	{ "HL_MAX_VERIFY_FILES", "needs bad chunks: check_verify" },
	{ "HL_MAX_RELATED_DEVICES", "devices: system-loop" },
	{ "HL_MAX_VMDK_TABLES", "a second opinion, and it is said: cli-bombs" },
	{ "HL_MAX_VDISK_EXTENTS", "virtual disks: check_vdisk" },
	{ "HL_MAX_VHDX_LOG", "virtual disks: check_vhdx_log" },
	{ "HL_MAX_VHDX_PATCHES", "virtual disks: check_vhdx_log" },
	{ "HL_MAX_CARVE_CUTS", "the find says it, and is cut shorter" },
	{ "HL_MAX_CARVE_TRIES", "needs as many fragments of one offset" },
};

static bool is_in(const char *const (*list)[2], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i][0], name))
			return true;
	return false;
}
#define IS_IN(list, name) is_in(list, sizeof(list) / sizeof(list[0]), name)

/* FAT folders are read by clusters, of 16 slots here. */
static uint64_t unit(const char *name)
{
	return strcmp(name, "HL_MAX_FAT_SLOTS") == 0 ? 16 : 1;
}

/* ---- the images ---------------------------------------------------------- */

enum { FAT12, FAT16, FAT32, EXFAT, NTFS, NTFS_DELETED, FAT_DELETED, FAT_HIVES,
       CARVED, MBR, GPT, NO_MFT, ORPHANS, BROKEN_FOLDER, CUT, SCATTERED,
       LOST_VOLUMES, BELOW, REJOINED, TORN, PACKED, SAMPLE, N_IMAGES };
static const char *const seeds[N_IMAGES] = {
	[FAT12] = "fuzz/fat/fat12.img",
	[FAT32] = "fuzz/fat/fat32.img",
	[EXFAT] = "fuzz/exfat/good-volume.hex",
	[NTFS] = "fuzz/ntfs_volume/good-small.hex",
	[NTFS_DELETED] = "fuzz/ntfs_volume/deleted.hex",
	[REJOINED] = "fuzz/carve/rejoined",
	[TORN] = "fuzz/carve/torn",
	[PACKED] = "fuzz/carve/compressed",
	[FAT_DELETED] = "fuzz/fat/fat12-deleted.img",
};
static struct subject image[N_IMAGES];
static struct run sound[N_IMAGES][N_WORKS], sound_job[N_JOBS];
static char sample[512];

static void run_job(struct run *r, int i)
{
	begin_run(r);
	jobs[i].go(r);
	end_run(r, jobs[i].name);
}

static void make_images(void)
{
	struct vol hives = hives_volume(), fat16 = fat16_volume();
	struct vol carved = carved_volume();
	struct img mbr = mbr_image(), gpt = gpt_image();

	for (int i = 0; i < N_IMAGES; i++)
		if (seeds[i])
			image[i].p = test_file(seeds[i], &image[i].n);
	image[FAT_HIVES] = (struct subject){ .p = hives.p, .n = hives.n };
	image[CARVED] = (struct subject){ .p = carved.p, .n = carved.n };
	image[FAT16] = (struct subject){ .p = fat16.p, .n = fat16.n };
	image[MBR] = (struct subject){ .p = mbr.p, .n = mbr.n };
	image[GPT] = (struct subject){ .p = gpt.p, .n = gpt.n };
	struct vol orphans = orphans_volume();
	image[ORPHANS] = (struct subject){ .p = orphans.p, .n = orphans.n };
	image[BROKEN_FOLDER] = (struct subject){ .p = broken_folder()->v,
	                                         .n = NB_SIZE };
	image[SCATTERED] = (struct subject){ .p = scattered_mft()->v,
	                                     .n = NB_SIZE };
	struct img cut = cut_medium(), lost = lost_volumes(),
	           below = below_another();
	image[CUT] = (struct subject){ .p = cut.p, .n = cut.n };
	image[LOST_VOLUMES] = (struct subject){ .p = lost.p, .n = lost.n };
	image[BELOW] = (struct subject){ .p = below.p, .n = below.n };
	/* the first records are gone, with their mirror */
	image[NO_MFT] = (struct subject){ .n = image[NTFS].n };
	uint8_t *p = tight(image[NTFS].p, image[NTFS].n);
	memset(p + 2 * 4096, 0, 4096);
	memset(p + 4 * 4096, 0, 1024);
	image[NO_MFT].p = p;
	sample_path(sample);
	image[SAMPLE] = (struct subject){ .path = sample };
	for (int i = 0; i < N_IMAGES; i++)
		for (int w = 0; w < TAR; w++)
			run_work(&sound[i][w], &image[i], (enum work)w);
	for (int i = 0; i < N_JOBS; i++)
		run_job(&sound_job[i], i);
}

/* ---- one ceiling ----------------------------------------------------------- */

/* Was it reached?  Then it was said.  r: with it; s: without. */
static bool judge(const struct limit *l, const struct run *r,
                  const struct run *s, const char *where)
{
	/* one loss may stand in place of others */
	bool said = r->losses > s->losses || r->bad > s->bad ||
	            another_loss(r, s);

	if (r->digest != s->digest && !said && !IS_IN(no_loss, l->name))
		ck_abort_msg("%s, %s: less came out, and nothing said so",
		             l->name, where);
	if ((said || r->digest != s->digest) && getenv("LIMIT"))
		fprintf(stderr, "%s: reached by %s\n", l->name, where);
	return said || r->digest != s->digest;
}

static bool try_image(const struct limit *l, uint64_t v, int i, int w)
{
	struct run r = { .failed = false };
	uint64_t usual = get(l);
	char where[80];

	set(l, v);
	run_work(&r, &image[i], (enum work)w);
	set(l, usual);
	snprintf(where, sizeof(where), "%s of image %d, %llu", work_names[w],
	         i, (unsigned long long)v);
	return judge(l, &r, &sound[i][w], where);
}

static bool try_job(const struct limit *l, uint64_t v, int i)
{
	struct run r = { .failed = false };
	uint64_t usual = get(l);
	char where[80];

	set(l, v);
	run_job(&r, i);
	set(l, usual);
	snprintf(where, sizeof(where), "%s, %llu", jobs[i].name,
	         (unsigned long long)v);
	return judge(l, &r, &sound_job[i], where);
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
				if (i != SAMPLE ? v == 2 || w == LIST || w == CARVE
				                : w == HIVES)
					reached |= try_image(l,
						v * unit(l->name), i, w);
	for (int i = 0; i < N_JOBS; i++)
		for (uint64_t v = 1; v < 3; v++)
			reached |= try_job(l, v, i);
	ck_assert_msg(reached || IS_IN(no_loss, l->name) ||
	              IS_IN(elsewhere, l->name),
	              "%s: nothing here reaches it", l->name);
	ck_assert_msg(!reached || !IS_IN(elsewhere, l->name),
	              "%s is reached, and said to be shown elsewhere", l->name);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("limits");

	tcase_set_timeout(tc, 0);
	tcase_add_checked_fixture(tc, test_cpu_limit, NULL);
	tcase_add_unchecked_fixture(tc, make_images, NULL);
	tcase_add_loop_test(tc, reached_and_said, 0, N_LIMITS);
	return test_main("limits", tc, NULL);
}
