/*
 * acquire_impl.h: a copy being made, shared by
 *
 *	acquire.c        block by block: read, hash, hand on
 *	acquire_read.c   a stretch of the source, what cannot be read listed
 *	acquire_out.c    raw files, a device, an E01 set
 *	acquire_map.c    the map: written, and gone on by
 *	acquire_check.c  read back
 */
#ifndef HL_ACQUIRE_IMPL_H
#define HL_ACQUIRE_IMPL_H

#include "hivelift/acquire.h"
#include "io/ddmap.h"
#include "io/ewf_write.h"
#include "io/hashers.h"
#include "io/note.h"
#include "io/outset.h"

#define ACQUIRE_NAME 1024

struct acquire {
	struct hl_acquired *a;
	struct hl_src *whole;      /* the source */
	struct hl_src *src;        /* what of it is copied */
	const struct hl_acquire_opts *o;
	const struct hl_ctx *ctx;
	struct hl_hashers *hashers;
	unsigned kinds;
	char name[ACQUIRE_NAME], map_name[ACQUIRE_NAME];
	char software[32];
	struct hl_outset *out;
	struct hl_ewf_writer *ewf; /* NULL: raw */
	struct hl_packer *packer;
	/* of a run before: ascending, apart; between them nothing was tried */
	struct hl_ddmap_area *area;
	size_t n_areas, cap_areas;
	bool continues;            /* there was such a run */
	size_t told;               /* bad stretches, at their end */
	bool full;                 /* more of them than are kept apart */
	int64_t saved;             /* seconds, when the map was written last */
};

/* What the map of the run before says of off; *len: so far, at most. */
char hl_acquire_status(const struct acquire *q, uint64_t off, uint64_t *len);

/* acquire_read.c: all of buf is filled.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_acquire_read(struct acquire *q, uint64_t off, uint8_t *buf,
                               size_t n) HL_MUST_CHECK;
/* This is zeros in the copy.  HL_OK, HL_NOMEM */
enum hl_status hl_acquire_lost(struct acquire *q, uint64_t off,
                               uint64_t len) HL_MUST_CHECK;
/* Tell of the stretches that end before `off`: the others may grow. */
void hl_acquire_tell(struct acquire *q, uint64_t off);

/* acquire_out.c */
bool hl_acquire_set(const struct hl_acquire_opts *o, char name[ACQUIRE_NAME],
                    struct hl_outset_opts *out);
enum hl_status hl_acquire_begin(struct acquire *q) HL_MUST_CHECK;
enum hl_status hl_acquire_write(struct acquire *q, uint64_t off,
                                const uint8_t *p, size_t n) HL_MUST_CHECK;
/* HL_END: there is no such part of it */
enum hl_status hl_acquire_back(struct acquire *q, uint64_t off, uint8_t *p,
                               size_t n) HL_MUST_CHECK;
enum hl_status hl_acquire_finish(struct acquire *q) HL_MUST_CHECK;
void hl_acquire_free(struct acquire *q);

/* acquire_map.c.  read: HL_END: there is none */
enum hl_status hl_acquire_map_read(struct acquire *q) HL_MUST_CHECK;
enum hl_status hl_acquire_map_write(struct acquire *q) HL_MUST_CHECK;
void hl_acquire_map_remove(struct acquire *q);

#endif
