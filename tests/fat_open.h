/* fat_open.h: hand-made FAT volumes, opened as a file system. */
#ifndef HL_TEST_FAT_OPEN_H
#define HL_TEST_FAT_OPEN_H

#include <stdio.h>

#include "fat_build.h"
#include "fs/fs_impl.h"

static const struct hl_fs_driver only_fat[] = {
	{ "fat", &hl_fs_fat },
	{ NULL, NULL },
};

struct open {
	struct hl_src *mem, *holed;
	struct hl_fs *fs;
};

static inline struct hl_fs *open_src(struct hl_src *src)
{
	struct hl_fs_found found;

	test_forget_notes();
	ck_assert_int_eq(hl_fs_identify_with(&found, src, true, only_fat,
	                                     test_ctx()), HL_OK);
	return found.fs;
}

static inline struct open open_vol(const struct vol *v)
{
	struct open o = { 0 };

	ck_assert_int_eq(hl_src_mem(&o.mem, v->p, v->n, false, test_ctx()),
	                 HL_OK);
	o.fs = open_src(o.mem);
	return o;
}

/* The same with [off, off+len) not readable. */
static inline struct open open_holed(const struct vol *v, uint64_t off, uint64_t len)
{
	struct open o = { 0 };
	struct hl_extent ext[3];

	ck_assert_int_eq(hl_src_mem(&o.mem, v->p, v->n, false, test_ctx()),
	                 HL_OK);
	ext[0] = (struct hl_extent){ .len = off, .in = o.mem, .in_len = off };
	ext[1] = (struct hl_extent){ .off = off, .len = len,
	                             .what = HL_WHAT_MISSING,
	                             .quality = HL_Q_UNREADABLE };
	ext[2] = (struct hl_extent){ .off = off + len, .len = v->n - off - len,
	                             .in = o.mem, .in_off = off + len,
	                             .in_len = v->n - off - len };
	size_t skip = off ? 0 : 1; /* an extent is never empty */
	ck_assert_int_eq(hl_src_extents(&o.holed, "holed", ext + skip,
	                                3 - skip, test_ctx()), HL_OK);
	o.fs = open_src(o.holed);
	return o;
}

static inline void close_vol(struct open *o, struct vol *v)
{
	hl_fs_close(o->fs);
	hl_src_close(o->holed);
	hl_src_close(o->mem);
	ck_assert_uint_eq(test_mem_now(), 0);
	free(v->p);
}

static inline struct hl_entry find(struct open *o, const char *path)
{
	struct hl_entry e;

	ck_assert_msg(hl_fs_find(o->fs, path, &e) == HL_OK, "%s", path);
	return e;
}

static inline struct hl_src *stream_of(struct open *o, const char *path,
                                enum hl_stream_how how)
{
	struct hl_entry e = find(o, path);
	struct hl_src *s;

	ck_assert_int_eq(hl_fs_stream(&s, o->fs, &e.ref, "", how), HL_OK);
	return s;
}

/* Names of a folder joined by '|'; the number of HL_CORRUPT in *bad. */
static const char *names_of(struct open *o, const char *path, int *bad)
{
	static char out[4096];
	struct hl_entry dir = find(o, path), e;
	struct hl_fs_iter *it;
	enum hl_status st;

	out[0] = '\0';
	*bad = 0;
	st = hl_fs_list(&it, o->fs, &dir.ref, 0);
	ck_assert_int_eq(st, HL_OK);
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		*bad += st == HL_CORRUPT;
		if (st == HL_OK && strlen(out) < 3000) {
			strcat(out, e.name);
			strcat(out, "|");
		}
	}
	ck_assert_int_eq(st, HL_END);
	hl_fs_iter_close(it);
	return out;
}

static const int kinds[] = { 12, 16, 32 };

/* FILE in clusters 10, 11, 20 (1,100 bytes); SUB in 5 with "Long file name". */
static inline struct vol plain(int kind)
{
	struct vol v = vol_new(kind);
	uint8_t *r = vol_root(&v);

	slot(r, "ROOT LABEL ", 0x08, 0, 0);
	slot(r + 32, "FILE    BIN", 0x21, 10, 1100);
	slot(r + 64, "SUB        ", 0x10, 5, 0);
	slot(r + 96, "EMPTY      ", 0x20, 0, 0);
	slot(r + 128, "\xE5" "ONE       ", 0x20, 9, 4);
	vol_link(&v, 10, 11);
	vol_link(&v, 11, 20);
	vol_link(&v, 20, LAST);
	memset(vol_cluster(&v, 10), 'a', 512);
	memset(vol_cluster(&v, 11), 'b', 512);
	memset(vol_cluster(&v, 20), 'c', 512);
	vol_link(&v, 5, LAST);
	dots(vol_cluster(&v, 5), 5, 0);
	named(vol_cluster(&v, 5) + 64, "Long file name", "LONGFI~1   ", 0x20,
	      30, 3);
	vol_link(&v, 30, LAST);
	memcpy(vol_cluster(&v, 30), "xyz", 3);
	return v;
}

#endif
