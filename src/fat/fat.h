/*
 * fat.h: reading FAT12, FAT16 and FAT32.
 *
 * First the decoders (bytes in, struct out; no reading, no allocation), then
 * the readers that stand on them.  Clusters are numbered as on the disk: the
 * first one is 2.
 */
#ifndef HL_FAT_H
#define HL_FAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/chain.h"
#include "base/span.h"
#include "hivelift/src.h"

/* ---- decoders: boot sector ----------------------------------------------- */

enum hl_fat_kind { HL_FAT12 = 12, HL_FAT16 = 16, HL_FAT32 = 32 };

struct hl_fat_geom {
	enum hl_fat_kind kind;
	uint32_t sector_size, cluster_size; /* bytes */
	uint64_t size;                /* bytes of the volume as stated */
	uint64_t fat_off, fat_len;    /* the first FAT; length of each, bytes */
	unsigned n_fats;
	unsigned active;              /* the FAT that counts */
	bool mirrored;                /* the others are copies of it */
	uint64_t root_off;            /* FAT12/16: the fixed root, bytes */
	uint32_t root_entries;        /* its slots */
	uint32_t root_cluster;        /* FAT32 */
	uint64_t data_off;            /* of cluster 2, bytes */
	uint32_t n_clusters;          /* last cluster is n_clusters + 1 */
	uint64_t backup_off;          /* FAT32: backup boot sector; 0: none */
	uint8_t media;
	bool boot_dirty;              /* state bit of the boot sector */
	bool has_serial;
	uint32_t serial;
	bool has_label;
	uint8_t label[11];            /* raw */
	const char *odd;              /* accepted, but worth a note; or NULL */
};

/*
 * HL_OK; HL_END: not a FAT boot sector, *why says in what (static text).
 * s holds at least 512 bytes.
 */
enum hl_status hl_fat_boot_decode(struct span s, struct hl_fat_geom *out,
                                  const char **why) HL_MUST_CHECK;

/* ---- decoders: FAT entries ----------------------------------------------- */

enum hl_fat_link {
	HL_FAT_NEXT,       /* another cluster follows */
	HL_FAT_LAST,       /* end of the chain */
	HL_FAT_FREE,
	HL_FAT_BAD,        /* marked bad */
	HL_FAT_WILD,       /* a number that is no cluster */
	HL_FAT_UNREADABLE,
};
/* The i-th entry of a table; false when it is not wholly inside s. */
bool hl_fat_entry(enum hl_fat_kind kind, struct span s, uint32_t i,
                  uint32_t *value);
enum hl_fat_link hl_fat_link_kind(const struct hl_fat_geom *g, uint32_t value);
/* FAT[1] says that the volume was not unmounted. */
bool hl_fat_entry_dirty(enum hl_fat_kind kind, uint32_t fat1);

/* ---- decoders: folder slots ---------------------------------------------- */

enum hl_fat_what {
	HL_FAT_FILE,
	HL_FAT_FOLDER,
	HL_FAT_DOT,     /* "." or ".." */
	HL_FAT_LABEL,
};

/* One short entry and the long name that belongs to it. */
struct hl_fat_entry {
	enum hl_fat_what what;
	bool deleted;          /* says so itself, or lies where all is dead */
	bool in_gone;          /* its folder is deleted or lost, too */
	bool orphan;           /* a folder without an entry: raw is its "." */
	bool high_lost;        /* FAT32: Windows clears the upper half of the
	                          first cluster when it deletes */
	uint8_t first;         /* deleted: the first byte of the short name as
	                          the long one proves it; 0: lost */
	bool bad_name;         /* bytes that the code page does not have */
	bool long_name;        /* name16 is the long name */
	bool damaged;          /* first cluster or size impossible */
	uint8_t raw[32];       /* the short entry itself */
	uint8_t attributes;
	uint32_t cluster;      /* first one, 0: none */
	uint32_t size;
	uint64_t pos;          /* of the short entry in the volume, bytes */
	uint32_t folder;       /* first cluster of its folder, 0: the root */
	uint16_t n_short, n_name;
	uint16_t short16[13];
	uint16_t name16[255];  /* the long name, or the short one */
};

/* Is the first character of its only name shown as "_"? */
static inline bool hl_fat_first_lost(const struct hl_fat_entry *e)
{
	return e->raw[0] == 0xE5 && !e->first && e->n_short > 0;
}

