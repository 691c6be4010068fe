/* check_replay.c: replay by the rules, each on hives built for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hive/marvin.h"
#include "replay_build.h"

static struct blob hive, one, two, three;
static struct hl_replay_report r;
static uint8_t *got;
static size_t n_got;

static void forget(void)
{
	free(got);
	got = NULL;
	n_got = 0;
}

/* Everything in blocks of its own size, so that ASan sees one byte more. */
static enum hl_status run(void)
{
	struct blob *b[3] = { &one, &two, &three };
	static const char *const name[3] = { "LOG1", "LOG2", "LOG" };
	struct hl_replay_log logs[3];
	struct hl_src *src, *h;
	uint8_t *copy[4];
	size_t n = 0;

	forget();
	copy[3] = tight(hive.p, hive.n);
	ck_assert_int_eq(hl_src_mem(&h, copy[3], hive.n, false, test_ctx()),
	                 HL_OK);
	for (size_t i = 0; i < 3; i++) {
		copy[i] = tight(b[i]->p, b[i]->n);
		if (b[i]->n == 0 && i == 2)
			continue;
		ck_assert_int_eq(hl_src_mem(&logs[n].src, copy[i], b[i]->n,
		                            false, test_ctx()), HL_OK);
		logs[n++].name = name[i];
	}
	enum hl_status st = hl_replay_open(&src, h, logs, n, &r, test_ctx());
	if (st == HL_OK) {
		n_got = (size_t)hl_src_size(src);
		got = malloc(n_got);
		ck_assert_ptr_nonnull(got);
		ck_assert_int_eq(hl_src_read(src, 0, got, n_got, NULL),
		                 HL_OK);
		hl_src_close(src);
	} else {
		ck_assert_ptr_null(src);
	}
	/* the hive is as it was */
	ck_assert_int_eq(memcmp(copy[3], hive.p, hive.n), 0);
	for (size_t i = 0; i < n; i++)
		hl_src_close(logs[i].src);
	hl_src_close(h);
	for (size_t i = 0; i < 4; i++)
		free(copy[i]);
	ck_assert_uint_eq(test_mem_now(), 0);
	return st;
}

static uint8_t mark(uint32_t bin)
{
	ck_assert_uint_gt(n_got, 4096 + 4096 * bin + 1000);
	return got[4096 + 4096 * bin + 1000];
}

static void ck_head(uint32_t seq, uint32_t bins)
{
	uint8_t again[512];

	ck_assert_uint_eq(at32(got + 4), seq);
	ck_assert_uint_eq(at32(got + 8), seq);
	ck_assert_uint_eq(at32(got + 28), 0);
	ck_assert_uint_eq(at32(got + 40), bins * 4096);
	memcpy(again, got, 512);
	seal(again);
	ck_assert_int_eq(memcmp(again, got, 512), 0);
}

static void setup(void)
{
	one.n = two.n = three.n = 0;
	build_hive(&hive, 4, 8, 7);
	begin_log(&one, 7, 6, 4);
	add_entry(&one, 7, 4, 1, 'a');
	add_entry(&one, 8, 4, 2, 'b');
}

/* ---- hash --------------------------------------------------------------- */

START_TEST(both_marvins_agree_on_every_length)
{
	uint8_t p[256];
	struct marvin m;

	for (size_t i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 37 + 11);
	for (size_t n = 0; n <= sizeof(p); n += 4) {
		hl_marvin_start(&m);
		hl_marvin_feed(&m, p, n / 8 * 4); /* in two pieces */
		hl_marvin_feed(&m, p + n / 8 * 4, n - n / 8 * 4);
		ck_assert_uint_eq(hl_marvin_end(&m), marvin(p, n));
	}
}
END_TEST

/* ---- new format --------------------------------------------------------- */

START_TEST(entries_apply_in_order_and_the_header_says_the_last)
{
	setup();
	add_entry(&one, 9, 4, 1, 'c'); /* bin 1 again: the later one wins */
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_DONE);
	ck_assert_uint_eq(r.entries, 3);
	ck_assert_uint_eq(r.from_logs, 8192);
	ck_assert_int_eq(mark(1), 'c');
	ck_assert_int_eq(mark(2), 'b');
	ck_assert_int_eq(mark(3), 0);
	ck_head(9, 4);
	ck_assert_uint_eq(r.n_notes, 0);
}
END_TEST

