/*
 * check_cve.c: the classes of holes that were found in other readers, each
 * with a fixture made here.  The sound file beside the trap has to come out,
 * what cannot be had is said, nothing crashes, hangs or is kept, and nothing
 * is written outside of the output folder (works.h does all that is done with
 * an image).
 *
 *	record 5   the root: a.txt, trap
 *	record 12  a.txt, "sound" in the record itself
 *	record 13  trap: whatever the row makes of it
 */
#include "ntfs_build.h"
#include "works.h"
#include "works_images.h"

static struct nb *b;

static void root_of_two(void)
{
	uint8_t e[400];
	size_t n = nb_entry(e, 12, 1, "a.txt", -1);

	n += nb_entry(e + n, 13, 1, "trap", -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	nb_record(b, 5, 5, 3);
	nb_file_name(b, 5, ".");
	nb_root(b, e, n, false);
	nb_end(b);
	nb_record(b, 12, 1, 1);
	nb_file_name(b, 5, "a.txt");
	nb_resident(b, 0x80, "", "sound", 5);
	nb_end(b);
}

static void trap_begin(unsigned flags)
{
	nb_record(b, 13, 1, flags);
	nb_file_name(b, 5, "trap");
}

static void trap_runs(const void *runs, size_t n, uint64_t size,
                      unsigned flags)
{
	struct nb_runs m = { .highest = (size - 1) / 4096, .allocated = size,
		             .size = size, .valid = size, .flags = flags,
		             .unit = flags ? 4 : 0, .n = n };

	memcpy(m.runs, runs, n);
	trap_begin(1);
	nb_mapped(b, 0x80, "", &m);
	nb_end(b);
}

/* A folder whose index lies in block 0 at cluster 20. */
static void trap_folder(int64_t child)
{
	const struct nb_runs m = { .highest = 0, .allocated = 4096,
		                   .size = 4096, .valid = 4096,
		                   .runs = { 0x11, 1, 20 }, .n = 4 };
	static const uint8_t used[8] = { 1 };
	uint8_t e[200];
	size_t n = nb_entry(e, 0, 0, NULL, child);

	trap_begin(3);
	nb_root(b, e, n, true);
	nb_mapped(b, 0xa0, "$I30", &m);
	nb_resident(b, 0xb0, "$I30", used, sizeof(used));
	nb_end(b);
}

/* ---- NTFS: one row each --------------------------------------------------- */

static void index_fixups(void)
{
	uint8_t e[200];
	size_t n = nb_entry(e, 0, 0, NULL, -1);

	trap_folder(0);
	nb_indx(b, 20, 0, e, n, false);
	put16(nb_cluster(b, 20) + 4, 0xfff0); /* update sequence: offset */
	put16(nb_cluster(b, 20) + 6, 0xffff); /* and count */
}

static void index_of_itself(void)
{
	uint8_t e[200];
	size_t n = nb_entry(e, 12, 1, "a.txt", 0);

	n += nb_entry(e + n, 0, 0, NULL, 0);
	trap_folder(0);
	nb_indx(b, 20, 0, e, n, true);
}

static void index_entry_length(void)
{
	uint8_t e[200];
	size_t n = nb_entry(e, 12, 1, "x", -1);

	put16(e + 8, 0); /* an entry of no bytes goes on for ever */
	n += nb_entry(e + n, 0, 0, NULL, -1);
	trap_folder(0);
	nb_indx(b, 20, 0, e, n, false);
}

static void run_at_the_end(void)
{
	static const uint8_t r[8] = { 0x11, 1, 30, 0x11, 1, 1, 0x11, 0x88 };

	trap_runs(r, sizeof(r), 5 * 4096, 0);
}

static void run_of_nothing(void)
{
	static const uint8_t r[] = { 0x11, 0, 30, 0x01, 0, 0x11, 1, 1, 0 };

	trap_runs(r, sizeof(r), 3 * 4096, 0);
}

static void run_backwards(void)
{
	static const uint8_t r[] = { 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		                     0xff, 0x7f, 30, 0x11, 0x7f, 0x80, 0 };

	trap_runs(r, sizeof(r), 4096, 0);
}

static void pieces_overlap(void)
{
	struct nb_runs m = { .highest = 3, .allocated = 16384, .size = 16384,
		             .valid = 16384, .runs = { 0x11, 4, 30 }, .n = 4 };

	trap_begin(1);
	nb_mapped(b, 0x80, "", &m);
	m.lowest = 1; /* inside of the first piece, with other clusters */
	m.highest = UINT64_MAX;
	m.runs[2] = 40;
	nb_mapped(b, 0x80, "", &m);
	nb_end(b);
}

static void packed_too_much(void)
{
	static const uint8_t r[] = { 0x11, 1, 30, 0x01, 15, 0 };
	uint8_t *p = nb_cluster(b, 30);

	trap_runs(r, sizeof(r), 65536, 1);
	put16(p, 0xb005); /* a chunk of six bytes */
	p[2] = 0x0e;      /* a letter, then pairs of 4,098 bytes each */
	p[3] = 'x';
	put16(p + 4, 0x0fff);
	put16(p + 6, 0x0fff);
}

static void used_more_than_there(void)
{
	trap_begin(1);
	nb_resident(b, 0x80, "", "trap", 4);
	nb_end(b);
	put32(nb_place(b, 13) + 0x18, 0xfffffff0);
}

static void first_attribute_behind(void)
{
	trap_begin(1);
	nb_resident(b, 0x80, "", "trap", 4);
	nb_end(b);
	put16(nb_place(b, 13) + 0x14, 0xfff8);
}

static void attribute_length(uint32_t n)
{
	trap_begin(1);
	uint8_t *a = b->r + b->at;
	nb_resident(b, 0x80, "", "trap", 4);
	put32(a + 4, n);
	nb_end(b);
}

static void attribute_wraps(void)
{
	attribute_length(0xfffffff8);
}

static void attribute_of_nothing(void)
{
	attribute_length(0);
}

static void value_outside(void)
{
	trap_begin(1);
	uint8_t *a = b->r + b->at;
	nb_resident(b, 0x80, "", "trap", 4);
	put32(a + 0x10, 0xffffffff); /* length */
	put16(a + 0x14, 0xfff8);     /* offset */
	nb_end(b);
}

static void name_outside(void)
{
	trap_begin(1);
	uint8_t *a = b->r + b->at;
	nb_resident(b, 0x80, "n", "trap", 4);
	a[9] = 0xff;
	put16(a + 0x0a, 0xfff0);
	nb_end(b);
}

static void record_fixups(void)
{
	trap_begin(1);
	nb_resident(b, 0x80, "", "trap", 4);
	nb_end(b);
	put16(nb_place(b, 13) + 4, 0xfffe);
	put16(nb_place(b, 13) + 6, 0xffff);
}

static void list_of_itself(void)
{
	uint8_t l[64] = { 0 };

	put32(l, 0x80);
	put16(l + 4, 32);
	l[7] = 26;
	put64(l + 16, UINT64_C(1) << 48 | 13);
	memcpy(l + 32, l, 32);
	put64(l + 48, UINT64_C(5) << 48 | 5); /* another file's record */
	trap_begin(1);
	nb_resident(b, 0x20, "", l, sizeof(l));
	nb_end(b);
}

static void folder_in_itself(void)
{
	uint8_t e[200];
	size_t n = nb_entry(e, 13, 1, "trap", -1);

	n += nb_entry(e + n, 5, 5, "up", -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	trap_begin(3);
	nb_root(b, e, n, false);
	nb_end(b);
}

static void huge_records(void)
{
	b->v[0x40] = 0x81; /* 2^127 bytes a record */
	memcpy(b->v + NB_SIZE - 512, b->v, 512);
}

static void mft_nowhere(void)
{
	put64(b->v + 0x30, UINT64_MAX / 2);
	put64(b->v + 0x38, UINT64_MAX / 4096);
	memcpy(b->v + NB_SIZE - 512, b->v, 512);
}

static const struct {
	const char *what; /* the class, and who had it */
	void (*make)(void);
	const char *said; /* a loss that has to be said, or NULL: none need */
	bool refused;     /* no volume at all comes of it */
} rows[] = {
	{ "TSK 2018-11737..11740, ntfs_fix_idxrec: fixups of an index block",
	  index_fixups, "is torn", false },
	{ "TSK 2018-11737..11740, ntfs_make_data_run: past the end",
	  run_at_the_end, "run", false },
	{ "ntfs-3g 2022-40284: runs of no clusters", run_of_nothing, "run",
	  false },
	{ "ntfs-3g SA-2021-0001: a run of 2^63 clusters", run_backwards, "run",
	  false },
	{ "ntfs-3g SA-2021-0001: run lists merged", pieces_overlap, "file 13",
	  false },
	{ "ntfs-3g SA-2021-0001: more comes out of LZNT1 than there is room",
	  packed_too_much, "", false },
	{ "ntfs-3g SA-2021-0001: bytes_in_use beyond the record",
	  used_more_than_there, "13", false },
	{ "TSK 2020-10233, ntfs_dinode_lookup: the first attribute behind the record",
	  first_attribute_behind, "13", false },
	{ "ntfs-3g SA-2021-0001: an attribute's length wraps", attribute_wraps,
	  "13", false },
	{ "ntfs-3g SA-2021-0001: an attribute of no bytes", attribute_of_nothing,
	  "13", false },
	{ "libfsntfs 2018-11727..11731: a value outside of its attribute",
	  value_outside, "13", false },
	{ "libfsntfs 2018-11727..11731: a name outside of its attribute",
	  name_outside, "13", false },
	{ "ntfs-3g 2021-46790: usa_ofs and usa_count", record_fixups, "13",
	  false },
	{ "ntfs-3g SA-2021-0001: a list that names its own record",
	  list_of_itself, "", false },
	{ "ntfs-3g SA-2021-0001: an index block below itself", index_of_itself,
	  "13", false },
	{ "ntfs-3g SA-2021-0001: an index entry of no bytes", index_entry_length,
	  "13", false },
	{ "endless recursion, any of them: a folder that holds itself and the root",
	  folder_in_itself, "", false },
	{ "ntfs-3g SA-2021-0001: records of an impossible size", huge_records,
	  "", true },
	{ "ntfs-3g 2022-30783..30789: $MFT and $MFTMirr behind the end", mft_nowhere,
	  "", true },
};

static void sound_is_there(struct hl_fs *fs)
{
	struct hl_src *s;
	struct hl_entry e;
	char text[6] = "";

	ck_assert_int_eq(hl_fs_find(fs, "/a.txt", &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT),
	                 HL_OK);
	ck_assert_int_eq(hl_src_read(s, 0, text, 5, NULL), HL_OK);
	ck_assert_str_eq(text, "sound");
	hl_src_close(s);
}

/* The same by the public functions, with the notes of testing.c. */
static void looked_at(const uint8_t *p, bool refused, const char *said)
{
	struct hl_src *src;
	struct hl_fs *fs;

	test_forget_notes();
	ck_assert_int_eq(hl_src_mem(&src, p, NB_SIZE, false, test_ctx()),
	                 HL_OK);
	enum hl_status st = hl_fs_open(&fs, src, test_ctx());
	if (refused) {
		ck_assert_int_ne(st, HL_OK);
	} else {
		struct run r = { .ctx = *test_ctx() };
		struct hl_entry root;

		ck_assert_int_eq(st, HL_OK);
		sound_is_there(fs);
		ck_assert_int_eq(hl_fs_root(fs, &root), HL_OK);
		list(&r, fs, &root.ref, 0);
		hl_fs_close(fs);
		if (said && *said)
			ck_assert_msg(test_noted(HL_LOSS, said), "not said: "
			              "%s", said);
	}
	hl_src_close(src);
	ck_assert_uint_eq(test_mem_now(), 0);
}

START_TEST(ntfs)
{
	b = nb_new();
	root_of_two();
	rows[_i].make();
	nb_finish(b);
	uint8_t *p = tight(b->v, NB_SIZE);
	const struct subject s = { .p = p, .n = NB_SIZE };

	looked_at(p, rows[_i].refused, rows[_i].said);
	for (int w = 0; w < N_WORKS; w++) {
		struct run r = { .failed = false };
		run_work(&r, &s, (enum work)w);
	}
	free(p);
	free(b);
}
END_TEST

/* ---- the others ------------------------------------------------------------ */

static void all_of(const uint8_t *p, size_t n, size_t least_losses)
{
	const struct subject s = { .p = p, .n = n };
	size_t losses = 0;

	for (int w = 0; w < N_WORKS; w++) {
		struct run r = { .failed = false };

		run_work(&r, &s, (enum work)w);
		losses += r.losses;
	}
	ck_assert_uint_ge(losses, least_losses);
}

/* TSK 2017-13756: extended partitions without end; 2017-13760: exFAT hangs */
START_TEST(loops_outside_of_ntfs)
{
	static const char *const name[] = { "mbr/bad-ebr-loop.hex",
		                            "fuzz/exfat/bad-loop.hex" };
	size_t n;
	uint8_t *file = test_file(name[_i], &n);
	uint8_t *p = tight(file, n);

	all_of(p, n, 1);
	free(p);
	free(file);
}
END_TEST

/* hivex 2021-3504: a cell beyond its bin; 2021-3622: a list of itself */
START_TEST(hivex)
{
	static struct blob h;
	struct vol v = vol_new(12);

	build_hive(&h, 1, 1, 1);
	uint8_t *root = h.p + 4096 + 36, *list = h.p + 4096 + 32 + 88 + 4;
	put32(h.p + 40, 4096);
	if (_i == 0) {
		put32(list - 4, 0u - 0x7ffffff8u);
		put32(root - 4, 0x80000000u); /* has no positive */
	} else {
		put32(root + 0x14, 7);  /* subkeys */
		put32(root + 0x1c, 120); /* their list: the next cell */
		put32(list - 4, 0u - 64u);
		memcpy(list, "ri", 2);
		put16(list + 2, 3);
		for (int i = 0; i < 3; i++)
			put32(list + 4 + 4 * i, 120);
		put32(list + 60, 4096 - 32 - 88 - 64);
	}
	slot(vol_root(&v), "SYSTEM     ", 0x20, 3, (uint32_t)h.n);
	store(&v, 3, &h);
	all_of(v.p, v.n, 0);
	free(v.p);
}
END_TEST

/* tsk_recover 2026-40024: names that climb; and what a shell would run */
START_TEST(names_that_climb)
{
	static const char *const name[] = {
		"..\\..\\x", "../x", "/x", "$(touch x)", "`touch x`", ";touch x",
		"-rf", "a\nb",
	};
	struct vol v = vol_new(12);
	const struct subject s = { .p = v.p, .n = v.n };
	char up[300], short11[12];
	uint8_t *p = vol_root(&v);

	for (unsigned i = 0; i < 5; i++) {
		snprintf(short11, sizeof(short11), "NAME%u      ", i);
		p += 32 * named(p, name[(size_t)_i * 3 % 8 + i % 3], short11,
		                0x20, 0, 0);
	}
	for (int w = FOLDER; w <= TAR; w++) {
		struct run r = { .failed = false };
		run_work(&r, &s, (enum work)w);
	}
	snprintf(up, sizeof(up), "%s/x", test_tmp());
	ck_assert_int_ne(access(up, F_OK), 0);
	ck_assert_int_ne(access("x", F_OK), 0);
	ck_assert_int_ne(access("/x", F_OK), 0);
	free(v.p);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("cve");

	tcase_add_loop_test(tc, ntfs, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(tc, loops_outside_of_ntfs, 0, 2);
	tcase_add_loop_test(tc, hivex, 0, 2);
	tcase_add_loop_test(tc, names_that_climb, 0, 2);
	return test_main("cve", tc, NULL);
}
