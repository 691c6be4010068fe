/*
 * check_scan_range.c: a scan of a part of the image, its state, and what the
 * caller states of an NTFS volume.
 */
#include "ntfs_build.h"
#include "scan_build.h"
#include "vol_build.h"
#include "fs/scan_impl.h"

#define MIB (1u << 20)

static void put_volume(struct disk *d, size_t off)
{
	struct nb *b = nb_new();

	nb_finish(b);
	disk_put(d, off, b->v, NB_SIZE);
	free(b);
}

static struct disk with(size_t off)
{
	struct disk d = disk_new(4 * MIB);

	put_volume(&d, off);
	return d;
}

static void scan(struct disk *d, const struct hl_scan_opts *o)
{
	hl_scan_close(d->scan);
	d->scan = NULL;
	ck_assert_int_eq(hl_scan_open(&d->scan, d->src, o, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_scan_pass(d->scan), HL_OK);
	ck_assert_int_eq(hl_scan_judge(d->scan), HL_OK);
}

static void part(struct disk *d, uint64_t from, uint64_t to)
{
	const struct hl_scan_opts o = { .from = from, .to = to };

	scan(d, &o);
}

START_TEST(what_begins_in_it_is_proved_outside_of_it)
{
	struct disk d = with(MIB);
	uint64_t from, to;

	part(&d, MIB, MIB + 512);
	ck_assert_str_eq(scan_text(d.scan), "L1 ntfs 1048576+262144 primary g1");
	ck_assert(lost_says(hl_scan_get(d.scan, 0), "record 0 says so"));
	ck_assert_uint_eq(hl_scan_position(d.scan), MIB + 512);
	ck_assert(hl_scan_range(d.scan, &from, &to));
	ck_assert_uint_eq(from, MIB);
	ck_assert_uint_eq(to, MIB + 512);
	/* by its second boot sector, which lies in the range */
	part(&d, MIB + NB_SIZE - 512, MIB + NB_SIZE);
	ck_assert_str_eq(scan_text(d.scan), "L1 ntfs 1048576+262144 primary g1");
	disk_free(&d);
}
END_TEST

START_TEST(what_lies_outside_is_not_seen)
{
	static const uint64_t at[][2] = {
		{ 0, MIB }, { 0, 512 }, { MIB + NB_SIZE, 0 },
		{ 4 * MIB - 512, 4 * MIB },
	};
	struct disk d = with(MIB);

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		part(&d, at[i][0], at[i][1]);
		ck_assert_str_eq(scan_text(d.scan), "");
	}
	disk_free(&d);
}
END_TEST

/* Rounded outwards, so that no byte that was asked for is left out. */
START_TEST(whole_sectors)
{
	struct disk d = with(MIB);
	uint64_t from, to;

	part(&d, MIB + 511, MIB + 512);
	ck_assert_uint_eq(hl_scan_count(d.scan), 1);
	part(&d, 0, MIB + 1);
	ck_assert_uint_eq(hl_scan_count(d.scan), 1);
	ck_assert_uint_eq(hl_scan_position(d.scan), MIB + 512);
	part(&d, 4 * MIB - 1, UINT64_MAX);
	ck_assert(hl_scan_range(d.scan, &from, &to));
	ck_assert_uint_eq(from, 4 * MIB - 512);
	ck_assert_uint_eq(to, 4 * MIB);
	part(&d, 0, 4 * MIB);
	ck_assert(!hl_scan_range(d.scan, &from, &to));
	disk_free(&d);
}
END_TEST

/* Records and places; those of two halves are those of all. */
static size_t seen(struct disk *d, uint64_t from, uint64_t to, uint64_t *off,
                   size_t n)
{
	part(d, from, to);
	for (size_t i = 0; i < d->scan->n_place; i++, n++) {
		ck_assert_uint_lt(n, 64);
		off[n] = d->scan->place[i].off;
		ck_assert_uint_ge(off[n], from);
		ck_assert(!to || off[n] < to);
	}
	return n;
}

START_TEST(two_halves_are_the_whole)
{
	struct disk d = disk_new(4 * MIB);
	uint64_t all[64], half[64];
	size_t n, k;

	for (size_t at = 512 * 7; at + NB_SIZE < d.n; at += 777 * 512)
		put_volume(&d, at);
	n = seen(&d, 0, 0, all, 0);
	ck_assert_uint_gt(n, 10);
	for (uint64_t cut = 512; cut < d.n; cut += 512) {
		/* all near the ends of what is read at once, some of the rest */
		if (cut % MIB > 6 * 512 && cut % MIB < MIB - 10 * 512 &&
		    cut / 512 % 97)
			continue;
		k = seen(&d, 0, cut, half, 0);
		k = seen(&d, cut, 0, half, k);
		ck_assert_uint_eq(k, n);
		ck_assert_mem_eq(all, half, n * sizeof(*all));
	}
	disk_free(&d);
}
END_TEST

