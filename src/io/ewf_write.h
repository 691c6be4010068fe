/*
 * ewf_write.h: a set of EWF files (E01), chunk by chunk, as EnCase 6 and
 * ewfacquire write it.
 */
#ifndef HL_EWF_WRITE_H
#define HL_EWF_WRITE_H

#include "io/ewf_put.h"
#include "io/outset.h"
#include "io/packer.h"

#define HL_EWF_CHUNK (32u << 10)

struct hl_ewf_write_opts {
	struct hl_outset *out; /* borrowed */
	struct hl_ewf_medium medium;
	struct hl_ewf_case about;
	uint64_t split; /* bytes of one file, at most */
};

/* What is known at the end. */
struct hl_ewf_result {
	const uint8_t *md5, *sha1; /* or NULL */
	/* stretches that could not be read, in bytes */
	const struct hl_ewf_lost { uint64_t off, len; } *lost;
	size_t n_lost;
};

struct hl_ewf_writer;
/* All of these: HL_OK, HL_NOMEM, HL_IO and HL_LIMIT (said) */
enum hl_status hl_ewf_writer_new(struct hl_ewf_writer **out,
                                 const struct hl_ewf_write_opts *opts,
                                 const struct hl_ctx *ctx) HL_MUST_CHECK;
enum hl_status hl_ewf_writer_chunk(struct hl_ewf_writer *w,
                                   const struct hl_packed *chunk)
	HL_MUST_CHECK;
enum hl_status hl_ewf_writer_finish(struct hl_ewf_writer *w,
                                    const struct hl_ewf_result *r)
	HL_MUST_CHECK;
/* Bytes written so far. */
uint64_t hl_ewf_writer_bytes(const struct hl_ewf_writer *w);
void hl_ewf_writer_free(struct hl_ewf_writer *w); /* NULL is fine */

#endif