/* Collects the pieces of a long name; zero it before a folder. */
struct hl_fat_names {
	uint8_t n;        /* pieces held */
	uint8_t left;     /* pieces still to come; live names only */
	uint8_t sum;
	bool deleted;
	uint32_t orphans; /* pieces that belong to no entry, so far */
	uint16_t piece[20][13]; /* in the order met: the last one first */
};

enum hl_fat_slot_is {
	HL_FAT_SLOT_PIECE, /* kept (or counted as orphan); nothing to show */
	HL_FAT_SLOT_ENTRY, /* *out holds raw, attributes, deleted, name16 */
	HL_FAT_SLOT_END,   /* no more in this folder */
};
/*
 * Feed the next slot.  The long name is set in out only when its pieces are
 * complete, in order and carry the checksum of the short name; short16 is
 * left to hl_fat_short_name.  Deleted pieces have lost their numbers and a
 * deleted entry its first byte: see hl_fat_first_byte.
 */
enum hl_fat_slot_is hl_fat_slot_feed(struct hl_fat_names *names,
                                     enum hl_fat_kind kind,
                                     const uint8_t slot[32],
                                     struct hl_fat_entry *out);
/* A stretch was not readable: pieces held belong to nothing any more. */
void hl_fat_names_cut(struct hl_fat_names *names);
uint8_t hl_fat_checksum(const uint8_t name[11]);
/* The one first byte with which name[1 … 10] has that checksum. */
uint8_t hl_fat_first_byte(uint8_t sum, const uint8_t name[11]);
/* Could a short name be made of the long one when it begins with that byte?
 * The others are in raw[1 … 10]. */
bool hl_fat_first_fits(uint8_t byte, const uint8_t raw[11],
                       const uint16_t *name, size_t n);
/* Is the first slot of a folder at `first` its own "."? */
enum hl_fat_dot { HL_FAT_DOT_RIGHT, HL_FAT_DOT_ZERO, HL_FAT_DOT_OTHER,
                  HL_FAT_DOT_NONE };
enum hl_fat_dot hl_fat_own_dot(const struct hl_fat_geom *g,
                               const uint8_t slot[32], uint32_t first);
/*
 * Could those 32 bytes be a short entry?  For places where nothing says that
 * there are any: behind a folder's end mark, in clusters of deleted folders.
 */
bool hl_fat_slot_plausible(const struct hl_fat_geom *g,
                           const uint8_t slot[32]);

/* ---- names --------------------------------------------------------------- */

/* Simple case folding of one unit; the same in every locale. */
uint16_t hl_fat_upcase(uint16_t unit);
uint16_t hl_fat_downcase(uint16_t unit);
/* U+FFFD in a asks for any lone surrogate in b. */
bool hl_fat_same_name(const uint16_t *a, size_t n_a, const uint16_t *b,
                      size_t n_b);

/* A code page for short names and labels. */
struct hl_fat_codepage {
	void *iconv; /* NULL: the built-in CP437 */
};
/* HL_OK; HL_END when the system does not know the name (CP437 is set). */
enum hl_status hl_fat_codepage_open(struct hl_fat_codepage *cp,
                                    const char *name) HL_MUST_CHECK;
void hl_fat_codepage_close(struct hl_fat_codepage *cp);
/*
 * Bytes to UTF-16; a byte that cannot be decoded becomes U+DC00 + byte (a
 * lone surrogate: shown as U+FFFD, and reversible) and *bad is set.
 * dst holds n units.  Returns the units.
 */
size_t hl_fat_decode(const struct hl_fat_codepage *cp, uint16_t *dst,
                     const uint8_t *s, size_t n, bool *bad);
/* Fills short16 and, when there is no long name, name16. */
void hl_fat_short_name(const struct hl_fat_codepage *cp,
                       struct hl_fat_entry *e);
/* A label: 11 bytes without the dot; 0 units for "NO NAME" and blanks. */
size_t hl_fat_label_name(const struct hl_fat_codepage *cp, uint16_t dst[11],
                         const uint8_t raw[11]);

/* ---- readers ------------------------------------------------------------- */

#define HL_FAT_NAME8 (255 * 3 + 1) /* a name in UTF-8, with NUL */

struct hl_fat; /* an open volume, fat_impl.h */

