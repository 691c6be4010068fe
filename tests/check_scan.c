/*
 * check_scan.c: what a scan believes, on disks built byte by byte.  FAT and
 * exFAT: check_scan_fat.c, check_scan_exfat.c.
 */
#include "ntfs_build.h"
#include "scan_build.h"
#include "vol_build.h"
#include "fs/scan_impl.h"
#include "io/src_impl.h"

#define MIB (1u << 20)
#define AT (768u * 1024) /* so that it ends at a whole MiB */

static struct nb *volume(void)
{
	struct nb *b = nb_new();

	nb_finish(b);
	return b;
}

/* A disk with that volume at off. */
static struct disk with(size_t off)
{
	struct disk d = disk_new(4 * MIB);
	struct nb *b = volume();

	disk_put(&d, off, b->v, NB_SIZE);
	free(b);
	return d;
}

START_TEST(a_volume_that_no_table_has)
{
	struct disk d = with(MIB);
	const struct hl_lost *l;

	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan), "L1 ntfs 1048576+262144 primary g1");
	l = hl_scan_get(d.scan, 0);
	ck_assert_uint_eq(l->score, 100);
	ck_assert(l->believed);
	ck_assert(lost_says(l, "its copy at byte 1310208"));
	ck_assert(lost_says(l, "$MFT lies at cluster 4"));
	ck_assert(lost_says(l, "$MFTMirr lies at cluster 2"));
	ck_assert_str_eq(l->label, "hi");
	ck_assert_uint_eq(l->geom.cluster_size, 4096);
	ck_assert_uint_eq(l->geom.mft_lcn, 4);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	disk_free(&d);
}
END_TEST

/* Around the end of what is read in one go, nothing may fall between. */
START_TEST(found_at_every_sector)
{
	for (size_t i = 0; i < 12; i++) {
		struct disk d = with(MIB - 512 * i);

		disk_scan(&d);
		ck_assert_uint_eq(hl_scan_count(d.scan), 1);
		ck_assert_uint_eq(hl_scan_get(d.scan, 0)->off, MIB - 512 * i);
		ck_assert_uint_ge(hl_scan_get(d.scan, 0)->score, 100);
		disk_free(&d);
	}
}
END_TEST

START_TEST(second_boot_sector_only)
{
	struct disk d = with(AT);

	memset(d.p + AT, 0, 512);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan), "L1 ntfs 786432+262144 backup g1");
	ck_assert(lost_says(hl_scan_get(d.scan, 0), "the first one is gone"));
	ck_assert_uint_eq(hl_scan_get(d.scan, 0)->boot_off, MIB - 512);
	disk_free(&d);
}
END_TEST

START_TEST(a_copy_alone_tells_the_start_and_is_not_believed)
{
	struct disk d = with(AT);

	memset(d.p + AT, 0, NB_SIZE - 512);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan), "- ntfs 786432+262144 backup g0");
	ck_assert_uint_eq(hl_scan_get(d.scan, 0)->score, 20);
	disk_free(&d);
}
END_TEST

START_TEST(a_first_one_alone_is_not_believed)
{
	struct disk d = with(MIB);

	memset(d.p + MIB + 512, 0, NB_SIZE - 512);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan), "- ntfs 1048576+262144 primary g0");
	disk_free(&d);
}
END_TEST

START_TEST(both_boot_sectors_are_enough)
{
	struct disk d = with(MIB);

	memset(d.p + MIB + 512, 0, NB_SIZE - 1024);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan), "L1 ntfs 1048576+262144 primary g1");
	ck_assert_uint_eq(hl_scan_get(d.scan, 0)->score, 40);
	disk_free(&d);
}
END_TEST

START_TEST(impossible_numbers_are_nothing)
{
	struct disk d = with(MIB);

	memset(d.p + MIB + 512, 0, NB_SIZE - 512);
	put64(d.p + MIB + 0x30, 1u << 20); /* $MFT behind the volume's end */
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan), "");
	/* sizes at the edge of what 64 bits hold */
	put64(d.p + MIB + 0x30, 4);
	put64(d.p + MIB + 0x28, UINT64_MAX);
	disk_scan(&d);
	put64(d.p + MIB + 0x28, (uint64_t)INT64_MAX / 512);
	disk_scan(&d);
	disk_free(&d);
}
END_TEST

START_TEST(mft_that_is_not_there)
{
	struct disk d = with(MIB);
	uint8_t *zero = d.p + MIB + NB_MFT * NB_CLUSTER;

	put32(zero + 0x2c, 7); /* says that it is record 7 */
	memset(d.p + MIB + 2 * NB_CLUSTER, 0, 4096);
	memset(d.p + MIB + NB_SIZE - 512, 0, 512);
	disk_scan(&d);
	ck_assert(!lost_says(hl_scan_get(d.scan, 0), "record 0 says so"));
	disk_free(&d);
}
END_TEST

