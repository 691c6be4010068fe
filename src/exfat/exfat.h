/*
 * exfat.h: reading exFAT.
 *
 * First the decoders (bytes in, struct out; no reading, no allocation), then
 * the readers that stand on them.  Clusters are numbered as on the disk: the
 * first one is 2.
 */
#ifndef HL_EXFAT_H
#define HL_EXFAT_H

#include "base/chain.h"
#include "base/span.h"
#include "hivelift/src.h"

/* ---- decoders: boot region ---------------------------------------------- */

struct hl_exfat_geom {
	uint32_t sector_size, cluster_size; /* bytes */
	uint64_t size;           /* bytes of the volume as stated */
	uint64_t fat_off, fat_len; /* the first FAT; length of each, bytes */
	unsigned n_fats, active; /* active: 0 or 1 */
	uint64_t heap_off;       /* of cluster 2, bytes */
	uint32_t n_clusters;     /* last cluster is n_clusters + 1 */
	uint32_t root;
	uint32_t serial;
	uint16_t revision;       /* 0x0100 */
	bool dirty, failing;     /* flags of the volume */
	const char *odd;         /* accepted, but worth a note; or NULL */
};

/* Does it call itself exFAT?  The rest of the sector may be anything. */
bool hl_exfat_boot_named(struct span s);
/* HL_OK; HL_END: not an exFAT boot sector, *why says in what (static). */
enum hl_status hl_exfat_boot_decode(struct span s, struct hl_exfat_geom *out,
                                    const char **why) HL_MUST_CHECK;
/* Sum of sectors; begin with 0; `first`: s begins with the boot sector, of
 * which the flags and the percentage do not count. */
uint32_t hl_exfat_boot_sum(uint32_t sum, struct span s, bool first);

/* ---- decoders: entry sets ------------------------------------------------ */

enum hl_exfat_what {
	HL_EXFAT_IS_FILE,
	HL_EXFAT_IS_FOLDER,
	HL_EXFAT_IS_SPECIAL, /* of the root: see raw[0] */
};

enum hl_exfat_fault {
	HL_EXFAT_BAD_SUM = 1,    /* checksum of the set */
	HL_EXFAT_BAD_NAME = 2,   /* entries of the name are not there */
	HL_EXFAT_BAD_COUNT = 4,  /* number of entries in the set */
	HL_EXFAT_BAD_PLACE = 8,  /* first cluster or size impossible */
	HL_EXFAT_BAD_VALID = 16, /* valid length above the size */
	HL_EXFAT_BAD_HASH = 32,  /* of the name; harmless */
};

struct hl_exfat_entry {
	enum hl_exfat_what what;
	bool deleted;
	bool in_gone;         /* its folder is deleted, too */
	bool contiguous;      /* no chain: its clusters stand in one row */
	bool encrypted;       /* EFS */
	unsigned faults;      /* enum hl_exfat_fault */
	uint8_t raw[32];      /* the first entry */
	uint8_t raw_stream[32];
	unsigned n_set;       /* entries in the set, the first included */
	unsigned n_vendor;    /* of those, entries that are not ours */
	uint16_t attributes;
	uint16_t hash;        /* as stored */
	uint16_t sum;         /* as stored */
	uint32_t cluster;     /* first one, 0: none */
	uint64_t size, valid; /* bytes; valid <= size */
	uint64_t pos;         /* of the set in the volume, bytes */
	bool in_row;          /* the folder that holds it is contiguous */
	uint16_t n_name;
	uint16_t name16[255];
};

/*
 * Decode the set that begins s: a file entry, in use or not, and whatever
 * stands behind it.  Geometry is for judging places.  *used: entries that
 * belong to it, never 0.
 *   HL_OK; HL_END: no stream entry follows, so there is nothing to show
 */
enum hl_status hl_exfat_set_decode(struct span s,
                                   const struct hl_exfat_geom *g,
                                   struct hl_exfat_entry *out,
                                   unsigned *used) HL_MUST_CHECK;
