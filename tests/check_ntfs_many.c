/*
 * check_ntfs_many.c: volumes of 200,000 and of a million files: all are found,
 * and the memory that it takes stays in its budget.
 */
#include <inttypes.h>

#include "base/limits.h"
#include "fs/walk.h"
#include "ntfs/reader.h"
#include "ntfs_many.h"

#define BASE (32u << 20)  /* bytes, and for each record: */
#define EACH 48u
#define SYSTEM_FILES 10u  /* records 0 to 10 without the root */

static const uint32_t sizes[] = { 200000, 1000000 };

struct volume {
	struct many *m;
	struct hl_fs *fs;
	uint32_t n; /* nodes */
};

static void begin(struct volume *v, uint32_t n)
{
	v->m = many_new(n, 0, NULL, 0, test_ctx());
	v->n = n;
	v->fs = NULL;
}

static void open_it(struct volume *v)
{
	ck_assert_int_eq(hl_fs_open(&v->fs, &v->m->src, test_ctx()), HL_OK);
}

static void end(struct volume *v)
{
	uint64_t most = BASE + (uint64_t)EACH * v->m->n_records;

	ck_assert_msg(test_stats()->mem_peak <= most,
	              "%" PRIu64 " bytes for %u records, %" PRIu64 " are too "
	              "many", test_stats()->mem_peak, v->m->n_records, most);
	hl_fs_close(v->fs);
	hl_src_close(&v->m->src);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static uint32_t swept(struct volume *v, unsigned how)
{
	char *path = malloc(HL_MAX_PATH), want[32];
	struct hl_fs_iter *it;
	struct hl_entry e;
	uint32_t n = 0;
	bool orphan;

	ck_assert_int_eq(hl_fs_sweep(&it, v->fs, how), HL_OK);
	while (hl_fs_next(it, &e) == HL_OK) {
		orphan = true;
		ck_assert_int_eq(hl_fs_path(v->fs, &e, path, HL_MAX_PATH,
		                            &orphan), HL_OK);
		ck_assert_msg(!orphan, "%s", path);
		n++;
		if (e.ref.id == MANY_FIRST + MANY_SYSTEM)
			ck_assert_str_eq(path,
			                 "/Windows/System32/config/SYSTEM");
		if (e.ref.id != MANY_FIRST + v->n - 1)
			continue;
		sprintf(want, "z%07u.text", (unsigned)v->n - 1);
		ck_assert_str_eq(e.name, want);
	}
	hl_fs_iter_close(it);
	free(path);
	return n;
}

static uint32_t walked(struct volume *v, unsigned how)
{
	struct hl_entry root, e;
	struct hl_walk *w;
	enum hl_status st;
	const char *path;
	uint32_t n = 0;

	ck_assert_int_eq(hl_fs_root(v->fs, &root), HL_OK);
	ck_assert_int_eq(hl_walk_open(&w, v->fs, &root, "/", how), HL_OK);
	while ((st = hl_walk_next(w, &e, &path)) == HL_OK || st == HL_CORRUPT)
		n += st == HL_OK;
	ck_assert_int_eq(st, HL_END);
	hl_walk_close(w);
	return n;
}

START_TEST(a_sweep_finds_all_in_its_budget)
{
	struct volume v;

	begin(&v, sizes[_i]);
	open_it(&v);
	ck_assert_uint_eq(swept(&v, 0), v.n - 1 + SYSTEM_FILES);
	/* $MFT, once more each folder's record, and little else */
	ck_assert_uint_le(v.m->n_bytes, (uint64_t)NB_RECORD *
	                  (v.m->n_records + v.m->n_dirs) + (1 << 20));
	end(&v);
}
END_TEST

START_TEST(deleted_files_come_in_the_same_budget)
{
	struct volume v;
	uint32_t live, all;

	begin(&v, sizes[0]);
	v.m->each_freed = 3;
	open_it(&v);
	live = swept(&v, 0);
	all = swept(&v, HL_LIST_DELETED);
	ck_assert_uint_eq(all, v.n - 1 + SYSTEM_FILES);
	ck_assert_uint_lt(live, all - all / 4);
	ck_assert_uint_eq(walked(&v, HL_LIST_DELETED), v.n - 1);
	end(&v);
}
END_TEST

START_TEST(a_walk_needs_next_to_nothing)
{
	struct volume v;

	begin(&v, sizes[0]);
	open_it(&v);
	ck_assert_uint_eq(walked(&v, 0), v.n - 1);
	end(&v);
}
END_TEST

/* Names are then in the records alone. */
START_TEST(folders_without_index_come_in_the_same_budget)
{
	struct volume v;

	begin(&v, sizes[0]);
	v.m->no_index = true;
	open_it(&v);
	ck_assert_uint_eq(walked(&v, 0), v.n - 1 + SYSTEM_FILES);
	ck_assert_uint_gt(test_note_count(HL_LOSS), 0);
	end(&v);
}
END_TEST

/* Bytes that it takes to have each record once, every step-th first. */
static uint64_t records_by(struct volume *v, uint32_t step)
{
	struct hl_ntfs_rec rec;
	struct hl_ntfs *nt;

	ck_assert_int_eq(hl_ntfs_open(&nt, &v->m->src, NULL, NULL, test_ctx()),
	                 HL_OK);
	v->m->n_bytes = 0;
	hl_ntfs_bulk(nt, true);
	for (uint32_t i = 0; i < step; i++)
		for (uint32_t k = 1 + i; k < v->n; k += step)
			ck_assert_int_eq(hl_ntfs_record(nt, many_record(k),
			                                &rec), HL_OK);
	hl_ntfs_bulk(nt, false);
	hl_ntfs_close(nt);
	return v->m->n_bytes;
}

/* As the files of a folder lie on a disk that was used for years. */
START_TEST(scattered_records_are_read_alone)
{
	struct volume v;
	uint64_t mft;

	begin(&v, 20000);
	mft = (uint64_t)v.m->n_records * NB_RECORD;
	ck_assert_uint_le(records_by(&v, 1), mft + (1 << 20));
	ck_assert_uint_le(records_by(&v, 2), 2 * mft + (1 << 20));
	ck_assert_uint_le(records_by(&v, 99), 3 * mft / 2 + (1 << 20));
	end(&v);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("many");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_sweep_finds_all_in_its_budget, 0, 2);
	tcase_add_test(t, deleted_files_come_in_the_same_budget);
	tcase_add_test(t, a_walk_needs_next_to_nothing);
	tcase_add_test(t, scattered_records_are_read_alone);
	tcase_add_test(t, folders_without_index_come_in_the_same_budget);
	return test_main("ntfs_many", t, NULL);
}
