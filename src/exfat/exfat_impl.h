/* exfat_impl.h: an open exFAT volume, shared by the readers of this folder. */
#ifndef HL_EXFAT_IMPL_H
#define HL_EXFAT_IMPL_H

#include "io/note.h"
#include "exfat/exfat.h"
#include "exfat/exfat_disk.h"

/*
 * Blocks of the volume: FAT, folders and bitmap, because the same ones are
 * asked for again and again.  Entries of 32 bytes never lie in two of them.
 */
#define HL_EXFAT_BLOCK 4096u
#define HL_EXFAT_BLOCKS 128u
#define HL_EXFAT_UNIT 32u

struct hl_exfat_block {
	uint64_t tag; /* block number + 1; 0: empty */
	uint8_t lost[HL_EXFAT_BLOCK / HL_EXFAT_UNIT / 8]; /* a bit: 32 bytes */
	uint8_t data[HL_EXFAT_BLOCK];
};

#define HL_EXFAT_SAID 64u

struct hl_exfat_place { /* of a table of the volume; cluster 0: none */
	uint32_t cluster, sum;
	uint64_t size;
};

struct hl_exfat {
	const struct hl_ctx *ctx;
	struct hl_src *src;
	struct hl_exfat_geom geom;
	bool boot_backup;
	struct hl_exfat_block *blocks; /* [HL_EXFAT_BLOCKS] */
	uint16_t label[EXFAT_SPECIAL_UNITS];
	size_t n_label;
	uint8_t guid[16];
	bool has_guid;
	struct hl_exfat_place bitmap_at[2], upcase_at;
	struct hl_src *bitmap;         /* when first needed */
	bool bitmap_tried, upcase_tried;
	uint16_t *upcase;              /* NULL: the built-in rule */
	uint32_t said[HL_EXFAT_SAID];  /* folders whose damage was told */
};

/*
 * The 32 bytes around a position of the volume.  HL_OK; HL_END: not to be
 * read; HL_NOMEM, HL_CANCELLED.  Valid until the next call.
 */
enum hl_status hl_exfat_unit(struct hl_exfat *v, uint64_t pos,
                             const uint8_t **out) HL_MUST_CHECK;

enum hl_exfat_link {
	HL_EXFAT_NEXT,
	HL_EXFAT_LAST,
	HL_EXFAT_NONE,       /* zero */
	HL_EXFAT_DEFECT,     /* marked bad */
	HL_EXFAT_OUT,        /* a number that is no cluster */
	HL_EXFAT_UNREADABLE,
};
struct hl_exfat_link_info {
	enum hl_exfat_link kind;
	uint32_t value;
	bool second; /* taken from the FAT that does not count */
};
/* The FAT entry of a cluster.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_table_get(struct hl_exfat *v, uint32_t cluster,
                                  struct hl_exfat_link_info *out) HL_MUST_CHECK;

static inline uint64_t hl_exfat_cluster_off(const struct hl_exfat_geom *g,
                                            uint32_t cluster)
{
	return g->heap_off + (uint64_t)(cluster - 2) * g->cluster_size;
}

static inline bool hl_exfat_is_cluster(const struct hl_exfat_geom *g,
                                       uint32_t c)
{
	return c >= 2 && c - 2 < g->n_clusters;
}

/* Clusters that so many bytes need, at most all there are. */
static inline uint32_t hl_exfat_clusters_for(const struct hl_exfat_geom *g,
                                             uint64_t size)
{
	uint64_t n = size / g->cluster_size + (size % g->cluster_size != 0);

	return n > g->n_clusters ? g->n_clusters : (uint32_t)n;
}

/*
 * Clusters as a source: [0, valid) from the disk, zeros up to `zeros`, then
 * from the disk again up to `size`.  What the list does not reach is MISSING.
 */
enum hl_status hl_exfat_chain_src(struct hl_src **out, struct hl_exfat *v,
                                  const struct hl_runs *runs, uint64_t valid,
                                  uint64_t zeros, uint64_t size,
                                  const char *name) HL_MUST_CHECK;

/* The set at entry i of an open folder, in use or not, wherever the end mark
 * is.  HL_OK, HL_END (none there), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_dir_take(struct hl_exfat_dir *d, uint64_t i,
                                 struct hl_exfat_entry *out) HL_MUST_CHECK;

/*
 * The same clusters, with what the bitmap says of them: free now, or another
 * file's.  free_only: up to the first that is not.  HL_OK, HL_NOMEM, …
 */
enum hl_status hl_exfat_judge_runs(struct hl_exfat *v,
                                   const struct hl_runs *runs, bool free_only,
                                   struct hl_runs *out) HL_MUST_CHECK;

/* The volume's own tables (exfat_tables.c). */
enum hl_status hl_exfat_specials(struct hl_exfat *v) HL_MUST_CHECK;
/* NULL in *out: the built-in rule.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_upcase(struct hl_exfat *v,
                               const uint16_t **out) HL_MUST_CHECK;

#endif
