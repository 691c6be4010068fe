/*
 * outmade.c: remembers what this run made, and takes it back.  The
 * list is for that; the set of file numbers tells, with force, an old file of
 * that name (to be replaced) from one this run has written (to be kept).
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/ckd.h"
#include "base/mem.h"
#include "lift/outdir_impl.h"
#include "base/banned.h"

#define PART_MAX 256 /* names.h: no part of ours has more than 255 bytes */

enum hl_status hl_made_add(struct hl_made *m, char kind, const char *rel)
{
	size_t n = m->list.n;

	if (hl_buf_add(&m->list, &kind, 1) &&
	    hl_buf_add(&m->list, rel, strlen(rel) + 1))
		return HL_OK;
	hl_buf_cut(&m->list, n);
	return HL_NOMEM;
}

enum hl_status hl_made_back(const struct hl_made *m, size_t *at, char *kind,
                            const char **rel)
{
	if (*at == 0)
		return HL_END;
	size_t i = *at - 1; /* the NUL of this one */
	while (i > 0 && m->list.p[i - 1] != '\0')
		i--;
	*kind = m->list.p[i];
	*rel = m->list.p + i + 1;
	*at = i;
	return HL_OK;
}

static size_t slot_of(const uint64_t *inos, size_t cap, uint64_t ino)
{
	size_t i = (size_t)(ino * 0x9e3779b97f4a7c15u >> 20) & (cap - 1);

	while (inos[i] && inos[i] != ino)
		i = (i + 1) & (cap - 1);
	return i;
}

static enum hl_status grow(struct hl_made *m)
{
	size_t cap = m->cap_inos ? m->cap_inos * 2 : 256;
	uint64_t *inos = hl_alloc_array(m->list.ctx, cap, sizeof(*inos));

	if (!inos)
		return HL_NOMEM;
	memset(inos, 0, cap * sizeof(*inos));
	for (size_t i = 0; i < m->cap_inos; i++)
		if (m->inos[i])
			inos[slot_of(inos, cap, m->inos[i])] = m->inos[i];
	hl_free(m->list.ctx, m->inos);
	m->inos = inos;
	m->cap_inos = cap;
	return HL_OK;
}

enum hl_status hl_made_ino(struct hl_made *m, uint64_t ino)
{
	if (m->n_inos >= m->cap_inos / 2) {
		enum hl_status st = grow(m);
		if (st != HL_OK)
			return st;
	}
	m->inos[slot_of(m->inos, m->cap_inos, ino)] = ino;
	m->n_inos++;
	return HL_OK;
}

bool hl_made_has_ino(const struct hl_made *m, uint64_t ino)
{
	return m->cap_inos && m->inos[slot_of(m->inos, m->cap_inos, ino)];
}

void hl_made_free(struct hl_made *m)
{
	hl_buf_free(&m->list);
	hl_free(m->list.ctx, m->inos);
}

/* ---- taking it back ---------------------------------------------------- */

/*
 * The part of a path of ours that begins at s, opened below fd, or -1.  No
 * allocation: this cleans up when there is no memory left.
 */
static int below(int fd, const char *s, size_t n)
{
	char part[PART_MAX];

	if (n >= sizeof(part))
		return -1;
	memcpy(part, s, n);
	part[n] = '\0';
	return openat(fd, part,
	              O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

void hl_outdir_unlink(struct hl_outdir *d, const char *rel, int flags)
{
	int fd = fcntl(d->fd, F_DUPFD_CLOEXEC, 0);
	const char *slash;

	while (fd >= 0 && (slash = strchr(rel, '/'))) {
		int down = below(fd, rel, (size_t)(slash - rel));
		close(fd);
		fd = down;
		rel = slash + 1;
	}
	if (fd >= 0) {
		unlinkat(fd, rel, flags);
		close(fd);
	}
}

void hl_outdir_abort(struct hl_outdir *d)
{
	size_t at = d ? d->made.list.n : 0;
	const char *rel;
	char kind;

	if (!d)
		return;
	while (hl_made_back(&d->made, &at, &kind, &rel) == HL_OK)
		hl_outdir_unlink(d, rel, kind == 'd' ? AT_REMOVEDIR : 0);
	if (d->made_root)
		rmdir(d->path);
	hl_outdir_close(d);
}
