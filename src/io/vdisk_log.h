/*
 * vdisk_log.h: the log of a VHDX that was not closed.
 *
 *	vdisk_log.c    entries -> the sequence that counts -> changes
 *	vdisk_patch.c  the file with those changes over it, as a source
 */
#ifndef HL_VDISK_LOG_H
#define HL_VDISK_LOG_H

#include "io/vdisk.h"

/* Bytes [off, off + len) of the file are zeros, or lie in the log. */
struct vhdx_patch {
	uint64_t off, len; /* len > 0; no more than INT64_MAX together */
	uint64_t from;     /* in the log's copy; HL_NO_OFFSET: zeros */
};

/*
 * The file with changes over it: a later one hides an earlier one.  Behind
 * the file's end and what is changed there it is zeros up to `size`.  `log`
 * holds what patches are from.  HL_OK, HL_NOMEM
 */
enum hl_status hl_vhdx_patched(struct hl_src **out, struct hl_src *file,
                               struct hl_src *log,
                               const struct vhdx_patch *patch, size_t n,
                               uint64_t size,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;

/* A file with its log replayed; zeros: it needs none. */
struct vhdx_log {
	struct hl_src *view; /* NULL: it cannot be replayed */
	struct hl_src *mem;
	uint8_t *buf;        /* the log, as it is written to the file */
};

/*
 * Replay the log that a header names, in memory.  What comes of it is said
 * when `say` is.  HL_OK (also when it cannot be replayed), HL_NOMEM
 */
enum hl_status hl_vhdx_log_open(struct vhdx_log *out, struct hl_src *file,
                                const struct vdisk_head *h, bool say,
                                const struct hl_at *at) HL_MUST_CHECK;
void hl_vhdx_log_close(struct vhdx_log *log, const struct hl_ctx *ctx);

/* CRC-32C, begun with and finished by the complement of all. */
uint32_t hl_vhdx_crc(uint32_t crc, const uint8_t *p, size_t n);

#endif
