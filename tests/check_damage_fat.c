/*
 * check_damage_fat.c: FAT volumes that mkfs.fat and mtools wrote, bare and
 * behind a GPT, damaged in every way of the damage matrix.
 */
#include "damage.h"

static char image[400];
static const char *unmade; /* why there is no image */

struct config { const char *options; unsigned kib; bool gpt; };
static const struct config configs[] = {
	{ "-F 12 -s 1", 720, false },
	{ "-F 16 -s 1", 4096, false },
	{ "-F 32 -s 1", 34000, false },
	{ "-F 32 -s 1", 34000, true },
};
static const struct config *config;

#define GPT_LEAD 34u /* sectors before the volume; the backup takes 33 */

static uint64_t base_off;  /* of the volume */
static uint64_t fat_off, fat_len, data_off, root_off, root_len;
static uint32_t cluster;

/* ---- making it ----------------------------------------------------------- */

static bool put(const char *path, size_t len, unsigned seed)
{
	uint8_t *p = malloc(len + 1);
	char cmd[1600];
	FILE *f;
	bool ok;

	snprintf(cmd, sizeof(cmd), "%s/one", test_tmp());
	fill(p, len, seed, 0);
	f = fopen(cmd, "wb");
	ok = f && fwrite(p, 1, len, f) == len && !fclose(f);
	free(p);
	snprintf(cmd, sizeof(cmd), "mcopy -o -i '%s' '%s/one' '::%s'", image,
	         test_tmp(), path);
	want(path, "", len, seed);
	return ok && !system(cmd);
}

static bool write_files(void)
{
	char path[128];
	bool ok = sh("mmd -i '%s' ::/Windows ::/Windows/config ::/many", image,
	             "");
	unsigned i;

	ok = ok && put("/Windows/config/SYSTEM", 20000, 1) &&
	     put("/Windows/config/SOFTWARE", 9000, 2) &&
	     put("/empty", 0, 3) && put("/one byte", 1, 4) &&
	     put("/a cluster", 512, 5) && put("/A long name of a file.txt", 700, 6);
	for (i = 0; ok && i < 25; i++) {
		snprintf(path, sizeof(path), "/many/file number %u", i);
		ok = put(path, i * 40, 100 + i);
	}
	return ok;
}

static const char *wrap(void)
{
	char cmd[2400];
	unsigned sectors = config->kib * 2;

	/* 33 sectors of backup; partition 1 at a sector of its own */
	snprintf(cmd, sizeof(cmd), "truncate -s %u '%s.gpt' && "
	         "sgdisk -a 1 -n 1:%u:%u -t 1:0700 '%s.gpt' >/dev/null 2>&1 && "
	         "dd if='%s' of='%s.gpt' bs=512 seek=%u conv=notrunc 2>/dev/null",
	         (GPT_LEAD + sectors + 33) * 512, image, GPT_LEAD,
	         GPT_LEAD + sectors - 1, image, image, image, GPT_LEAD);
	if (system(cmd))
		return "sgdisk failed";
	base_off = GPT_LEAD * 512;
	strcat(image, ".gpt");
	return NULL;
}

static const char *make_image(void)
{
	char cmd[1600];
	const char *why = NULL;

	if (!sh("command -v mkfs.fat >/dev/null && command -v mcopy "
	        ">/dev/null && command -v sgdisk >/dev/null", "", ""))
		return "needs mkfs.fat, mcopy and sgdisk";
	setenv("MTOOLS_SKIP_CHECK", "1", 1);
	snprintf(image, sizeof(image), "%s/damage.img", test_tmp());
	n_wants = 0;
	base_off = 0;
	snprintf(cmd, sizeof(cmd), "rm -f '%s'*; truncate -s %uK '%s' && "
	         "mkfs.fat %s '%s' >/dev/null 2>&1", image, config->kib, image,
	         config->options, image);
	if (system(cmd))
		return "mkfs.fat failed";
	if (!write_files())
		return "mcopy failed";
	if (config->gpt)
		why = wrap();
	return why ? why : load_image(image) ? NULL : "cannot be read back";
}

/* ---- where everything lies ----------------------------------------------- */

static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static void map_out(void)
{
	const uint8_t *b = healthy + base_off;
	uint32_t sectors = get16(b + 22);
	struct hl_disk *disk;
	struct hl_entry e;
	struct hl_src *src, *s;
	size_t i;

	if (!sectors)
		sectors = get16(b + 36) | get16(b + 38) << 16;
	cluster = 512u * b[13];
	fat_off = base_off + get16(b + 14) * 512;
	fat_len = sectors * 512;
	root_off = fat_off + 2 * fat_len;
	root_len = get16(b + 17) * 32;
	data_off = root_off + root_len;
	ck_assert_int_eq(hl_src_mem(&src, healthy, n_image, false, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_disk_open(&disk, src, NULL, test_ctx()), HL_OK);
	for (i = 0; i < n_wants; i++) {
		struct hl_fs *fs = hl_disk_volume(disk, 0)->fs;

		wants[i].n_own = 0;
		ck_assert_int_eq(hl_fs_find(fs, wants[i].path, &e), HL_OK);
		ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "",
		                              HL_STREAM_CONTENT), HL_OK);
		owns_source(&wants[i], s);
		hl_src_close(s);
	}
	hl_disk_close(disk);
	hl_src_close(src);
}

static void make(size_t i)
{
	config = &configs[i];
	unmade = make_image();
	if (!unmade)
		map_out();
}
static void make_12(void) { make(0); }
static void make_16(void) { make(1); }
static void make_32(void) { make(2); }
static void make_gpt(void) { make(3); }
#define NEED() do { if (unmade) SKIP(unmade); } while (0)

