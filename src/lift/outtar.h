/*
 * outtar.h: an output folder that is a tar archive: what outdir.c and
 * outfile.c do when there is no folder.  Private to those.
 */
#ifndef HL_OUTTAR_H
#define HL_OUTTAR_H

#include "lift/outdir.h"

struct hl_outtar;

void hl_outtar_free(struct hl_outtar *t);
enum hl_status hl_outtar_mkdir(struct hl_outdir *d,
                               const char *rel) HL_MUST_CHECK;
enum hl_status hl_outtar_rename(struct hl_outdir *d, const char *from,
                                const char *to) HL_MUST_CHECK;
enum hl_status hl_outtar_finish(struct hl_outdir *d) HL_MUST_CHECK;
/* As those of hl_outfile_*. */
enum hl_status hl_outtar_create(struct hl_outfile *f,
                                const char *rel) HL_MUST_CHECK;
enum hl_status hl_outtar_expect(struct hl_outfile *f, uint64_t size,
                                struct hl_time modified) HL_MUST_CHECK;
enum hl_status hl_outtar_write(struct hl_outfile *f, uint64_t off,
                               const void *p, size_t n) HL_MUST_CHECK;
enum hl_status hl_outtar_done(struct hl_outfile *f, uint64_t size,
                              struct hl_time modified) HL_MUST_CHECK;
void hl_outtar_drop(struct hl_outfile *f);

#endif
