/*
 * damage.h: a volume in memory, what was written into it by others, and the
 * question asked after every damage: does each file that the damage did not
 * touch still come out exact, and was every loss said?
 */
#ifndef HL_DAMAGE_H
#define HL_DAMAGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testing.h"

struct place { uint64_t off, len; };
#define MAX_PLACES 600
struct want {
	char path[300], stream[32];
	size_t len;
	unsigned seed;
	size_t stripe; /* every second so many bytes are a hole */
	struct place own[MAX_PLACES]; /* bytes that have no second copy */
	size_t n_own;
	size_t n_content; /* the last so many of them: content, unprotected */
	/* the answer */
	bool exact, seen, bad;
};
#define MAX_WANTS 200
static struct want wants[MAX_WANTS];
static size_t n_wants;

static uint8_t *healthy; /* the image */
static size_t n_image;

/* What a file holds follows from its seed. */
static inline void fill(uint8_t *p, size_t n, unsigned seed, size_t stripe)
{
	uint32_t x = seed * 2654435761u + 12345;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = stripe && !(i / stripe % 2) ? 0 : (uint8_t)(x >> 24);
	}
}

static inline bool sh(const char *fmt, const char *a, const char *b)
{
	char cmd[2048];

	snprintf(cmd, sizeof(cmd), fmt, a, b);
	return system(cmd) == 0;
}

static inline bool load_image(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f || fseek(f, 0, SEEK_END))
		return false;
	n_image = (size_t)ftell(f);
	rewind(f);
	free(healthy);
	healthy = malloc(n_image);
	bool ok = healthy && fread(healthy, 1, n_image, f) == n_image;
	fclose(f);
	return ok;
}

static inline struct want *want(const char *path, const char *stream,
                                size_t len, unsigned seed)
{
	struct want *w = &wants[n_wants++];

	if (n_wants > MAX_WANTS)
		abort();
	snprintf(w->path, sizeof(w->path), "%s", path);
	snprintf(w->stream, sizeof(w->stream), "%s", stream);
	w->len = len;
	w->seed = seed;
	return w;
}

static inline void owns(struct want *w, uint64_t off, uint64_t len)
{
	struct place *last = w->n_own ? &w->own[w->n_own - 1] : NULL;

	if (last && last->off + last->len == off) {
		last->len += len;
		return;
	}
	if (w->n_own == MAX_PLACES)
		abort();
	w->own[w->n_own++] = (struct place){ off, len };
}

static inline bool touched(const struct want *w, uint64_t off, uint64_t len)
{
	for (size_t i = 0; i < w->n_own; i++)
		if (off < w->own[i].off + w->own[i].len &&
		    w->own[i].off < off + len)
			return true;
	return false;
}

/* A flipped byte of content: no file system can tell. */
static inline bool is_content(const struct want *w, uint64_t off)
{
	for (size_t i = w->n_own - w->n_content; i < w->n_own; i++)
		if (off - w->own[i].off < w->own[i].len)
			return true;
	return false;
}

/* Where the bytes of a stream lie. */
static inline void owns_source(struct want *w, struct hl_src *s)
{
	struct hl_extent e;
	size_t before = w->n_own;

	for (uint64_t off = 0; off < hl_src_size(s); off += e.len) {
		if (hl_src_locate(s, off, &e) != HL_OK)
			abort();
		if (e.in)
			owns(w, e.in_off, e.in_len);
	}
	w->n_content = w->n_own - before;
}

/* ---- reading ----------------------------------------------------------- */

static inline void read_want(struct hl_fs *fs, const struct hl_entry *e,
                             struct want *w)
{
	uint8_t *have, *good;
	struct hl_ranges bad;
	struct hl_src *s;

	if (hl_fs_stream(&s, fs, &e->ref, w->stream, HL_STREAM_CONTENT))
		return;
	hl_ranges_clear(&bad);
	if (hl_src_size(s) == w->len) {
		have = malloc(w->len + 1);
		good = malloc(w->len + 1);
		fill(good, w->len, w->seed, w->stripe);
		if (hl_src_read(s, 0, have, w->len, &bad) == HL_OK)
			w->exact |= !memcmp(have, good, w->len);
		free(have);
		free(good);
	}
	w->bad |= bad.bytes > 0;
	hl_src_close(s);
}

