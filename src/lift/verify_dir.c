/*
 * verify_dir.c: an output folder, file by file: what the lists name, then
 * what is missing or has another name, then what nobody named.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/mem.h"
#include "io/note.h"
#include "lift/verify_dir.h"

const char *hl_found_text(enum hl_found_state state)
{
	static const char *const texts[] = {
		[HL_FOUND_OK] = "ok",
		[HL_FOUND_CHANGED] = "changed",
		[HL_FOUND_MISSING] = "missing",
		[HL_FOUND_RENAMED] = "renamed",
		[HL_FOUND_EXTRA] = "extra",
		[HL_FOUND_UNREADABLE] = "unreadable",
		[HL_FOUND_REFUSED] = "refused",
		[HL_FOUND_IMAGE] = "differs-from-image",
		[HL_FOUND_NOT_IN_IMAGE] = "not-in-image",
		[HL_FOUND_HALF_LISTED] = "half-listed",
	};

	return texts[state];
}

/* ---- files ------------------------------------------------------------ */

int hl_verify_openat(const struct hl_verify_dir *d, const char *rel, int more)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	char name[256];
	int fd = d->fd;

	for (;;) {
		size_t n = strcspn(rel, "/");
		bool last = !rel[n];
		if (n >= sizeof(name)) {
			errno = ENAMETOOLONG;
			break;
		}
		memcpy(name, rel, n);
		name[n] = '\0';
		int next = openat(fd, name, flags |
		                  (last ? more : O_DIRECTORY));
		int e = errno;
		if (fd != d->fd)
			close(fd);
		errno = e;
		if (last || next < 0)
			return next;
		fd = next;
		rel += n + 1;
	}
	if (fd != d->fd)
		close(fd);
	return -1;
}

enum hl_status hl_verify_hash_fd(struct hl_verify_dir *d, int fd,
                                 unsigned kinds, uint64_t *size,
                                 char hex[HL_HASH_KINDS][HL_HASH_HEX])
{
	struct hl_hash *h;
	struct stat sb;
	enum hl_status st;
	ssize_t n = 1;

	*size = 0;
	errno = EINVAL;
	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode))
		return HL_IO;
	st = hl_hash_new(&h, kinds, d->ctx);
	while (st == HL_OK && n) {
		n = read(fd, d->buf, HL_VERIFY_PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (hl_cancelled(d->ctx))
			st = HL_CANCELLED;
		else if (n < 0)
			st = HL_IO;
		if (n <= 0 || st != HL_OK)
			break;
		hl_hash_update(h, d->buf, (size_t)n);
		*size += (uint64_t)n;
	}
	for (int k = 0; k < HL_HASH_KINDS && st == HL_OK; k++)
		hl_hash_final(h, (enum hl_hash_kind)k, hex[k]);
	hl_hash_free(h);
	return st;
}

/* ---- one listed file -------------------------------------------------- */

static void differ(struct hl_found *out, const char *fmt, ...) HL_PRINTF(2, 3);
static void differ(struct hl_found *out, const char *fmt, ...)
{
	size_t n = strlen(out->why);
	va_list ap;

	out->state = HL_FOUND_CHANGED;
	if (n)
		n += (size_t)snprintf(out->why + n, sizeof(out->why) - n, ", ");
	if (n >= sizeof(out->why))
		return;
	va_start(ap, fmt);
	vsnprintf(out->why + n, sizeof(out->why) - n, fmt, ap);
	va_end(ap);
}

static void compare(const struct hl_want *w,
                    char hex[HL_HASH_KINDS][HL_HASH_HEX],
                    struct hl_found *out)
{
	if (w->has_size && w->size != out->size)
		differ(out, "%" PRIu64 " bytes, %" PRIu64 " by the manifest",
		       out->size, w->size);
	for (int k = 0; k < HL_HASH_KINDS; k++)
		if (w->hex[k][0] && strcmp(w->hex[k], hex[k]) != 0)
			differ(out, "%s", hl_verify_name(k));
	if (w->sum[0] && strcmp(w->sum, hex[HL_SHA256]) != 0)
		differ(out, "SHA256SUMS");
}

/* What the program itself puts there beside what it lifts. */
static bool is_own(const char *rel)
{
	return !strcmp(rel, "manifest.json") || !strcmp(rel, "dfxml.xml");
}

/* Who takes a file out of one list has it verified by the other alone. */
static void both_lists(const struct hl_verify_dir *d, const struct hl_want *w,
                       struct hl_found *out)
{
	const char *why = NULL;

	if (d->has_sums && w->in_manifest && !w->sum[0])
		why = "not in SHA256SUMS";
	else if (d->has_manifest && !w->in_manifest && !is_own(w->rel))
		why = "not in manifest.json";
	else if (w->in_manifest && !w->hex[HL_SHA256][0])
		why = "no SHA-256 in manifest.json";
	if (!why || out->state != HL_FOUND_OK)
		return;
	out->state = HL_FOUND_HALF_LISTED;
	snprintf(out->why, sizeof(out->why), "%s", why);
}

