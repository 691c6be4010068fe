/*
 * state.c: what a volume says of its condition: label, dirty flag,
 * hibernation, shadow copies, free clusters.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/text.h"
#include "ntfs/volume.h"

#define NAME_MAX_UNITS 64

/* One name in a folder, as an open file.  HL_END: not there. */
static enum hl_status open_in(struct hl_ntfs_file **out, struct hl_ntfs *nt,
                              uint64_t folder, const char *name)
{
	uint16_t u[NAME_MAX_UNITS];
	size_t n = hl_utf16_from8(u, NAME_MAX_UNITS, name);
	struct hl_ntfs_file *f;
	struct hl_ntfs_dir *d;
	struct hl_ntfs_link l;
	enum hl_status st = hl_ntfs_file_open(&f, nt, folder);

	*out = NULL;
	if (st != HL_OK)
		return st;
	st = hl_ntfs_dir_open(&d, f);
	hl_ntfs_file_close(f);
	if (st != HL_OK)
		return st;
	st = hl_ntfs_dir_find(d, u, n, false, &l);
	hl_ntfs_dir_close(d);
	return st == HL_OK ? hl_ntfs_file_open(out, nt, l.ref.number) : st;
}

static enum hl_status volume_record(struct hl_ntfs *nt,
                                    struct hl_ntfs_state *out)
{
	struct hl_at at = hl_ntfs_at(nt, NTFS_REC_VOLUME, "$Volume");
	struct hl_ntfs_volume_info vi;
	struct hl_ntfs_file *f;
	size_t i, k;
	enum hl_status st = hl_ntfs_file_open(&f, nt, NTFS_REC_VOLUME);

	if (st == HL_END)
		hl_warn(&at, "there is no $Volume record");
	if (st != HL_OK)
		return st;
	i = hl_ntfs_find(f, NTFS_VOLUME_NAME, span_of(NULL, 0));
	if (i != NTFS_NONE && f->part[i].a.resident) {
		struct span v = f->part[i].a.value;

		out->n_label = v.n / 2 < 128 ? v.n / 2 : 128;
		for (k = 0; k < out->n_label; k++)
			out->label[k] = le16_at(v.p + 2 * k);
	}
	i = hl_ntfs_find(f, NTFS_VOLUME_INFORMATION, span_of(NULL, 0));
	if (i != NTFS_NONE &&
	    hl_ntfs_volume_info_decode(f->part[i].a.value, &vi) == HL_OK) {
		out->major = vi.major;
		out->minor = vi.minor;
		out->dirty = vi.flags & NTFS_VOLUME_DIRTY;
	}
	hl_ntfs_file_close(f);
	return HL_OK;
}

/*
 * "hibr" in either case is a saved session, "link" the same split in two
 * files; "wake" and "rstr" mean that it was resumed, zeros that none is there.
 */
static enum hl_status hibernation(struct hl_ntfs *nt, bool *yes)
{
	struct hl_ntfs_file *f;
	struct hl_ranges bad;
	struct hl_src *s;
	char magic[5] = "";
	size_t i;
	enum hl_status st = open_in(&f, nt, NTFS_REC_ROOT, "hiberfil.sys");

	if (st != HL_OK)
		return st;
	i = hl_ntfs_find(f, NTFS_DATA, span_of(NULL, 0));
	st = i == NTFS_NONE ? HL_END :
	     hl_ntfs_stream(&s, f, i, NTFS_CONTENT);
	hl_ntfs_file_close(f);
	if (st != HL_OK)
		return st;
	hl_ranges_clear(&bad);
	st = hl_src_read(s, 0, magic, 4, &bad);
	hl_src_close(s);
	*yes = st == HL_OK && (!hl_casecmp(magic, "hibr") ||
	                       !hl_casecmp(magic, "link"));
	return st;
}

/* "{GUID}{3808876b-...}": each is the store of one snapshot; the second
 * half alone is the catalogue. */
static bool is_store(const struct hl_ntfs_name *n)
{
	static const char id[] = "{3808876b-c176-4e48-b7ae-04046e6cc752}";
	char name[NTFS_NAME_BYTES];
	size_t len = sizeof(id) - 1;

	hl_utf8_from16(name, sizeof(name), n->u, n->n);
	return n->n == 2 * len && strlen(name) == 2 * len && name[0] == '{' &&
	       !hl_casecmp(name + len, id);
}

