/*
 * verify_back.c: a file of an output folder read from its image again.
 *
 * It is looked up by its path, or by its record when it was deleted, and all
 * of it is hashed.  A path out of the manifest is only ever a question to the
 * volume.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/verify_dir.h"

static struct hl_volume *volume(struct hl_disk *disk, const char *id)
{
	for (size_t i = 0; i < hl_disk_count(disk); i++)
		if (!strcmp(hl_disk_volume(disk, i)->id, id))
			return hl_disk_volume(disk, i);
	return NULL;
}

static enum hl_status open_stream(struct hl_src **out, struct hl_fs *fs,
                                  const struct hl_want *w,
                                  struct hl_entry *e)
{
	const char *stream = "", *colon;
	struct hl_path path;
	enum hl_status st;

	*out = NULL;
	if (w->has_ref) {
		colon = strrchr(w->path, ':');
		e->ref = w->ref;
		st = hl_fs_stream(out, fs, &e->ref,
		                  colon && !strchr(colon, '/') ? colon + 1 : "",
		                  HL_STREAM_LOOK);
		return st;
	}
	/* no volume's name may be read into it */
	path = (struct hl_path){ .path = w->path,
		                 .n_base = strlen(w->path) };
	colon = strrchr(w->path, ':');
	if (colon && !strchr(colon, '/')) {
		path.n_base = (size_t)(colon - w->path);
		path.stream = colon + 1;
	}
	st = hl_fs_find_path(fs, &path, e, &stream);
	if (st != HL_OK)
		return st;
	return hl_fs_stream(out, fs, &e->ref, stream, HL_STREAM_CONTENT);
}

static enum hl_status hash(struct hl_verify_dir *d, struct hl_src *src,
                           uint64_t size, char hex[HL_HASH_HEX])
{
	struct hl_hash *h;
	struct hl_ranges bad;
	enum hl_status st = hl_hash_new(&h, 1u << HL_SHA256, d->ctx);

	if (st != HL_OK)
		return st;
	hl_src_advise(src, 0, size, HL_ADVISE_SEQUENTIAL);
	for (uint64_t off = 0; st == HL_OK && off < size;) {
		size_t n = (size_t)min_u64(size - off, HL_VERIFY_PIECE);
		hl_ranges_clear(&bad);
		if (hl_cancelled(d->ctx))
			st = HL_CANCELLED;
		else
			st = hl_src_read(src, off, d->buf, n, &bad);
		if (st == HL_OK)
			hl_hash_update(h, d->buf, n);
		off += n;
	}
	hl_hash_final(h, HL_SHA256, hex);
	hl_hash_free(h);
	return st;
}

static enum hl_status compare(struct hl_verify_dir *d, struct hl_want *w,
                              struct hl_src *src, struct hl_found *out)
{
	uint64_t size = hl_src_size(src);
	char hex[HL_HASH_HEX];
	enum hl_status st;

	/* a limit may have cut what was written */
	if (w->has_size && w->size < size)
		size = w->size;
	st = hash(d, src, size, hex);
	if (st != HL_OK)
		return st;
	if (strcmp(hex, w->hex[HL_SHA256]) == 0)
		return HL_OK;
	out->state = HL_FOUND_IMAGE;
	snprintf(out->why, sizeof(out->why), "the image has other bytes: "
	         "SHA-256 %s", hex);
	return HL_OK;
}

enum hl_status hl_verify_back(struct hl_verify_dir *d, struct hl_want *w,
                              struct hl_found *out)
{
	struct hl_volume *v = volume(d->disk, w->volume);
	struct hl_entry *e = hl_alloc(d->ctx, sizeof(*e));
	struct hl_src *src = NULL;
	enum hl_status st = HL_END;

	if (!e)
		return HL_NOMEM;
	if (v && v->fs)
		st = open_stream(&src, v->fs, w, e);
	hl_free(d->ctx, e);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK) {
		out->state = HL_FOUND_NOT_IN_IMAGE;
		snprintf(out->why, sizeof(out->why), "%s",
		         v && v->fs ? "the image has no such file"
		                    : "the image has no such volume");
		return HL_OK;
	}
	st = compare(d, w, src, out);
	hl_src_close(src);
	return st;
}
