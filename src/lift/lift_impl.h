/*
 * lift_impl.h: what the files that write the output folder share.
 *
 *	lift.c       open, hives, finish
 *	lift_path.c  files and folders by path
 *	lift_once.c  what was written, so that it is not written twice;
 *	lift_again.c hives of shadow copies that are there already (alike.c)
 *	lift_flat.c  hives alone, in one folder (layout.c: their names)
 *	lift_item.c  one stream: output file, digests, manifest entry
 *	trail.c      where a file lies: its path, and its name in the output;
 *	             trail_find.c from what a user wrote
 *	manifest.c   manifest.json       manifest_entry.c, json_parts.c
 *	runs.c       where the bytes of a file lie
 *	dfxml.c      the same as dfxml.xml
 *	sums.c       SHA256SUMS
 *	outdir.c     the folder itself   outfile.c, outmade.c;
 *	             or an archive       outtar.c, tar.c
 */
#ifndef HL_LIFT_IMPL_H
#define HL_LIFT_IMPL_H

#include "io/hash.h"
#include "base/json.h"
#include "lift/outdir.h"
#include "hivelift/carve.h"
#include "lift/pass.h"
#include "lift/streams.h"

/* One of the two lists that grow while the files are written. */
struct hl_list {
	struct hl_outfile file;
	uint64_t off;
	enum hl_status failed; /* HL_OK, or what the first failure was */
	struct hl_hash *hash;  /* of all that went in; or NULL */
	char buf[8192];        /* what is behind off, not written yet */
	size_t n_buf;
};

/* Notes [from, to) of the log belong to a file and are in its entry. */
struct hl_noted {
	size_t from, to;
};

struct hl_lift {
	const struct hl_ctx *ctx;
	struct hl_disk *disk;
	const char *const *argv; /* the command line, or NULL */
	bool deleted; /* with folders */
	bool no_replay;
	struct hl_src *leaf; /* the image itself, where every run ends */
	struct hl_outdir *dir;
	struct hl_list manifest, sums;
	struct hl_list dfxml; /* only when it is wanted */
	bool dfxml_wanted;
	const struct hl_volume *dfxml_volume; /* the open element */
	struct hl_json json; /* into manifest */
	char start[32];
	uint64_t files, bytes;
	struct hl_buf written; /* the hive of the last entry, or "" */
	struct hl_noted *noted;
	size_t n_noted, cap_noted;
	bool once_wanted, once_open;
	bool has_copies; /* the disk's shadow copies are among its volumes */
	struct hl_once_set *once; /* what was written, by content */
	size_t n_once, cap_once, n_spots;
};

/* A reparse point holds 16 KiB; as UTF-8 that is less than this. */
#define HL_LINK_BYTES (3 * 8192 + 1)

/*
 * Where a file lies: its path on the volume for people, and the path of its
 * copy below the output folder (names.h).  Both grow and are cut together.
 */
