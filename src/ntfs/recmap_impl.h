/*
 * recmap_impl.h: what recmap keeps of a medium.
 *
 *	stretch[]  neighbouring records           40 bytes each
 *	block[]    index blocks, with their folder 24
 *	irun[]     where folders say theirs lie    40
 *	mrun[]     runs of $MFT, of all record 0s and their extensions
 *	anchor[]   record 0s: the real ones, mirrors, copies
 *	fact[]     system records that tell the volume's size
 */
#ifndef HL_NTFS_RECMAP_IMPL_H
#define HL_NTFS_RECMAP_IMPL_H

#include "io/note.h"
#include "ntfs/ntfs.h"
#include "ntfs/recmap.h"

#define RECMAP_NONE UINT32_MAX

/*
 * A record from before Windows XP holds no number.  Until the runs of a record
 * 0 say which it is, it is kept under one that grows with its place, so that
 * neighbours are one stretch; nothing but such runs looks at those.
 */
#define RECMAP_OLD (UINT64_C(1) << 60)
#define RECMAP_UNNUMBERED (UINT32_MAX - 2) /* as a piece's volume */
static inline uint64_t hl_recmap_old_number(uint64_t off, unsigned rs_log2)
{
	return RECMAP_OLD + (off >> rs_log2);
}

struct hl_recmap_stretch {
	uint64_t off, number;
	uint32_t n, present;
	uint64_t end_lcn; /* behind the last cluster its records name */
	uint32_t volume;  /* while inferring */
	uint16_t votes;   /* for cs_log2 */
	uint8_t rs_log2, cs_log2; /* cs_log2 0: not known */
};

/* folder: its reference as number << 16 | sequence */
struct hl_recmap_block {
	uint64_t off, folder;
	uint32_t vcn, size; /* bytes */
};
struct hl_recmap_irun {
	uint64_t folder, lcn;
	uint64_t off; /* of the record that says so */
	uint32_t vcn, len;
	uint32_t cs_log2;
};

struct hl_recmap_mrun {
	uint64_t off; /* of the record that says so */
	uint64_t vcn, lcn, len;
};

struct hl_recmap_anchor {
	uint64_t off, size, valid; /* bytes; of $MFT's $DATA */
	uint64_t created;          /* FILETIME: when it was formatted */
	uint64_t lcn;              /* of its first run */
	uint64_t clusters;         /* that its own runs map */
	uint32_t records;          /* of the stretch it is in, when inferring */
	uint16_t rs_log2, cs_log2;
};

/* Of the records 1 ($MFTMirr: lcn), 6 and 8 (volume's clusters, bytes). */
struct hl_recmap_fact {
	uint64_t off, number, value;
};

struct hl_recmap_guess;

struct hl_recmap {
	const struct hl_ctx *ctx;
	struct hl_recmap_stretch *stretch;
	size_t n_stretch, cap_stretch;
	size_t last;      /* the stretch that was added to */
	struct hl_recmap_block *block;
	size_t n_block, cap_block;
	struct hl_recmap_irun *irun;
	size_t n_irun, cap_irun;
	struct hl_recmap_mrun *mrun;
	size_t n_mrun, cap_mrun;
	struct hl_recmap_anchor *anchor;
	size_t n_anchor, cap_anchor;
	struct hl_recmap_fact *fact;
	size_t n_fact, cap_fact;
	uint64_t n_records;
	uint64_t dropped;  /* records in stretches that were left out */
	uint32_t sample;   /* folders: one of 2^sample is kept */
	uint32_t thinned;  /* times */
	bool said;
	uint8_t *buf;      /* a block, for its fixup */
	struct hl_recmap_guess *result; /* recmap_infer.c, or NULL */
};

/* recmap_keep.c: into the tables, within their bounds.  HL_OK, HL_NOMEM */
enum hl_status hl_recmap_keep_record(struct hl_recmap *m, uint64_t off,
                                     uint64_t number, unsigned rs_log2,
                                     unsigned cs_log2,
                                     uint64_t end_lcn) HL_MUST_CHECK;
enum hl_status hl_recmap_keep_block(struct hl_recmap *m,
                                    struct hl_recmap_block b) HL_MUST_CHECK;
enum hl_status hl_recmap_keep_irun(struct hl_recmap *m,
                                   struct hl_recmap_irun r) HL_MUST_CHECK;
enum hl_status hl_recmap_keep_mrun(struct hl_recmap *m,
                                   struct hl_recmap_mrun r) HL_MUST_CHECK;
enum hl_status hl_recmap_keep_anchor(struct hl_recmap *m,
                                     struct hl_recmap_anchor a) HL_MUST_CHECK;
