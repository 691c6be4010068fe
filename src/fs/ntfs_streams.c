/*
 * ntfs_streams.c: the streams of an NTFS file, and where a link leads.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/text.h"
#include "fs/ntfs_fs.h"
#include "ntfs/lost.h"
#include "ntfs/wof.h"

static size_t units_of(struct span s, uint16_t u[256])
{
	size_t i;

	for (i = 0; i < s.n / 2 && i < 256; i++)
		u[i] = le16_at(s.p + 2 * i);
	return i;
}

/* Part of the unnamed $DATA, or of the named one (UTF-8, any case). */
static size_t find_data(struct hl_fs *fs, const struct hl_ntfs_file *f,
                        const char *stream)
{
	uint16_t want[256], have[256];
	size_t i, n, k;

	n = stream ? hl_utf16_from8(want, 255, stream) : 0;
	for (i = 0; i < f->n_part; i = hl_ntfs_part_end(f, i)) {
		if (f->part[i].a.type != NTFS_DATA)
			continue;
		k = units_of(f->part[i].a.name, have);
		if (n != SIZE_MAX && k == n &&
		    !hl_ntfs_fold_cmp(((struct hl_ntfs_fs *)fs->impl)->nt, want, n, have, k))
			return i;
	}
	return NTFS_NONE;
}

static bool all_sparse(struct hl_src *s)
{
	struct hl_extent e;

	return hl_src_map(s, 0, &e) == HL_OK && e.len == hl_src_size(s) &&
	       (e.what == HL_WHAT_SPARSE || e.what == HL_WHAT_BEYOND_VALID);
}

/* Kinds of files whose unnamed stream is a stand-in: zeros from it would be
 * invented content. */
static const char *stand_in(const struct hl_ntfs_file *f, uint32_t tag,
                            struct hl_src *s)
{
	if (!hl_src_size(s) || !all_sparse(s))
		return NULL;
	if (hl_ntfs_wof_has(f))
		return "its content lies in WofCompressedData, but no reparse "
		       "point tells how";
	if (tag == NTFS_TAG_DEDUP)
		return "it is deduplicated; its content lies in the "
		       "chunk store";
	if ((tag & 0xffff0fffu) == 0x9000001au)
		return "it is a cloud placeholder; its content is not on this "
		       "disk";
	return NULL;
}

/* Clusters in use hold another file's bytes by now: a loss to whoever wants
 * this one's.  Free ones may have been used in between; nobody can tell. */
static void say_deleted(struct hl_fs *fs, const struct hl_ntfs_file *f,
                        struct hl_src *s)
{
	struct hl_at at = hl_ntfs_fs_at(fs, f->ref.number);
	uint64_t taken = hl_ntfs_gone_taken(s);

	if (taken)
		hl_warn(&at, "deleted file %llu: %llu bytes of its clusters "
		        "are in use again",
		        (unsigned long long)f->ref.number,
		        (unsigned long long)taken);
	else
		hl_say(&at, "deleted file %llu: its clusters are free now, "
		       "which does not mean that they always were",
		       (unsigned long long)f->ref.number);
}

/* What a later volume wrote there is not this file's: a loss. */
static void say_taken(struct hl_fs *fs, const struct hl_ntfs_file *f,
                      struct hl_src *s)
{
	struct hl_at at = hl_ntfs_fs_at(fs, f->ref.number);
	struct hl_ntfs *nt = ((struct hl_ntfs_fs *)fs->impl)->nt;
	static const char *const words[HL_TAKEN_WHYS] = {
		"%llu bytes of it are overwritten by the volume at %llu",
		"%llu bytes of it are overwritten by the partition table at "
		"%llu",
		"%llu bytes of it may be overwritten: the volume at %llu has "
		"them in use, too, and nothing sure tells which of the two "
		"came later",
		"%llu bytes of it may be overwritten: the volume at %llu had "
		"them in files that are deleted now",
		"%llu bytes of it may be overwritten: the volume at %llu was "
		"made before this one, and seems to have been copied over it, "
		"free space and all",
		"%llu bytes of it may be overwritten: they lie in the volume "
		"at %llu, and nothing tells what that has in use there",
	};

	for (int i = 0; i < HL_TAKEN_WHYS; i++) {
		uint64_t by, n = hl_ntfs_taken_bytes(nt, s, i, &by);
		char text[256];

		if (!n)
			continue;
		snprintf(text, sizeof(text), words[i], (unsigned long long)n,
		         (unsigned long long)by);
		hl_warn(&at, "file %llu: %s",
		        (unsigned long long)f->ref.number, text);
	}
}

