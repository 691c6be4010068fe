/* outdir_impl.h: what outdir.c, outmade.c and outfile.c share. */
#ifndef HL_OUTDIR_IMPL_H
#define HL_OUTDIR_IMPL_H

#include "hivelift/times.h"
#include "lift/outdir.h"

/* What this run made, in order: 'd' or 'f', the path, a NUL. */
struct hl_made {
	struct hl_buf list;
	/* Files by number, open addressing, 0 empty; only kept with force. */
	uint64_t *inos;
	size_t n_inos, cap_inos;
};
enum hl_status hl_made_add(struct hl_made *m, char kind,
                           const char *rel) HL_MUST_CHECK;
/* Walks back from the end; *at starts at list.n.  HL_OK, HL_END */
enum hl_status hl_made_back(const struct hl_made *m, size_t *at, char *kind,
                            const char **rel) HL_MUST_CHECK;
enum hl_status hl_made_ino(struct hl_made *m, uint64_t ino) HL_MUST_CHECK;
bool hl_made_has_ino(const struct hl_made *m, uint64_t ino);
void hl_made_free(struct hl_made *m);

struct hl_outtar;

struct hl_outdir {
	const struct hl_ctx *ctx;
	char *path;
	struct hl_files *files; /* the source, or NULL */
	int fd;
	struct hl_outtar *tar; /* an archive, and no folder; or NULL */
	bool made_root;
	bool over; /* force, and the folder held something */
	struct hl_made made;
	/* the folder that was used last */
	int cur_fd;            /* -1: none */
	struct hl_buf asked;   /* its path as it was asked for */
	struct hl_buf real;    /* and as it is, suffixes and all */
};

/* Say why a call on rel failed (rel "" is the folder); e is errno. */
enum hl_status hl_outdir_fail(struct hl_outdir *d, const char *doing,
                              const char *rel, int e);
/*
 * Make the folder rel[0, n) the current one, with all above it.
 *   HL_OK, HL_IO, HL_LIMIT, HL_NOMEM: said
 */
enum hl_status hl_outdir_enter(struct hl_outdir *d, const char *rel,
                               size_t n) HL_MUST_CHECK;
/* Add name number `i` (1: as it is, 2: %~2 …) of a part; false: no memory. */
bool hl_outdir_name(struct hl_buf *out, const char *part, size_t n,
                    unsigned i);
/* With force: unlink what is in the way.  True when it is gone. */
bool hl_outdir_clear(struct hl_outdir *d, int parent, const char *name,
                     const char *rel);
/* Remove a path this run made; flags are those of unlinkat. */
void hl_outdir_unlink(struct hl_outdir *d, const char *rel, int flags);

#endif