START_TEST(names_do_not_matter)
{
	setup();
	two = one;
	begin_log(&one, 9, 6, 4);
	add_entry(&one, 9, 4, 1, 'z');
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_DONE);
	ck_assert_uint_eq(r.entries, 3);
	ck_assert(r.used[0] && r.used[1]);
	ck_assert_int_eq(mark(1), 'z');
	ck_head(9, 4);
}
END_TEST

START_TEST(the_sequence_wraps_around)
{
	build_hive(&hive, 4, 0, 0xffffffff);
	begin_log(&two, 0xffffffff, 6, 4);
	add_entry(&two, 0xffffffff, 4, 1, 'a');
	add_entry(&two, 0, 4, 2, 'b');
	begin_log(&one, 1, 6, 4);
	add_entry(&one, 1, 4, 3, 'c');
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_uint_eq(r.entries, 3);
	ck_assert_uint_eq(r.first_seq, 0xffffffff);
	ck_assert_int_eq(mark(3), 'c');
	ck_head(1, 4);
}
END_TEST

START_TEST(a_stale_log_is_left_aside)
{
	setup();
	begin_log(&two, 6, 6, 4); /* before the hive's 7 */
	add_entry(&two, 6, 4, 3, 'x');
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_DONE);
	ck_assert(!r.used[1]);
	ck_assert_int_eq(mark(3), 0);
	ck_assert_ptr_nonnull(strstr(r.notes[0], "LOG2 is stale"));
	one.n = 0;
	ck_assert_int_eq(run(), HL_END);
	ck_assert_int_eq(r.state, HL_REPLAY_REFUSED);
	ck_assert(!r.loss);
	ck_assert_ptr_nonnull(strstr(r.reason, "LOG2 is stale"));
}
END_TEST

START_TEST(stale_entries_behind_the_live_ones_are_not_applied)
{
	setup();
	add_entry(&one, 6, 4, 3, 'x'); /* of an earlier round, hashes right */
	add_entry(&one, 9, 4, 3, 'y'); /* and nothing behind it counts */
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_DONE);
	ck_assert_uint_eq(r.last_seq, 8);
	ck_assert_int_eq(mark(3), 0);
}
END_TEST

START_TEST(a_partial_reconcile_is_a_notice)
{
	build_hive(&hive, 4, 3, 2);
	begin_log(&one, 7, 6, 4);
	add_entry(&one, 7, 4, 1, 'a');
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_DONE);
	ck_assert(!r.loss);
	ck_assert_ptr_nonnull(strstr(r.notes[0],
	                             "first entry is 7, the hive stands at 2"));
}
END_TEST

START_TEST(a_gap_between_logs_ends_it)
{
	setup();
	begin_log(&two, 10, 6, 4); /* 9 is missing */
	add_entry(&two, 10, 4, 3, 'x');
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_PARTIAL);
	ck_assert(r.loss && !r.used[1]);
	ck_assert_ptr_nonnull(strstr(r.reason, "LOG2 begins at 10: entries "
	                             "from 9 on are missing"));
	ck_assert_int_eq(mark(3), 0);
	ck_head(8, 4);
}
END_TEST

START_TEST(a_gap_inside_a_log_ends_it)
{
	setup();
	add_entry(&one, 10, 4, 3, 'x');
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_PARTIAL);
	ck_assert_ptr_nonnull(strstr(r.reason,
	                             "entry 10 stands where 9 should be"));
	ck_assert_int_eq(mark(3), 0);
}
END_TEST

START_TEST(the_hive_grows_with_its_log)
{
	build_hive(&hive, 2, 8, 7);
	begin_log(&one, 7, 6, 2);
	add_entry(&one, 7, 3, 2, 'a');
	add_entry(&one, 8, 6, 5, 'b'); /* bins 3 and 4 come from nowhere */
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_uint_eq(n_got, 4096 + 6 * 4096);
	ck_assert_int_eq(mark(2), 'a');
	ck_assert_int_eq(mark(5), 'b');
	ck_assert_int_eq(mark(3), 0);
	ck_assert_uint_eq(at32(got + 4096 + 3 * 4096), 0); /* zeros */
	ck_assert_uint_eq(r.bins_before, 8192);
	ck_assert_uint_eq(r.bins_size, 24576);
	ck_head(8, 6);
}
END_TEST

