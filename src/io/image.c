/*
 * image.c: from open files to the leaf that reads them.
 */
#include "base/banned.h"
#include "io/note.h"
#include "io/files.h"

enum hl_status hl_image_open(struct hl_src **out, struct hl_files *files,
                             const struct hl_image_opts *opts,
                             const struct hl_ctx *ctx)
{
	static const struct hl_image_opts none;
	struct hl_at at = { ctx, NULL, HL_NO_OFFSET, files->seg[0].path };

	*out = NULL;
	if (!opts)
		opts = &none;
	switch (files->kind) {
	case FILES_RAW:
	case FILES_DEVICE:
		return hl_raw_open(out, files, opts, ctx);
	case FILES_EWF:
		return hl_ewf_open(out, files, opts, ctx);
	case FILES_EWF2:
		return hl_libewf_open(out, files, opts, ctx);
	case FILES_OTHER:
		break;
	}
	return hl_fail(&at, HL_UNSUPPORTED, "%s are not read",
	               files->other);
}