START_TEST(what_the_table_has)
{
	struct disk d = with(MIB);

	mbr_entry(d.p, 0, 7, 2048, NB_SIZE / 512);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan),
	                 "=1 ntfs 1048576+262144 primary g1");
	ck_assert(hl_scan_get(d.scan, 0)->in_table);
	ck_assert(!lost_says(hl_scan_get(d.scan, 0), "MBR or EBR"));
	disk_free(&d);
}
END_TEST

START_TEST(an_ebr_that_remained_is_evidence)
{
	struct disk d = with(MIB);

	memset(d.p + MIB + NB_SIZE - 512, 0, 512);
	mbr_entry(d.p + MIB - 63 * 512, 0, 7, 63, NB_SIZE / 512);
	disk_scan(&d);
	ck_assert_uint_eq(hl_scan_count(d.scan), 1);
	ck_assert(lost_says(hl_scan_get(d.scan, 0),
	                    "MBR or EBR at byte 1016320"));
	disk_free(&d);
}
END_TEST

/* An old GPT's second copy: a volume is named, and one that is gone. */
START_TEST(a_gpt_that_remained)
{
	struct disk d = with(MIB);
	struct img m = { d.p, d.n, 512, NULL };
	struct gpt_build b = gpt_usual(&m, 128, 128);

	gpt_entry(img_at(&m, 2), &b, 0, 2048, 2048 + NB_SIZE / 512 - 1, "a");
	gpt_entry(img_at(&m, 2), &b, 1, 4096, 5119, "b");
	gpt_seal(&m, &b);
	memset(d.p, 0, 34 * 512);
	d.p[d.n - 512 + 0x38] ^= 1; /* else it would be the table itself */
	put32(d.p + d.n - 512 + 16, 0);
	put32(d.p + d.n - 512 + 16,
	      (uint32_t)crc32(0, d.p + d.n - 512, 92));
	/* an ordinary MBR with nothing in it that matters */
	mbr_entry(d.p, 0, 7, 6000, 100);
	memcpy(d.p + 6000 * 512, "no file system", 14);
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan),
	                 "L1 ntfs 1048576+262144 primary g1; "
	                 "- ? 2097152+524288 none g0");
	ck_assert(lost_says(hl_scan_get(d.scan, 0), "GPT at byte 4193792"));
	disk_free(&d);
}
END_TEST

static void name_time(struct nb *b, uint64_t t)
{
	uint8_t name[0x42 + 8];
	static const struct nb_runs mft = {
		.highest = 3, .allocated = 16384, .size = 16384,
		.valid = 16384, .runs = { 0x11, 4, NB_MFT }, .n = 4,
	};

	nb_record(b, 0, 1, 1);
	nb_name(name, 5, 5, "$MFT", 1, false);
	put64(name + 8, t);
	nb_resident(b, 0x30, "", name, sizeof(name));
	nb_mapped(b, 0x80, "", &mft);
	nb_end(b);
	nb_finish(b);
}

START_TEST(overlapping_volumes_are_generations)
{
	static const size_t at[3] = { MIB, MIB + 128 * 1024, 2 * MIB };
	struct disk d = disk_new(4 * MIB);

	/* the second one is the older one, and the third is free of both */
	for (int i = 0; i < 3; i++) {
		struct nb *b = volume();

		name_time(b, i == 1 ? 1000 : 2000);
		disk_put(&d, at[i], b->v, i == 0 ? 128 * 1024 : NB_SIZE);
		if (i == 1) /* the first one's end, over it */
			disk_put(&d, MIB + NB_SIZE - 512,
			         b->v + NB_SIZE - 512, 512);
		free(b);
	}
	disk_scan(&d);
	ck_assert_str_eq(scan_text(d.scan),
	                 "L1 ntfs 1048576+262144 primary g1; "
	                 "L2 ntfs 1179648+262144 primary g2; "
	                 "L3 ntfs 2097152+262144 primary g1");
	ck_assert_uint_eq(hl_scan_generations(d.scan), 2);
	ck_assert(hl_scan_in_generation(d.scan, 0, 1));
	ck_assert(!hl_scan_in_generation(d.scan, 1, 1));
	ck_assert(hl_scan_in_generation(d.scan, 2, 1));
	ck_assert(!hl_scan_in_generation(d.scan, 0, 2));
	ck_assert(hl_scan_in_generation(d.scan, 1, 2));
	ck_assert(hl_scan_in_generation(d.scan, 2, 2)); /* a whole table */
	ck_assert(!hl_scan_in_generation(d.scan, 9, 1));
	disk_free(&d);
}
END_TEST