START_TEST(what_lies_behind_the_bins_stays)
{
	setup();
	memset(hive.p + hive.n, 0xee, 4096); /* preallocated, remnants */
	hive.n += 4096;
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_uint_eq(n_got, hive.n);
	ck_assert_int_eq(got[n_got - 1], 0xee);
	/* the rest of the base block too */
	hive.p[600] = 0x77;
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(got[600], 0x77);
}
END_TEST

START_TEST(only_bit_0_of_the_flags_comes_from_the_entry)
{
	setup();
	put32(hive.p + 144, 6);
	seal(hive.p);
	uint8_t *e = add_entry(&one, 9, 4, 1, 'c');
	put32(e + 8, 0xfffffff1);
	hash_entry(e);
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_uint_eq(at32(got + 144), 7);
}
END_TEST

/* One bit anywhere in an entry: in its header, either hash, the table of
 * pages, a page, or the padding. */
static const size_t flips[] = { 0, 4, 5, 8, 12, 16, 20, 24, 31, 32, 39, 40,
	                        44, 48, 2000, 4143, 4607 };

START_TEST(a_flipped_bit_ends_the_replay_there)
{
	setup();
	one.p[512 + 4608 + flips[_i]] ^= 0x10;
	enum hl_status st = run();
	ck_assert_int_eq(st, HL_OK);
	ck_assert_uint_eq(r.entries, 1);
	ck_assert_int_eq(mark(1), 'a');
	ck_assert_int_eq(mark(2), 0);
	ck_head(7, 4);
	/* a broken mark or number looks like the log's end or an old round;
	   everything else is seen as damage */
	if (flips[_i] != 0 && flips[_i] != 12)
		ck_assert_int_eq(r.state, HL_REPLAY_PARTIAL);
	/* the first entry: nothing at all applies */
	setup();
	one.p[512 + flips[_i]] ^= 0x10;
	ck_assert_int_eq(run(), HL_END);
	ck_assert_int_eq(r.state, HL_REPLAY_REFUSED);
	ck_assert_str_ne(r.reason, "");
}
END_TEST

START_TEST(nothing_is_applied_on_a_broken_first_entry)
{
	setup();
	one.p[512 + 100] ^= 1;
	begin_log(&two, 9, 6, 4); /* sound, and continues what is not there */
	add_entry(&two, 9, 4, 3, 'c');
	ck_assert_int_eq(run(), HL_END);
	ck_assert(r.loss);
	ck_assert_ptr_nonnull(strstr(r.reason, "LOG1: entry 7 is broken: the "
	                             "hash of its pages is wrong"));
}
END_TEST

START_TEST(a_cut_log_is_applied_up_to_the_cut)
{
	setup();
	one.n -= 512;
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_PARTIAL);
	ck_assert_uint_eq(r.last_seq, 7);
	ck_assert_ptr_nonnull(strstr(r.reason, "entry 8 is broken"));
}
END_TEST

/* Hashes are right in all of these: somebody made them so. */
static const struct {
	size_t at;
	uint32_t value;
} absurd[] = {
	{ 20, 0x20000000 },  /* pages: 8 * n is 0 in 32 bits */
	{ 20, 0xffffffff },
	{ 20, 0 },
	{ 20, 2 },           /* the second is zeros: no length */
	{ 20, 513 },         /* the table ends behind the entry */
	{ 40, 4 * 4096 },    /* page behind the bins */
	{ 40, 0xfffff000 },  /* offset + length wraps in 32 bits */
	{ 40, 100 },         /* no sector's place */
	{ 44, 8192 },        /* more bytes than the entry has */
	{ 44, 0 },
	{ 44, 0xfffff000 },
	{ 16, 0 },           /* bins */
	{ 16, 4097 },
	{ 4, 0 },            /* size */
	{ 4, 100 },
	{ 4, 0xfffffe00 },
};

