/* vdisk_part.h: one file as a libyal library reads it. */
#ifndef HL_VDISK_PART_H
#define HL_VDISK_PART_H

#include "io/bfio.h"
#include "io/vdisk.h"

#ifdef HAVE_LIBBFIO

struct vdisk_part {
	struct hl_src *src;
	struct hl_bfio b;
	libbfio_handle_t *io;
};

/* All that opening one file may read; tables of a 64 TiB disk are less. */
#define VDISK_OPEN_BYTES (UINT64_C(1) << 30)

/* Takes src, also when it fails.  HL_OK, HL_NOMEM */
static inline enum hl_status vdisk_part(struct vdisk_part *p,
                                        struct hl_src *src,
                                        const struct hl_ctx *ctx)
{
	p->src = src;
	p->b = (struct hl_bfio){ .src = src, .ctx = ctx,
	                         .budget = VDISK_OPEN_BYTES };
	return hl_bfio_open(&p->io, &p->b);
}

static inline void vdisk_part_end(struct vdisk_part *p)
{
	if (p->io)
		libbfio_handle_free(&p->io, NULL);
	hl_src_close(p->src);
}

#endif
#endif
