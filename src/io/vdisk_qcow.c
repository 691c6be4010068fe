/*
 * vdisk_qcow.c: the header of a QCOW, QCOW2 or QCOW3.
 *
 *	      version 1                     2 and 3
 *	 8    backing file: offset, length  the same
 *	20    time                          log2 of the cluster size
 *	24    size                          size
 *	32    log2 of cluster, of table     encryption
 *	36    encryption                    entries of the first table
 *	40    first table                   first table
 *	60                            snapshots inside the file
 *	72                                  3: features that must be known
 *	100                                 3: bytes of this header
 *	104                                 3: how clusters are compressed
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/be.h"
#include "io/vdisk.h"
#include "io/zstd.h"

#define HEADER 112
/* QEMU's own: 32 MiB of first table. */
#define MAX_L1 (32u << 20)
#define DIRTY 1 /* counts of references are not exact; nothing we need */
#define MARKED_CORRUPT 2
#define EXTERNAL 4
#define COMPRESSION 8
#define COMPRESSION_AT 104
#define BACKING_FORMAT 0xe2792acau
#define MAX_EXTENSIONS 64 /* QEMU knows six */
#define ZLIB 0
#define ZSTD 1

static enum hl_status features(uint64_t f, const struct hl_at *at)
{
	if (f & MARKED_CORRUPT)
		hl_warn(at, "is marked as corrupt by its writer");
	f &= ~(uint64_t)(DIRTY | MARKED_CORRUPT | COMPRESSION);
	if (f & EXTERNAL)
		return hl_fail(at, HL_UNSUPPORTED, "is a QCOW2 with its data in "
		               "another file, which is not read");
	if (f)
		return hl_fail(at, HL_UNSUPPORTED, "is a QCOW2 with features "
		               "that are not read (%#" PRIx64 ")", f);
	return HL_OK;
}

/* Told only by a header that is long enough, and says that it has to be
 * known; else it is zlib. */
static enum hl_status compression(const uint8_t *head, struct vdisk_head *out,
                                  const struct hl_at *at)
{
	uint8_t type = head[COMPRESSION_AT];

	if (!(be64_at(head + 72) & COMPRESSION) ||
	    be32_at(head + 100) <= COMPRESSION_AT || type == ZLIB)
		return HL_OK;
	if (type != ZSTD)
		return hl_fail(at, HL_UNSUPPORTED, "is a QCOW2 compressed in "
		               "a way that is not read (%u)", type);
	if (!hl_zstd_has())
		return hl_fail(at, HL_UNSUPPORTED, "is a QCOW2 compressed by "
		               "zstd, which was left out of this build");
	out->zstd = true;
	return HL_OK;
}

/* What the parent is: an extension behind the header, if it is there. */
static bool backing_is_raw(struct hl_src *file, const uint8_t *head)
{
	uint64_t at = be32_at(head + 4) == 2 ? 72 : be32_at(head + 100);
	uint8_t e[16];

	for (size_t i = 0; i < MAX_EXTENSIONS; i++) {
		if (hl_src_read(file, at, e, 8, NULL) != HL_OK ||
		    !be32_at(e))
			return false;
		uint32_t n = be32_at(e + 4);
		if (be32_at(e) == BACKING_FORMAT)
			return n == 3 &&
			       hl_src_read(file, at + 8, e, 3, NULL) == HL_OK &&
			       !memcmp(e, "raw", 3);
		at += 8 + ((uint64_t)n + 7) / 8 * 8;
	}
	return false;
}

static enum hl_status backing(struct hl_src *file, struct vdisk_head *out,
                              const uint8_t *head, const struct hl_at *at)
{
	uint64_t off = be64_at(head + 8);
	uint32_t len = be32_at(head + 16);
	char name[VDISK_NAME] = "";

	if (!off || !len)
		return HL_OK;
	out->has_parent = true;
	if (len >= sizeof(name) ||
	    hl_src_read(file, off, name, len, NULL) != HL_OK)
		return hl_fail(at, HL_CORRUPT,
		               "the name of its backing file cannot be read");
	hl_vdisk_hint(out, name, len);
	if (be32_at(head + 4) > 1)
		out->parent_raw = backing_is_raw(file, head);
	return HL_OK;
}

static enum hl_status tables(const uint8_t *head, struct vdisk_head *out,
                             bool old, uint64_t file_size,
                             const struct hl_at *at)
{
	uint32_t bits = old ? head[32] : be32_at(head + 20);
	uint32_t l2_bits = old ? head[33] : bits - 3;

	if (bits < 9 || bits > 21 || l2_bits < 6 || l2_bits > 18)
		return hl_fail(at, HL_CORRUPT, "is a QCOW with clusters of "
		               "2^%" PRIu32 " bytes, which cannot be", bits);
	uint64_t span = UINT64_C(1) << (bits + l2_bits);
	uint64_t need = out->size / span + (out->size % span != 0);
	if (!old && be32_at(head + 36) < need)
		return hl_fail(at, HL_CORRUPT, "is a QCOW2 of %" PRIu64
		               " bytes with too small a table", out->size);
	if (need > MAX_L1 / 8 || need * 8 > file_size)
		return hl_fail(at, HL_CORRUPT, "is a QCOW whose first table "
		               "(%" PRIu64 " entries) its file cannot hold",
		               need);
	out->old = old;
	out->block = UINT32_C(1) << bits;
	out->l2_bits = l2_bits;
	out->table_off = be64_at(head + 40);
	out->table_len = need * 8;
	return HL_OK;
}

enum hl_status hl_qcow_head(struct hl_src *file, struct vdisk_head *out,
                            const struct hl_at *at)
{
	uint8_t head[HEADER] = { 0 };
	uint32_t version;
	enum hl_status st = hl_src_read(file, 0, head, sizeof(head), NULL);

	if (st != HL_OK)
		return hl_fail(at, HL_CORRUPT,
		               "the header of this QCOW cannot be read");
	version = be32_at(head + 4);
	if (version < 1 || version > 3)
		return hl_fail(at, HL_UNSUPPORTED, "is a QCOW of version %"
		               PRIu32 ", which is not read", version);
	out->format = version == 1 ? "QCOW" : "QCOW2";
	out->size = be64_at(head + 24);
	out->snapshots = version == 1 ? 0 : be32_at(head + 60);
	if (be32_at(head + (version == 1 ? 36 : 32)))
		return hl_fail(at, HL_UNSUPPORTED, "is an encrypted %s, which "
		               "is not read", out->format);
	st = tables(head, out, version == 1, hl_src_size(file), at);
	if (st == HL_OK && version == 3)
		st = features(be64_at(head + 72), at);
	if (st == HL_OK && version == 3)
		st = compression(head, out, at);
	return st == HL_OK ? backing(file, out, head, at) : st;
}
