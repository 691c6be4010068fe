/*
 * check_replay_corpus.c: real dirty hives with their logs.  The hashes are
 * those of the corpus (what Windows or another implementation made of them),
 * over the bytes from 4096 on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/hash.h"
#include "testing.h"

#define YARP "hives/msuhanov__yarp/hives_for_tests/"
#define REGIPY "hives/mkorman90__regipy/regipy_tests/data/"

struct file {
	uint8_t *p;
	size_t n;
	struct hl_src *src;
};

static bool load(struct file *f, const char *name)
{
	const char *path = test_corpus(name);
	FILE *in = path ? fopen(path, "rb") : NULL;

	memset(f, 0, sizeof(*f));
	if (!in)
		return false;
	f->p = malloc(8 << 20);
	ck_assert_ptr_nonnull(f->p);
	f->n = fread(f->p, 1, 8 << 20, in);
	fclose(in);
	ck_assert_int_eq(hl_src_mem(&f->src, f->p, f->n, true, test_ctx()),
	                 HL_OK);
	return true;
}

static void unload(struct file *f)
{
	hl_src_close(f->src);
	free(f->p);
}

static void read_out(struct hl_src *src, struct file *out)
{
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	out->src = NULL;
	out->n = (size_t)hl_src_size(src);
	out->p = malloc(out->n);
	ck_assert_ptr_nonnull(out->p);
	ck_assert_int_eq(hl_src_read(src, 0, out->p, out->n, &bad), HL_OK);
	ck_assert_uint_eq(bad.bytes, 0);
}

static void bins_hash(const struct file *f, size_t bins, char hex[65])
{
	struct hl_hash *h;

	ck_assert_uint_ge(f->n, 4096 + bins);
	ck_assert_int_eq(hl_hash_new(&h, 1u << HL_SHA256, test_ctx()), HL_OK);
	hl_hash_update(h, f->p + 4096, f->n - 4096);
	hl_hash_final(h, HL_SHA256, hex);
	hl_hash_free(h);
}

static struct hl_hive_report judge(const struct file *f)
{
	struct hl_hive_report r;
	struct hl_hive_check *c;

	ck_assert_int_eq(hl_hive_check_new(&c, test_ctx()), HL_OK);
	hl_hive_check_feed(c, f->p, f->n);
	hl_hive_check_finish(c, &r);
	hl_hive_check_free(c);
	return r;
}

static const struct {
	const char *hive, *log1, *log2;
	const char *hash;   /* its first 16 digits */
	uint32_t seq, entries, first, bins, minor;
	bool used[2];
} good[] = {
	{ YARP "NewDirtyHive1/NewDirtyHive",
	  YARP "NewDirtyHive1/NewDirtyHive.LOG1",
	  YARP "NewDirtyHive1/NewDirtyHive.LOG2",
	  "3940b4f1dacacd2a", 5, 4, 2, 0, 3, { true, true } },
	{ YARP "NewDirtyHive2/NewDirtyHive",
	  YARP "NewDirtyHive2/NewDirtyHive.LOG1",
	  YARP "NewDirtyHive2/NewDirtyHive.LOG2",
	  "3940b4f1dacacd2a", 5, 3, 3, 0, 3, { false, true } },
	{ YARP "OldDirtyHive/OldDirtyHive", YARP "OldDirtyHive/OldDirtyHive.LOG1",
	  YARP "OldDirtyHive/OldDirtyHive.LOG2",
	  "b8ea59c596ca1390", 5, 1, 5, 0, 3, { true, false } },
	{ YARP "BadBaseBlockHive/BadBaseBlockHive",
	  YARP "BadBaseBlockHive/BadBaseBlockHive.LOG1",
	  YARP "BadBaseBlockHive/BadBaseBlockHive.LOG2",
	  "b8ea59c596ca1390", 5, 1, 5, 0, 3, { true, false } },
	/* what lies behind the last page of a log is of no matter */
	{ YARP "OldDirtyHive/OldDirtyHive", YARP "OldLogWithRemnantData",
	  YARP "OldDirtyHive/OldDirtyHive.LOG2",
	  "b8ea59c596ca1390", 5, 1, 5, 0, 3, { true, false } },
	{ REGIPY "transactions_NTUSER.DAT", REGIPY "transactions_ntuser.dat.log1",
	  REGIPY "transactions_ntuser.dat.log2",
	  "2414c9b55b501171", 588, 23, 566, 925696, 5, { true, false } },
};