/* Its second sector lies behind the end of the range. */
START_TEST(a_record_on_the_edge)
{
	struct disk d = with(MIB);
	uint64_t mft = MIB + NB_MFT * NB_CLUSTER;

	memset(d.p + MIB, 0, 512);
	memset(d.p + MIB + NB_SIZE - 512, 0, 512);
	part(&d, mft, mft + 512);
	ck_assert(test_noted(HL_INFO, "1 record"));
	part(&d, mft + 512, mft + 1024);
	ck_assert_uint_eq(test_note_count(HL_INFO), 1);
	disk_free(&d);
}
END_TEST

START_TEST(the_table_is_known_in_any_case)
{
	struct disk d = with(MIB);
	uint64_t off, len;

	mbr_entry(d.p, 0, 7, 2048, NB_SIZE / 512);
	put_volume(&d, 2 * MIB);
	part(&d, 2 * MIB, 0);
	ck_assert_str_eq(scan_text(d.scan),
	                 "=1 ntfs 1048576+261632 none g1; "
	                 "L1 ntfs 2097152+262144 primary g1");
	ck_assert(!hl_scan_touches(d.scan, 0));
	ck_assert(hl_scan_touches(d.scan, 1));
	ck_assert(!hl_scan_touches(d.scan, 2));
	part(&d, MIB + NB_SIZE - 1024, 2 * MIB);
	ck_assert(hl_scan_touches(d.scan, 0));
	part(&d, MIB + NB_SIZE, 2 * MIB);
	ck_assert(!hl_scan_touches(d.scan, 0));
	ck_assert_int_eq(hl_scan_find_volume(d.src, 0, "1", &off, &len,
	                                     test_ctx()), HL_OK);
	ck_assert_uint_eq(off, MIB);
	ck_assert_uint_eq(len, NB_SIZE);
	ck_assert_int_eq(hl_scan_find_volume(d.src, 0, "2", &off, &len,
	                                     test_ctx()), HL_END);
	disk_free(&d);
}
END_TEST

/* ---- state --------------------------------------------------------------- */

static enum hl_status load(struct disk *d, const struct saved_state *s,
                           uint64_t from, uint64_t to)
{
	const struct hl_scan_opts o = { .from = from, .to = to };
	enum hl_status st;

	hl_scan_close(d->scan);
	ck_assert_int_eq(hl_scan_open(&d->scan, d->src, &o, test_ctx()),
	                 HL_OK);
	st = hl_scan_load(d->scan, s->p, s->n);
	ck_assert_uint_eq(hl_scan_position(d->scan), st == HL_OK ?
	                  (to ? to : d->n) : from);
	return st;
}

START_TEST(a_state_remembers_its_range)
{
	struct disk d = with(MIB);
	struct saved_state of_part = { NULL, 0 }, of_all = { NULL, 0 };

	part(&d, MIB, 2 * MIB);
	ck_assert_int_eq(hl_scan_save(d.scan, disk_keep_state, &of_part), HL_OK);
	part(&d, 0, 0);
	ck_assert_int_eq(hl_scan_save(d.scan, disk_keep_state, &of_all), HL_OK);
	/* an older program takes it */
	ck_assert_int_eq(memcmp(of_all.p, "hivelift scan state 2\n", 22), 0);

	ck_assert_int_eq(load(&d, &of_part, MIB, 2 * MIB), HL_OK);
	ck_assert_int_eq(hl_scan_judge(d.scan), HL_OK);
	ck_assert_str_eq(scan_text(d.scan), "L1 ntfs 1048576+262144 primary g1");
	ck_assert_int_eq(load(&d, &of_all, 0, 0), HL_OK);
	ck_assert_int_eq(load(&d, &of_part, 0, 0), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "bytes 1048576 to 2097152"));
	ck_assert_int_eq(load(&d, &of_part, MIB, 3 * MIB), HL_USAGE);
	ck_assert_int_eq(load(&d, &of_part, MIB + 512, 2 * MIB), HL_USAGE);
	ck_assert_int_eq(load(&d, &of_all, MIB, 2 * MIB), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "of the whole image"));
	/* no pass of it can have come there */
	char *at = strstr((char *)of_part.p, "\nat 2097152");
	ck_assert_ptr_nonnull(at);
	at[4] = '3';
	ck_assert_int_eq(load(&d, &of_part, MIB, 2 * MIB), HL_CORRUPT);
	memcpy(at, "\nat 0000512", 11);
	ck_assert_int_eq(load(&d, &of_part, MIB, 2 * MIB), HL_CORRUPT);
	free(of_part.p);
	free(of_all.p);
	disk_free(&d);
}
END_TEST

