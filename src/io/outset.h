/*
 * outset.h: what an acquisition writes: one file, a numbered set of files
 * below one folder, or a device that is open already.
 *
 * One file of the set is open at a time; it is on the medium (fsync) before
 * the next one is begun.  Everything is made new (O_EXCL) and reached by the
 * folder's descriptor.
 */
#ifndef HL_OUTSET_H
#define HL_OUTSET_H

#include "hivelift/ctx.h"
#include "io/segments.h"

struct hl_outset_opts {
	int folder;       /* borrowed */
	const char *name; /* below it, without a slash; borrowed */
	struct seg_name scheme; /* of name; SEG_NONE: one file */
	bool resume;      /* files may be there and are written on */
	int device;       /* -1, or written to instead; borrowed */
};

struct hl_outset;
/* HL_OK, HL_NOMEM */
enum hl_status hl_outset_new(struct hl_outset **out,
                             const struct hl_outset_opts *opts,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
/* Part from 0.  HL_OK; HL_IO, HL_LIMIT (no such name): said */
enum hl_status hl_outset_write(struct hl_outset *s, size_t part, uint64_t off,
                               const void *p, size_t n) HL_MUST_CHECK;
/* HL_OK; HL_END: there is less (or nothing) of it; HL_IO: not said */
enum hl_status hl_outset_read(struct hl_outset *s, size_t part, uint64_t off,
                              void *p, size_t n) HL_MUST_CHECK;
/* As much as there is.  HL_OK; HL_END: no such part; HL_IO: not said */
enum hl_status hl_outset_read_some(struct hl_outset *s, size_t part,
                                   uint64_t off, void *p, size_t n,
                                   size_t *got) HL_MUST_CHECK;
/* All of it on the medium; what is read then comes from there. */
enum hl_status hl_outset_sync(struct hl_outset *s) HL_MUST_CHECK;
/* Files that this one has made are removed; also those of a `resume`. */
void hl_outset_remove(struct hl_outset *s);
size_t hl_outset_parts(const struct hl_outset *s);
void hl_outset_close(struct hl_outset *s); /* NULL is fine */

/* Files of such a set that are there, and what they take is added to *bytes
 * (or NULL); remove: not any longer. */
size_t hl_outset_there(const struct hl_outset_opts *o, bool remove,
                       uint64_t *bytes);

/* A small text beside them: replaced in one step.  HL_OK, HL_IO (said) */
enum hl_status hl_outset_text(int folder, const char *name, const char *p,
                              size_t n, const struct hl_ctx *ctx)
	HL_MUST_CHECK;

#endif