static enum hl_status check(struct hl_verify_dir *d, struct hl_want *w,
                            struct hl_found *out)
{
	char hex[HL_HASH_KINDS][HL_HASH_HEX];
	unsigned kinds = 1u << HL_SHA256;
	enum hl_status st;
	int fd;

	if (w->bad_name) {
		out->state = HL_FOUND_REFUSED;
		return HL_OK;
	}
	fd = hl_verify_openat(d, w->rel, 0);
	if (fd < 0) {
		w->missing = errno == ENOENT || errno == ENOTDIR;
		out->state = w->missing ? HL_FOUND_MISSING
		                        : HL_FOUND_UNREADABLE;
		snprintf(out->why, sizeof(out->why), "%s",
		         w->missing ? "" : strerror(errno));
		return HL_OK;
	}
	for (int k = 0; k < HL_HASH_KINDS; k++)
		kinds |= w->hex[k][0] ? 1u << k : 0;
	st = hl_verify_hash_fd(d, fd, kinds, &out->size, hex);
	if (st == HL_OK) {
		compare(w, hex, out);
		both_lists(d, w, out);
	} else if (st == HL_IO) {
		out->state = HL_FOUND_UNREADABLE;
	}
	close(fd);
	return st == HL_IO ? HL_OK : st;
}

/* ---- all of them ------------------------------------------------------ */

enum hl_status hl_verify_dir_open(struct hl_verify_dir **out, int fd,
                                  struct hl_disk *disk,
                                  const struct hl_ctx *ctx)
{
	struct hl_verify_dir *d = hl_zalloc(ctx, sizeof(*d));
	enum hl_status st;

	*out = NULL;
	if (!d)
		return HL_NOMEM;
	d->ctx = ctx;
	d->fd = fd;
	d->disk = disk;
	d->buf = hl_alloc(ctx, HL_VERIFY_PIECE);
	st = d->buf ? hl_verify_lists(d) : HL_NOMEM;
	if (st != HL_OK) {
		hl_verify_dir_close(d);
		return st;
	}
	*out = d;
	return HL_OK;
}

static bool is_back(const struct hl_verify_dir *d, const struct hl_want *w)
{
	return d->disk && w->in_manifest && !w->replayed && w->path &&
	       w->hex[HL_SHA256][0];
}

static enum hl_status next_want(struct hl_verify_dir *d, struct hl_found *out)
{
	struct hl_want *w;
	enum hl_status st;

	while (d->back) {
		w = &d->want[d->at - 1];
		out->path = w->rel;
		d->back = false;
		d->n_back++;
		st = hl_verify_back(d, w, out);
		if (st != HL_OK || out->state != HL_FOUND_OK)
			return st;
	}
	if (d->at == d->n)
		return HL_END;
	w = &d->want[d->at++];
	out->path = w->rel;
	st = check(d, w, out);
	d->back = st == HL_OK && is_back(d, w);
	return st;
}

uint64_t hl_verify_dir_compared(const struct hl_verify_dir *d)
{
	return d->n_back;
}

/* What is missing is told once it is known where it may be. */
static enum hl_status next_missing(struct hl_verify_dir *d,
                                   struct hl_found *out)
{
	while (d->at_missing < d->n) {
		const struct hl_want *w = &d->want[d->at_missing++];
		if (!w->missing)
			continue;
		out->path = w->rel;
		out->other = w->now;
		out->state = w->now ? HL_FOUND_RENAMED : HL_FOUND_MISSING;
		return HL_OK;
	}
	while (d->at_extra < d->n_extra) {
		const struct hl_extra *x = &d->extra[d->at_extra++];
		if (x->taken)
			continue;
		out->path = x->rel;
		out->size = x->size;
		out->state = HL_FOUND_EXTRA;
		return HL_OK;
	}
	return HL_END;
}

enum hl_status hl_verify_dir_next(struct hl_verify_dir *d,
                                  struct hl_found *out)
{
	enum hl_status st;

	do {
		*out = (struct hl_found){ .state = HL_FOUND_OK };
		if (hl_cancelled(d->ctx))
			return HL_CANCELLED;
		st = next_want(d, out);
	} while (st == HL_OK && out->state == HL_FOUND_MISSING);
	if (st != HL_END)
		return st;
	if (!d->walked) {
		d->walked = true;
		st = hl_verify_walk(d);
		if (st != HL_OK)
			return st;
	}
	*out = (struct hl_found){ .state = HL_FOUND_OK };
	return next_missing(d, out);
}

void hl_verify_dir_close(struct hl_verify_dir *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++) {
		hl_free(d->ctx, d->want[i].rel);
		hl_free(d->ctx, d->want[i].path);
	}
	for (size_t i = 0; i < d->n_extra; i++)
		hl_free(d->ctx, d->extra[i].rel);
	hl_free(d->ctx, d->want);
	hl_free(d->ctx, d->extra);
	hl_free(d->ctx, d->buf);
	hl_free(d->ctx, d);
}
