/*
 * volume.c: opening an NTFS volume: geometry, $MFT, the case table.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/volume.h"

#define UPCASE_UNITS 65536

const struct hl_ntfs_geom *hl_ntfs_geom(const struct hl_ntfs *nt)
{
	return &nt->geom;
}

struct hl_src *hl_ntfs_mft(struct hl_ntfs *nt)
{
	return nt->mft;
}

bool hl_ntfs_is_stitched(const struct hl_ntfs *nt)
{
	return nt->stitched;
}

static enum hl_status boot_at(struct hl_src *vol, uint64_t off,
                              struct hl_ntfs_geom *out)
{
	struct hl_ranges bad;
	uint8_t b[512];
	enum hl_status st;

	hl_ranges_clear(&bad);
	st = hl_src_read(vol, off, b, sizeof(b), &bad);
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK || bad.bytes)
		return HL_END;
	return hl_ntfs_boot_decode(span_of(b, sizeof(b)), out);
}

enum hl_status hl_ntfs_boot_first(struct hl_src *vol, struct hl_ntfs_geom *out)
{
	return boot_at(vol, 0, out);
}

static bool is_end(enum hl_status st)
{
	return st == HL_END || st == HL_CORRUPT;
}

/* A copy says of itself where it is: right behind the sectors it counts. */
static enum hl_status search_back(struct hl_src *vol, struct hl_ntfs_geom *out)
{
	uint64_t size = hl_src_size(vol), off = size - size % 512;
	enum hl_status st = HL_END;
	unsigned i;

	for (i = 0; i < HL_MAX_NTFS_BOOT_BACK && off > 512; i++) {
		off -= 512;
		st = boot_at(vol, off, out);
		if (!is_end(st) && (st != HL_OK || out->total_sectors ==
		                                   off / out->sector_size))
			return st;
	}
	return HL_END;
}

/*
 * Windows keeps it in the last sector of the partition, right behind the
 * sectors that the volume counts; NT 3.51 in the middle.  A partition may be
 * larger than its volume.
 */
enum hl_status hl_ntfs_boot_backup(struct hl_src *vol, struct hl_ntfs_geom *out)
{
	uint64_t size = hl_src_size(vol);
	const uint64_t at[] = {
		size - 512, size - 4096, size / 2 - size / 2 % 512,
	};
	size_t i;
	enum hl_status st;

	if (size < 8192)
		return HL_END;
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		st = boot_at(vol, at[i] - at[i] % 512, out);
		if (!is_end(st))
			return st;
	}
	return search_back(vol, out);
}

/*
 * Where the volume seems to end long before its medium, the copy in the last
 * sector may count more sectors: then that number was damaged.
 */
static enum hl_status check_end(struct hl_ntfs *nt)
{
	struct hl_at at = { nt->ctx, nt->vol, 0, "NTFS boot sector" };
	uint64_t size = hl_src_size(nt->vol), ss = nt->geom.sector_size;
	uint64_t end = nt->geom.n_clusters * nt->geom.cluster_size;
	struct hl_ntfs_geom copy;
	enum hl_status st;

	if (end > size) {
		hl_warn(&at, "the volume has %llu bytes, but only %llu are "
		        "there: its end is missing", (unsigned long long)end,
		        (unsigned long long)size);
		return HL_OK;
	}
	if (size < 8192 || size - end <= nt->geom.cluster_size + ss)
		return HL_OK;
	st = boot_at(nt->vol, size - ss, &copy);
	if (st != HL_OK)
		return is_end(st) ? HL_OK : st;
	if (copy.serial != nt->geom.serial ||
	    copy.cluster_size != nt->geom.cluster_size ||
	    copy.total_sectors != (size - ss) / ss)
		return HL_OK;
	hl_warn(&at, "it counts %llu sectors, its copy %llu; the copy is used",
	        (unsigned long long)nt->geom.total_sectors,
	        (unsigned long long)copy.total_sectors);
	nt->geom.total_sectors = copy.total_sectors;
	nt->geom.n_clusters = copy.n_clusters;
	return HL_OK;
}

static enum hl_status alloc_cache(struct hl_ntfs *nt)
{
	size_t i, n = nt->geom.record_size;

	nt->slot_bytes = hl_alloc_array(nt->ctx, NTFS_CACHE, n);
	if (!nt->slot_bytes)
		return HL_NOMEM;
	for (i = 0; i < NTFS_CACHE; i++)
		nt->slot[i].buf = nt->slot_bytes + i * n;
	return HL_OK;
}