/* Over n entries; live: count the in-use bits as if they were set. */
uint16_t hl_exfat_set_sum(struct span s, bool live);
/* "checksum, name" …; buf of 128 bytes */
const char *hl_exfat_fault_text(char *buf, unsigned faults);

/* One time stamp; utc as on the disk. */
struct hl_time;
struct hl_time hl_exfat_time(uint32_t stamp, uint8_t tenms, uint8_t utc);

/* ---- decoders: the table of capitals ----------------------------------- */

#define HL_EXFAT_UNITS 65536u
uint32_t hl_exfat_upcase_sum(uint32_t sum, struct span s);
/*
 * The compressed table: FFFF and a count stand for that many units that are
 * their own capitals.  HL_OK, HL_CORRUPT (longer than all units; the table
 * is not to be used)
 */
enum hl_status hl_exfat_upcase_decode(struct span s,
                                      uint16_t table[HL_EXFAT_UNITS])
	HL_MUST_CHECK;
uint16_t hl_exfat_name_hash(const uint16_t *table, const uint16_t *name,
                            size_t n);
/* U+FFFD in a asks for any lone surrogate in b.  table may be NULL: the
 * built-in rule */
bool hl_exfat_same_name(const uint16_t *table, const uint16_t *a, size_t n_a,
                        const uint16_t *b, size_t n_b);

/* ---- readers ----------------------------------------------------------- */

struct hl_exfat; /* an open volume, exfat_impl.h */

/*
 *   HL_OK; HL_END (not exFAT); HL_CORRUPT (said); HL_NOMEM, HL_CANCELLED
 * rescue: the first boot sector is not exFAT's, look for the backup.
 */
