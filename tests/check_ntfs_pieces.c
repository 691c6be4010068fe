/*
 * check_ntfs_pieces.c: single sectors and records of real disks, with what
 * the corpus' README and its istat listings say of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntfs/ntfs.h"
#include "testing.h"

#define DFIR "images/msuhanov__dfir_ntfs/"
#define GO "images/Velocidex__go-ntfs/"

static uint8_t piece[65536];

/* Bytes of a corpus file, at most 64 KiB; 0: there is none. */
static size_t load(const char *name)
{
	const char *path = test_corpus(name);
	FILE *f = path ? fopen(path, "rb") : NULL;
	size_t n = f ? fread(piece, 1, sizeof(piece), f) : 0;

	if (f)
		fclose(f);
	return n;
}

static const struct {
	const char *name;
	uint32_t sector, cluster, record;
} boots[] = {
	{ DFIR "512.boot", 512, 512, 1024 },  /* +2 clusters a record */
	{ DFIR "4k.boot", 512, 4096, 1024 },  /* 2^10 */
	{ DFIR "64k.boot", 512, 65536, 1024 },
	{ DFIR "128k.boot", 512, 131072, 1024 }, /* 0xf8: 2^8 sectors */
	{ DFIR "4kn.boot", 4096, 4096, 4096 },
	{ DFIR "nobootcode.boot", 512, 4096, 1024 },
};

START_TEST(boot_sectors_as_the_readme_has_them)
{
	struct hl_ntfs_geom g;
	size_t n = load(boots[_i].name);

	if (!n)
		SKIP("no corpus");
	ck_assert_int_eq(hl_ntfs_boot_decode(span_of(piece, n), &g), HL_OK);
	ck_assert_uint_eq(g.sector_size, boots[_i].sector);
	ck_assert_uint_eq(g.cluster_size, boots[_i].cluster);
	ck_assert_uint_eq(g.record_size, boots[_i].record);
}
END_TEST

/* The attribute of that type; type 0 in out: none. */
static void find(size_t n, uint32_t type, struct hl_ntfs_attr *out)
{
	struct hl_ntfs_head h;
	uint32_t off;

	ck_assert_int_eq(hl_ntfs_head_decode(span_of(piece, n), &h), HL_OK);
	off = h.attrs_off;
	while (hl_ntfs_attr_next(span_of(piece, h.used), &off, out) == HL_OK)
		if (out->type == type)
			return;
	out->type = 0;
}

START_TEST(a_valid_length_far_below_the_size)
{
	struct hl_ntfs_fixup fix;
	struct hl_ntfs_attr data;
	struct hl_ntfs_runs it;
	struct hl_ntfs_run run;
	size_t n = load(GO "large_file_small_init/0xc000b800.bin");

	if (!n)
		SKIP("no corpus");
	hl_ntfs_fixup(piece, n, &fix);
	ck_assert_uint_eq(fix.n_torn, 0);
	find(n, 0x80, &data);
	ck_assert_uint_eq(data.size, 1048576);
	ck_assert_uint_eq(data.valid, 4096);
	/* istat: clusters 69787, 69788, ... */
	hl_ntfs_runs_init(&it, data.runs, 0, 1u << 24);
	ck_assert_int_eq(hl_ntfs_run_next(&it, &run), HL_OK);
	ck_assert_uint_eq(run.lcn, 69787);
	ck_assert_uint_eq(run.vcn, 0);
}
END_TEST

START_TEST(an_attribute_list_names_both_pieces_of_the_journal)
{
	struct hl_ntfs_fixup fix;
	struct hl_ntfs_attr list;
	struct hl_ntfs_list_entry e;
	static const struct {
		uint32_t type, id;
		uint64_t record, vcn;
	} want[] = {
		{ 16, 0, 68310, 0 }, { 48, 1, 68310, 0 },
		{ 128, 0, 205870, 0 }, { 128, 0, 230981, 44544 },
		{ 128, 142, 68310, 0 },
	};
	size_t off = 0;
	size_t n = load(GO "usn_with_two_vcns/0xc42b5800.bin");

	if (!n)
		SKIP("no corpus");
	hl_ntfs_fixup(piece, n, &fix);
	ck_assert_uint_eq(fix.n_torn, 0);
	find(n, 0x20, &list);
	ck_assert_uint_eq(list.type, 0x20);
	ck_assert(list.resident);
	ck_assert_uint_eq(list.value.n, 168); /* istat: size 168 */
	/* istat's list, in its order */
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		ck_assert_int_eq(hl_ntfs_list_next(list.value, &off, &e),
		                 HL_OK);
		ck_assert_uint_eq(e.type, want[i].type);
		ck_assert_uint_eq(e.id, want[i].id);
		ck_assert_uint_eq(e.ref.number, want[i].record);
		ck_assert_uint_eq(e.lowest_vcn, want[i].vcn);
	}
	ck_assert_int_eq(hl_ntfs_list_next(list.value, &off, &e), HL_END);
}
END_TEST

START_TEST(a_record_with_a_torn_sector_says_which)
{
	struct hl_ntfs_fixup fix;
	size_t n = load("images/omerbenamram__mft/samples/"
	                "entry_102130_fixup_issue");

	if (!n)
		SKIP("no corpus");
	hl_ntfs_fixup(piece, n, &fix);
	ck_assert(fix.header_ok);
	ck_assert_uint_ge(fix.n_torn, 1);
}
END_TEST

START_TEST(records_of_4096_bytes_have_eight_protected_sectors)
{
	struct hl_ntfs_fixup fix;
	struct hl_ntfs_head h;
	size_t n = load(DFIR "4k-large.mft");

	if (!n)
		SKIP("no corpus");
	for (size_t at = 0; at < n; at += 4096) {
		if (memcmp(piece + at, "FILE", 4) != 0)
			continue;
		hl_ntfs_fixup(piece + at, 4096, &fix);
		ck_assert_uint_eq(fix.n_sectors, 8);
		ck_assert_uint_eq(fix.n_torn, 0);
		ck_assert_int_eq(hl_ntfs_head_decode(span_of(piece + at, 4096),
		                                     &h),
		                 HL_OK);
		ck_assert_uint_eq(h.allocated, 4096);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("pieces");

	tcase_add_loop_test(t, boot_sectors_as_the_readme_has_them, 0, 6);
	tcase_add_test(t, a_valid_length_far_below_the_size);
	tcase_add_test(t, an_attribute_list_names_both_pieces_of_the_journal);
	tcase_add_test(t, a_record_with_a_torn_sector_says_which);
	tcase_add_test(t,
	               records_of_4096_bytes_have_eight_protected_sectors);
	return test_main("ntfs_pieces", t, NULL);
}
