/*
 * vss_impl.h: what the files about shadow copies share.
 *
 *	vss_block.c  blocks of 16 KiB and their chains
 *	vss.c        copies, and the stores found for them
 *	vss_catalogue.c catalogues: by header, by file, by search
 *	vss_store.c  a store's block list and bitmaps
 *	vss_table.c  block -> descriptor
 *	vss_map.c    a copy as a source
 *	vss_lib.c    libvshadow's opinion
 */
#ifndef HL_VSS_IMPL_H
#define HL_VSS_IMPL_H

#include "io/src_impl.h"
#include "base/text.h"
#include "vss/vss.h"
#include "vss/vss_disk.h"

/* ---- vss_block.c ---- */

/* One block as read. */
struct vss_block {
	uint8_t b[VSS_BLOCK];
	uint64_t off;
	uint64_t next;  /* 0: none */
	bool damaged;   /* some of it could not be read */
};
/*
 * HL_OK; HL_CORRUPT: it is not such a block, or says that it lies elsewhere;
 * HL_NOMEM, HL_CANCELLED
 */
enum hl_status vss_block_read(struct vss_block *b, struct hl_src *src,
                              uint64_t off, enum vss_type type) HL_MUST_CHECK;

/* Is that such a block, by its first bytes?  HL_OK, HL_CORRUPT, ... */
enum hl_status vss_block_peek(struct hl_src *src, uint64_t off,
                              enum vss_type type) HL_MUST_CHECK;

/* A chain of blocks that ends, whatever the blocks say. */
struct vss_chain {
	struct hl_src *src;
	enum vss_type type;
	uint64_t next;
	uint64_t mark, steps, power; /* Brent's */
	uint64_t left;               /* no more blocks than the medium holds */
};
void vss_chain_begin(struct vss_chain *c, struct hl_src *src,
                     enum vss_type type, uint64_t first);
/* HL_OK, HL_END, HL_CORRUPT (broken or running in circles), as above */
enum hl_status vss_chain_next(struct vss_chain *c,
                              struct vss_block *b) HL_MUST_CHECK;

/* ---- vss_table.c ---- */

/* What a store keeps of one block of the volume. */
struct vss_kept {
	uint64_t original;
	uint64_t at;         /* regular: its data; forwarder: the block meant */
	uint64_t overlay_at;
	uint32_t sectors;    /* of the overlay */
	uint8_t kind;        /* enum vss_kind */
};
enum vss_kind { VSS_KEPT_NONE, VSS_KEPT_DATA, VSS_KEPT_FORWARD };

struct vss_slot { uint64_t key; uint64_t value; bool used; };
struct vss_map64 {
	struct vss_slot *slot;
	size_t n, cap; /* cap is a power of two, or 0 */
};
/* NULL: not there */
uint64_t *vss_map64_get(const struct vss_map64 *m, uint64_t key);
enum hl_status vss_map64_put(struct vss_map64 *m, uint64_t key, uint64_t value,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;

struct vss_table {
	struct vss_kept *kept;
	size_t n, cap;
	struct vss_map64 by_original; /* index into kept */
	struct vss_map64 forwarded;   /* block meant -> original; HL_NO_OFFSET:
	                                 removed again */
	uint64_t n_descriptors;
};
/* One descriptor, in the order of the list. */
enum hl_status vss_table_add(struct vss_table *t,
                             const struct vss_descriptor *d,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
const struct vss_kept *vss_table_find(const struct vss_table *t,
                                      uint64_t original);
void vss_table_free(struct vss_table *t, const struct hl_ctx *ctx);

/* ---- vss_store.c ---- */

struct vss_bitmap { uint8_t *bits; uint64_t n; }; /* n bits; may be empty */

struct vss_store {
	struct hl_shadow pub;
	uint8_t guid[16];
	uint64_t size;         /* of the volume, then */
	struct hl_src *area;   /* holds its store; NULL: not found */
	struct vss_store_entry entry;
	struct vss_table table;
	struct vss_bitmap now, before;
	bool broken;  /* its list is not all that it was */
	char text[160];
};
/* Reads what entry names; what is wrong goes into pub.  HL_OK, HL_NOMEM, ... */
enum hl_status vss_store_load(struct vss_store *s,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
/* Not in use when the copy was made, so that nothing protects it. */
bool vss_store_spare(const struct vss_store *s, uint64_t original);

/* ---- vss_catalogue.c ---- */

struct vss_reading {
	struct hl_vss *v;
	const struct hl_vss_area *area;
	struct vss_block *b;
	bool copies;  /* those entries are wanted; else the stores */
	uint64_t odd; /* entries of no known type */
};
/* All entries of one volume's, to vss_add_copy or vss_add_store.
 * HL_OK; HL_END: it has none; HL_CORRUPT (said): not all of it; HL_NOMEM, ...
 */
enum hl_status vss_catalogue_read(struct vss_reading *r) HL_MUST_CHECK;

/* ---- vss.c, vss_map.c, vss_lib.c ---- */

enum hl_status vss_add_copy(struct vss_reading *r,
                            const struct vss_copy_entry *e) HL_MUST_CHECK;
void vss_add_store(struct vss_reading *r, const struct vss_store_entry *e);

struct vss_lib;
struct hl_vss {
	const struct hl_ctx *ctx;
	struct hl_src *live;
	struct vss_store *store; /* oldest first */
	size_t n, cap;
	bool foreign, foreigns;  /* one store there, several, of no copy here */
	char foreign_id[40];     /* the first of them */
	char kept_on[40];        /* the volume with the stores, if another */
	struct vss_lib *lib;     /* or NULL */
};

enum hl_status vss_copy_source(struct hl_src **out, struct hl_vss *v,
                               size_t i) HL_MUST_CHECK;

/*
 * libvshadow over the same source.  NULL when it was not built in, or cannot
 * read the volume.
 */
struct vss_lib *vss_lib_open(struct hl_vss *v);
/*
 * Do the bytes agree with what libvshadow reads there?  True also when it
 * reads nothing.
 */
bool vss_lib_agrees(struct vss_lib *lib, size_t i, uint64_t off,
                    const uint8_t *p, size_t n);
/* Did it read all that it was asked for? */
bool vss_lib_witness(const struct vss_lib *lib, size_t i);
void vss_lib_close(struct vss_lib *lib);

#endif
