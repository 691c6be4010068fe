/*
 * wof.h: files that the Windows Overlay Filter keeps compressed (CompactOS,
 * compact /exe): their content lies in the stream WofCompressedData.
 */
#ifndef HL_NTFS_WOF_H
#define HL_NTFS_WOF_H

#include "base/span.h"
#include "ntfs/reader.h"

struct hl_ntfs_wof {
	bool ours; /* the tag is WOF's, whatever follows */
	uint32_t provider, algorithm;
	const char *name;   /* "XPRESS4K", "LZX", …; NULL: not known */
	const char *refuse; /* why it is not read, or NULL */
	uint32_t chunk;     /* bytes that are compressed together */
	int codec;
};

/*
 * A reparse point, from its tag on.
 *   HL_OK; HL_END: of another kind; HL_CORRUPT: cut; HL_UNSUPPORTED: another
 *   provider, algorithm or version (see refuse)
 */
enum hl_status hl_ntfs_wof_decode(struct span reparse,
                                  struct hl_ntfs_wof *out) HL_MUST_CHECK;

/*
 * The content, size bytes, of what WofCompressedData holds.  Takes raw over,
 * also when it fails.
 *   HL_OK, HL_CORRUPT (shorter than its own table; not said), HL_NOMEM
 */
enum hl_status hl_ntfs_wof_open(struct hl_src **out, struct hl_src *raw,
                                const struct hl_ntfs_wof *how, uint64_t size,
                                const struct hl_ctx *ctx) HL_MUST_CHECK;

/* What lies under such a source; any other source itself. */
struct hl_src *hl_ntfs_wof_raw(struct hl_src *src);

/*
 * The unnamed stream of a file that WOF keeps; NTFS_RAW: what is stored.
 *   HL_OK; HL_END: it is no such file; HL_UNSUPPORTED, HL_CORRUPT (said);
 *   HL_LIMIT (said), HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ntfs_wof_stream(struct hl_src **out,
                                  const struct hl_ntfs_file *f,
                                  enum hl_ntfs_how how) HL_MUST_CHECK;

/* Does a file have a stream of that name?  One hole beside it is not content,
 * even when no reparse point says so any more. */
bool hl_ntfs_wof_has(const struct hl_ntfs_file *f);

#endif
