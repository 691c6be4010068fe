/* fat_impl.h: an open FAT volume, shared by the readers of this folder. */
#ifndef HL_FAT_IMPL_H
#define HL_FAT_IMPL_H

#include "io/note.h"
#include "fat/fat.h"

/*
 * A piece of one FAT.  FAT12 pieces are a multiple of three bytes, so that no
 * entry lies in two of them.
 */
#define HL_FAT_PIECE 4096u
#define HL_FAT_PIECES 16u /* kept per copy; the index modulo this */

struct hl_fat_piece {
	uint64_t tag; /* piece number + 1; 0: empty */
	size_t n;
	struct hl_ranges bad; /* offsets in the piece */
	uint8_t data[HL_FAT_PIECE];
};

/* Blocks of folders, because the same ones are asked for again and again. */
#define HL_FAT_BLOCK 4096u
#define HL_FAT_BLOCKS 128u

struct hl_fat_block {
	uint64_t tag; /* block number + 1 */
	uint8_t data[HL_FAT_BLOCK];
};

#define HL_FAT_SAID 64u

struct hl_fat {
	const struct hl_ctx *ctx;
	struct hl_src *src;
	struct hl_fat_geom geom;
	bool boot_backup, dirty;
	struct hl_fat_codepage cp;
	uint16_t label[11];
	size_t n_label;
	struct hl_fat_piece *pieces; /* [2][HL_FAT_PIECES] */
	struct hl_fat_block *blocks; /* [HL_FAT_BLOCKS], when first needed */
	uint32_t said[HL_FAT_SAID];  /* folders whose damage was told, + 1 */
	uint32_t high_looks; /* clusters looked at for a lost upper half */
};

struct hl_fat_link_info {
	enum hl_fat_link kind;
	uint32_t value;
	bool second; /* taken from another copy than asked for */
	bool differ; /* both copies good, and different */
};
/*
 * The FAT entry of a cluster.  prefer: 0 the FAT that counts, 1 its copy.
 * more: the file needs another cluster, so an end is not good news.
 */
enum hl_status hl_fat_table_get(struct hl_fat *v, uint32_t cluster,
                                unsigned prefer, bool more,
                                struct hl_fat_link_info *out) HL_MUST_CHECK;

static inline uint64_t hl_fat_cluster_off(const struct hl_fat_geom *g,
                                          uint32_t cluster)
{
	return g->data_off + (uint64_t)(cluster - 2) * g->cluster_size;
}

static inline bool hl_fat_is_cluster(const struct hl_fat_geom *g, uint32_t c)
{
	return c >= 2 && c - 2 < g->n_clusters;
}

/*
 * Bytes of the volume through a cache of whole, undamaged blocks.
 * HL_OK, HL_END (not to be had whole: read them another way), HL_NOMEM, …
 */
enum hl_status hl_fat_read_cached(struct hl_fat *v, uint64_t pos, uint8_t *buf,
                                  size_t n) HL_MUST_CHECK;

/* One more cluster of a guessed chain.  HL_OK, HL_NOMEM */
enum hl_status hl_fat_guess_add(struct hl_fat *v, struct hl_fat_chain *c,
                                uint32_t cluster,
                                enum hl_quality quality) HL_MUST_CHECK;

/* A chain as a source of `size` bytes; what it does not reach is MISSING. */
enum hl_status hl_fat_chain_src(struct hl_src **out, struct hl_fat *v,
                                const struct hl_fat_chain *chain,
                                uint64_t size, const char *name) HL_MUST_CHECK;

#endif