START_TEST(absurd_numbers_end_the_replay_there)
{
	setup();
	uint8_t *e = one.p + 512 + 4608;
	put32(e + absurd[_i].at, absurd[_i].value);
	if (absurd[_i].at == 4) /* no entry of that size can be hashed */
		put64(e + 32, marvin(e, 32));
	else
		hash_entry(e);
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_PARTIAL);
	ck_assert_uint_eq(r.entries, 1);
	ck_assert_ptr_nonnull(strstr(r.reason, "entry 8 is broken"));
	ck_head(7, 4);
}
END_TEST

START_TEST(a_bad_base_block_takes_the_newest_log_alone)
{
	setup();
	two = one; /* 7 and 8 are older: not used, as Windows does */
	begin_log(&one, 9, 6, 4);
	add_entry(&one, 9, 4, 3, 'c');
	hive.p[508] ^= 1;
	ck_assert_int_eq(run(), HL_OK);
	ck_assert(r.rebuilt && r.used[0] && !r.used[1]);
	ck_assert_int_eq(mark(1), 0);
	ck_assert_int_eq(mark(3), 'c');
	ck_head(9, 4);
	memset(hive.p, 0, 512);
	ck_assert_int_eq(run(), HL_OK);
	ck_head(9, 4);
	ck_assert_uint_eq(r.bins_before, 0);
}
END_TEST

START_TEST(without_base_block_and_bins_nothing_is_built)
{
	setup();
	memset(hive.p, 0, hive.n); /* zeros instead of a hive */
	ck_assert_int_eq(run(), HL_END);
	ck_assert_ptr_nonnull(strstr(r.reason, "neither a base block nor"));
	hive.n = 0;
	ck_assert_int_eq(run(), HL_END);
	ck_assert_str_eq(r.reason, "the file is empty");
	hive = one;
	ck_assert_int_eq(run(), HL_END);
	ck_assert_ptr_nonnull(strstr(r.reason, "transaction log"));
}
END_TEST

START_TEST(a_clean_hive_keeps_even_what_a_log_would_bring)
{
	setup();
	build_hive(&hive, 4, 7, 7);
	ck_assert_int_eq(run(), HL_END);
	ck_assert_int_eq(r.state, HL_REPLAY_CLEAN);
}
END_TEST

START_TEST(without_logs_the_reason_says_so)
{
	setup();
	one.n = 0;
	ck_assert_int_eq(run(), HL_END);
	ck_assert_str_eq(r.reason, "its logs are empty");
	ck_assert(!r.loss);
	memset(one.p, 0, 4096); /* zeros: as empty as none */
	one.n = 4096;
	ck_assert_int_eq(run(), HL_END);
	ck_assert_str_eq(r.reason, "its logs are empty");
}
END_TEST

/* A header that is not to be trusted costs the log, and that is a loss. */
static const struct {
	size_t at;
	uint32_t value;
	bool sealed;
	const char *why;
} heads[] = {
	{ 508, 5, false, "checksum" },
	{ 8, 99, true, "sequence numbers differ" },
	{ 28, 0, true, "not of a log's type" },
	{ 28, 1, true, "do not agree" },
	{ 20, 2, true, "version" },
	{ 32, 0, true, "version" },
	{ 44, 2, true, "version" },
	{ 40, 0, true, "size of the bins" },
	{ 40, 4097, true, "size of the bins" },
	{ 0, 0, false, "destroyed" },
	{ 512, 0x11111111, false, "HvLE is destroyed" },
};

START_TEST(a_log_with_a_bad_header_is_not_used)
{
	setup();
	put32(one.p + heads[_i].at, heads[_i].value);
	if (heads[_i].sealed)
		seal(one.p);
	ck_assert_int_eq(run(), HL_END);
	ck_assert_msg(strstr(r.reason, heads[_i].why), "%s", r.reason);
	ck_assert(r.loss);
	/* and beside a sound one it is said all the same */
	two = one;
	setup();
	struct blob *bad = &two;
	begin_log(bad, 9, 6, 4);
	add_entry(bad, 9, 4, 3, 'x');
	put32(bad->p + heads[_i].at, heads[_i].value);
	if (heads[_i].sealed)
		seal(bad->p);
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_PARTIAL);
	ck_assert_int_eq(mark(3), 0);
}
END_TEST