/* A geometry that did not come from our decoder must not divide by zero. */
static bool sane(const struct hl_ntfs_geom *g)
{
	return is_power_of_two(g->cluster_size) && g->n_clusters &&
	       g->cluster_size >= 256 &&
	       g->n_clusters <= UINT64_MAX / 2 / g->cluster_size &&
	       is_power_of_two(g->record_size) &&
	       g->record_size >= NTFS_STRIDE &&
	       g->record_size <= NTFS_MAX_BLOCK;
}

static enum hl_status start(struct hl_ntfs *nt, const struct hl_ntfs_geom *geom,
                            struct hl_src *mft)
{
	struct hl_at at = { nt->ctx, nt->vol, 0, "NTFS boot sector" };
	enum hl_status st = HL_OK;

	if (geom)
		nt->geom = *geom;
	else
		st = boot_at(nt->vol, 0, &nt->geom);
	if (st == HL_CORRUPT || (geom && !sane(geom)))
		return hl_fail(&at, HL_CORRUPT,
		               "the sizes in it are impossible");
	if (st == HL_OK)
		st = alloc_cache(nt);
	if (st == HL_OK)
		st = check_end(nt);
	if (st != HL_OK)
		return st;
	nt->mft = mft;
	st = mft ? HL_OK : hl_ntfs_mft_open(nt);
	if (st == HL_CORRUPT) {
		at.off = nt->geom.mft_lcn * nt->geom.cluster_size;
		at.what = "MFT record 0";
		hl_warn(&at, "$MFT cannot be found whole: neither its first "
		        "record nor the copy describes it");
	}
	return st;
}

enum hl_status hl_ntfs_open(struct hl_ntfs **out, struct hl_src *vol,
                            const struct hl_ntfs_geom *geom,
                            struct hl_src *mft, const struct hl_ctx *ctx)
{
	struct hl_ntfs *nt = hl_zalloc(ctx, sizeof(*nt));
	enum hl_status st;

	*out = NULL;
	if (!nt)
		return HL_NOMEM;
	nt->ctx = ctx;
	nt->window_credit = NTFS_WINDOW_CREDIT;
	nt->vol = vol;
	st = start(nt, geom, mft);
	if (st != HL_OK) {
		hl_ntfs_close(nt);
		return st;
	}
	*out = nt;
	return HL_OK;
}

void hl_ntfs_close(struct hl_ntfs *nt)
{
	size_t i;

	if (!nt)
		return;
	hl_ntfs_owners_free(nt);
	if (nt->own_mft)
		hl_src_close(nt->mft);
	for (i = 0; i < NTFS_WINDOWS; i++)
		hl_free(nt->ctx, nt->window[i].buf);
	hl_ntfs_sweep_free(nt->ctx, nt->sweep);
	hl_free(nt->ctx, nt->taken);
	hl_free(nt->ctx, nt->upcase);
	hl_free(nt->ctx, nt->kept);
	hl_free(nt->ctx, nt->slot_bytes);
	hl_free(nt->ctx, nt);
}

/* ---- case ---------------------------------------------------------------- */

static void load_upcase(struct hl_ntfs *nt)
{
	struct hl_at at = hl_ntfs_at(nt, NTFS_REC_UPCASE, "$UpCase");
	struct hl_ntfs_file *f;
	void *p = NULL;
	uint16_t *u;
	size_t i, n = 0;
	enum hl_status st = hl_ntfs_file_open(&f, nt, NTFS_REC_UPCASE);

	nt->upcase_tried = true;
	if (st == HL_OK) {
		i = hl_ntfs_find(f, NTFS_DATA, span_of(NULL, 0));
		st = i == NTFS_NONE ? HL_CORRUPT :
		     hl_ntfs_stream_load(&p, &n, f, i, (size_t)UPCASE_UNITS * 2);
		hl_ntfs_file_close(f);
	}
	if (st != HL_OK || n != (size_t)UPCASE_UNITS * 2) {
		hl_warn(&at, "the case table cannot be read; only ASCII names "
		             "are found whatever their case");
		hl_free(nt->ctx, p);
		return;
	}
	u = p; /* in place: each unit is read before it is written */
	for (i = 0; i < UPCASE_UNITS; i++)
		u[i] = le16_at((const uint8_t *)p + 2 * i);
	nt->upcase = u;
}

static bool is_ascii(const uint16_t *u, size_t n)
{
	while (n > 0)
		if (u[--n] >= 128)
			return false;
	return true;
}

int hl_ntfs_fold_cmp(struct hl_ntfs *nt, const uint16_t *a, size_t na,
                     const uint16_t *b, size_t nb)
{
	/* 128 KiB that most lookups do not need. */
	if (!nt->upcase_tried && !(is_ascii(a, na) && is_ascii(b, nb)))
		load_upcase(nt);
	return hl_ntfs_name_fold_cmp(nt->upcase, a, na, b, nb);
}
