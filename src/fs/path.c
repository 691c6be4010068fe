/*
 * path.c: paths as users write them, and the walk along one.
 *
 *	[volume:] [drive:] / name / name [:stream]      or      @N[-S]
 *
 * '/' and '\' are the same.  A component is looked up by the volume's own
 * rules; links are not followed.
 */
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "fs/fs_impl.h"

static bool is_sep(char c)
{
	return c == '/' || c == '\\';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t digits(const char *s)
{
	size_t n = 0;

	while (is_digit(s[n]))
		n++;
	return n;
}

/* "C:" before a separator or the end. */
static bool drive(const char *s)
{
	return is_letter(s[0]) && s[1] == ':' && (is_sep(s[2]) || !s[2]);
}

/* Bytes of "3", "L1" or "3.s1" before a ':' and a separator; 0: none. */
static size_t volume_len(const char *s)
{
	size_t at = s[0] == 'L' || s[0] == 'l';
	size_t n = digits(s + at);

	if (n == 0)
		return 0;
	n += at;
	if (s[n] == '.' && s[n + 1] == 's' && is_digit(s[n + 2]))
		n += 2 + digits(s + n + 2);
	/* "3:" is its root, "3:@42" one of its records, "3:C:\x" a path */
	if (s[n] == ':' &&
	    (is_sep(s[n + 1]) || s[n + 1] == '@' || s[n + 1] == '\0' ||
	     drive(s + n + 1)))
		return n;
	return 0;
}

enum hl_status hl_path_parse(const char *arg, struct hl_path *out)
{
	size_t n = volume_len(arg);
	const char *last = NULL, *from;

	memset(out, 0, sizeof(*out));
	if (n >= sizeof(out->volume))
		return HL_USAGE;
	memcpy(out->volume, arg, n);
	out->volume[n] = '\0';
	if (out->volume[0] == 'l')
		out->volume[0] = 'L';
	out->path = n ? arg + n + 1 : arg;
	from = out->path;
	if (is_letter(from[0]) && from[1] == ':')
		from += 2; /* the drive's colon names no stream */
	for (; *from; from++) {
		if (is_sep(*from))
			last = NULL;
		else if (*from == ':')
			last = from;
	}
	out->n_base = last ? (size_t)(last - out->path) : strlen(out->path);
	out->stream = last ? last + 1 : NULL;
	return HL_OK;
}

/* ---- the walk -------------------------------------------------------- */

static bool number(const char *s, size_t n, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (*out > (UINT64_MAX - 9) / 10)
			return false;
		*out = *out * 10 + (uint64_t)(s[i] - '0');
	}
	return n > 0;
}

/*
 * "@N" or "@N-S": record and sequence number, or on FAT the place of an entry
 * and its folder.  HL_OK with the entry and the bytes used; HL_END: nothing
 * of that kind is written here, or there is no such record.
 */
static enum hl_status by_number(struct hl_fs *fs, const char *s, size_t n,
                                size_t *used, struct hl_entry *out)
{
	struct hl_ref ref = { 0 };
	uint64_t seq = 0;
	size_t a = n > 1 && s[0] == '@' ? digits(s + 1) : 0, b = 0;

	if (!number(s + 1, a, &ref.id))
		return HL_END;
	*used = 1 + a;
	bool with_seq = *used < n && s[*used] == '-';
	if (with_seq) {
		b = digits(s + *used + 1);
		if (!number(s + *used + 1, b, &seq) || seq > UINT32_MAX)
			return HL_END;
		*used += 1 + b;
	}
	if (*used > n || (*used < n && !is_sep(s[*used])))
		return HL_END;
	ref.seq = (uint32_t)seq;
	return fs->ops->entry(fs, &ref, !with_seq || !fs->info.has_records,
	                      out);
}

static enum hl_status step(struct hl_fs *fs, const char *s, size_t n,
                           struct hl_entry *e)
{
	char name[HL_NAME_BYTES];
	struct hl_ref dir = e->ref;

	if (n == 1 && s[0] == '.')
		return HL_OK;
	if (n >= sizeof(name) || e->type == HL_FILE)
		return HL_END;
	memcpy(name, s, n);
	name[n] = '\0';
	return fs->ops->lookup(fs, &dir, name, e);
}

/* Down from a folder along s[i … n). */
static enum hl_status down(struct hl_fs *fs, const char *s, size_t i, size_t n,
                           struct hl_entry *out)
{
	enum hl_status st = HL_OK;

	while (st == HL_OK && i < n) {
		size_t from;

		while (i < n && is_sep(s[i]))
			i++;
		from = i;
		while (i < n && !is_sep(s[i]))
			i++;
		if (i > from)
			st = step(fs, s + from, i - from, out);
	}
	return st;
}

static enum hl_status from_number(struct hl_fs *fs, const char *s, size_t n,
                                  bool *written, struct hl_entry *out)
{
	size_t used = 0;
	enum hl_status st = by_number(fs, s, n, &used, out);

	*written = used > 0;
	return st == HL_OK ? down(fs, s, used, n, out) : st;
}

static enum hl_status from_root(struct hl_fs *fs, const char *s, size_t n,
                                struct hl_entry *out)
{
	bool drive = n >= 2 && is_letter(s[0]) && s[1] == ':' &&
	             (n == 2 || is_sep(s[2]));
	enum hl_status st = fs->ops->root(fs, out);

	return st == HL_OK ? down(fs, s, drive ? 2 : 0, n, out) : st;
}

/* Numbers come first where the user sees them, names where he does not. */
static enum hl_status find(struct hl_fs *fs, const char *s, size_t n,
                           struct hl_entry *out)
{
	enum hl_status st = HL_END;
	bool written = false;

	if (fs->info.has_records)
		st = from_number(fs, s, n, &written, out);
	if (st == HL_END && !written)
		st = from_root(fs, s, n, out);
	if (st == HL_END && !fs->info.has_records)
		st = from_number(fs, s, n, &written, out);
	return st;
}

enum hl_status hl_fs_find(struct hl_fs *fs, const char *path,
                          struct hl_entry *out)
{
	return find(fs, path, strlen(path), out);
}

enum hl_status hl_fs_find_path(struct hl_fs *fs, const struct hl_path *path,
                               struct hl_entry *out, const char **stream)
{
	const char *p = path->path;
	size_t n = path->n_base;
	enum hl_status st = find(fs, p, strlen(p), out);

	*stream = "";
	if (st != HL_END)
		return st;
	/* "C:name": of drive C, whose folder can only be the root */
	if (n > 2 && is_letter(p[0]) && p[1] == ':') {
		p += 2;
		n -= 2;
		st = find(fs, p, strlen(p), out);
	}
	if (st != HL_END || !path->stream)
		return st;
	*stream = path->stream;
	return find(fs, p, n, out);
}
