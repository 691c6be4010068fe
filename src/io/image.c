/*
 * image.c: from open files to the leaf that reads them, and the map
 * over it that tells what of them was never read from the medium.
 */
#include "base/banned.h"
#include "io/ddmap.h"
#include "io/note.h"
#include "io/files.h"
#include "io/src_impl.h"
#include "io/vdisk.h"

static enum hl_status open_leaf(struct hl_src **out, struct hl_files *files,
                                const struct hl_image_opts *opts,
                                const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, files->seg[0].path };

	switch (files->kind) {
	case FILES_RAW:
	case FILES_DEVICE:
		return hl_raw_open(out, files, opts, ctx);
	case FILES_EWF:
		return hl_ewf_open(out, files, opts, ctx);
	case FILES_EWF2:
		return hl_libewf_open(out, files, opts, ctx);
	case FILES_VHD:
	case FILES_VHDX:
	case FILES_VMDK:
	case FILES_QCOW:
		return hl_vdisk_open(out, files, opts, ctx);
	case FILES_OTHER:
		break;
	}
	return hl_fail(&at, HL_UNSUPPORTED, "%s are not read",
	               files->other);
}

enum hl_status hl_image_open(struct hl_src **out, struct hl_files *files,
                             const struct hl_image_opts *opts,
                             const struct hl_ctx *ctx)
{
	static const struct hl_image_opts none;
	struct hl_src *leaf = NULL;
	enum hl_status st;

	*out = NULL;
	st = open_leaf(&leaf, files, opts ? opts : &none, ctx);
	if (st != HL_OK)
		return st;
	if (!files->map) {
		*out = leaf;
		return HL_OK;
	}
	st = hl_ddmap_open(out, leaf, files->map, ctx);
	if (st != HL_OK)
		hl_src_close(leaf);
	return st;
}

enum hl_status hl_image_check(struct hl_src *image, uint64_t off, void *buf,
                              size_t len, struct hl_ranges *bad)
{
	if (!image->ops->check)
		return hl_src_read(image, off, buf, len, bad);
	if (off > image->size || len > image->size - off)
		return HL_RANGE;
	return len ? image->ops->check(image, off, buf, len, bad) : HL_OK;
}

enum hl_status hl_image_tail(struct hl_src *image, void *buf, size_t room,
                             size_t *n)
{
	*n = 0;
	return image->ops->tail ? image->ops->tail(image, buf, room, n)
	                        : HL_OK;
}