/* Why a chain ends before it should. */
enum hl_fat_cut {
	HL_FAT_WHOLE,
	HL_FAT_CUT_SHORT,      /* ends, but the file goes on */
	HL_FAT_CUT_FREE,       /* leads to a cluster that is free */
	HL_FAT_CUT_BAD,        /* … marked bad */
	HL_FAT_CUT_WILD,       /* … outside the volume */
	HL_FAT_CUT_UNREADABLE, /* the FAT cannot be read there */
	HL_FAT_CUT_LOOP,       /* … that is in the chain already */
	HL_FAT_CUT_FIRST,      /* the first cluster is none */
	HL_FAT_CUT_LIMIT,      /* longer than a folder may be */
	HL_FAT_CUT_END,        /* guessed: the volume has no more clusters */
};
const char *hl_fat_cut_text(enum hl_fat_cut cut);

/* By what rule the clusters of a deleted file were chosen; fat_gone.c. */
enum hl_fat_guess {
	HL_FAT_BY_FAT,     /* no guess */
	HL_FAT_GUESS_FREE, /* from the first one on, those that are free now */
	HL_FAT_GUESS_ALL,  /* from the first one on, all */
	HL_FAT_GUESS_CHAIN, /* the chain that begins there now */
};
const char *hl_fat_guess_text(enum hl_fat_guess guess);
struct hl_fat_chain {
	struct hl_runs runs;
	enum hl_fat_cut cut;
	uint32_t cut_at;    /* the cluster whose FAT entry is meant */
	uint32_t cut_value; /* what it holds */
	uint32_t second;    /* entries taken from another FAT */
	uint32_t differ;    /* entries in which good FATs disagree */
	uint32_t further;   /* clusters by which the other one is longer */
	enum hl_fat_guess guess;
};
/*
 * Follow a chain for `want` clusters.  With HL_FAT_TO_END or'ed to it, the
 * chain is expected to end by itself and `want` is only a ceiling
 * (HL_FAT_CUT_LIMIT).  Damage is in out->cut.
 * HL_OK, HL_NOMEM, HL_CANCELLED
 */
#define HL_FAT_TO_END 0x80000000u
#define HL_FAT_ALL 0xFFFFFFFFu
enum hl_status hl_fat_chain_walk(struct hl_fat *v, uint32_t first,
                                 uint32_t want,
                                 struct hl_fat_chain *out) HL_MUST_CHECK;
void hl_fat_chain_free(struct hl_fat *v, struct hl_fat_chain *chain);

/*
 * Where a deleted file's bytes lay, as well as can be told; plain: all
 * clusters from the first one on.  HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_fat_guess(struct hl_fat *v, const struct hl_fat_entry *e,
                            bool plain,
                            struct hl_fat_chain *out) HL_MUST_CHECK;
/*
 * The first cluster of a deleted folder, when that still is the folder.
 * HL_OK; HL_END: it is not there any more; HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_fat_gone_folder(struct hl_fat *v,
                                  const struct hl_fat_entry *e,
                                  uint32_t *first) HL_MUST_CHECK;
/* The clusters of a deleted or lost folder.  HL_OK, HL_NOMEM, HL_CANCELLED */
enum hl_status hl_fat_gone_chain(struct hl_fat *v, uint32_t first,
                                 struct hl_fat_chain *out) HL_MUST_CHECK;
/* Does a folder begin there, and which is above it?  HL_OK, HL_END, … */
enum hl_status hl_fat_dots(struct hl_fat *v, uint32_t cluster,
                           uint32_t *above) HL_MUST_CHECK;

/* Does no chain hold the cluster around a position?  HL_OK, … */
enum hl_status hl_fat_is_free(struct hl_fat *v, uint64_t pos,
                              bool *yes) HL_MUST_CHECK;

/* Folders that no entry leads to. */
struct hl_fat_orphan {
	uint32_t cluster; /* its first one */
	uint32_t above;   /* the folder above it, as it says */
};
/*
 * Looks at the clusters that are free, and at those where a chain begins, for
 * the "." and ".." of a folder.  `known` is a bitmap of clusters, bit 0 of
 * byte 0 is cluster 0, for all that are on the medium: folders found otherwise.
 * HL_OK; HL_LIMIT (*out is what was found so far, said); HL_NOMEM, …
 */
enum hl_status hl_fat_orphans(struct hl_fat *v, const uint8_t *known,
                              struct hl_fat_orphan **out,
                              size_t *n) HL_MUST_CHECK;
