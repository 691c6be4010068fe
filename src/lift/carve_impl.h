/*
 * carve_impl.h: what the files that carve share.
 *
 *	carve.c        which space is searched, in which order; the list
 *	carve_row.c    stretches that no file owns, as one row of bytes
 *	carve_slack.c  what live files do not use of their clusters
 *	carve_scan.c   the pass over a row: signatures
 *	carve_chain.c  bins in order, and where they end
 *	carve_take.c   a signature that is believed becomes a find
 *	carve_logs.c   the same for logs; carve_packed.c for what is compressed
 *	carve_words.c  do the parts of a hive speak of each other?
 *	carve_talk.c   each reference of each cell, looked up
 *	carve_split.c  bins in a row that need not belong together
 *	carve_join.c   fragments that belong together
 *	carve_owner.c  which live file holds a find
 *	carve_src.c    a find as a source
 *	lift_carved.c  a find in the output folder
 */
#ifndef HL_CARVE_IMPL_H
#define HL_CARVE_IMPL_H

#include "hive/carve.h"
#include "hivelift/carve.h"
#include "lift/buf.h"

/* A stretch of a find in the source it was found in. */
struct carve_piece {
	uint64_t in_off, in_len;
	uint64_t len; /* of the find; differs when it is compressed */
};

#define CARVE_ROOM 65536u
#define CARVE_WORDS 12
struct carve_find {
	struct hl_carved pub;
	struct hl_src *base; /* the volume or the image; borrowed */
	size_t space;        /* only what is in one space is joined */
	struct carve_piece *piece;
	size_t n_piece, cap_piece;
	uint64_t bins_at;  /* of the first bin in the find: 0 or 4096 */
	uint64_t bins_end; /* behind the last whole bin, in the hive */
	uint32_t torn;     /* size of the bin that begins there; 0: none */
	uint64_t torn_have; /* bytes of it that are in the find */
	uint64_t room;   /* bytes before it that no other find has, at most
	                    CARVE_ROOM: the rest of a torn bin may be there */
	bool loose;        /* behind the base block's sector lies what may be
	                      another's */
	bool used;         /* joined into another, or a live file's */
	char *decided[CARVE_WORDS];
};

/* A row of stretches that is searched as one. */
struct carve_row {
	struct hl_src *base;
	struct hl_src *src; /* the row itself; its parent is base */
	const struct hl_volume *volume;
	const char *where;
	size_t space;
	uint32_t cluster;   /* bytes; 0: not known */
};

struct hl_carve {
	const struct hl_ctx *ctx;
	struct hl_disk *disk;
	struct hl_carve_opts opts;
	struct carve_find **find;
	size_t n, cap;
	uint64_t searched, total, live;
	bool full; /* the budget of finds is used up */
	uint8_t *buf; /* CARVE_BUF: the row's window */
	uint8_t *unit; /* two units of compressed data, or NULL */
};

/* ---- reading ------------------------------------------------------------- */

#define CARVE_BUF (1u << 20)
/* A window that moves over a source.  What cannot be read is zeros. */
struct carve_in {
	struct hl_src *src;
	const struct hl_ctx *ctx;
	uint8_t *buf;
	size_t cap, n;  /* bytes of buf: room, filled */
	uint64_t at;    /* of buf in src */
	uint64_t size;  /* of src, or where to stop */
	uint64_t bad;   /* bytes that could not be read */
	enum hl_status failed; /* HL_NOMEM, HL_CANCELLED; else HL_OK */
};
void hl_carve_in(struct carve_in *in, struct hl_src *src, uint8_t *buf,
                 size_t cap, const struct hl_ctx *ctx);
/* n bytes (at most cap) at off; NULL: they are not all inside, or failed. */
const uint8_t *hl_carve_peek(struct carve_in *in, uint64_t off, size_t n);

/* ---- bins ---------------------------------------------------------------- */

