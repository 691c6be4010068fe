/* check_outdir.c: nothing leaves the folder, nothing half-written stays. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/mount.h>
#endif
#include <unistd.h>

#include "lift/outdir.h"
#include "testing.h"

static const struct hl_time none = { .kind = HL_TIME_NONE };
static char path[512], path2[600];

/* A fresh name below the scratch folder; not made. */
static const char *fresh(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s-%d", test_tmp(), name, getpid());
	return path;
}

static const char *in(const char *dir, const char *name)
{
	snprintf(path2, sizeof(path2), "%s/%s", dir, name);
	return path2;
}

static bool there(const char *dir, const char *name)
{
	struct stat st;

	return lstat(in(dir, name), &st) == 0;
}

static const char *content(const char *dir, const char *name)
{
	static char buf[64];
	FILE *f = fopen(in(dir, name), "rb");
	size_t n;

	ck_assert_msg(f != NULL, "%s", path2);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	buf[n] = '\0';
	return buf;
}

static void put_file(const char *dir, const char *name, const char *text)
{
	FILE *f = fopen(in(dir, name), "wb");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static size_t entries(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static struct hl_outdir *opened(const char *dir, bool force)
{
	struct hl_outdir *d;

	ck_assert_int_eq(hl_outdir_open(&d, dir, force, NULL, test_ctx()),
	                 HL_OK);
	return d;
}

/* Write `text` to rel; what it was called is in `as`. */
static const char *written(struct hl_outdir *d, const char *rel,
                           const char *text)
{
	static char as[1024];
	struct hl_outfile f;

	ck_assert_int_eq(hl_outfile_create(&f, d, rel), HL_OK);
	ck_assert_int_eq(hl_outfile_write(&f, 0, text, strlen(text)), HL_OK);
	ck_assert_int_eq(hl_outfile_done(&f, strlen(text), none), HL_OK);
	snprintf(as, sizeof(as), "%s", f.rel.p);
	hl_outfile_free(&f);
	return as;
}

START_TEST(files_in_folders)
{
	const char *dir = fresh("plain");
	struct hl_outdir *d = opened(dir, false);

	ck_assert_str_eq(written(d, "v3/Windows/SYSTEM", "one"),
	                 "v3/Windows/SYSTEM");
	ck_assert_str_eq(written(d, "v3/Windows/SAM", "two"), "v3/Windows/SAM");
	ck_assert_str_eq(written(d, "top", "three"), "top");
	ck_assert_int_eq(hl_outdir_mkdir(d, "v3/empty"), HL_OK);
	hl_outdir_close(d);
	ck_assert_str_eq(content(dir, "v3/Windows/SYSTEM"), "one");
	ck_assert_str_eq(content(dir, "v3/Windows/SAM"), "two");
	ck_assert_str_eq(content(dir, "top"), "three");
	ck_assert(there(dir, "v3/empty"));
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(the_same_name_twice)
{
	const char *dir = fresh("twice");
	struct hl_outdir *d = opened(dir, false);

	ck_assert_str_eq(written(d, "v1/a", "1"), "v1/a");
	ck_assert_str_eq(written(d, "v1/a", "2"), "v1/a%~2");
	ck_assert_str_eq(written(d, "v1/a", "3"), "v1/a%~3");
	/* a folder where a file is, and again the same folder */
	ck_assert_str_eq(written(d, "v1/a/b", "4"), "v1/a%~4/b");
	ck_assert_str_eq(written(d, "other", "x"), "other");
	ck_assert_str_eq(written(d, "v1/a/c", "5"), "v1/a%~4/c");
	/* a file where a folder is */
	ck_assert_str_eq(written(d, "v1", "6"), "v1%~2");
	hl_outdir_close(d);
	ck_assert_str_eq(content(dir, "v1/a"), "1");
	ck_assert_str_eq(content(dir, "v1/a%~4/c"), "5");
}
END_TEST

START_TEST(one_name_a_thousand_times_costs_one_file)
{
	const char *dir = fresh("thousand");
	struct hl_outdir *d = opened(dir, false);
	struct hl_outfile f;

	for (int i = 0; i < 1000; i++)
		written(d, "a", "x");
	ck_assert_int_eq(hl_outfile_create(&f, d, "a"), HL_LIMIT);
	ck_assert(test_noted(HL_FAILED, "cannot write"));
	hl_outdir_abort(d);
	ck_assert(!there(test_tmp(), "thousand"));
}
END_TEST

START_TEST(a_folder_that_holds_something_is_refused)
{
	const char *dir = fresh("full");
	struct hl_outdir *d;

	ck_assert_int_eq(mkdir(dir, 0777), 0);
	put_file(dir, "mine", "mine");
	ck_assert_int_eq(hl_outdir_open(&d, dir, false, NULL, test_ctx()),
	                 HL_EXISTS);
	ck_assert_ptr_null(d);
	ck_assert(test_noted(HL_FAILED, "is not empty"));
	ck_assert_str_eq(content(dir, "mine"), "mine");
	/* a file in its place */
	ck_assert_int_eq(hl_outdir_open(&d, in(dir, "mine"), false, NULL,
	                                test_ctx()),
	                 HL_EXISTS);
	ck_assert_int_eq(hl_outdir_open(&d, "", false, NULL, test_ctx()),
	                 HL_USAGE);
	ck_assert_int_eq(hl_outdir_open(&d, in(dir, "no/such"), false, NULL,
	                                test_ctx()),
	                 HL_IO);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(force_writes_new_files_and_leaves_the_rest)
{
	const char *dir = fresh("force");

	ck_assert_int_eq(mkdir(dir, 0777), 0);
	put_file(dir, "mine", "mine");
	put_file(dir, "a", "old, and long");
	struct hl_outdir *d = opened(dir, true);
	ck_assert_str_eq(written(d, "a", "new"), "a");
	/* but not what this run has written */
	ck_assert_str_eq(written(d, "a", "newer"), "a%~2");
	/* a file in the way of a folder */
	ck_assert_str_eq(written(d, "mine/x", "in"), "mine/x");
	hl_outdir_close(d);
	ck_assert_str_eq(content(dir, "a"), "new");
	ck_assert_str_eq(content(dir, "a%~2"), "newer");
	ck_assert_str_eq(content(dir, "mine/x"), "in");
}
END_TEST

/* A hard link to something precious keeps its content. */
START_TEST(force_never_writes_into_an_old_file)
{
	const char *dir = fresh("hard");
	char precious[600];

	ck_assert_int_eq(mkdir(dir, 0777), 0);
	put_file(dir, "precious", "precious");
	snprintf(precious, sizeof(precious), "%s/precious", dir);
	ck_assert_int_eq(link(precious, in(dir, "a")), 0);
	struct hl_outdir *d = opened(dir, true);
	ck_assert_str_eq(written(d, "a", "new"), "a");
	hl_outdir_close(d);
	ck_assert_str_eq(content(dir, "precious"), "precious");
	ck_assert_str_eq(content(dir, "a"), "new");
}
END_TEST

START_TEST(planted_links_lead_nowhere)
{
	char outside[512];
	const char *dir;

	snprintf(outside, sizeof(outside), "%s/outside-%d", test_tmp(),
	         getpid());
	ck_assert_int_eq(mkdir(outside, 0777), 0);
	put_file(outside, "victim", "untouched");
	dir = fresh("links");
	ck_assert_int_eq(mkdir(dir, 0777), 0);
	ck_assert_int_eq(symlink(outside, in(dir, "v3")), 0);
	ck_assert_int_eq(symlink("/nowhere", in(dir, "dangling")), 0);
	snprintf(path2, sizeof(path2), "%s/victim", outside);
	char *victim = strdup(path2);
	ck_assert_int_eq(symlink(victim, in(dir, "file")), 0);
	free(victim);
	struct hl_outdir *d = opened(dir, true);
	written(d, "v3/victim", "evil");
	written(d, "file", "evil");
	written(d, "dangling", "evil");
	hl_outdir_close(d);
	ck_assert_str_eq(content(outside, "victim"), "untouched");
	ck_assert_uint_eq(entries(outside), 1);
	ck_assert(access("/nowhere", F_OK) != 0);
	ck_assert_str_eq(content(dir, "v3/victim"), "evil");
}
END_TEST

/* Planted while we work, in a folder that was empty: not followed either. */
START_TEST(links_planted_later_lead_nowhere)
{
	char outside[512];
	const char *dir;

	snprintf(outside, sizeof(outside), "%s/later-%d", test_tmp(), getpid());
	ck_assert_int_eq(mkdir(outside, 0777), 0);
	dir = fresh("race");
	struct hl_outdir *d = opened(dir, false);
	ck_assert_int_eq(symlink(outside, in(dir, "v3")), 0);
	ck_assert_str_eq(written(d, "v3/x", "evil"), "v3%~2/x");
	ck_assert_uint_eq(entries(outside), 0);
	hl_outdir_abort(d);
	ck_assert(there(dir, "v3")); /* not ours: stays */
	ck_assert_uint_eq(entries(dir), 1);
}
END_TEST

START_TEST(abort_takes_back_what_was_made_and_no_more)
{
	const char *dir = fresh("abort");
	struct hl_outdir *d = opened(dir, false);

	written(d, "v3/a/b/c", "1");
	written(d, "v3/a/b/c", "2");
	written(d, "x", "3");
	put_file(dir, "v3/a/foreign", "stays");
	hl_outdir_abort(d);
	ck_assert(there(dir, "v3/a/foreign"));
	ck_assert(!there(dir, "v3/a/b"));
	ck_assert(!there(dir, "x"));
	/* without foreign things nothing is left, not even the folder */
	dir = fresh("abort2");
	d = opened(dir, false);
	written(d, "v3/a/b/c", "1");
	hl_outdir_abort(d);
	ck_assert_int_ne(access(dir, F_OK), 0);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_dropped_file_is_gone)
{
	const char *dir = fresh("drop");
	struct hl_outdir *d = opened(dir, false);
	struct hl_outfile f, g;

	ck_assert_int_eq(hl_outfile_create(&f, d, "list"), HL_OK);
	ck_assert_int_eq(hl_outfile_create(&g, d, "v1/b"), HL_OK);
	ck_assert_int_eq(hl_outfile_write(&g, 0, "abc", 3), HL_OK);
	hl_outfile_drop(&g);
	hl_outfile_free(&g);
	ck_assert(!there(dir, "v1/b"));
	hl_outfile_drop(&f); /* another folder is current by now */
	hl_outfile_free(&f);
	ck_assert(!there(dir, "list"));
	hl_outdir_close(d);
}
END_TEST

START_TEST(holes_and_times)
{
	const char *dir = fresh("holes");
	struct hl_outdir *d = opened(dir, false);
	/* 2020-01-02T03:04:05.1234567Z in ticks since 1601 */
	struct hl_time t = { 132224078451234567u, HL_TIME_UTC };
	struct hl_outfile f;
	struct stat st;

	ck_assert_int_eq(hl_outfile_create(&f, d, "sparse"), HL_OK);
	ck_assert_int_eq(hl_outfile_write(&f, 1 << 20, "x", 1), HL_OK);
	ck_assert_int_eq(hl_outfile_done(&f, 64 << 20, t), HL_OK);
	hl_outfile_free(&f);
	hl_outdir_close(d);
	ck_assert_int_eq(stat(in(dir, "sparse"), &st), 0);
	ck_assert_int_eq(st.st_size, 64 << 20);
	ck_assert_int_lt(st.st_blocks, 1024);
	ck_assert_int_eq(st.st_mtim.tv_sec, 1577934245);
	ck_assert_int_eq(st.st_mtim.tv_nsec, 123456700);
}
END_TEST

START_TEST(a_size_no_output_can_hold_costs_one_file)
{
	const char *dir = fresh("huge");
	struct hl_outdir *d = opened(dir, false);
	struct hl_outfile f;

	ck_assert_int_eq(hl_outfile_create(&f, d, "huge"), HL_OK);
	ck_assert_int_eq(hl_outfile_done(&f, UINT64_MAX, none), HL_LIMIT);
	hl_outfile_free(&f);
	ck_assert(!there(dir, "huge"));
	ck_assert_str_eq(written(d, "next", "fine"), "next");
	hl_outdir_close(d);
}
END_TEST

START_TEST(a_full_disk_is_said_and_leaves_nothing)
{
#ifndef __linux__
	SKIP("needs a tmpfs");
#else
	const char *dir = fresh("tmpfs");
	static char block[65536];
	struct hl_outdir *d;
	struct hl_outfile f;
	enum hl_status st = HL_OK;

	ck_assert_int_eq(mkdir(dir, 0777), 0);
	if (mount("none", dir, "tmpfs", 0, "size=256k") != 0)
		SKIP("cannot mount a tmpfs");
	d = opened(dir, false);
	written(d, "v1/small", "x");
	ck_assert_int_eq(hl_outfile_create(&f, d, "v1/big"), HL_OK);
	for (int i = 0; i < 8 && st == HL_OK; i++)
		st = hl_outfile_write(&f, (uint64_t)i * sizeof(block), block,
		                      sizeof(block));
	ck_assert_int_eq(st, HL_IO);
	ck_assert(test_noted(HL_FAILED, "v1/big: No space left"));
	hl_outfile_drop(&f);
	hl_outfile_free(&f);
	ck_assert(!there(dir, "v1/big"));
	ck_assert(there(dir, "v1/small"));
	hl_outdir_abort(d);
	size_t left = entries(dir);
	umount(dir);
	ck_assert_uint_eq(left, 0);
#endif
}
END_TEST

/* Root may write anywhere but on a file system that is read-only. */
static bool make_read_only(const char *dir)
{
	if (geteuid() != 0)
		return mkdir(dir, 0555) == 0;
#ifdef __linux__
	return mkdir(dir, 0777) == 0 &&
	       mount("none", dir, "tmpfs", MS_RDONLY, NULL) == 0;
#else
	return false;
#endif
}

START_TEST(a_read_only_folder_is_said)
{
	const char *dir = fresh("readonly");
	struct hl_outdir *d;
	struct hl_outfile f;

	if (!make_read_only(dir))
		SKIP("cannot make a read-only folder");
	ck_assert_int_eq(hl_outdir_open(&d, in(dir, "new"), false, NULL,
	                                test_ctx()),
	                 HL_IO);
	ck_assert(test_noted(HL_FAILED, "readonly") &&
	          test_noted(HL_FAILED, "/new: "));
	d = opened(dir, false);
	ck_assert_int_eq(hl_outfile_create(&f, d, "v1/a"), HL_IO);
	hl_outdir_abort(d);
#ifdef __linux__
	umount(dir);
#endif
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

/* Every allocation on the way fails once; nothing leaks, nothing stays. */
START_TEST(no_memory_anywhere)
{
	for (size_t n = 1; n < 40; n++) {
		const char *dir = fresh("nomem");
		struct hl_outdir *d = NULL;
		struct hl_outfile f = { .fd = -1 };
		enum hl_status st;

		test_fail_alloc(n);
		st = hl_outdir_open(&d, dir, false, NULL, test_ctx());
		if (st == HL_OK)
			st = hl_outfile_create(&f, d, "v1/Windows/a");
		if (st == HL_OK) {
			hl_outfile_drop(&f);
			hl_outfile_free(&f);
		} else {
			ck_assert_int_eq(st, HL_NOMEM);
		}
		test_fail_alloc(0);
		hl_outdir_abort(d);
		ck_assert_uint_eq(test_mem_now(), 0);
		ck_assert_int_ne(access(dir, F_OK), 0);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("outdir");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, files_in_folders);
	tcase_add_test(tc, the_same_name_twice);
	tcase_add_test(tc, one_name_a_thousand_times_costs_one_file);
	tcase_add_test(tc, a_folder_that_holds_something_is_refused);
	tcase_add_test(tc, force_writes_new_files_and_leaves_the_rest);
	tcase_add_test(tc, force_never_writes_into_an_old_file);
	tcase_add_test(tc, planted_links_lead_nowhere);
	tcase_add_test(tc, links_planted_later_lead_nowhere);
	tcase_add_test(tc, abort_takes_back_what_was_made_and_no_more);
	tcase_add_test(tc, a_dropped_file_is_gone);
	tcase_add_test(tc, holes_and_times);
	tcase_add_test(tc, a_size_no_output_can_hold_costs_one_file);
	tcase_add_test(tc, a_full_disk_is_said_and_leaves_nothing);
	tcase_add_test(tc, a_read_only_folder_is_said);
	tcase_add_test(tc, no_memory_anywhere);
	return test_main("outdir", tc, NULL);
}
