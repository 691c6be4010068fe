/*
 * ntfs_fixture.h: one volume of ntfs_build.h for each test, opened and closed
 * around it.
 */
#ifndef HL_NTFS_FIXTURE_H
#define HL_NTFS_FIXTURE_H

#include "ntfs_build.h"

static struct nb *b;
static struct hl_src *src;
static struct hl_fs *fs;

struct entry { unsigned record, seq; const char *name; };

/* Record 5: the root folder, all entries in its root. */
static inline void root_with(const struct entry *e, size_t n)
{
	uint8_t entries[800];
	size_t at = 0, i;

	for (i = 0; i < n; i++)
		at += nb_entry(entries + at, e[i].record, e[i].seq, e[i].name,
		               -1);
	at += nb_entry(entries + at, 0, 0, NULL, -1);
	nb_record(b, 5, 5, 3);
	nb_file_name(b, 5, ".");
	nb_root(b, entries, at, false);
	nb_end(b);
}
#define ROOT(...) do { \
		const struct entry e_[] = { __VA_ARGS__ }; \
		root_with(e_, sizeof(e_) / sizeof(e_[0])); \
	} while (0)

static inline enum hl_status try_open(void)
{
	nb_finish(b);
	ck_assert_int_eq(hl_src_mem(&src, b->v, NB_SIZE, false, test_ctx()),
	                 HL_OK);
	return hl_fs_open(&fs, src, test_ctx());
}

static inline void open_it(void)
{
	ck_assert_int_eq(try_open(), HL_OK);
}

static inline void setup(void)
{
	b = nb_new();
	src = NULL;
	fs = NULL;
	test_forget_notes();
}

static inline void teardown(void)
{
	hl_fs_close(fs);
	hl_src_close(src);
	free(b);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static inline struct hl_src *stream(const char *path, const char *name,
                             enum hl_stream_how how)
{
	struct hl_entry e;
	struct hl_src *s;

	ck_assert_int_eq(hl_fs_find(fs, path, &e), HL_OK);
	ck_assert_int_eq(hl_fs_stream(&s, fs, &e.ref, name, how), HL_OK);
	return s;
}

static inline void expect(struct hl_src *s, uint64_t off, size_t n, int byte)
{
	uint8_t buf[8192];
	size_t i;

	ck_assert_uint_le(n, sizeof(buf));
	ck_assert_int_eq(hl_src_read(s, off, buf, n, NULL), HL_OK);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(buf[i], (unsigned)byte);
}

#endif