struct hl_trail {
	struct hl_buf path; /* "" is the root */
	struct hl_buf rel;  /* "v3" is the root */
	size_t n_root;      /* of rel: what stands for the root */
	size_t above;       /* of rel: before the last name; 0: at the root */
	bool bad_name;      /* some name in it is not valid UTF-16 */
	bool deleted;       /* rel is below "$Deleted" */
};
enum hl_status hl_trail_init(struct hl_trail *t, const struct hl_volume *v,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
enum hl_status hl_trail_copy(struct hl_trail *t, const struct hl_trail *from,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_trail_free(struct hl_trail *t);
/* Go down by one name.  HL_OK, HL_NOMEM */
enum hl_status hl_trail_add(struct hl_trail *t,
                            const struct hl_entry *e) HL_MUST_CHECK;
/* Nothing above is known for sure: below "$Deleted/<record>-<sequence>". */
enum hl_status hl_trail_deleted(struct hl_trail *t,
                                const struct hl_entry *e) HL_MUST_CHECK;
/* The same, and then its path as far as it is known. */
enum hl_status hl_trail_gone(struct hl_trail *t, struct hl_fs *fs,
                             const struct hl_entry *e) HL_MUST_CHECK;
enum hl_status hl_trail_known(struct hl_trail *t, const char *path,
                              const struct hl_entry *e,
                              bool orphan) HL_MUST_CHECK;
/* From the texts of a path, the last name exact from its entry. */
enum hl_status hl_trail_text(struct hl_trail *t, const char *path,
                             const struct hl_entry *last) HL_MUST_CHECK;
/* From a path as a user wrote it (n bytes): canonical.  Also HL_END. */
enum hl_status hl_trail_find(struct hl_trail *t, struct hl_fs *fs,
                             const char *path, size_t n,
                             struct hl_entry *out) HL_MUST_CHECK;
/* "name" becomes "name:stream" and "name%3Astream". */
enum hl_status hl_trail_stream(struct hl_trail *t, const char *stream,
                               const struct hl_entry *e) HL_MUST_CHECK;
/* The exact path in n UTF-16 units, to be freed; NULL: no memory. */
uint16_t *hl_trail_utf16(const struct hl_trail *t, size_t *n,
                         const struct hl_ctx *ctx);

/* One thing to be written, and what came of it. */
struct hl_item {
	const struct hl_volume *volume;
	const struct hl_entry *entry;
	const struct hl_trail *trail;
	const char *stream;    /* "" the unnamed one */
	struct hl_hive *hive;  /* it is this hive, or NULL */
	struct hl_hive_log *log; /* it is this log of `of`, or NULL */
	struct hl_hive *of;
	struct hl_src *given;    /* its stream, open already; or NULL */
	struct hl_src *replayed; /* of the hive: to be written beside it */
	struct hl_streams *streams; /* of the hive, or NULL */
	struct hl_carved *carved; /* it is this find, or NULL */
	struct hl_hive_check *check; /* of the find, or NULL */
	const struct hl_ctx *ctx;    /* of the find */

	struct hl_src *src;    /* NULL: cannot be had */
	struct hl_pass pass;
	uint64_t size;         /* of the stream */
	uint64_t written;      /* less when a limit cut it */
	const char *output;    /* NULL: nothing was written */
	const char *same_as;   /* output is that one's: nothing was written */
	const char *link;      /* where a link leads, or NULL */
	const char *beside;    /* what the replayed one was written to */
	const char *flat;      /* lift_flat.c: the one name it may have */
	char beside_sha256[HL_HASH_HEX];
	size_t mark;           /* notes before it */
};
/*
 * Write one stream.  HL_OK also when it cannot be had (said; the manifest
 * tells); HL_IO (the output fails), HL_NOMEM, HL_CANCELLED, HL_UNSUPPORTED
 * (no digests): stop.
 */
enum hl_status hl_lift_item(struct hl_lift *lift,
                            struct hl_item *item) HL_MUST_CHECK;

/* lift_carved.c: its bytes have passed by; fills what item->carved lacks. */
void hl_carved_written(struct hl_item *item);

/* In the lists, with what was written of it.  Codes as above. */
enum hl_status hl_lift_enter(struct hl_lift *lift,
                             struct hl_item *item) HL_MUST_CHECK;

/*
 * lift_replayed.c: the replayed hive, "<output>.replayed", with the judgement
 * over it.  file holds the name as long as it is used; the caller frees it.
 * As hl_lift_item, and HL_LIMIT (said) when only this one cannot be written.
 */
enum hl_status hl_lift_replayed(struct hl_lift *lift, struct hl_item *item,
                                struct hl_outfile *file) HL_MUST_CHECK;

/* lift.c: where it lies, and where its copy.  The caller frees it. */
enum hl_status hl_lift_trail(struct hl_trail *t, struct hl_lift *lift,
                             const struct hl_item *item,
                             const char *path) HL_MUST_CHECK;

/*
 * lift_again.c: of a shadow copy's hive, entries only, when its content was
 * written before.  HL_OK; HL_END: it has to be written, between begin and
 * end, which remember it; else as hl_lift_item.
 */
enum hl_status hl_once_try(struct hl_lift *lift,
                           struct hl_streams *s) HL_MUST_CHECK;
/* lift_once.c */
enum hl_status hl_once_begin(struct hl_lift *lift) HL_MUST_CHECK;
enum hl_status hl_once_note(struct hl_lift *lift,
                            const struct hl_item *item) HL_MUST_CHECK;
/* Of logs that are not written: what they hold. */
enum hl_status hl_once_logs(struct hl_lift *lift,
                            struct hl_streams *s) HL_MUST_CHECK;
void hl_once_end(struct hl_lift *lift, enum hl_status st);
void hl_once_free(struct hl_lift *lift);

/* ---- the lists --------------------------------------------------------- */

enum hl_status hl_list_open(struct hl_list *l, struct hl_outdir *d,
                            const char *rel) HL_MUST_CHECK;
void hl_list_add(struct hl_list *l, const void *p, size_t n);
/* Complete and on the medium; then it gets its name. */
enum hl_status hl_list_done(struct hl_list *l) HL_MUST_CHECK;
void hl_list_free(struct hl_list *l);

enum hl_status hl_sums_open(struct hl_lift *lift) HL_MUST_CHECK;
void hl_sums_add(struct hl_lift *lift, const char *sha256, const char *rel);

/* "2020-01-02T03:04:05Z", now; buf holds 32. */
const char *hl_lift_now(char *buf);

/* Tool, command, image, volumes, and the beginning of "files". */
enum hl_status hl_manifest_open(struct hl_lift *lift,
                                const char *const *argv) HL_MUST_CHECK;
enum hl_status hl_manifest_entry(struct hl_lift *lift,
                                 struct hl_item *item) HL_MUST_CHECK;
/* The rest, and the digest of all of it. */
enum hl_status hl_manifest_close(struct hl_lift *lift,
                                 const struct hl_coverage *coverage,
                                 char sha256[HL_HASH_HEX]) HL_MUST_CHECK;

#endif
