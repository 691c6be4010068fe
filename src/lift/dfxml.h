/*
 * dfxml.h: dfxml.xml, the manifest in the vocabulary that fiwalk uses, for
 * tools that read that.  Elements of our own have the prefix hl.
 */
#ifndef HL_DFXML_H
#define HL_DFXML_H

#include "lift/lift_impl.h"

/* All do nothing unless it was asked for. */
enum hl_status hl_dfxml_open(struct hl_lift *lift,
                             const char *const *argv) HL_MUST_CHECK;
enum hl_status hl_dfxml_entry(struct hl_lift *lift,
                              struct hl_item *item) HL_MUST_CHECK;
/* Complete, and in SHA256SUMS. */
enum hl_status hl_dfxml_close(struct hl_lift *lift) HL_MUST_CHECK;

#endif