enum hl_status hl_recmap_keep_fact(struct hl_recmap *m,
                                   struct hl_recmap_fact f) HL_MUST_CHECK;

/* The logarithm of a power of two in [least, most], or 0. */
static inline unsigned hl_recmap_log2(uint64_t v, uint64_t least, uint64_t most)
{
	if (v < least || v > most || (v & (v - 1)))
		return 0;
	return (unsigned)__builtin_ctzll(v);
}

/* ---- inferring ----------------------------------------------------------- */

#define RECMAP_DROP (UINT32_MAX - 1) /* a piece of $MFTMirr */

/* One index block that lies where a record says, if the volume begins so. */
struct hl_recmap_vote {
	uint64_t start;
	uint32_t piece, cs_log2;
};
struct hl_recmap_tally {
	struct hl_recmap_vote *v; /* by start, cs_log2, piece */
	size_t n, cap;
};

/* A volume while it is put together. */
struct hl_recmap_cand {
	uint64_t start;
	unsigned cs_log2, rs_log2;
	uint32_t anchor;   /* or RECMAP_NONE */
	uint64_t lcn;      /* of record 0, when there is an anchor */
	uint64_t expected; /* records, by the anchor */
	uint64_t votes;    /* of index blocks */
	uint64_t explained; /* records that lie where the anchor says */
	uint64_t old;       /* of those, how many have no number of their own */
	uint64_t by_place; /* records that only their place binds */
	uint64_t copies;   /* of record 0 elsewhere */
	uint64_t mapped;   /* records from 0 on that its runs map */
	bool mirror;       /* found through $MFTMirr */
	bool whole;        /* the runs map all of $MFT */
	bool guessed;      /* the start is another volume's */
	bool same_mft;     /* and so is the place of record 0 */
	uint64_t created;
	uint64_t records, end_lcn, first_piece, n_pieces;
	uint64_t size;
	bool size_known;
};

/* What infer answers with, and the pieces while it works. */
struct hl_recmap_guess {
	const struct hl_ctx *ctx;
	struct hl_recmap_stretch *piece; /* volume: index of cand[] */
	size_t n_piece, cap_piece;
	struct hl_recmap_cand *cand;
	size_t n_cand, cap_cand;
	struct hl_recmap_tally tally;
	/* the result */
	struct hl_recmap_volume *vol;
	struct hl_recmap_extent *ext;
	char **text; /* all evidence */
	size_t n_vol, n_text, cap_text;
	bool full; /* not all volumes, or not all votes for them */
};
void hl_recmap_guess_free(const struct hl_ctx *ctx, struct hl_recmap_guess *g);

/* A run of $MFT on the image. */
struct hl_recmap_own {
	uint64_t off, end; /* bytes */
	uint64_t origin;   /* where record 0 would be; modulo 2^64 */
};
struct hl_recmap_owns {
	struct hl_recmap_own *o;
	size_t n, cap;
};
/* recmap_mft.c: c->anchor's runs, sorted and disjoint; sets whole, mapped and
 * expected.  HL_OK, HL_NOMEM */
enum hl_status hl_recmap_gather(struct hl_recmap *m, struct hl_recmap_owns *o,
                                struct hl_recmap_cand *c) HL_MUST_CHECK;

/* recmap_anchor.c: volumes that a record 0 describes claim their pieces. */
enum hl_status hl_recmap_by_anchor(struct hl_recmap *m,
                                   struct hl_recmap_guess *g) HL_MUST_CHECK;
/* recmap_vote.c: index blocks against what records say; then pieces without
 * a volume get one.  Pieces are sorted by place. */
enum hl_status hl_recmap_by_index(struct hl_recmap *m,
                                  struct hl_recmap_guess *g) HL_MUST_CHECK;
/* The piece that holds the record at off, or RECMAP_NONE. */
uint32_t hl_recmap_piece_of(const struct hl_recmap_guess *g, uint64_t off);
/* Cut a piece before its record n; the rest goes behind all others. */
enum hl_status hl_recmap_cut(struct hl_recmap_guess *g, size_t i,
                             uint64_t n) HL_MUST_CHECK;
/* recmap_infer.c: a new candidate.  HL_OK, HL_NOMEM, HL_LIMIT */
enum hl_status hl_recmap_cand_add(struct hl_recmap_guess *g,
                                  const struct hl_recmap_cand *c)
	HL_MUST_CHECK;
/* recmap_size.c; the pieces are sorted by place. */
void hl_recmap_sizes(struct hl_recmap *m, struct hl_recmap_guess *g);
/* recmap_volume.c: candidates with their pieces into results. */
enum hl_status hl_recmap_finish(struct hl_recmap *m,
                                struct hl_recmap_guess *g) HL_MUST_CHECK;

#endif
