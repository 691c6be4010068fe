/*
 * bde.h: what the files about BitLocker share.
 *
 *	bde_boot.c     boot sector            pure: bytes in, struct out
 *	bde_meta.c     metadata block         pure
 *	bde_words.c    names of what is in it pure
 *	bde_diffuser.c the Elephant           pure
 *	bde_map.c      what lies where        pure
 *	bde_key.c      a secret -> a key
 *	bde_unlock.c   keys -> the volume's key
 *	bde_sector.c   ciphertext of sectors -> plain text (bde_sector.h)
 *	bde_xts.c      the same, of many small ones
 *	bde_src.c      the volume as a source
 *	bde_copies.c   finds the metadata, of three copies the best
 *	bde_open.c     the volume
 */
#ifndef HL_BDE_H
#define HL_BDE_H

#include "base/limits.h"
#include "base/span.h"
#include "hivelift/bde.h"
#include "io/cipher.h"

/* Of one volume; Windows shows about a dozen. */
#define BDE_PROTECTORS 64

#define BDE_BLOCK_MAX 65536 /* one metadata block, and room around it */

enum bde_variant { BDE_VISTA, BDE_SEVEN, BDE_TO_GO };
struct bde_boot {
	enum bde_variant variant;
	uint32_t sector_size;  /* 0: not told (exFAT) */
	uint32_t cluster_size; /* Vista only */
	uint64_t off[3];       /* of the metadata, bytes; Vista: one */
	size_t n;
};
/* HL_OK; HL_END: no such volume; HL_UNSUPPORTED: encrypted on write;
 * HL_CORRUPT: its numbers cannot be */
enum hl_status hl_bde_boot(struct span boot, struct bde_boot *out)
	HL_MUST_CHECK;

/* ---- bde_meta.c: spans are of the block that was given ------------------- */

struct bde_entry {
	unsigned type, value;
	struct span data;
};
/* Takes one off the front.  HL_OK, HL_END, HL_CORRUPT */
enum hl_status hl_bde_entry(struct span *rest,
                            struct bde_entry *out) HL_MUST_CHECK;

struct bde_sealed {
	const uint8_t *nonce, *mac; /* NULL: there is none */
	struct span data;
};
struct bde_vmk {
	uint8_t id[16];
	uint64_t changed; /* FILETIME */
	unsigned protection;
	struct bde_sealed sealed; /* the volume master key */
	const uint8_t *salt;      /* of what is stretched, or NULL */
	struct span clear;        /* a key that everyone may have, or n 0 */
	struct span label;        /* UTF-16LE, or n 0 */
};
struct bde_meta {
	unsigned version, state, next_state, method;
	uint64_t encrypted, convert;
	uint64_t off[3];
	uint64_t backup, n_backup_sectors, backup_len; /* len 0: not told */
	uint64_t mft_mirror; /* Vista */
	uint8_t id[16];
	uint64_t created;
	struct span label;
	struct bde_sealed fvek;
	struct bde_vmk vmk[BDE_PROTECTORS];
	size_t n_vmk;
	bool cut;            /* entries behind a broken one are not known */
	bool more;           /* there are more protectors */
	struct span checked; /* what CRC and hash are of */
	uint32_t crc;
	bool has_crc;
	struct bde_sealed hash; /* sealed SHA-256 of the same */
};
/* HL_OK; HL_END: no metadata; HL_CORRUPT: of no use; HL_UNSUPPORTED: a later
 * version */
enum hl_status hl_bde_meta(struct span block,
                           struct bde_meta *out) HL_MUST_CHECK;
bool hl_bde_crc_fits(const struct bde_meta *m);

/* A .BEK file: its key; id is whose.  HL_OK, HL_CORRUPT */
enum hl_status hl_bde_startup(struct span file, uint8_t id[16],
                              struct span *key) HL_MUST_CHECK;

/* ---- bde_words.c -------------------------------------------------------- */

struct bde_word {
	unsigned number;
	const char *kind, *name;
};
const struct bde_word *hl_bde_protection(unsigned protection);
const char *hl_bde_method(unsigned method); /* "" unknown */
const char *hl_bde_state(unsigned state, unsigned next);

/* ---- bde_key.c ---------------------------------------------------------- */