static unsigned n_entries; /* a damaged tree must not grow for ever */

static inline void visit(struct hl_fs *fs, const struct hl_ref *dir,
                         char *path, int depth)
{
	struct hl_fs_iter *it;
	struct hl_entry e;
	size_t len = strlen(path);
	enum hl_status st;

	if (depth > 12 || hl_fs_list(&it, fs, dir, HL_LIST_FULL) != HL_OK)
		return;
	while ((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) {
		ck_assert_uint_lt(n_entries++, 100000);
		if (st == HL_CORRUPT || !strcmp(e.name, ".") ||
		    !strcmp(e.name, "..") || len + strlen(e.name) > 1000)
			continue;
		snprintf(path + len, 1024 - len, "/%s", e.name);
		for (size_t i = 0; i < n_wants; i++) {
			if (strcmp(wants[i].path, path))
				continue;
			wants[i].seen = true;
			read_want(fs, &e, &wants[i]);
		}
		if (e.type == HL_DIR)
			visit(fs, &e.ref, path, depth + 1);
		path[len] = '\0';
	}
	hl_fs_iter_close(it);
}

/* Every file of a damaged copy; false: no volume of it could be opened. */
static inline bool examine(const uint8_t *p, size_t n)
{
	char path[1024] = "";
	struct hl_disk *disk;
	struct hl_entry root;
	struct hl_src *src;
	bool opened = false;

	for (size_t i = 0; i < n_wants; i++)
		wants[i].exact = wants[i].seen = wants[i].bad = false;
	n_entries = 0;
	test_forget_notes();
	test_stats()->mem_peak = 0;
	ck_assert_int_eq(hl_src_mem(&src, p, n, false, test_ctx()), HL_OK);
	if (hl_disk_open(&disk, src, NULL, test_ctx()) == HL_OK) {
		for (size_t i = 0; i < hl_disk_count(disk); i++) {
			struct hl_volume *v = hl_disk_volume(disk, i);

			if (!v->fs || hl_fs_root(v->fs, &root) != HL_OK)
				continue;
			opened = true;
			visit(v->fs, &root.ref, path, 0);
		}
	}
	hl_disk_close(disk);
	hl_src_close(src);
	ck_assert_uint_eq(test_mem_now(), 0);
	ck_assert_uint_lt(test_stats()->mem_peak, 16u << 20);
	return opened;
}

/* After damage to [off, off+len): untouched files are exact, and nothing is
 * lost in silence.  Returns the files that are wrong without a word. */
static inline unsigned verify(const char *what, uint64_t off, uint64_t len)
{
	bool said = test_note_count(HL_LOSS) > 0;
	unsigned silent = 0;

	for (size_t i = 0; i < n_wants; i++) {
		const struct want *w = &wants[i];

		if (w->exact)
			continue;
		ck_assert_msg(touched(w, off, len), "%s at %llu (%llu bytes): "
		              "%s:%s is not touched, and %s", what,
		              (unsigned long long)off, (unsigned long long)len,
		              w->path, w->stream, w->seen ? "differs" :
		              "is gone");
		silent += !said && !w->bad && !(len == 1 && is_content(w, off));
	}
	return silent;
}

/* Zeros over [off, off+len) of a fresh copy. */
static inline unsigned zeroed(const char *what, uint64_t off, uint64_t len)
{
	uint8_t *p = malloc(n_image);
	unsigned silent;

	memcpy(p, healthy, n_image);
	memset(p + off, 0, len);
	examine(p, n_image);
	silent = verify(what, off, len);
	ck_assert_msg(!silent, "%s at %llu: %u files lost without a word",
	              what, (unsigned long long)off, silent);
	free(p);
	return silent;
}

static inline void must_say(const char *what)
{
	ck_assert_msg(test_note_count(HL_LOSS) > 0, "%s: nothing was said",
	              what);
}

/* Sanitizers are slow, and one place in so many is enough there. */
#if defined(__SANITIZE_ADDRESS__)
#define DAMAGE_STEP 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DAMAGE_STEP 8
#endif
#endif
#ifndef DAMAGE_STEP
#define DAMAGE_STEP 1
#endif

#endif