/* ---- old format --------------------------------------------------------- */

static const int two_bins[] = { 1, 3, -1 };

static void setup_old(uint32_t type)
{
	one.n = two.n = three.n = 0;
	build_hive(&hive, 4, 8, 7);
	begin_log(&one, 8, type, 4);
	add_dirt(&one, 4, two_bins, 'o');
}

START_TEST(an_old_log_applies_as_a_whole)
{
	setup_old(_i ? 2 : 1);
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_str_eq(r.format, "DIRT");
	ck_assert_int_eq(r.state, HL_REPLAY_DONE);
	ck_assert_uint_eq(r.from_logs, 8192);
	ck_assert_int_eq(mark(1), 'o');
	ck_assert_int_eq(mark(2), 0);
	ck_assert_int_eq(mark(3), 'o');
	ck_head(8, 4);
	/* one sector short is nothing at all */
	one.n -= 1;
	ck_assert_int_eq(run(), HL_END);
	ck_assert(r.loss);
	ck_assert_ptr_nonnull(strstr(r.reason, "15 of 16 sectors"));
	one.n = 700; /* header and vector only, as once seen */
	ck_assert_int_eq(run(), HL_END);
	ck_assert_ptr_nonnull(strstr(r.reason, "0 of 16 sectors"));
	one.n = 517; /* and less than the vector */
	ck_assert_int_eq(run(), HL_END);
	ck_assert_ptr_nonnull(strstr(r.reason, "not whole"));
}
END_TEST

START_TEST(single_bits_are_single_sectors)
{
	setup_old(2);
	memset(one.p + 516, 0, 4);
	one.p[516 + 1] = 0x04; /* the third sector of bin 1 */
	one.p[516 + 2] = 0x80; /* the last of bin 2 */
	memset(one.p + 1024, 'p', 512);
	memset(one.p + 1536, 'q', 512);
	one.n = 2048;
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_uint_eq(r.from_logs, 1024);
	ck_assert_int_eq(got[8192 + 1024], 'p');
	ck_assert_int_eq(got[8192 + 1023], 0);
	ck_assert_int_eq(got[8192 + 1536], 0);
	ck_assert_int_eq(got[4096 * 4 - 512], 'q');
	ck_assert_int_eq(got[4096 * 4 - 1], 'q');
}
END_TEST

/* 516 + bins / 4096 rounds up to 1024 only while bins are few. */
START_TEST(a_bitmap_larger_than_a_sector_moves_the_pages)
{
	static const int far[] = { 509, 511, -1 };
	static uint8_t big[4096 + 512 * 4096];

	two.n = three.n = 0;
	build_hive(&hive, 4, 8, 7);
	begin_log(&one, 8, 1, 512);
	add_dirt(&one, 512, far, 'f');
	ck_assert_uint_eq(one.n, 1536 + 8192);
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_uint_eq(n_got, sizeof(big)); /* grown, too */
	ck_assert_int_eq(mark(509), 'f');
	ck_assert_int_eq(mark(510), 0);
	ck_assert_int_eq(mark(511), 'f');
	ck_head(8, 512);
	/* exactly the edge: 508 bytes of bitmap fill the sector */
	static const int edge[] = { 507, -1 };
	begin_log(&one, 8, 1, 508);
	add_dirt(&one, 508, edge, 'e');
	ck_assert_uint_eq(one.n, 1024 + 4096);
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_int_eq(mark(507), 'e');
}
END_TEST

static void set_time(struct blob *b, uint64_t t)
{
	put64(b->p + 12, t);
	seal(b->p);
}

START_TEST(an_old_log_needs_the_hives_time)
{
	setup_old(1);
	set_time(&one, HIVE_TIME - 1);
	ck_assert_int_eq(run(), HL_END);
	ck_assert(!r.loss);
	ck_assert_ptr_nonnull(strstr(r.reason, "it is older than the hive"));
	set_time(&one, HIVE_TIME + 1); /* decided: refused */
	ck_assert_int_eq(run(), HL_END);
	ck_assert_ptr_nonnull(strstr(r.reason, "it is newer than the hive"));
}
END_TEST