#define BDE_KEY 32
/* UTF-8 or UTF-16 with a mark -> what is stretched.  HL_OK, HL_RANGE: not
 * text, or too long; HL_UNSUPPORTED */
enum hl_status hl_bde_password(struct hl_crypto *k, struct span text,
                               uint8_t key[BDE_KEY]) HL_MUST_CHECK;
/*
 * The next recovery key in a text, which is moved on.
 * HL_OK; HL_END: no more; HL_RANGE: one was mistyped; HL_UNSUPPORTED
 */
enum hl_status hl_bde_recovery(struct hl_crypto *k, struct span *text,
                               uint8_t key[BDE_KEY]) HL_MUST_CHECK;
/* A second of work.  HL_OK, HL_CANCELLED, HL_UNSUPPORTED */
enum hl_status hl_bde_stretch(struct hl_crypto *k, uint8_t key[BDE_KEY],
                              const uint8_t salt[16],
                              const struct hl_ctx *ctx) HL_MUST_CHECK;

/* ---- bde_unlock.c ------------------------------------------------------- */

struct bde_fvek {
	unsigned method;
	unsigned bits;          /* 128, 256 */
	bool xts, diffuser;
	uint8_t key[64], tweak[32];
};

struct hl_bde {
	const struct hl_ctx *ctx;
	struct hl_src *src; /* ciphertext */
	const char *volume;
	uint8_t *block;     /* the metadata that was chosen */
	struct bde_boot boot;
	struct bde_meta meta;
	struct hl_bde_info info;
	struct hl_bde_protector protector[BDE_PROTECTORS];
	struct hl_crypto *crypto;
	/* a recovery key, a startup key; a password that is no text */
	bool mistyped, foreign, garbled;
	bool asked;
	char text[1024];
	struct hl_src *plain;
};
/* HL_OK: *out is it, b->info.opened is set; HL_END: no key fits; HL_CORRUPT
 * (said): one fits, and what it opens is broken; HL_NOMEM, HL_CANCELLED,
 * HL_UNSUPPORTED (said) */
enum hl_status hl_bde_unlock(struct hl_bde *b,
                             struct bde_fvek *out) HL_MUST_CHECK;

/* ---- bde_copies.c ------------------------------------------------------- */

/* Fills b->meta from the one block there; as hl_bde_meta, and HL_NOMEM,
 * HL_CANCELLED */
enum hl_status hl_bde_block(struct hl_bde *b, uint64_t off) HL_MUST_CHECK;
/* Fills b->meta from where b->boot leads, or from where a search does.
 * HL_OK; HL_CORRUPT, HL_UNSUPPORTED (said); HL_NOMEM, HL_CANCELLED */
enum hl_status hl_bde_metadata(struct hl_bde *b) HL_MUST_CHECK;
/* So many bytes of the volume.  HL_OK: said; b->boot leads there; HL_END:
 * nothing; HL_CORRUPT (said); HL_NOMEM, HL_CANCELLED */
enum hl_status hl_bde_search(struct hl_bde *b, uint64_t limit) HL_MUST_CHECK;

/* ---- bde_diffuser.c, bde_map.c, bde_src.c -------------------------------- */

/* In place; n a multiple of 4, at least 32; tweak: the sector's 32 bytes. */
void hl_bde_undiffuse(uint8_t *sector, size_t n, const uint8_t tweak[32]);

enum bde_how { BDE_PLAIN, BDE_CRYPT, BDE_ZERO, BDE_DOUBT };
struct bde_piece {
	uint64_t off, len; /* of the volume as Windows shows it */
	uint64_t at;       /* where that lies, for PLAIN and CRYPT */
	enum bde_how how;
};
#define BDE_PIECES 16
/* Sorted, without gaps, whole sectors but for the last; their number. */
size_t hl_bde_map(struct bde_piece piece[BDE_PIECES],
                  const struct bde_meta *m, const struct bde_boot *boot,
                  uint64_t size);

/* Keeps a copy of what it needs.  HL_OK, HL_NOMEM, HL_UNSUPPORTED */
enum hl_status hl_bde_source(struct hl_src **out, const struct hl_bde *b,
                             const struct bde_fvek *key) HL_MUST_CHECK;

#endif
