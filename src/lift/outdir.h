/*
 * outdir.h: the folder that is written, and nothing outside of it.
 *
 * Every name is opened below a descriptor, one part at a time, never through
 * a link, and files only where none was.  What this run made is remembered,
 * so that it can all be taken back.  With force, whatever has the name and
 * was not made by this run is unlinked first; a folder is never removed.
 *
 * A name that is taken already (two files of one name, names that differ in
 * case where the output does not) gets %~2, %~3 … (names.h).
 */
#ifndef HL_OUTDIR_H
#define HL_OUTDIR_H

#include "io/note.h"
#include "hivelift/times.h"
#include "lift/buf.h"

struct hl_outdir;

/*
 * Make the folder, or take an empty one (any, with force).
 *   HL_OK; HL_EXISTS, HL_IO, HL_USAGE (the source itself), HL_NOMEM: all
 *   said, nothing left behind
 */
enum hl_status hl_outdir_open(struct hl_outdir **out, const char *path,
                              bool force, struct hl_files *files,
                              const struct hl_ctx *ctx) HL_MUST_CHECK;
/*
 * A tar archive instead of a folder, written as a stream; false of write ends
 * it.  All else is the same, but a list (*.part) goes in when it is renamed.
 *   HL_OK, HL_NOMEM
 */
enum hl_status hl_outdir_tar(struct hl_outdir **out,
                             bool (*write)(void *user, const void *p,
                                           size_t n),
                             void *user,
                             const struct hl_ctx *ctx) HL_MUST_CHECK;
/* All is in it.  HL_OK, HL_IO */
enum hl_status hl_outdir_finish(struct hl_outdir *d) HL_MUST_CHECK;
/* A folder with all above it.  HL_OK, HL_IO, HL_LIMIT, HL_NOMEM: said. */
enum hl_status hl_outdir_mkdir(struct hl_outdir *d,
                               const char *rel) HL_MUST_CHECK;
/* In the folder itself, in place of what has that name.  HL_OK, HL_IO,
 * HL_USAGE (that is the source): said */
enum hl_status hl_outdir_rename(struct hl_outdir *d, const char *from,
                                const char *to) HL_MUST_CHECK;
/* For a sandbox: the folder's descriptor, -1: none; did this run make it? */
int hl_outdir_fd(const struct hl_outdir *d);
const char *hl_outdir_path(const struct hl_outdir *d);
bool hl_outdir_made(const struct hl_outdir *d);
void hl_outdir_close(struct hl_outdir *d); /* keeps what was made */
void hl_outdir_abort(struct hl_outdir *d); /* removes it, and closes */

/* The folder of a lift, for the same use. */
struct hl_lift;
struct hl_outdir *hl_lift_outdir(struct hl_lift *lift);

/* One file being written. */
struct hl_outfile {
	struct hl_outdir *dir;
	int fd;            /* -1: none */
	bool direct;       /* into an archive, its size is known */
	uint64_t end;      /* behind the last byte written */
	struct hl_buf rel; /* its path below the folder, as it was made */
};

/*
 * A new file at rel, its folders too.  All said:
 *   HL_OK; HL_IO (the output fails: stop), HL_LIMIT (only this one cannot
 *   be: name or size too long for the output), HL_NOMEM
 */
enum hl_status hl_outfile_create(struct hl_outfile *f, struct hl_outdir *d,
                                 const char *rel) HL_MUST_CHECK;
/*
 * How long it will be and its time, if that is known before its bytes, which
 * then come in order; spares an archive a copy.  HL_OK, HL_IO
 */
enum hl_status hl_outfile_expect(struct hl_outfile *f, uint64_t size,
                                 struct hl_time modified) HL_MUST_CHECK;
/* At off; what is left out reads as zeros.  HL_OK, HL_IO, HL_LIMIT: said. */
enum hl_status hl_outfile_write(struct hl_outfile *f, uint64_t off,
                                const void *p, size_t n) HL_MUST_CHECK;
/*
 * Give it its size (holes stay holes) and, when it has one, its time of
 * modification; close.  On failure it is removed.  HL_OK, HL_IO, HL_LIMIT
 */
enum hl_status hl_outfile_done(struct hl_outfile *f, uint64_t size,
                               struct hl_time modified) HL_MUST_CHECK;
/* Push it to the medium.  HL_OK, HL_IO */
enum hl_status hl_outfile_sync(struct hl_outfile *f) HL_MUST_CHECK;
/* Remove a half-written one.  Fine when it is done. */
void hl_outfile_drop(struct hl_outfile *f);
/* Frees the name; the file must be done or dropped. */
void hl_outfile_free(struct hl_outfile *f);

#endif