/* What is surely later was made when the other was no longer written to. */
START_TEST(what_tells_which_came_later)
{
	static const uint64_t second = 10000000, hour = 3600 * second;
	const struct {
		struct hl_lost b; /* a: NTFS of 100 h, written to until 103 h */
		bool doubt;
	} row[] = {
		{ { .formatted = 100 * hour, .written = 103 * hour }, true },
		{ { .formatted = 100 * hour, .written = 99 * hour }, true },
		{ { .formatted = 103 * hour + 2 * second }, false },
		{ { .formatted = 103 * hour + second }, true },
		{ { .formatted = 102 * hour, .written = 104 * hour }, true },
		{ { .formatted = 90 * hour, .written = 98 * hour }, false },
		/* made on another disk, and copied to this one */
		{ { .formatted = 90 * hour, .written = 101 * hour }, true },
		/* files that were brought along are older than the format */
		{ { .formatted = 90 * hour, .by_file = true }, true },
		{ { .formatted = 110 * hour, .by_file = true }, false },
		{ { .formatted = 110 * hour, .local = true }, true },
		{ { .formatted = 119 * hour, .local = true }, false },
		{ { .formatted = 86 * hour, .local = true }, true },
		{ { .formatted = 84 * hour, .local = true }, false },
		{ { .written = 90 * hour }, true },
		{ { .older = true }, true },
		{ { .off = 3, .same_mft = true }, true },
		{ { .same_mft = true }, false },
		{ { .in_table = true }, false },
		{ { .in_table = true, .formatted = 105 * hour }, false },
		/* the table was put back, or it was copied there */
		{ { .in_table = true, .formatted = 90 * hour }, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct hl_lost a = {
			.fs = "ntfs", .size = 9, .formatted = 100 * hour,
			.written = 103 * hour,
		};
		struct hl_lost b = row[i].b;

		b.fs = "ntfs";
		b.size = 9;
		ck_assert_msg(hl_lost_doubt(&a, &b) == row[i].doubt, "%zu", i);
		ck_assert_msg(hl_lost_doubt(&b, &a) == row[i].doubt, "%zu", i);
		ck_assert(!row[i].doubt || (hl_lost_later(&a, &b) &&
		                            hl_lost_later(&b, &a)));
	}
}
END_TEST

/* ---- the volumes, open --------------------------------------------------- */

START_TEST(opened_as_l1_and_by_its_copy)
{
	struct disk d = with(AT);
	struct hl_disk_opts opts = { .volume = "L1" };
	struct hl_disk *disk;
	struct hl_volume *v;

	memset(d.p + AT, 0xee, 512);
	disk_scan(&d);
	opts.scan = d.scan;
	ck_assert_int_eq(hl_disk_open(&disk, d.src, &opts, test_ctx()), HL_OK);
	v = hl_disk_volume(disk, hl_disk_count(disk) - 1);
	ck_assert_str_eq(v->id, "L1");
	ck_assert_str_eq(v->fs_name, "ntfs");
	ck_assert_ptr_nonnull(v->fs);
	ck_assert_uint_eq(hl_src_image_offset(v->src, 0), MIB - 512);
	ck_assert_uint_eq(hl_src_image_offset(v->src, 512), AT + 512);
	ck_assert_str_eq(hl_fs_info(v->fs)->label, "hi");
	hl_disk_close(disk);
	opts.volume = "L2";
	ck_assert_int_eq(hl_disk_open(&disk, d.src, &opts, test_ctx()),
	                 HL_USAGE);
	disk_free(&d);
}
END_TEST

START_TEST(opened_without_any_boot_sector)
{
	struct disk d = with(AT);
	const struct hl_lost_geom geom = { .cluster_size = 4096, .mft_lcn = 4 };
	const struct hl_disk_opts opts = {
		.at_offset = true, .offset = AT, .geom = &geom,
	};
	struct hl_disk *disk;
	struct hl_volume *v;

	memset(d.p + AT, 0, 512);
	memset(d.p + MIB - 512, 0, 512);
	ck_assert_int_eq(hl_disk_open(&disk, d.src, &opts, test_ctx()), HL_OK);
	v = hl_disk_volume(disk, 0);
	ck_assert_ptr_nonnull(v->fs);
	ck_assert_str_eq(hl_fs_info(v->fs)->label, "hi");
	hl_disk_close(disk);
	disk_free(&d);
}
END_TEST

/* ---- the pass ------------------------------------------------------------ */

struct stop {
	int after; /* questions */
};

static bool stop_now(void *user)
{
	struct stop *s = user;

	return s->after-- <= 0;
}

static struct saved_state saved_after(struct disk *d, int turns)
{
	struct hl_ctx ctx = *test_ctx();
	struct stop stop = { turns };
	struct saved_state out = { NULL, 0 };
	struct hl_scan *s;

	ctx.cancelled = stop_now;
	ctx.user = &stop;
	ctx.note = NULL;
	ctx.realloc = NULL;
	ctx.stats = NULL;
	ctx.log = NULL;
	ctx.progress = NULL;
	ck_assert_int_eq(hl_scan_open(&s, d->src, NULL, &ctx), HL_OK);
	ck_assert_int_eq(hl_scan_pass(s), HL_CANCELLED);
	ck_assert_uint_gt(hl_scan_position(s), 0);
	ck_assert_uint_lt(hl_scan_position(s), d->n);
	ck_assert_int_eq(hl_scan_save(s, disk_keep_state, &out), HL_OK);
	hl_scan_close(s);
	return out;
}

START_TEST(taken_up_from_its_state)
{
	struct disk d = with(MIB);
	struct saved_state state = saved_after(&d, 2);
	struct hl_scan *s;
	uint64_t at;

	ck_assert_int_eq(hl_scan_open(&s, d.src, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_scan_load(s, state.p, state.n), HL_OK);
	at = hl_scan_position(s);
	ck_assert_uint_gt(at, MIB); /* the boot sector is behind us */
	ck_assert_int_eq(hl_scan_pass(s), HL_OK);
	ck_assert_int_eq(hl_scan_judge(s), HL_OK);
	ck_assert_str_eq(scan_text(s), "L1 ntfs 1048576+262144 primary g1");
	hl_scan_close(s);
	free(state.p);
	disk_free(&d);
}
END_TEST

START_TEST(a_state_of_another_image_is_refused)
{
	struct disk d = with(MIB), o = with(MIB), larger = disk_new(5 * MIB);
	struct saved_state state = saved_after(&d, 2);
	struct hl_scan *s;

	o.p[100] = 1;
	ck_assert_int_eq(hl_scan_open(&s, o.src, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_scan_load(s, state.p, state.n), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "another image"));
	hl_scan_close(s);
	ck_assert_int_eq(hl_scan_open(&s, larger.src, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_scan_load(s, state.p, state.n), HL_USAGE);
	hl_scan_close(s);
	((uint8_t *)state.p)[20] = '1';
	ck_assert_int_eq(hl_scan_open(&s, d.src, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_scan_load(s, state.p, state.n), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "another version"));
	hl_scan_close(s);
	free(state.p);
	disk_free(&d);
	disk_free(&o);
	disk_free(&larger);
}
END_TEST

START_TEST(a_state_that_is_cut_or_changed)
{
	struct disk d = with(MIB);
	struct saved_state state = saved_after(&d, 2);

	for (size_t n = 0; n < state.n; n += 1 + n / 40) {
		uint8_t *p = tight(state.p, n);
		struct hl_scan *s;

		ck_assert_int_eq(hl_scan_open(&s, d.src, NULL, test_ctx()),
		                 HL_OK);
		ck_assert_int_lt(hl_scan_load(s, p, n), 0);
		hl_scan_close(s);
		free(p);
		p = tight(state.p, state.n);
		p[n] ^= 0x15;
		ck_assert_int_eq(hl_scan_open(&s, d.src, NULL, test_ctx()),
		                 HL_OK);
		if (hl_scan_load(s, p, state.n) == HL_OK)
			ck_assert_int_eq(hl_scan_judge(s), HL_OK);
		hl_scan_close(s);
		free(p);
	}
	free(state.p);
	disk_free(&d);
}
END_TEST

/* 20 TB, nearly all of it a hole: no time, no memory. */
START_TEST(holes_are_stepped_over)
{
	const uint64_t tb20 = 20000000000000 / 4096 * 4096;
	struct disk d = with(MIB);
	const struct hl_extent e[] = {
		{ .off = 0, .len = tb20 / 2, .what = HL_WHAT_SPARSE },
		{ .off = tb20 / 2, .len = d.n, .in = d.src, .in_len = d.n },
		{ .off = tb20 / 2 + d.n, .len = tb20 / 2 - d.n,
		  .what = HL_WHAT_SPARSE },
	};
	struct hl_src *big;
	struct hl_scan *s;

	ck_assert_int_eq(hl_src_extents(&big, "20 TB", e, 3, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_scan_open(&s, big, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_scan_pass(s), HL_OK);
	ck_assert_int_eq(hl_scan_judge(s), HL_OK);
	ck_assert_uint_eq(hl_scan_count(s), 1);
	ck_assert_uint_eq(hl_scan_get(s, 0)->off, tb20 / 2 + MIB);
	ck_assert_uint_lt(test_stats()->mem_peak, 256u << 20);
	hl_scan_close(s);
	hl_src_close(big);
	disk_free(&d);
}
END_TEST

START_TEST(what_cannot_be_read_is_said)
{
	struct disk d = with(MIB);
	const struct hl_extent e[] = {
		{ .off = 0, .len = 3 * MIB, .in = d.src, .in_len = 3 * MIB },
		{ .off = 3 * MIB, .len = 4096, .what = HL_WHAT_MISSING },
		{ .off = 3 * MIB + 4096, .len = MIB - 4096, .in = d.src,
		  .in_off = 3 * MIB + 4096, .in_len = MIB - 4096 },
	};
	struct hl_src *src;
	struct hl_scan *s;

	ck_assert_int_eq(hl_src_extents(&src, "bad", e, 3, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_scan_open(&s, src, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_scan_pass(s), HL_OK);
	ck_assert(test_noted(HL_LOSS, "4096 bytes cannot be read"));
	hl_scan_close(s);
	hl_src_close(src);
	disk_free(&d);
}
END_TEST

START_TEST(too_small_or_empty)
{
	static uint8_t p[1000];

	for (size_t n = 0; n < sizeof(p); n += 111) {
		struct hl_src *src;
		struct hl_scan *s;

		ck_assert_int_eq(hl_src_mem(&src, p, n, true, test_ctx()),
		                 HL_OK);
		ck_assert_int_eq(hl_scan_open(&s, src, NULL, test_ctx()),
		                 HL_OK);
		ck_assert_int_eq(hl_scan_pass(s), HL_OK);
		ck_assert_int_eq(hl_scan_judge(s), HL_OK);
		ck_assert_uint_eq(hl_scan_count(s), 0);
		hl_scan_close(s);
		hl_src_close(src);
	}
}
END_TEST

/* Every allocation may fail; nothing is lost or used after it. */
START_TEST(memory_runs_out)
{
	struct disk d = with(MIB);
	uint64_t before = test_mem_now();
	enum hl_status st = HL_NOMEM;

	for (size_t n = 1; st == HL_NOMEM && n < 4000; n++) {
		struct hl_scan *s;

		test_fail_alloc(n);
		st = hl_scan_open(&s, d.src, NULL, test_ctx());
		if (st == HL_OK)
			st = hl_scan_pass(s);
		if (st == HL_OK)
			st = hl_scan_judge(s);
		test_fail_alloc(0);
		hl_scan_close(s);
		ck_assert_uint_eq(test_mem_now(), before);
	}
	ck_assert_int_eq(st, HL_OK);
	disk_free(&d);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("scan");

	tcase_add_test(t, a_volume_that_no_table_has);
	tcase_add_test(t, found_at_every_sector);
	tcase_add_test(t, second_boot_sector_only);
	tcase_add_test(t, a_copy_alone_tells_the_start_and_is_not_believed);
	tcase_add_test(t, a_first_one_alone_is_not_believed);
	tcase_add_test(t, both_boot_sectors_are_enough);
	tcase_add_test(t, impossible_numbers_are_nothing);
	tcase_add_test(t, mft_that_is_not_there);
	tcase_add_test(t, what_the_table_has);
	tcase_add_test(t, an_ebr_that_remained_is_evidence);
	tcase_add_test(t, a_gpt_that_remained);
	tcase_add_test(t, overlapping_volumes_are_generations);
	tcase_add_test(t, what_tells_which_came_later);
	tcase_add_test(t, opened_as_l1_and_by_its_copy);
	tcase_add_test(t, opened_without_any_boot_sector);
	return t;
}

static TCase *passes(void)
{
	TCase *t = tcase_create("pass");

	tcase_add_test(t, taken_up_from_its_state);
	tcase_add_test(t, a_state_of_another_image_is_refused);
	tcase_add_test(t, a_state_that_is_cut_or_changed);
	tcase_add_test(t, holes_are_stepped_over);
	tcase_add_test(t, what_cannot_be_read_is_said);
	tcase_add_test(t, too_small_or_empty);
	tcase_add_test(t, memory_runs_out);
	return t;
}

int main(void)
{
	return test_main("scan", cases(), passes(), NULL);
}