/* ---- stated by hand ------------------------------------------------------ */

static void state(struct disk *d, uint64_t off, uint32_t cluster, uint64_t mft)
{
	const struct hl_lost_geom geom = { .cluster_size = cluster,
	                                   .mft_lcn = mft };
	const struct hl_scan_opts o = { .from = off, .stated = &geom,
	                                .stated_off = off };

	scan(d, &o);
}

START_TEST(stated_and_found)
{
	struct disk d = with(MIB);
	const struct hl_lost *l;

	state(&d, MIB, 4096, 4);
	ck_assert_str_eq(scan_text(d.scan), "L1 ntfs 1048576+262144 primary g1");
	l = hl_scan_get(d.scan, 0);
	ck_assert(lost_says(l, "stated by hand, and found"));
	ck_assert_uint_eq(l->score, 100);
	disk_free(&d);
}
END_TEST

START_TEST(stated_otherwise_than_found)
{
	struct disk d = with(MIB);

	state(&d, MIB, 512, 9);
	ck_assert_str_eq(scan_text(d.scan), "L1 ntfs 1048576+262144 primary g1");
	ck_assert(lost_says(hl_scan_get(d.scan, 0), "stated by hand otherwise: "
	                    "clusters of 512 bytes, $MFT at cluster 9, where "
	                    "nothing of one lies"));
	disk_free(&d);
}
END_TEST

START_TEST(stated_where_nothing_tells)
{
	struct disk d = with(MIB);
	const struct hl_lost *l;

	/* the word of the caller alone, and with what is there */
	state(&d, 2 * MIB, 4096, 4);
	ck_assert_str_eq(scan_text(d.scan), "L1 ntfs 2097152+2097152 none g1");
	l = hl_scan_get(d.scan, 0);
	ck_assert_uint_eq(l->score, 40);
	ck_assert(lost_says(l, "nothing of an $MFT lies at that cluster"));
	/* its records lie in the range that was not searched */
	memset(d.p + MIB, 0, 512);
	memset(d.p + MIB + NB_SIZE - 512, 0, 512);
	const struct hl_lost_geom geom = { .cluster_size = 4096, .mft_lcn = 4 };
	const struct hl_scan_opts o = { .from = MIB, .to = MIB + 512,
	                                .stated = &geom, .stated_off = MIB };
	scan(&d, &o);
	ck_assert_uint_eq(hl_scan_count(d.scan), 1);
	l = hl_scan_get(d.scan, 0);
	ck_assert(l->believed);
	ck_assert_uint_eq(l->score, 80);
	ck_assert(lost_says(l, "stated by hand: clusters of 4096 bytes"));
	ck_assert(lost_says(l, "record 0 says so"));
	ck_assert_str_eq(l->label, "hi");
	ck_assert_uint_eq(l->geom.record_size, 1024);
	/* numbers that lead behind the end, and to the edge of 64 bits */
	state(&d, 2 * MIB, 2 * MIB, INT64_MAX / (2 * MIB));
	ck_assert_uint_eq(hl_scan_count(d.scan), 1);
	state(&d, 4 * MIB - 1, 2 * MIB, 4);
	ck_assert_uint_eq(hl_scan_count(d.scan), 1);
	disk_free(&d);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("range");

	tcase_add_test(t, what_begins_in_it_is_proved_outside_of_it);
	tcase_add_test(t, what_lies_outside_is_not_seen);
	tcase_add_test(t, whole_sectors);
	tcase_add_test(t, two_halves_are_the_whole);
	tcase_add_test(t, a_record_on_the_edge);
	tcase_add_test(t, the_table_is_known_in_any_case);
	tcase_add_test(t, a_state_remembers_its_range);
	tcase_add_test(t, stated_and_found);
	tcase_add_test(t, stated_otherwise_than_found);
	tcase_add_test(t, stated_where_nothing_tells);
	return test_main("scan_range", t, NULL);
}