/* What an orphan folder's "." tells of it; named "cluster-N". */
enum hl_status hl_fat_orphan_entry(struct hl_fat *v, uint32_t cluster,
                                   struct hl_fat_entry *out) HL_MUST_CHECK;

/*
 *   HL_OK; HL_END (not FAT); HL_CORRUPT, HL_IO (said); HL_NOMEM, HL_CANCELLED
 * rescue: the first boot sector is known to be bad, use the backup.
 */
enum hl_status hl_fat_open(struct hl_fat **out, struct hl_src *src, bool rescue,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_fat_close(struct hl_fat *v);
const struct hl_fat_geom *hl_fat_geom(const struct hl_fat *v);
/* Clusters that begin on the medium: what maps of clusters are sized by, for
 * the boot sector may state 2^28 of them on a floppy. */
uint32_t hl_fat_clusters_there(const struct hl_fat *v);
bool hl_fat_boot_backup(const struct hl_fat *v);
bool hl_fat_dirty(const struct hl_fat *v);
/* Units of the label; *n 0 when there is none. */
const uint16_t *hl_fat_label(const struct hl_fat *v, size_t *n);
/* Reads the whole FAT.  HL_OK, HL_END (damaged), HL_NOMEM, HL_CANCELLED */
/*
 * Does the FAT call that cluster used, and *n with it behind it?  HL_OK,
 * HL_END (it does not tell of *n clusters), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_fat_in_use(struct hl_fat *v, uint32_t cluster, uint32_t *n,
                             bool *used) HL_MUST_CHECK;
/* HL_OK, HL_END (the FAT is damaged), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_fat_free_bytes(struct hl_fat *v,
                                 uint64_t *bytes) HL_MUST_CHECK;

enum hl_fat_dir_how {
	HL_FAT_DIR_LABELS = 1,  /* give volume labels too */
	HL_FAT_DIR_DELETED = 2, /* give deleted entries too, and what stands
	                           behind the end mark and is plausible */
	HL_FAT_DIR_QUIET = 4,   /* no notes */
	HL_FAT_DIR_GONE = 8,    /* the folder itself is deleted or lost */
};
struct hl_fat_dir;
/* A folder by its first cluster; 0: the root.  HL_OK, HL_CORRUPT (said; no
 * folder there), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_fat_dir_open(struct hl_fat_dir **out, struct hl_fat *v,
                               uint32_t first, unsigned how) HL_MUST_CHECK;
/* HL_OK, HL_END, HL_CORRUPT (something skipped, said; go on), HL_LIMIT,
 * HL_NOMEM, HL_CANCELLED */
enum hl_status hl_fat_dir_next(struct hl_fat_dir *d,
                               struct hl_fat_entry *out) HL_MUST_CHECK;
void hl_fat_dir_close(struct hl_fat_dir *d);

/* HL_OK, HL_END (no such name), HL_CORRUPT (not there, but the folder is
 * damaged), HL_NOMEM, HL_CANCELLED; how: enum hl_fat_dir_how */
enum hl_status hl_fat_lookup(struct hl_fat *v, uint32_t folder, unsigned how,
                             const uint16_t *name, size_t n,
                             struct hl_fat_entry *out) HL_MUST_CHECK;
/*
 * The entry at a byte position.  folder is a hint where its long name is to
 * be found; how: HL_FAT_DIR_GONE when that folder is.
 * HL_OK, HL_END (no entry there), HL_CORRUPT, HL_NOMEM, …
 */
enum hl_status hl_fat_entry_at(struct hl_fat *v, uint64_t pos, uint32_t folder,
                               unsigned how,
                               struct hl_fat_entry *out) HL_MUST_CHECK;

enum hl_fat_how {
	HL_FAT_CONTENT, /* size bytes */
	HL_FAT_SLACK,   /* to the end of the last cluster */
	HL_FAT_CHAIN,   /* the whole chain */
	HL_FAT_LOOK,    /* content; nothing is said of a deleted file's state */
};
/* HL_OK (damage is MISSING stretches, said), HL_NOMEM, HL_CANCELLED */
enum hl_status hl_fat_stream(struct hl_src **out, struct hl_fat *v,
                             const struct hl_fat_entry *e,
                             enum hl_fat_how how) HL_MUST_CHECK;

#endif