START_TEST(one_of_two_old_logs_is_chosen)
{
	setup_old(1);
	two = one;
	two.p[1024 + 1000] = '2';
	ck_assert_int_eq(run(), HL_OK); /* both fit: the first */
	ck_assert(r.used[0] && !r.used[1]);
	set_time(&one, HIVE_TIME - 5); /* only the second fits */
	ck_assert_int_eq(run(), HL_OK);
	ck_assert(!r.used[0] && r.used[1]);
	ck_assert_int_eq(mark(1), '2');
	set_time(&two, HIVE_TIME + 5); /* none fits, the second is newest */
	ck_assert_int_eq(run(), HL_OK);
	ck_assert(!r.used[0] && r.used[1]);
	ck_assert_ptr_nonnull(strstr(r.notes[0], "newer than the hive"));
	set_time(&one, HIVE_TIME + 9); /* the first is: refused */
	ck_assert_int_eq(run(), HL_END);
	set_time(&one, HIVE_TIME - 9);
	set_time(&two, HIVE_TIME - 5);
	ck_assert_int_eq(run(), HL_END);
	setup_old(1); /* and the third name counts, too */
	three = one;
	one.n = 0;
	ck_assert_int_eq(run(), HL_OK);
	ck_assert(r.used[2]);
}
END_TEST

START_TEST(an_old_log_repairs_the_base_block)
{
	setup_old(1);
	put32(one.p + 24, 3);
	seal(one.p);
	memset(hive.p, 0, 512);
	ck_assert_int_eq(run(), HL_OK);
	ck_assert(r.rebuilt);
	ck_assert_uint_eq(at32(got + 24), 3);
	ck_head(8, 4);
	set_time(&one, HIVE_TIME - 1); /* older than the first bin */
	ck_assert_int_eq(run(), HL_END);
}
END_TEST

START_TEST(the_new_format_comes_before_the_old)
{
	setup();
	begin_log(&three, 8, 1, 4);
	add_dirt(&three, 4, two_bins, 'o'); /* a leftover .LOG */
	ck_assert_int_eq(run(), HL_OK);
	ck_assert_str_eq(r.format, "HvLE");
	ck_assert_int_eq(mark(3), 0);
}
END_TEST

START_TEST(an_empty_bitmap_changes_nothing)
{
	setup_old(1);
	memset(one.p + 516, 0, 4);
	ck_assert_int_eq(run(), HL_END);
	ck_assert_ptr_nonnull(strstr(r.reason, "marks no sector"));
}
END_TEST

/* ---- out of memory ------------------------------------------------------ */

