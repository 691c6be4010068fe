/* ewf_values.h: the acquisition data of an EWF set as keys and values. */
#ifndef HL_EWF_VALUES_H
#define HL_EWF_VALUES_H

#include "base/span.h"
#include "hivelift/ctx.h"

#define EWF_MAX_VALUES 32

struct ewf_values {
	size_t n;
	const char *pair[EWF_MAX_VALUES][2]; /* values are allocated */
};

/*
 * The body of a header or header2 section: deflated text.  A key that is
 * known already keeps its first value.
 *   HL_OK, HL_CORRUPT, HL_NOMEM, HL_LIMIT
 */
enum hl_status hl_ewf_values_add(struct ewf_values *v, struct span body,
                                 const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_ewf_values_free(struct ewf_values *v, const struct hl_ctx *ctx);

#endif