#define CARVE_ODD 8
struct carve_chain {
	uint64_t end;       /* in the source, behind the last whole bin */
	uint64_t bin_end;   /* the same in the hive */
	size_t bins;
	uint32_t torn;      /* size of the bin at end that is cut; 0: none */
	uint64_t torn_have; /* bytes of it that are there */
	size_t n_odd;       /* bins whose cells do not chain */
	struct { uint64_t off, len; } odd[CARVE_ODD];
};
/*
 * Bins from off on, the first of them bin_off in its hive, up to limit
 * (UINT64_MAX: as far as they go).
 */
void hl_carve_chain(struct carve_in *in, uint64_t off, uint64_t bin_off,
                    uint64_t limit, struct carve_chain *out);
/* Bytes from off on of a bin of that size whose cells chain. */
uint64_t hl_carve_cells(struct carve_in *in, uint64_t off, uint32_t size);

/* Words that cells of one part have for another: right and wrong ones. */
struct carve_words {
	uint64_t good, bad;
};
/*
 * Of bins that begin at bins_at in src, the first of them bin_off in the
 * hive: do what lies before and behind `split` (in the hive), up to `end`,
 * speak of each other?  HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_carve_words(struct hl_src *src, uint64_t bins_at,
                              uint64_t bin_off, uint64_t split, uint64_t end,
                              const struct hl_ctx *ctx,
                              struct carve_words *out) HL_MUST_CHECK;
/*
 * The same bins in a row: the first that is a stranger to those before it,
 * *at in the hive, or UINT64_MAX.  Codes as above.
 */
enum hl_status hl_carve_stranger(struct hl_src *src, uint64_t bins_at,
                                 uint64_t bin_off, uint64_t end,
                                 const struct hl_ctx *ctx,
                                 uint64_t *at) HL_MUST_CHECK;
static inline bool carve_agree(const struct carve_words *w)
{
	return w->good >= 2 && w->bad <= w->good / 16;
}

/* ---- finds --------------------------------------------------------------- */

/* NULL: no memory, or no more finds (said). */
struct carve_find *hl_carve_new(struct hl_carve *c, const struct carve_row *r,
                                enum hl_carved_what what);
void hl_carve_drop(struct hl_carve *c, struct carve_find *f);
/* Why it is believed; when there is no more room it is left out. */
void hl_carve_say(struct hl_carve *c, struct carve_find *f, const char *fmt,
                  ...) HL_PRINTF(3, 4);
/* [off, off + len) of the row is the rest of the find.  HL_OK, HL_NOMEM,
 * HL_LIMIT (too many pieces) */
enum hl_status hl_carve_pieces(struct hl_carve *c, struct carve_find *f,
                               const struct carve_row *r, uint64_t off,
                               uint64_t len) HL_MUST_CHECK;
enum hl_status hl_carve_piece(struct hl_carve *c, struct carve_find *f,
                              const struct carve_piece *p) HL_MUST_CHECK;
/* Cut to size; f->pub.size is set. */
void hl_carve_cut(struct carve_find *f, uint64_t size);
/* It is complete: into the list.  HL_OK, HL_NOMEM */
enum hl_status hl_carve_keep(struct hl_carve *c,
                             struct carve_find *f) HL_MUST_CHECK;
enum hl_status hl_carve_src(struct hl_src **out, const struct carve_find *f,
                            const struct hl_ctx *ctx) HL_MUST_CHECK;

/* ---- the pass ------------------------------------------------------------ */

struct carve_scan {
	struct hl_carve *c;
	const struct carve_row *row;
	struct carve_in in;
	uint64_t from, to; /* signatures in here only */
	uint64_t done;     /* how far it came */
	uint64_t reach;    /* of the bins that were parted last */
	unsigned cuts;     /* how often they were, up to there */
	uint64_t taken;    /* behind the last whole bin that was taken */
};
/* HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_carve_scan(struct hl_carve *c,
                             const struct carve_row *row) HL_MUST_CHECK;
/*
 * What stands at off?  *skip: bytes that were taken, 0: nothing believed.
 * Codes as above.
 */