enum hl_status hl_exfat_open(struct hl_exfat **out, struct hl_src *src,
                             bool rescue,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_exfat_close(struct hl_exfat *v);
const struct hl_exfat_geom *hl_exfat_geom(const struct hl_exfat *v);
/* Clusters that begin on the medium: what maps of clusters are sized by. */
uint32_t hl_exfat_clusters_there(const struct hl_exfat *v);
bool hl_exfat_boot_backup(const struct hl_exfat *v);
const uint16_t *hl_exfat_label(const struct hl_exfat *v, size_t *n);
/* 16 bytes, or NULL */
const uint8_t *hl_exfat_guid(const struct hl_exfat *v);
/*
 * Does the bitmap call that cluster used, and *n with it behind it?  HL_OK,
 * HL_END (it does not tell of *n clusters), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_exfat_in_use(struct hl_exfat *v, uint32_t cluster,
                               uint32_t *n, bool *used) HL_MUST_CHECK;
/* Reads the bitmap.  HL_OK, HL_END (damaged), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_free_bytes(struct hl_exfat *v,
                                   uint64_t *bytes) HL_MUST_CHECK;
/* Clusters from `first` on, n of them, that the bitmap counts as free.
 * HL_OK, HL_END (it does not tell), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_count_free(struct hl_exfat *v, uint32_t first,
                                   uint32_t n, uint64_t *free) HL_MUST_CHECK;

/* Why a chain ends before it should. */
enum hl_exfat_cut {
	HL_EXFAT_WHOLE,
	HL_EXFAT_CUT_SHORT,      /* ends, but the file goes on */
	HL_EXFAT_CUT_FREE,       /* leads to nothing: the entry is zero */
	HL_EXFAT_CUT_BAD,        /* … marked bad */
	HL_EXFAT_CUT_WILD,       /* … outside the volume */
	HL_EXFAT_CUT_UNREADABLE, /* the FAT cannot be read there */
	HL_EXFAT_CUT_LOOP,       /* … that is in the chain already */
	HL_EXFAT_CUT_FIRST,      /* the first cluster is none */
	HL_EXFAT_CUT_LIMIT,      /* longer than a folder may be */
	HL_EXFAT_CUT_ROW,        /* the row ends with the volume */
};
const char *hl_exfat_cut_text(enum hl_exfat_cut cut);

/* By what rule the clusters of a deleted file were chosen. */
enum hl_exfat_guess {
	HL_EXFAT_STATED,      /* live, or its entry says that they are a row */
	HL_EXFAT_GUESS_CHAIN, /* the chain that the FAT still holds */
	HL_EXFAT_GUESS_ROW,   /* that is gone: a row */
};
const char *hl_exfat_guess_text(enum hl_exfat_guess guess);

struct hl_exfat_chain {
	struct hl_runs runs;
	enum hl_exfat_guess guess;
	enum hl_exfat_cut cut;
	uint32_t cut_at;    /* the cluster whose FAT entry is meant; 0: none */
	uint32_t cut_value; /* what it holds */
	uint32_t second;    /* entries taken from the FAT that does not count */
};
/*
 * The clusters from `first` on: `want` of them (0: none), as a row or by the
 * FAT.  to_end: the chain is expected to end by itself and `want` is only a
 * ceiling (HL_EXFAT_CUT_LIMIT).  HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_exfat_chain_get(struct hl_exfat *v, uint32_t first,
                                  bool contiguous, uint32_t want, bool to_end,
                                  struct hl_exfat_chain *out) HL_MUST_CHECK;
/* That of an entry's content; of a deleted one with the quality of each run,
 * of a deleted folder only as far as nobody has its clusters now. */
enum hl_status hl_exfat_chain_of(struct hl_exfat *v,
                                 const struct hl_exfat_entry *e,
                                 struct hl_exfat_chain *out) HL_MUST_CHECK;
void hl_exfat_chain_free(struct hl_exfat *v, struct hl_exfat_chain *chain);

enum hl_exfat_dir_how {
	HL_EXFAT_DIR_SPECIAL = 1, /* give bitmap, capitals, label, GUID too */
	HL_EXFAT_DIR_DELETED = 2, /* give sets not in use too, and what stands
	                             behind the end mark, which is as dead */
	HL_EXFAT_DIR_QUIET = 4,   /* no notes */
	HL_EXFAT_DIR_GONE = 8,    /* all of it is deleted: give all sets whose
	                             checksum is right, say nothing */
};
struct hl_exfat_dir;
/* A folder by its entry; NULL: the root.  HL_OK, HL_CORRUPT (said; nothing
 * there), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_dir_open(struct hl_exfat_dir **out, struct hl_exfat *v,
                                 const struct hl_exfat_entry *folder,
                                 unsigned how) HL_MUST_CHECK;
/* HL_OK, HL_END, HL_CORRUPT (something skipped, said; go on), HL_NOMEM,
 * HL_CANCELLED */
enum hl_status hl_exfat_dir_next(struct hl_exfat_dir *d,
                                 struct hl_exfat_entry *out) HL_MUST_CHECK;
void hl_exfat_dir_close(struct hl_exfat_dir *d);

/* HL_OK, HL_END (no such name), HL_CORRUPT (not there, but the folder is
 * damaged), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_lookup(struct hl_exfat *v,
                               const struct hl_exfat_entry *folder,
                               const uint16_t *name, size_t n,
                               struct hl_exfat_entry *out) HL_MUST_CHECK;
/* The set at a byte position; in_row: its folder is contiguous; gone: that is
 * deleted.  HL_OK, HL_END (none there), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_entry_at(struct hl_exfat *v, uint64_t pos, bool in_row,
                                 bool gone,
                                 struct hl_exfat_entry *out) HL_MUST_CHECK;

enum hl_exfat_how {
	HL_EXFAT_CONTENT, /* size bytes; zeros from the valid length on */
	HL_EXFAT_SLACK,   /* the same, then to the end of the last cluster */
	HL_EXFAT_RAW,     /* size bytes as they lie on the disk */
};
/* HL_OK (damage is MISSING stretches, said), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_exfat_stream(struct hl_src **out, struct hl_exfat *v,
                               const struct hl_exfat_entry *e,
                               enum hl_exfat_how how) HL_MUST_CHECK;

#endif