START_TEST(dirty_hives_come_out_as_stated)
{
	struct file f[3], out;
	struct hl_replay_report r;
	struct hl_src *src;
	char hex[65];

	if (!load(&f[0], good[_i].hive))
		SKIP("no corpus");
	ck_assert(load(&f[1], good[_i].log1) && load(&f[2], good[_i].log2));
	/* the second log first: the name must not matter */
	for (int turn = 0; turn < 2; turn++) {
		const struct hl_replay_log logs[2] = {
			{ f[turn ? 2 : 1].src, turn ? "LOG2" : "LOG1" },
			{ f[turn ? 1 : 2].src, turn ? "LOG1" : "LOG2" },
		};
		ck_assert_int_eq(hl_replay_open(&src, f[0].src, logs, 2, &r,
		                                test_ctx()), HL_OK);
		ck_assert_int_eq(r.state, HL_REPLAY_DONE);
		ck_assert_str_eq(r.reason, "");
		ck_assert_uint_eq(r.entries, good[_i].entries);
		ck_assert_uint_eq(r.first_seq, good[_i].first);
		ck_assert_int_eq(r.used[turn], good[_i].used[0]);
		ck_assert_int_eq(r.used[!turn], good[_i].used[1]);
		read_out(src, &out);
		bins_hash(&out, r.bins_size, hex);
		hex[16] = '\0';
		ck_assert_str_eq(hex, good[_i].hash);
		struct hl_hive_report j = judge(&out);
		ck_assert_msg(j.state == HL_HIVE_CLEAN, "%s: %s",
		              good[_i].hive, j.notes[0]);
		ck_assert_uint_eq(j.base.seq1, good[_i].seq);
		ck_assert_uint_eq(j.base.seq2, good[_i].seq);
		ck_assert_uint_eq(j.base.type, 0);
		ck_assert_uint_eq(j.base.minor, good[_i].minor);
		if (good[_i].bins)
			ck_assert_uint_eq(j.base.bins_size, good[_i].bins);
		free(out.p);
		hl_src_close(src);
	}
	for (int i = 0; i < 3; i++)
		unload(&f[i]);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

static const struct {
	const char *hive, *log1, *log2, *reason;
	bool loss;
} refused[] = {
	{ YARP "BadLogHive1/BadLogHive", YARP "BadLogHive1/BadLogHive.LOG1",
	  YARP "BadLogHive1/BadLogHive.LOG2",
	  "LOG1 cannot be used: its header's checksum is wrong", true },
	{ YARP "BadLogHive2/BadLogHive", YARP "BadLogHive2/BadLogHive.LOG1",
	  YARP "BadLogHive2/BadLogHive.LOG2",
	  "LOG1 cannot be used: its mark DIRT is destroyed", true },
	{ YARP "BadLogHive3/BadLogHive", YARP "BadLogHive3/BadLogHive.LOG1",
	  YARP "BadLogHive3/BadLogHive.LOG2",
	  "LOG1 cannot be used: its header's checksum is wrong", true },
	/* its second log alone does not reach back far enough: stale */
	{ REGIPY "transactions_NTUSER.DAT",
	  REGIPY "transactions_ntuser.dat.log2", YARP "NewDirtyHive1/"
	  "NewDirtyHive.LOG1", "LOG2 is stale: it begins at 2", false },
	/* a log of the other format, for a hive that has no such time */
	{ YARP "NewDirtyHive1/NewDirtyHive", YARP "OldDirtyHive/"
	  "OldDirtyHive.LOG1", YARP "OldDirtyHive/OldDirtyHive.LOG2",
	  "LOG1 does not belong to this state", false },
};

START_TEST(refusals_have_the_stated_reason)
{
	struct file f[3];
	struct hl_replay_report r;
	struct hl_src *src;

	if (!load(&f[0], refused[_i].hive))
		SKIP("no corpus");
	ck_assert(load(&f[1], refused[_i].log1) &&
	          load(&f[2], refused[_i].log2));
	const struct hl_replay_log logs[2] = { { f[1].src, "LOG1" },
	                                       { f[2].src, "LOG2" } };
	ck_assert_int_eq(hl_replay_open(&src, f[0].src, logs, 2, &r,
	                                test_ctx()), HL_END);
	ck_assert_ptr_null(src);
	ck_assert_int_eq(r.state, HL_REPLAY_REFUSED);
	ck_assert_msg(strstr(r.reason, refused[_i].reason), "%s", r.reason);
	ck_assert_int_eq(r.loss, refused[_i].loss);
	for (int i = 0; i < 3; i++)
		unload(&f[i]);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

static const char *const clean[] = {
	YARP "EmptyHive", YARP "BigDataHive", YARP "System_Delta",
	YARP "NewDirtyHive1/RecoveredHive_Windows10", REGIPY "BCD",
	REGIPY "SAM",
};

START_TEST(clean_hives_are_not_touched)
{
	struct file f, log;
	struct hl_replay_report r;
	struct hl_src *src;

	if (!load(&f, clean[_i]))
		SKIP("no corpus");
	/* a log with live entries of some hive: even so */
	ck_assert(load(&log, YARP "NewDirtyHive1/NewDirtyHive.LOG2"));
	const struct hl_replay_log logs[1] = { { log.src, "LOG2" } };
	ck_assert_int_eq(hl_replay_open(&src, f.src, logs, 1, &r, test_ctx()),
	                 HL_END);
	ck_assert_int_eq(r.state, HL_REPLAY_CLEAN);
	ck_assert_ptr_null(src);
	unload(&f);
	unload(&log);
}
END_TEST

/* The header's sector all zero: as Windows leaves it after a power cut. */
START_TEST(a_zeroed_base_block_is_made_from_the_newest_log)
{
	struct file f[3], out;
	struct hl_replay_report r;
	struct hl_src *src, *zeroed;
	char hex[65];

	if (!load(&f[0], good[_i].hive))
		SKIP("no corpus");
	ck_assert(load(&f[1], good[_i].log1) && load(&f[2], good[_i].log2));
	memset(f[0].p, 0, 512);
	ck_assert_int_eq(hl_src_mem(&zeroed, f[0].p, f[0].n, false,
	                            test_ctx()), HL_OK);
	const struct hl_replay_log logs[2] = { { f[1].src, "LOG1" },
	                                       { f[2].src, "LOG2" } };
	ck_assert_int_eq(hl_replay_open(&src, zeroed, logs, 2, &r,
	                                test_ctx()), HL_OK);
	ck_assert(r.rebuilt);
	ck_assert_int_eq(r.state, HL_REPLAY_DONE);
	ck_assert_uint_eq(r.last_seq, good[_i].seq);
	read_out(src, &out);
	bins_hash(&out, r.bins_size, hex);
	hex[16] = '\0';
	/* NewDirtyHive1: the bins of Windows 10 from the second log alone */
	ck_assert_str_eq(hex, good[_i].hash);
	ck_assert_int_eq(judge(&out).state, HL_HIVE_CLEAN);
	free(out.p);
	hl_src_close(src);
	hl_src_close(zeroed);
	for (int i = 0; i < 3; i++)
		unload(&f[i]);
}
END_TEST

/* ---- truncated at every sector --------------------------------------------- */

static bool file_is_clean(const struct file *f, size_t n)
{
	struct hl_hive_report r;
	struct hl_hive_check *c;

	ck_assert_int_eq(hl_hive_check_new(&c, test_ctx()), HL_OK);
	hl_hive_check_feed(c, f->p, n);
	hl_hive_check_finish(c, &r);
	hl_hive_check_free(c);
	return r.state == HL_HIVE_CLEAN;
}

static const char *const hives[] = {
	REGIPY "BCD", REGIPY "SAM", REGIPY "SECURITY",
	YARP "EmptyHive", YARP "BigDataHive", YARP "UnicodeHive",
	YARP "PairHive", YARP "RemnantsHive", YARP "HealedHive",
	YARP "BogusKeyNamesHive", YARP "DeletedDataHive",
	YARP "DeletedTreeHive", YARP "System_Delta", YARP "TruncatedHive",
	YARP "TruncatedDirtyHive", YARP "EffectiveSizeHive",
	YARP "GarbageHive", YARP "NewDirtyHive1/RecoveredHive_Windows10",
	YARP "OldDirtyHive/RecoveredHive_Windows7",
	REGIPY "corrupted_system_hive", YARP "Carving/0",
};

/* All of what the hive needs is there from here on, and not before. */
START_TEST(a_hive_cut_anywhere_is_never_called_clean)
{
	struct file f;

	if (!load(&f, hives[_i]))
		SKIP("no corpus");
	uint64_t need = 4096 + (uint64_t)(f.p[40] | f.p[41] << 8 |
	                f.p[42] << 16) + ((uint64_t)f.p[43] << 24);
	for (size_t n = 0; n <= f.n; n += 512)
		if (file_is_clean(&f, n))
			ck_assert_uint_ge(n, need);
	unload(&f);
}
END_TEST

static void replay_cut(struct file *f, size_t which, size_t n)
{
	uint8_t *copy = tight(f[which].p, n);
	struct hl_src *cut, *src;
	struct hl_replay_report r;

	ck_assert_int_eq(hl_src_mem(&cut, copy, n, false, test_ctx()), HL_OK);
	const struct hl_replay_log logs[2] = {
		{ which == 1 ? cut : f[1].src, "LOG1" },
		{ which == 2 ? cut : f[2].src, "LOG2" },
	};
	enum hl_status st = hl_replay_open(&src, which ? f[0].src : cut, logs,
	                                   2, &r, test_ctx());
	ck_assert(st == HL_OK || st == HL_END);
	ck_assert_int_eq(st == HL_OK, src != NULL);
	ck_assert_int_ne(r.state, HL_REPLAY_CLEAN);
	if (r.state != HL_REPLAY_DONE)
		ck_assert_str_ne(r.reason, "");
	if (src && which == 1 && strcmp(r.format, "DIRT") == 0)
		ck_assert_uint_eq(r.from_logs, 64 * 512); /* all or nothing */
	hl_src_close(src);
	hl_src_close(cut);
	free(copy);
}

START_TEST(dirty_hives_and_logs_cut_anywhere_are_replayed_or_refused)
{
	struct file f[3];

	if (!load(&f[0], good[_i].hive))
		SKIP("no corpus");
	ck_assert(load(&f[1], good[_i].log1) && load(&f[2], good[_i].log2));
	for (size_t which = 0; which < 3; which++) {
		size_t step = f[which].n > 300000 ? 512 * 13 : 512;
		for (size_t n = 0; n < f[which].n; n += step)
			replay_cut(f, which, n);
	}
	for (int i = 0; i < 3; i++)
		unload(&f[i]);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	TCase *tc = tcase_create("corpus"), *cut = tcase_create("cut");

	tcase_add_loop_test(tc, dirty_hives_come_out_as_stated, 0, N(good));
	tcase_add_loop_test(tc, refusals_have_the_stated_reason, 0,
	                    N(refused));
	tcase_add_loop_test(tc, clean_hives_are_not_touched, 0, N(clean));
	tcase_add_loop_test(tc, a_zeroed_base_block_is_made_from_the_newest_log,
	                    0, N(good));
	tcase_set_timeout(cut, 120);
	tcase_add_loop_test(cut, a_hive_cut_anywhere_is_never_called_clean, 0,
	                    N(hives));
	tcase_add_loop_test(
		cut, dirty_hives_and_logs_cut_anywhere_are_replayed_or_refused,
		0, N(good));
	return test_main("replay_corpus", tc, cut, NULL);
}
