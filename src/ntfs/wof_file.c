/*
 * wof_file.c: which files WOF keeps, and how.
 *
 *	$REPARSE_POINT           tag 0x80000017: provider and algorithm
 *	$DATA                    one hole; its size is the content's
 *	$DATA WofCompressedData  the content, compressed (wof.c)
 *
 * Without the filter, Windows itself would read zeros here.  We never give
 * these for content.
 */
#include "base/banned.h"
#include "base/mem.h"
#include "codec/codec.h"
#include "ntfs/volume.h"
#include "ntfs/wof.h"
#include "ntfs/wof_disk.h"

#define PROVIDER_WIM 1
#define PROVIDER_FILE 2
#define MAX_REPARSE 16384 /* bytes; Windows takes no more */

static const struct {
	const char *name;
	int codec;
	uint32_t chunk;
} algorithms[] = {
	{ "XPRESS4K", HL_CODEC_XPRESS, 4096 },
	{ "LZX", HL_CODEC_LZX, 32768 },
	{ "XPRESS8K", HL_CODEC_XPRESS, 8192 },
	{ "XPRESS16K", HL_CODEC_XPRESS, 16384 },
};
#define N_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static enum hl_status refuse(struct hl_ntfs_wof *out, const char *why)
{
	out->refuse = why;
	return HL_UNSUPPORTED;
}

enum hl_status hl_ntfs_wof_decode(struct span s, struct hl_ntfs_wof *out)
{
	const struct wof_reparse *r = SPAN_VIEW(s, 0, struct wof_reparse);
	const struct wof_file_reparse *f;

	*out = (struct hl_ntfs_wof){ .provider = 0 };
	if (s.n < 4)
		return HL_CORRUPT;
	if (le32_at(s.p) != NTFS_TAG_WOF)
		return HL_END;
	out->ours = true;
	if (!r || get16(r->data_len) < sizeof(*r) - 8)
		return HL_CORRUPT;
	out->provider = get32(r->provider);
	if (out->provider == PROVIDER_WIM)
		return refuse(out, "WOF keeps its content in a WIM archive "
		                   "elsewhere");
	if (out->provider != PROVIDER_FILE)
		return refuse(out, "WOF keeps it by a provider that is not "
		                   "known");
	f = SPAN_VIEW(s, 0, struct wof_file_reparse);
	if (!f || get16(r->data_len) < sizeof(*f) - 8)
		return HL_CORRUPT;
	out->algorithm = get32(f->algorithm);
	if (get32(r->version) != 1 || get32(f->version) != 1)
		return refuse(out, "WOF keeps it in a version that is not "
		                   "known");
	if (out->algorithm >= N_ALGORITHMS)
		return refuse(out, "it is compressed by WOF with an algorithm "
		                   "that is not known");
	out->name = algorithms[out->algorithm].name;
	out->codec = algorithms[out->algorithm].codec;
	out->chunk = algorithms[out->algorithm].chunk;
	return HL_OK;
}

/* The first attribute of that kind and name; any case would be another. */
static size_t find_packed(const struct hl_ntfs_file *f)
{
	static const char ascii[] = "WofCompressedData";
	uint8_t name[2 * (sizeof(ascii) - 1)] = { 0 };
	size_t i;

	for (i = 0; i < sizeof(ascii) - 1; i++)
		name[2 * i] = (uint8_t)ascii[i];
	return hl_ntfs_find(f, NTFS_DATA, span_of(name, sizeof(name)));
}

static enum hl_status load(const struct hl_ntfs_file *f,
                           struct hl_ntfs_wof *out)
{
	size_t i = hl_ntfs_find(f, NTFS_REPARSE_POINT, span_of(NULL, 0)), n;
	enum hl_status st;
	void *p;

	*out = (struct hl_ntfs_wof){ .provider = 0 };
	if (i == NTFS_NONE)
		return HL_END;
	st = hl_ntfs_stream_load(&p, &n, f, i, MAX_REPARSE);
	if (st == HL_OK) {
		st = hl_ntfs_wof_decode(span_of(p, n), out);
		hl_free(f->nt->ctx, p);
	}
	return st == HL_IO || st == HL_LIMIT ? HL_CORRUPT : st;
}

bool hl_ntfs_wof_has(const struct hl_ntfs_file *f)
{
	return find_packed(f) != NTFS_NONE;
}

static enum hl_status content(struct hl_src **out,
                              const struct hl_ntfs_file *f, size_t packed,
                              const struct hl_ntfs_wof *how,
                              const struct hl_at *at)
{
	unsigned long long n = (unsigned long long)f->ref.number;
	struct hl_ntfs_sum sum;
	struct hl_src *raw;
	enum hl_status st;

	hl_ntfs_file_sum(f, &sum);
	if (packed == NTFS_NONE)
		return hl_fail(at, HL_CORRUPT, "file %llu: WOF keeps it, but "
		               "its stream WofCompressedData is gone", n);
	if (!sum.has_data)
		return hl_fail(at, HL_CORRUPT, "file %llu: WOF keeps it, but "
		               "the stream that tells its size is gone", n);
	st = hl_ntfs_stream(&raw, f, packed, NTFS_CONTENT);
	if (st != HL_OK)
		return st;
	if (hl_src_size(raw) > hl_src_size(f->nt->vol)) {
		/* holes: a table without end, which WOF never makes */
		hl_src_close(raw);
		return hl_fail(at, HL_CORRUPT, "file %llu: its stream "
		               "WofCompressedData is larger than the volume",
		               n);
	}
	st = hl_ntfs_wof_open(out, raw, how, sum.size, f->nt->ctx);
	if (st == HL_CORRUPT)
		hl_fail(at, st, "file %llu: its stream WofCompressedData is "
		        "shorter than the table of its chunks", n);
	return st;
}

enum hl_status hl_ntfs_wof_stream(struct hl_src **out,
                                  const struct hl_ntfs_file *f,
                                  enum hl_ntfs_how how)
{
	struct hl_at at = hl_ntfs_at(f->nt, f->ref.number, "$REPARSE_POINT");
	unsigned long long n = (unsigned long long)f->ref.number;
	size_t packed = find_packed(f);
	struct hl_ntfs_wof wof;
	enum hl_status st = load(f, &wof);

	*out = NULL;
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (how == NTFS_RAW)
		return st == HL_END || packed == NTFS_NONE ? HL_END :
		       hl_ntfs_stream(out, f, packed, NTFS_RAW);
	if (st == HL_OK)
		return content(out, f, packed, &wof, &at);
	if (st == HL_UNSUPPORTED)
		return hl_fail(&at, st, "file %llu: %s (provider %u, "
		               "algorithm %u)", n, wof.refuse, wof.provider,
		               wof.algorithm);
	if (st == HL_CORRUPT && wof.ours)
		return hl_fail(&at, st, "file %llu: WOF keeps it, but its "
		               "reparse point is cut", n);
	return HL_END;
}
