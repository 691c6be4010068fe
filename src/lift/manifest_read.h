/*
 * manifest_read.h: the files of a manifest.json, one after the other, however
 * many there are.  Whoever wrote it is not trusted.
 */
#ifndef HL_MANIFEST_READ_H
#define HL_MANIFEST_READ_H

#include <jansson.h>

#include "hivelift/ctx.h"

struct hl_manifest_in;
/* fd is borrowed.  HL_OK, HL_NOMEM */
enum hl_status hl_manifest_in_open(struct hl_manifest_in **out, int fd,
                                   const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * The next element of "files" without its "runs"; json_decref it.
 *   HL_OK; HL_END: the document is over and was whole; HL_CORRUPT: it is no
 *   manifest, or cut; HL_LIMIT: an element is too large; HL_IO, HL_NOMEM
 */
enum hl_status hl_manifest_in_next(struct hl_manifest_in *in,
                                   json_t **out) HL_MUST_CHECK;
void hl_manifest_in_close(struct hl_manifest_in *in); /* NULL is fine */

/* The text of a key, or NULL. */
const char *hl_manifest_text(json_t *entry, const char *key);
/* false: not there, or no whole number from 0 on */
bool hl_manifest_number(json_t *entry, const char *key, uint64_t *out);

#endif