START_TEST(memory_may_run_out_anywhere)
{
	struct hl_src *h, *l, *src;

	setup();
	ck_assert_int_eq(hl_src_mem(&h, hive.p, hive.n, false, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_src_mem(&l, one.p, one.n, false, test_ctx()),
	                 HL_OK);
	const struct hl_replay_log logs[1] = { { l, "LOG1" } };
	uint64_t before = test_mem_now();
	enum hl_status st = HL_NOMEM;
	size_t n;
	for (n = 1; st == HL_NOMEM && n < 100; n++) {
		test_fail_alloc(n);
		st = hl_replay_open(&src, h, logs, 1, &r, test_ctx());
		test_fail_alloc(0);
		if (st == HL_NOMEM) {
			ck_assert_ptr_null(src);
			ck_assert_uint_eq(test_mem_now(), before);
		}
	}
	ck_assert_int_eq(st, HL_OK);
	ck_assert_uint_gt(n, 4);
	hl_src_close(src);
	hl_src_close(l);
	hl_src_close(h);
}
END_TEST

/* ---- orphans ------------------------------------------------------------ */

START_TEST(orphaned_logs_give_the_bins_they_hold)
{
	struct hl_src *l[2], *src;
	uint8_t out[4096 * 5];

	setup();
	add_entry(&one, 5, 4, 3, 'x'); /* stale, and the only bin 3 there is */
	add_entry(&one, 6, 4, 1, 'y'); /* stale, and bin 1 is newer */
	begin_log(&two, 3, 6, 4);
	add_entry(&two, 3, 4, 2, 'z');
	ck_assert_int_eq(hl_src_mem(&l[0], two.p, two.n, false, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_src_mem(&l[1], one.p, one.n, false, test_ctx()),
	                 HL_OK);
	const struct hl_replay_log logs[2] = { { l[0], "b" }, { l[1], "a" } };
	ck_assert_int_eq(hl_replay_orphan(&src, logs, 2, &r, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(r.state, HL_REPLAY_PARTIAL);
	ck_assert_uint_eq(r.entries, 5);
	ck_assert_uint_eq(r.last_seq, 8);
	ck_assert_ptr_nonnull(strstr(r.reason, "12288 of 16384 bytes"));
	ck_assert_uint_eq(hl_src_size(src), sizeof(out));
	ck_assert_int_eq(hl_src_read(src, 0, out, sizeof(out), NULL), HL_OK);
	ck_assert_int_eq(out[4096 * 2 + 1000], 'a');
	ck_assert_int_eq(out[4096 * 3 + 1000], 'b');
	ck_assert_int_eq(out[4096 * 4 + 1000], 'x');
	ck_assert_uint_eq(at32(out + 4096), 0); /* no log has bin 0 */
	ck_assert_uint_eq(at32(out + 4), 8);
	hl_src_close(src);
	ck_assert_int_eq(hl_replay_orphan(&src, logs, 0, &r, test_ctx()),
	                 HL_END);
	ck_assert_int_eq(r.state, HL_REPLAY_REFUSED);
	hl_src_close(l[0]);
	hl_src_close(l[1]);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	TCase *new = tcase_create("new"), *old = tcase_create("old");

	tcase_add_unchecked_fixture(new, NULL, forget);
	tcase_add_test(new, both_marvins_agree_on_every_length);
	tcase_add_test(new, entries_apply_in_order_and_the_header_says_the_last);
	tcase_add_test(new, names_do_not_matter);
	tcase_add_test(new, the_sequence_wraps_around);
	tcase_add_test(new, a_stale_log_is_left_aside);
	tcase_add_test(new, stale_entries_behind_the_live_ones_are_not_applied);
	tcase_add_test(new, a_partial_reconcile_is_a_notice);
	tcase_add_test(new, a_gap_between_logs_ends_it);
	tcase_add_test(new, a_gap_inside_a_log_ends_it);
	tcase_add_test(new, the_hive_grows_with_its_log);
	tcase_add_test(new, what_lies_behind_the_bins_stays);
	tcase_add_test(new, only_bit_0_of_the_flags_comes_from_the_entry);
	tcase_add_loop_test(new, a_flipped_bit_ends_the_replay_there, 0,
	                    N(flips));
	tcase_add_test(new, nothing_is_applied_on_a_broken_first_entry);
	tcase_add_test(new, a_cut_log_is_applied_up_to_the_cut);
	tcase_add_loop_test(new, absurd_numbers_end_the_replay_there, 0,
	                    N(absurd));
	tcase_add_test(new, a_bad_base_block_takes_the_newest_log_alone);
	tcase_add_test(new, without_base_block_and_bins_nothing_is_built);
	tcase_add_test(new, a_clean_hive_keeps_even_what_a_log_would_bring);
	tcase_add_test(new, without_logs_the_reason_says_so);
	tcase_add_loop_test(new, a_log_with_a_bad_header_is_not_used, 0,
	                    N(heads));
	tcase_add_test(new, memory_may_run_out_anywhere);
	tcase_add_test(new, orphaned_logs_give_the_bins_they_hold);
	tcase_add_loop_test(old, an_old_log_applies_as_a_whole, 0, 2);
	tcase_add_test(old, single_bits_are_single_sectors);
	tcase_add_test(old, a_bitmap_larger_than_a_sector_moves_the_pages);
	tcase_add_test(old, an_old_log_needs_the_hives_time);
	tcase_add_test(old, one_of_two_old_logs_is_chosen);
	tcase_add_test(old, an_old_log_repairs_the_base_block);
	tcase_add_test(old, the_new_format_comes_before_the_old);
	tcase_add_test(old, an_empty_bitmap_changes_nothing);
	return test_main("replay", new, old, NULL);
}
