/*
 * src_impl.h: what a new kind of source provides.
 *
 * The range is checked once, in hl_src_read and hl_src_map; the functions
 * here get only offsets inside the source.  A source embeds struct hl_src as
 * its first member and fills it with hl_src_init.
 */
#ifndef HL_SRC_IMPL_H
#define HL_SRC_IMPL_H

#include "hivelift/src.h"

struct hl_src_ops {
	/*
	 * Fill buf, len > 0 bytes inside the source; zeros where damaged.
	 * bad is never NULL here; offsets added to it are of this source.
	 * HL_OK (also with damage), HL_NOMEM, HL_CANCELLED
	 */
	enum hl_status (*read)(struct hl_src *src, uint64_t off, void *buf,
	                       size_t len, struct hl_ranges *bad);
	/*
	 * The extent around off: out->off <= off < out->off + out->len; the
	 * caller cuts it.  NULL for a leaf whose bytes are all its own.
	 */
	enum hl_status (*map)(struct hl_src *src, uint64_t off,
	                      struct hl_extent *out);
	void (*advise)(struct hl_src *src, uint64_t off, uint64_t len,
	               enum hl_advice how);                    /* or NULL */
	/* Of a leaf: bytes from off on that are zeros, as can be told without
	 * reading them; 0: they have to be read.  NULL: always */
	uint64_t (*hole)(struct hl_src *src, uint64_t off);
	enum hl_status (*info)(const struct hl_src *src,
	                       struct hl_image_info *out);     /* or NULL */
	/* of images, see src.h; NULL: as read, and none */
	enum hl_status (*check)(struct hl_src *src, uint64_t off, void *buf,
	                        size_t len, struct hl_ranges *bad);
	enum hl_status (*tail)(struct hl_src *src, uint8_t *buf, size_t room,
	                       size_t *n);
	void (*close)(struct hl_src *src);
};

struct hl_src {
	const struct hl_src_ops *ops;
	const struct hl_ctx *ctx;
	const char *name; /* for notes; owned by the source or static */
	uint64_t size;    /* bytes */
	uint32_t sector_size;
};

static inline void hl_src_init(struct hl_src *src, const struct hl_src_ops *ops,
                               const struct hl_ctx *ctx, const char *name,
                               uint64_t size, uint32_t sector_size)
{
	src->ops = ops;
	src->ctx = ctx;
	src->name = name;
	src->size = size;
	src->sector_size = sector_size;
}

/*
 * Read [off, off+len) of a source by walking its own map: the one generic
 * loop for views.  Usable as ops->read when every extent is either a plain
 * stretch of a parent or reads as zeros.
 */
enum hl_status hl_src_read_mapped(struct hl_src *src, uint64_t off, void *buf,
                                  size_t len, struct hl_ranges *bad);
/*
 * The first len bytes of a stretch out of its parent e->in; what is damaged
 * there is added to bad where this source shows it.
 */
enum hl_status hl_src_read_extent(const struct hl_extent *e, void *buf,
                                  size_t len, struct hl_ranges *bad);

#endif
