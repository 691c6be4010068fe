/*
 * ewf_put.h: encoders of EWF structures, the counterpart of ewf_sections.h:
 * host values in, bytes out.  No I/O; what allocates says so.
 */
#ifndef HL_EWF_PUT_H
#define HL_EWF_PUT_H

#include "hivelift/ctx.h"

struct hl_ewf_case {
	const char *description, *number, *evidence, *examiner, *notes;
	const char *model, *serial; /* of the source */
	const char *software, *system;
	int64_t when;               /* acquired; seconds since 1970, UTC */
};

struct hl_ewf_medium {
	uint64_t sectors;
	uint32_t bytes_per_sector, sectors_per_chunk;
	uint8_t compression; /* 0 none, 1 fast, 2 best */
	bool optical;
	bool part; /* not of a whole medium: "logical" */
	uint8_t set_id[16];
};

void hl_ewf_put32(uint8_t *p, uint32_t v);
void hl_ewf_put_file_header(uint8_t p[13], uint32_t segment);
/* size: with the descriptor */
void hl_ewf_put_section(uint8_t p[76], const char *type, uint64_t off,
                        uint64_t next, uint64_t size);
void hl_ewf_put_volume(uint8_t p[1052], const struct hl_ewf_medium *m);
void hl_ewf_put_table_head(uint8_t p[24], uint32_t n, uint64_t base);
void hl_ewf_put_checksum(uint8_t *p, size_t n); /* behind n bytes */

/* The text of header2 (wide) or header, compressed; *out is the caller's.
 *   HL_OK, HL_NOMEM */
enum hl_status hl_ewf_put_header(uint8_t **out, size_t *n,
                                 const struct hl_ewf_case *c, bool wide,
                                 const struct hl_ctx *ctx) HL_MUST_CHECK;

#endif