/* Damage after which nothing at all may be lost. */
static void harmless(const char *what, uint64_t off, uint64_t len)
{
	size_t i;

	zeroed(what, off, len);
	must_say(what);
	for (i = 0; i < n_wants; i++)
		ck_assert_msg(wants[i].exact, "%s: %s", what, wants[i].path);
}

/* ---- the matrix ---------------------------------------------------------- */

START_TEST(undamaged_it_is_quiet)
{
	size_t i;

	NEED();
	ck_assert(examine(healthy, n_image));
	for (i = 0; i < n_wants; i++)
		ck_assert_msg(wants[i].exact, "%s", wants[i].path);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(without_its_boot_sector)
{
	uint8_t *p;

	NEED();
	if (strstr(config->options, "32")) {
		harmless("boot sector", base_off, 512);
		harmless("boot sectors", base_off, 3 * 512);
		return;
	}
	/* FAT12 and FAT16 have one copy only: nothing may be made up */
	p = malloc(n_image);
	memcpy(p, healthy, n_image);
	memset(p, 0, 512);
	ck_assert(!examine(p, n_image));
	free(p);
}
END_TEST

START_TEST(without_a_fat)
{
	NEED();
	harmless("first FAT", fat_off, fat_len);
	zeroed("second FAT", fat_off + fat_len, fat_len);
	for (size_t i = 0; i < n_wants; i++)
		ck_assert(wants[i].exact);
}
END_TEST

/* Chains are gone: what takes one cluster still comes out. */
START_TEST(without_both_fats)
{
	uint8_t *p;
	size_t i;

	NEED();
	p = malloc(n_image);
	memcpy(p, healthy, n_image);
	memset(p + fat_off, 0, 2 * fat_len);
	ck_assert(examine(p, n_image));
	must_say("both FATs");
	for (i = 0; i < n_wants; i++) {
		const struct want *w = &wants[i];

		/* folders of more than one cluster are cut, too */
		if (w->len <= cluster && w->seen)
			ck_assert_msg(w->exact, "%s", w->path);
		if (w->len <= cluster && strchr(w->path + 1, '/') == NULL)
			ck_assert_msg(w->exact, "%s", w->path);
	}
	free(p);
}
END_TEST

START_TEST(one_sector_of_a_fat)
{
	uint64_t at;

	NEED();
	for (at = 0; at < fat_len && at < 16 * 512; at += 512) {
		zeroed("sector of the first FAT", fat_off + at, 512);
		for (size_t i = 0; i < n_wants; i++)
			ck_assert(wants[i].exact);
	}
}
END_TEST

START_TEST(one_byte_of_a_fat_flipped)
{
	unsigned i, k;
	uint32_t x = 1;
	uint8_t *p;

	NEED();
	p = malloc(n_image);
	memcpy(p, healthy, n_image);
	for (i = 0; i < 500; i++) {
		x = x * 1664525u + 1013904223u;
		uint64_t at = fat_off + (x >> 8) % 512 +
		              (x & 64 ? fat_len : 0);
		if (i % DAMAGE_STEP)
			continue;
		p[at] ^= (uint8_t)(1u << (x >> 3) % 8);
		ck_assert(examine(p, n_image));
		for (k = 0; k < n_wants; k++)
			/* two sound chains: the first counts, as in Windows */
			ck_assert_msg(wants[k].exact || wants[k].bad ||
			              test_note_count(HL_LOSS) ||
			              test_noted(HL_INFO, "copies disagree"),
			              "byte %llu: %s", (unsigned long long)at,
			              wants[k].path);
		p[at] = healthy[at];
	}
	free(p);
}
END_TEST

/* Files whose data lies before the cut, and whose folders do, are whole. */
START_TEST(cut_short)
{
	unsigned i, k;

	NEED();
	for (i = 1; i <= 20; i++) {
		size_t n = n_image / 21 * i / 512 * 512;
		uint8_t *p = tight(healthy, n);

		if (n > data_off && examine(p, n)) {
			must_say("truncation");
			for (k = 0; k < n_wants; k++)
				ck_assert_msg(wants[k].exact || !wants[k].seen ||
				              touched(&wants[k], n, n_image - n),
				              "cut at %zu: %s", n, wants[k].path);
		}
		free(p);
	}
}
END_TEST

START_TEST(without_its_partition_table)
{
	uint64_t backup;
	unsigned i;

	NEED();
	backup = n_image - 33 * 512;
	harmless("GPT header", 512, 512);
	harmless("GPT entries", 1024, 32 * 512);
	harmless("MBR and GPT", 0, GPT_LEAD * 512);
	for (i = 1; i < 34; i++)
		zeroed("sector of the GPT", i * 512, 512);
	zeroed("backup header", n_image - 512, 512);
	zeroed("backup entries", backup, 32 * 512);
	for (i = 0; i < n_wants; i++)
		ck_assert(wants[i].exact);
}
END_TEST

static TCase *matrix(const char *name, void (*setup)(void), bool gpt)
{
	TCase *t = tcase_create(name);

	tcase_add_unchecked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, undamaged_it_is_quiet);
	tcase_add_test(t, without_its_boot_sector);
	tcase_add_test(t, without_a_fat);
	tcase_add_test(t, without_both_fats);
	tcase_add_test(t, one_sector_of_a_fat);
	tcase_add_test(t, one_byte_of_a_fat_flipped);
	tcase_add_test(t, cut_short);
	if (gpt)
		tcase_add_test(t, without_its_partition_table);
	return t;
}

int main(void)
{
	return test_main("damage_fat", matrix("fat12", make_12, false),
	                 matrix("fat16", make_16, false),
	                 matrix("fat32", make_32, false),
	                 matrix("gpt", make_gpt, true), NULL);
}
