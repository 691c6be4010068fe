/*
 * vss.h: shadow copies of a volume, each as a source.
 *
 * A block of a copy is where the first of these says it is:
 *
 *	the copy's own store, those of newer copies, the live volume
 *
 * so that hl_src_map leads to the very bytes, and the bytes that are read are
 * those of the map.  libvshadow, where it was built in, reads the same and
 * has to agree.
 */
#ifndef HL_VSS_H
#define HL_VSS_H

#include "hivelift/shadow.h"

struct hl_vss;

/* A volume that may hold stores. */
#define HL_VSS_HINTS 16
struct hl_vss_area {
	struct hl_src *src; /* borrowed; NULL: none */
	/* by its file system: where the blocks of the catalogue's file are */
	uint64_t block[HL_VSS_HINTS];
	size_t n_blocks;
	bool expected;      /* and that there are stores */
};

/*
 * The copies of the volume `live`, oldest first; it need not be among the
 * others.  Borrows all sources.
 *   HL_OK (there may be no copy all the same: the catalogue holds stores of
 *   other volumes); HL_END: no catalogue; HL_CORRUPT: none that is whole
 *   (said); HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_vss_open(struct hl_vss **out,
                           const struct hl_vss_area *live,
                           const struct hl_vss_area *other, size_t n_other,
                           const struct hl_ctx *ctx) HL_MUST_CHECK;
size_t hl_vss_count(const struct hl_vss *v);
const struct hl_shadow *hl_vss_copy(const struct hl_vss *v, size_t i);
void hl_vss_close(struct hl_vss *v);

#endif
