/*
 * verify_files.c: the files that lie where an image is bad: one sweep of each
 * volume, every stream's runs against the sorted list of bad stretches.
 *
 *	bad     ----####------------##-----      (image)
 *	runs    --aaaa---bbb---cccccc------      a and c are affected
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "hivelift/verify.h"
#include "io/note.h"
#include "lift/runs.h"

struct look {
	struct hl_verify *v;
	const struct hl_ctx *ctx;
	struct hl_src *leaf;
	struct hl_volume *volume;
	struct hl_entry *e; /* big, so not on the stack */
	char *path;
	uint64_t *owned;    /* bytes of each bad stretch that some file has */
	bool counted;       /* this file is among the affected */
};

/* The first bad stretch that ends behind off. */
static size_t first_bad(const struct hl_verify *v, uint64_t off)
{
	size_t lo = 0, hi = v->n_bad;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (v->bad[mid].off + v->bad[mid].len <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* How much of a run is bad; *at is where the first of it lies in the file. */
static uint64_t overlap(struct look *l, const struct hl_run *run, uint64_t *at)
{
	const struct hl_verify *v = l->v;
	uint64_t sum = 0, end = run->in_off + run->in_len;

	if (run->in_off == HL_NO_OFFSET || !run->in_len)
		return 0;
	for (size_t i = first_bad(v, run->in_off);
	     i < v->n_bad && v->bad[i].off < end; i++) {
		uint64_t from = max_u64(run->in_off, v->bad[i].off);
		uint64_t to = min_u64(end, v->bad[i].off + v->bad[i].len);
		if (!sum) /* within compressed runs only the run is known */
			*at = run->off + (run->in_len == run->len ?
			                  from - run->in_off : 0);
		sum += to - from;
		l->owned[i] += to - from;
	}
	return sum;
}

static enum hl_status add(struct look *l, const char *stream, uint64_t off,
                          uint64_t bytes)
{
	struct hl_verify *v = l->v;
	const struct hl_volume *vol = l->volume;
	struct hl_verify_file *f;
	enum hl_status st;

	st = hl_fs_path(vol->fs, l->e, l->path, HL_MAX_PATH, NULL);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK)
		memcpy(l->path, "/?", 3);
	st = hl_grow(l->ctx, (void **)&v->file, &v->cap_files, v->n_files,
	             sizeof(*v->file), HL_MAX_VERIFY_FILES);
	if (st == HL_LIMIT)
		return hl_fail(&(struct hl_at){ l->ctx, NULL, HL_NO_OFFSET,
		                                "verify" }, st,
		               "more than %u files are affected",
		               HL_MAX_VERIFY_FILES);
	if (st != HL_OK)
		return st;
	f = &v->file[v->n_files];
	*f = (struct hl_verify_file){
		.path = hl_asprintf(l->ctx, "%s%s%s", l->path,
		                    *stream ? ":" : "", stream),
		.ref = l->e->ref, .off = off, .bytes = bytes,
		.record = l->e->flags & HL_ENTRY_RECORD,
	};
	if (!f->path)
		return HL_NOMEM;
	memcpy(f->volume, vol->id, sizeof(f->volume));
	v->n_files++;
	v->n_affected += !l->counted;
	l->counted = true;
	return HL_OK;
}

static enum hl_status look_stream(struct look *l, const char *stream)
{
	struct hl_runs r = { .leaf = l->leaf };
	struct hl_run run;
	uint64_t bytes = 0, first = 0, at = 0, n;
	enum hl_status st = hl_fs_stream(&r.src, l->volume->fs, &l->e->ref,
	                                 stream, HL_STREAM_RAW);

	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
	r.end = hl_src_size(r.src);
	while ((st = hl_runs_next(&r, &run)) == HL_OK) {
		n = overlap(l, &run, &at);
		if (n && !bytes)
			first = at;
		bytes += n;
	}
	hl_src_close(r.src);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	return bytes ? add(l, stream, first, bytes) : HL_OK;
}

static enum hl_status look_file(struct look *l)
{
	struct hl_stream_info info;
	unsigned cursor = 0;
	enum hl_status st;

	l->counted = false;
	while ((st = hl_fs_stream_next(l->volume->fs, &l->e->ref, &cursor,
	                               &info)) == HL_OK) {
		st = look_stream(l, info.name);
		if (st != HL_OK)
			return st;
	}
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

static enum hl_status look_volume(struct look *l)
{
	struct hl_fs_iter *it;
	struct hl_ref last = { .id = HL_NO_OFFSET };
	enum hl_status st = hl_fs_sweep(&it, l->volume->fs, 0);

	if (st != HL_OK)
		return st;
	for (;;) {
		st = hl_fs_next(it, l->e);
		if (st == HL_CORRUPT)
			continue; /* said */
		if (st != HL_OK)
			break;
		if (l->e->ref.id == last.id) /* another name of the same */
			continue;
		last = l->e->ref;
		st = look_file(l);
		if (st != HL_OK)
			break;
	}
	hl_fs_iter_close(it);
	return st == HL_END ? HL_OK : st;
}

/* Does anything bad lie there at all? */
static bool touched(const struct hl_verify *v, const struct hl_volume *vol)
{
	size_t i = first_bad(v, vol->off);

	return i < v->n_bad && v->bad[i].off < vol->off + vol->len;
}

static enum hl_status look_all(struct look *l, struct hl_disk *disk)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < hl_disk_count(disk) && st == HL_OK; i++) {
		l->volume = hl_disk_volume(disk, i);
		if (l->volume->fs && touched(l->v, l->volume) &&
		    hl_fs_can_sweep(l->volume->fs))
			st = look_volume(l);
	}
	for (size_t i = 0; i < l->v->n_bad; i++)
		l->v->unowned += l->v->bad[i].len -
		                 min_u64(l->v->bad[i].len, l->owned[i]);
	return st;
}

enum hl_status hl_verify_files(struct hl_verify *v, struct hl_disk *disk,
                               const struct hl_ctx *ctx)
{
	struct look l = { .v = v, .ctx = ctx };
	enum hl_status st = HL_NOMEM;

	v->files_known = true;
	if (!v->n_bad)
		return HL_OK;
	l.leaf = hl_runs_leaf(hl_disk_image(disk));
	l.e = hl_alloc(ctx, sizeof(*l.e));
	l.path = hl_alloc(ctx, HL_MAX_PATH);
	l.owned = hl_zalloc(ctx, v->n_bad * sizeof(*l.owned));
	if (l.e && l.path && l.owned)
		st = look_all(&l, disk);
	hl_free(ctx, l.e);
	hl_free(ctx, l.path);
	hl_free(ctx, l.owned);
	return st;
}