enum hl_status hl_ntfs_fs_stream(struct hl_src **out, struct hl_fs *fs,
                                 const struct hl_ref *ref, const char *name,
                                 enum hl_stream_how how)
{
	static const enum hl_ntfs_how as[] = {
		[HL_STREAM_CONTENT] = NTFS_CONTENT,
		[HL_STREAM_SLACK] = NTFS_SLACK,
		[HL_STREAM_RAW] = NTFS_RAW,
		[HL_STREAM_LOOK] = NTFS_CONTENT,
	};
	struct hl_ntfs_file *f;
	struct hl_ntfs_sum sum;
	const char *why;
	size_t i;
	bool kept; /* by WOF */
	enum hl_status st = hl_ntfs_fs_file(fs, ref, false, &f);

	*out = NULL;
	if (st != HL_OK)
		return st;
	st = name && *name ? HL_END : hl_ntfs_wof_stream(out, f, as[how]);
	kept = st != HL_END;
	if (!kept) {
		i = find_data(fs, f, name);
		if (i == NTFS_NONE)
			return HL_END;
		st = hl_ntfs_stream(out, f, i, as[how]);
	}
	if (st == HL_OK && how != HL_STREAM_LOOK &&
	    !(f->head.flags & NTFS_IN_USE))
		say_deleted(fs, f, *out);
	if (st == HL_OK && how != HL_STREAM_LOOK)
		say_taken(fs, f, *out);
	if (st != HL_OK || how == HL_STREAM_RAW || (name && *name) || kept)
		return st;
	hl_ntfs_file_sum(f, &sum);
	why = stand_in(f, sum.reparse_tag, *out);
	if (why) {
		struct hl_at at = hl_ntfs_fs_at(fs, ref->id);

		hl_src_close(*out);
		*out = NULL;
		return hl_fail(&at, HL_UNSUPPORTED, "file %llu: %s",
		               (unsigned long long)ref->id, why);
	}
	return HL_OK;
}

enum hl_status hl_ntfs_fs_stream_next(struct hl_fs *fs,
                                      const struct hl_ref *ref,
                                      unsigned *cursor,
                                      struct hl_stream_info *out)
{
	struct hl_ntfs_file *f;
	const struct hl_ntfs_attr *a;
	size_t i, n = 0;
	enum hl_status st = hl_ntfs_fs_file(fs, ref, false, &f);

	if (st != HL_OK)
		return st;
	for (i = 0; i < f->n_part; i = hl_ntfs_part_end(f, i))
		if (f->part[i].a.type == NTFS_DATA && n++ == *cursor)
			break;
	if (i >= f->n_part)
		return HL_END;
	++*cursor;
	a = &f->part[i].a;
	memset(out, 0, sizeof(*out));
	hl_utf8_from16le(out->name, sizeof(out->name), a->name, false);
	out->size = a->size;
	out->valid = a->valid;
	out->allocated = a->resident ? 0 : a->allocated;
	out->resident = a->resident;
	out->compressed = a->flags & NTFS_COMPRESSED;
	out->sparse = a->flags & NTFS_SPARSE;
	out->encrypted = a->flags & NTFS_ENCRYPTED;
	return HL_OK;
}

enum hl_status hl_ntfs_fs_link(struct hl_fs *fs, const struct hl_ref *ref,
                               char *buf, size_t n)
{
	struct hl_ntfs_reparse r;
	struct hl_ntfs_file *f;
	size_t i, len;
	void *p;
	enum hl_status st = hl_ntfs_fs_file(fs, ref, false, &f);

	if (st != HL_OK)
		return st;
	i = hl_ntfs_find(f, NTFS_REPARSE_POINT, span_of(NULL, 0));
	if (i == NTFS_NONE)
		return HL_END;
	st = hl_ntfs_stream_load(&p, &len, f, i, 65536);
	if (st != HL_OK)
		return st;
	st = hl_ntfs_reparse_decode(span_of(p, len), &r);
	if (st == HL_OK && !r.is_link)
		st = HL_END;
	if (st == HL_OK)
		hl_utf8_from16le(buf, n, r.print.n ? r.print : r.subst, false);
	hl_free(fs->ctx, p);
	if (st == HL_CORRUPT) {
		struct hl_at at = hl_ntfs_fs_at(fs, ref->id);

		hl_warn(&at, "file %llu: its link target is broken",
		        (unsigned long long)ref->id);
	}
	return st;
}
