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

#include "../works.h"
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
	{ "HL_EWF_CACHE_BYTES", "a cache" },
	{ "HL_REPLAY_CACHE_BYTES", "a cache" },
	{ "HL_MAX_CARVE_BIN", "a larger bin is not believed to be one" },
	{ "HL_MAX_CARVE_ROW", "more pieces are searched in several rows" },
};

/* What no image here reaches: where it is shown, or why it is not. */
static const char *const elsewhere[][2] = {
	{ "HL_MAX_NOTES", "what is not kept is counted: check_src" },
	{ "HL_MAX_SAME_NAME", "names in an index are told apart: check_outdir" },
	{ "HL_MAX_NTFS_MFT_PASSES", "what is left reads as missing" },
	{ "HL_MAX_NTFS_BAD_BLOCKS", "needs two broken blocks of one folder" },
	{ "HL_MAX_NTFS_STRETCHES", "needs a $MFT found by its records" },
	{ "HL_MAX_NTFS_TAKEN", "needs a volume below another" },
	{ "HL_MAX_RECMAP_VOLUMES", "needs two volumes without boot sectors" },
	{ "HL_MAX_NTFS_MFT_CHECKS", "a second opinion on $MFT's extents" },
	{ "HL_MAX_NTFS_BOOT_BACK", "needs a cut medium without a table" },
	{ "HL_MAX_HIVE_CELLS", "of what a hive says of itself: check_hive_keys" },
	{ "HL_MAX_LOG_ENTRIES", "replay --orphan: cli-replay" },
	{ "HL_MAX_FAT_ORPHANS", "needs folders that nothing leads to" },
	{ "HL_MAX_EMPTY_TAIL", "needs 16 GiB of size: cli-bombs" },
	{ "HL_MAX_MISSING_TAIL", "needs a GiB of size: cli-bombs" },
	{ "HL_MAX_SCAN_EVIDENCE", "lines of text" },
	{ "HL_MAX_SCAN_STATE", "a state file: check_scan" },
	{ "HL_MAX_LDM_OBJECTS", "dynamic disks: fuzz_ldm" },
	{ "HL_MAX_LDM_STEPS", "dynamic disks: fuzz_ldm" },
	{ "HL_MAX_ACQUIRE_BAD", "writing an image, not reading one" },
	{ "HL_MAX_ACQUIRE_SAID", "writing an image, not reading one" },
	{ "HL_MAX_BDE_KEYS", "keys that the user gives" },
	{ "HL_MAX_BDE_ASKS", "questions to the user" },
	{ "HL_MAX_VSS_COPIES", "needs shadow copies" },
	{ "HL_MAX_VSS_BLOCKS", "needs shadow copies" },
	{ "HL_MAX_VSS_LIB_READ", "needs shadow copies" },
	{ "HL_MAX_SEGMENTS", "sets of files: check_io_segments" },
	{ "HL_MAX_OPEN_SEGMENTS", "descriptors, not bytes" },
	{ "HL_MAX_EWF_TABLES", "sets of files: check_io_ewf_sets" },
	{ "HL_MAX_EWF_HEADER", "acquisition data: check_io_ewf" },
	{ "HL_MAX_EWF_ERRORS", "sectors that could not be acquired" },
	{ "HL_EWF_AHEAD_BYTES", "how much is read ahead" },
	{ "HL_MAX_VERIFY_BAD", "needs bad chunks: check_verify" },
	{ "HL_MAX_VERIFY_FILES", "needs bad chunks: check_verify" },
	{ "HL_MAX_MANIFEST_ENTRY", "reading a folder back: check_verify" },
	{ "HL_MAX_OUTPUT_FILES", "reading a folder back: check_verify" },
	{ "HL_MAX_RELATED_DEVICES", "devices: system-loop" },
	{ "HL_MAX_MAP_BYTES", "ddrescue maps: check_io_map" },
	{ "HL_MAX_MAP_AREAS", "ddrescue maps: check_io_map" },
	{ "HL_MAX_VDISK_CHAIN", "virtual disks: check_vdisk" },
	{ "HL_MAX_VDISK_EXTENTS", "virtual disks: check_vdisk" },
	{ "HL_MAX_VHDX_LOG", "virtual disks: check_vhdx_log" },
	{ "HL_MAX_VHDX_PATCHES", "virtual disks: check_vhdx_log" },
	{ "HL_MAX_CARVE_PIECES", "needs a hive in pieces" },
	{ "HL_MAX_CARVE_WORDS", "more words make nothing surer" },
	{ "HL_MAX_CARVE_CUTS", "said in the find's own words" },
	{ "HL_MAX_CARVE_TRIES", "fragments tried for one place" },
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
       CARVED, MBR, GPT, NO_MFT, SAMPLE, N_IMAGES };
static const char *const seeds[N_IMAGES] = {
	[FAT12] = "fuzz/fat/fat12.img",
	[FAT32] = "fuzz/fat/fat32.img",
	[EXFAT] = "fuzz/exfat/good-volume.hex",
	[NTFS] = "fuzz/ntfs_volume/good-small.hex",
	[NTFS_DELETED] = "fuzz/ntfs_volume/deleted.hex",
	[FAT_DELETED] = "fuzz/fat/fat12-deleted.img",
};
static struct subject image[N_IMAGES];
static struct run sound[N_IMAGES][N_WORKS];
static char sample[512];

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
	/* one loss may stand in place of another */
	bool said = r.losses > s->losses || r.bad > s->bad ||
	            (r.losses && r.words != s->words);
	if (r.digest != s->digest && !said && !IS_IN(no_loss, l->name))
		ck_abort_msg("%s is %llu: image %d, work %d: less came out, "
		             "and nothing said so", l->name,
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
				if (i != SAMPLE ? v == 2 || w == LIST
				                : w == HIVES)
					reached |= try_value(l,
						v * unit(l->name), i, w);
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
