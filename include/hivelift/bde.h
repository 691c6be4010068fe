/*
 * bde.h: BitLocker volumes: what their metadata tells to everyone, and, with
 * a key, the volume as Windows shows it.
 */
#ifndef HIVELIFT_BDE_H
#define HIVELIFT_BDE_H

#include "src.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hl_bde_key_kind {
	HL_BDE_PASSWORD, /* UTF-8, without a line end */
	HL_BDE_RECOVERY, /* text that holds 48 digits in groups of six: as
	                    Windows saves or prints it; may hold several */
	HL_BDE_STARTUP,  /* the bytes of a .BEK file */
};
struct hl_bde_key {
	enum hl_bde_key_kind kind;
	const void *secret; /* borrowed, never copied into a note */
	size_t n;
};

/* What protects the volume's key: one of them is enough to open it. */
struct hl_bde_protector {
	const char *kind; /* "recovery-key", "password", "tpm", … */
	const char *name; /* the same in words */
	char id[40];      /* identifier, as Windows shows it, without braces */
	char label[128];  /* or "" */
	uint16_t type;    /* as stored */
	struct hl_time changed;
	bool tried;       /* a key was given, and does not open it */
};

struct hl_bde_info {
	const char *variant;     /* "BitLocker", "BitLocker To Go" */
	char id[40];             /* of the volume */
	char label[256];         /* computer, drive and date, or "" */
	const char *method;      /* "AES-XTS 128", …, "" unknown */
	const char *state;       /* "encrypted", "being encrypted", … */
	uint64_t encrypted;      /* bytes from its start that are ciphertext */
	uint32_t sector_size;
	unsigned copy;           /* of the metadata, that was used: 1 to 3 */
	struct hl_time created;
	const struct hl_bde_protector *protector;
	size_t n_protectors;
	const struct hl_bde_protector *opened; /* by that one, or NULL */
};

/* All that is known; borrowed by hl_ctx. */
struct hl_bde_keys {
	const struct hl_bde_key *key;
	size_t n;
	/*
	 * Asked when none of them opens a volume, until it is false; may be
	 * NULL.  What it gives is borrowed until the next call.  `again`: the
	 * one it gave before does not open it.
	 */
	bool (*ask)(void *user, const struct hl_bde_info *info,
	            const char *volume, bool again, struct hl_bde_key *out);
	void *user;
};

struct hl_bde;
/*
 * The volume at the start of src, which is borrowed; `volume` is its name in
 * notes.  Keys come from ctx, which may have none.
 *   HL_OK, also when no key opens it; HL_END: not BitLocker;
 *   HL_CORRUPT, HL_UNSUPPORTED (said); HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_bde_open(struct hl_bde **out, struct hl_src *src,
                           const char *volume,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
/* The same without its boot sector: HL_END when a search of the first GiB
 * finds no metadata of a volume that begins there. */
enum hl_status hl_bde_open_lost(struct hl_bde **out, struct hl_src *src,
                                const char *volume,
                                const struct hl_ctx *ctx) HL_MUST_CHECK;
/* The same without its boot sector, by one block of metadata, so many bytes
 * behind its start (0: as above). */
enum hl_status hl_bde_open_at(struct hl_bde **out, struct hl_src *src,
                              uint64_t block_off, const char *volume,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_bde_close(struct hl_bde *bde); /* NULL is fine */
const struct hl_bde_info *hl_bde_info(const struct hl_bde *bde);
/*
 * What Windows shows: its metadata reads as zeros.  NULL when no key opened
 * it.  An extent of it (hl_src_map) tells where the ciphertext lies, and that
 * it is data.  Lives as long as the bde.
 */
struct hl_src *hl_bde_plain(const struct hl_bde *bde);
/* Why it is not read; or how it was opened: "BitLocker, opened with …". */
const char *hl_bde_text(const struct hl_bde *bde);

#ifdef __cplusplus
}
#endif
#endif