static enum hl_status shadow_copies(struct hl_ntfs *nt, uint32_t *count)
{
	struct hl_ntfs_file *f;
	struct hl_ntfs_dir *d;
	struct hl_ntfs_link l;
	enum hl_status st = open_in(&f, nt, NTFS_REC_ROOT,
	                            "System Volume Information");

	if (st != HL_OK)
		return st;
	st = hl_ntfs_dir_open(&d, f);
	hl_ntfs_file_close(f);
	if (st != HL_OK)
		return st;
	while ((st = hl_ntfs_dir_next(d, &l)) == HL_OK || st == HL_CORRUPT)
		if (st == HL_OK && is_store(&l.name))
			++*count;
	hl_ntfs_dir_close(d);
	return st;
}

static bool fatal(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

enum hl_status hl_ntfs_state(struct hl_ntfs *nt, struct hl_ntfs_state *out)
{
	enum hl_status st;

	memset(out, 0, sizeof(*out));
	st = volume_record(nt, out);
	if (!fatal(st))
		st = hibernation(nt, &out->hibernated);
	if (!fatal(st))
		st = shadow_copies(nt, &out->shadow_copies);
	return fatal(st) ? st : HL_OK;
}

/* ---- $Bitmap ------------------------------------------------------------- */

static uint64_t zero_bits(const uint8_t *p, uint64_t n_bits)
{
	uint64_t n = 0, i;

	for (i = 0; i + 8 <= n_bits; i += 8)
		n += 8 - (unsigned)__builtin_popcount(p[i / 8]);
	for (; i < n_bits; i++)
		n += !(p[i / 8] >> (i % 8) & 1);
	return n;
}

/* In pieces: a bit for each cluster is 128 MiB on a large disk. */
static enum hl_status count_free(struct hl_ntfs *nt, struct hl_src *s,
                                 uint64_t *n_free)
{
	struct hl_at at = hl_ntfs_at(nt, NTFS_REC_BITMAP, "$Bitmap");
	uint64_t bits = nt->geom.n_clusters, bit = 0;
	size_t piece = 65536;
	uint8_t *buf = hl_alloc(nt->ctx, piece);
	struct hl_ranges bad;
	enum hl_status st = buf ? HL_OK : HL_NOMEM;

	hl_ranges_clear(&bad);
	*n_free = 0;
	/* A map larger than the medium is not worth hours of reading zeros. */
	if (st == HL_OK && bits / 8 > hl_src_size(nt->vol))
		st = HL_RANGE;
	while (st == HL_OK && bit < bits && !hl_cancelled(nt->ctx)) {
		uint64_t n = min_u64(bits - bit, piece * 8);

		st = hl_src_read(s, bit / 8, buf, (size_t)((n + 7) / 8), &bad);
		if (st == HL_OK)
			*n_free += zero_bits(buf, n);
		bit += n;
	}
	hl_free(nt->ctx, buf);
	if (st == HL_OK && bit < bits)
		return HL_CANCELLED;
	if (st == HL_RANGE || bad.bytes) {
		hl_warn(&at, "$Bitmap is cut or damaged; free space is not "
		             "known");
		return HL_END;
	}
	return st;
}

enum hl_status hl_ntfs_unallocated(struct hl_ntfs *nt, uint64_t *bytes)
{
	struct hl_ntfs_file *f;
	struct hl_src *s = NULL;
	uint64_t n_free = 0;
	size_t i;
	enum hl_status st;

	*bytes = nt->unallocated;
	if (nt->bitmap_known)
		return HL_OK;
	st = hl_ntfs_file_open(&f, nt, NTFS_REC_BITMAP);
	if (st != HL_OK)
		return fatal(st) ? st : HL_END;
	i = hl_ntfs_find(f, NTFS_DATA, span_of(NULL, 0));
	st = i == NTFS_NONE ? HL_END :
	     hl_ntfs_stream(&s, f, i, NTFS_CONTENT);
	hl_ntfs_file_close(f);
	if (st == HL_OK)
		st = count_free(nt, s, &n_free);
	hl_src_close(s);
	if (st != HL_OK)
		return fatal(st) ? st : HL_END;
	nt->bitmap_known = true;
	nt->unallocated = *bytes = n_free * nt->geom.cluster_size;
	return HL_OK;
}