enum hl_status hl_carve_take_base(struct carve_scan *s, uint64_t off,
                                  uint64_t *skip) HL_MUST_CHECK;
enum hl_status hl_carve_take_bins(struct carve_scan *s, uint64_t off,
                                  uint64_t *skip) HL_MUST_CHECK;
enum hl_status hl_carve_take_log(struct carve_scan *s, uint64_t off,
                                 const struct hl_base_block *head,
                                 uint64_t *skip) HL_MUST_CHECK;
enum hl_status hl_carve_take_old(struct carve_scan *s, uint64_t off,
                                 const struct hl_base_block *head,
                                 uint64_t *skip) HL_MUST_CHECK;
enum hl_status hl_carve_take_packed(struct carve_scan *s, uint64_t off,
                                    uint64_t *skip) HL_MUST_CHECK;
/* Bins that are cut go on elsewhere in the row: where to look again. */
enum hl_status hl_carve_scan_part(struct carve_scan *s, uint64_t from,
                                  uint64_t to) HL_MUST_CHECK;

/* ---- the spaces ---------------------------------------------------------- */

/* Each row of a volume's free space, of a gap …, scanned. */
enum hl_status hl_carve_free_space(struct hl_carve *c,
                                   const struct hl_volume *v,
                                   size_t space) HL_MUST_CHECK;
enum hl_status hl_carve_stretch(struct hl_carve *c, const char *where,
                                const struct hl_volume *v, uint64_t off,
                                uint64_t len, size_t space) HL_MUST_CHECK;
enum hl_status hl_carve_slack(struct hl_carve *c, const struct hl_volume *v,
                              size_t space) HL_MUST_CHECK;
/* All of the image but what live hives own. */
enum hl_status hl_carve_medium(struct hl_carve *c) HL_MUST_CHECK;

/* Stretches that grow into rows; each full row is scanned. */
struct carve_stretches {
	struct hl_carve *c;
	struct carve_row row; /* all but src */
	struct hl_extent *ext;
	size_t n, cap;
};
enum hl_status hl_carve_add(struct carve_stretches *s, uint64_t off,
                            uint64_t len) HL_MUST_CHECK;
/* What is left of them; frees.  st != HL_OK: only that, and hand it back. */
enum hl_status hl_carve_end(struct carve_stretches *s,
                            enum hl_status st) HL_MUST_CHECK;

/* Each stream of each live file that has clusters of its own. */
typedef enum hl_status carve_each(void *user, const struct hl_volume *v,
                                  const struct hl_entry *e,
                                  const struct hl_stream_info *info);
enum hl_status hl_carve_sweep(struct hl_carve *c, const struct hl_volume *v,
                              carve_each *each, void *user) HL_MUST_CHECK;

/* ---- afterwards ---------------------------------------------------------- */

/* Fragments by space and first bin, to be freed. */
struct carve_parts {
	struct carve_find **part;
	size_t n;
};
enum hl_status hl_carve_parts(struct carve_parts *out,
                              struct hl_carve *c) HL_MUST_CHECK;
/* The first of them at that bin of the space, or behind it. */
size_t hl_carve_first_at(const struct carve_parts *p, size_t space,
                         uint64_t bin);
enum hl_status hl_carve_split(struct hl_carve *c) HL_MUST_CHECK;
enum hl_status hl_carve_join(struct hl_carve *c) HL_MUST_CHECK;
/* Which live file holds each; those of live hives are taken off the list. */
enum hl_status hl_carve_owners(struct hl_carve *c) HL_MUST_CHECK;
/* Which hive each log was written for. */
enum hl_status hl_carve_belongs(struct hl_carve *c) HL_MUST_CHECK;

#endif
