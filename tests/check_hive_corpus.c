/* check_hive_corpus.c: the verdict over real hives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"

static struct hl_hive_report judge(const uint8_t *p, size_t n, size_t piece)
{
	struct hl_hive_report r;
	struct hl_hive_check *c;
	uint8_t *copy = tight(p, n);

	ck_assert_int_eq(hl_hive_check_new(&c, test_ctx()), HL_OK);
	for (size_t at = 0; at < n; at += piece) {
		size_t len = n - at < piece ? n - at : piece;
		uint8_t *part = tight(copy + at, len);
		hl_hive_check_feed(c, part, len);
		free(part);
	}
	hl_hive_check_finish(c, &r);
	hl_hive_check_free(c);
	free(copy);
	return r;
}

static bool says(const struct hl_hive_report *r, const char *part)
{
	for (size_t i = 0; i < r->n_notes; i++)
		if (strstr(r->notes[i], part))
			return true;
	return false;
}

#define YARP "hives/msuhanov__yarp/hives_for_tests/"
#define REGIPY "hives/mkorman90__regipy/regipy_tests/data/"
static const struct {
	const char *file;
	enum hl_hive_state state;
	const char *note;
} corpus[] = {
	{ YARP "EmptyHive", HL_HIVE_CLEAN, NULL },
	{ YARP "BigDataHive", HL_HIVE_CLEAN, NULL },
	{ YARP "UnicodeHive", HL_HIVE_CLEAN, NULL },
	{ YARP "PairHive", HL_HIVE_CLEAN, NULL },
	{ YARP "RemnantsHive", HL_HIVE_CLEAN, NULL },
	{ YARP "HealedHive", HL_HIVE_CLEAN, NULL },
	{ YARP "BogusKeyNamesHive", HL_HIVE_CLEAN, NULL },
	{ YARP "DeletedDataHive", HL_HIVE_CLEAN, NULL },
	{ YARP "DeletedTreeHive", HL_HIVE_CLEAN, NULL },
	{ YARP "System_Delta", HL_HIVE_CLEAN, NULL },
	{ YARP "Carving/0", HL_HIVE_CLEAN, NULL },
	{ YARP "NewDirtyHive1/RecoveredHive_Windows10", HL_HIVE_CLEAN, NULL },
	{ YARP "OldDirtyHive/RecoveredHive_Windows7", HL_HIVE_CLEAN, NULL },
	{ REGIPY "SAM", HL_HIVE_CLEAN, NULL },
	{ REGIPY "BCD", HL_HIVE_CLEAN, NULL },
	{ REGIPY "SECURITY", HL_HIVE_DIRTY, "107 and 106" },
	{ REGIPY "transactions_NTUSER.DAT", HL_HIVE_DIRTY, "567 and 566" },
	{ YARP "NewDirtyHive1/NewDirtyHive", HL_HIVE_DIRTY, "3 and 2" },
	{ YARP "NewDirtyHive2/NewDirtyHive", HL_HIVE_DIRTY, "4 and 3" },
	{ YARP "OldDirtyHive/OldDirtyHive", HL_HIVE_DIRTY, "5 and 4" },
	{ YARP "BadLogHive1/BadLogHive", HL_HIVE_DIRTY, "5 and 4" },
	{ YARP "BadBaseBlockHive/BadBaseBlockHive", HL_HIVE_DIRTY,
	  "checksum" },
	{ YARP "EffectiveSizeHive", HL_HIVE_DIRTY, "checksum" },
	{ YARP "GarbageHive", HL_HIVE_DIRTY, "checksum" },
	{ YARP "TruncatedHive", HL_HIVE_DAMAGED, "8192 of 487424" },
	{ YARP "TruncatedDirtyHive", HL_HIVE_DIRTY, "8192 of 487424" },
	{ REGIPY "corrupted_system_hive", HL_HIVE_DAMAGED,
	  "102400 of 3440640" },
	{ YARP "Carving/512", HL_HIVE_NOT_A_HIVE, "unknown content" },
	{ YARP "Carving/NTFSCompressed", HL_HIVE_NOT_A_HIVE, "LZNT1" },
	{ YARP "Carving/HiveAndFragments", HL_HIVE_NOT_A_HIVE,
	  "bins without" },
	{ YARP "OldLogWithRemnantData", HL_HIVE_NOT_A_HIVE,
	  "transaction log" },
};

START_TEST(hives_of_the_corpus_have_their_state)
{
	const char *path = test_corpus(corpus[_i].file);
	static uint8_t buf[4 << 20];

	if (!path)
		SKIP("no corpus");
	FILE *f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	size_t n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	struct hl_hive_report r = judge(buf, n, 1 << 16);
	/* and once more in small pieces */
	struct hl_hive_report again = judge(buf, n, 1000);
	ck_assert_int_eq(memcmp(&again, &r, sizeof(r)), 0);
	ck_assert_msg(r.state == corpus[_i].state, "%s is %s (%s)",
	              corpus[_i].file, hl_hive_state_text(r.state),
	              r.notes[0]);
	if (corpus[_i].note)
		ck_assert_msg(says(&r, corpus[_i].note), "%s: %s",
		              corpus[_i].file, r.notes[0]);
	else
		ck_assert_msg(r.root_ok && r.n_notes == 0, "%s: %s",
		              corpus[_i].file, r.notes[0]);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("corpus");

	tcase_add_loop_test(tc, hives_of_the_corpus_have_their_state, 0,
	                    (int)(sizeof(corpus) / sizeof(corpus[0])));
	return test_main("hive_corpus", tc, NULL);
}
