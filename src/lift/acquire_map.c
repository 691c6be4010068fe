/*
 * acquire_map.c: the map of a copy, as GNU ddrescue writes it, with two lines
 * more that are comments to it:
 *
 *	# Mapfile. Created by hivelift 0.1.0
 *	# Source: 1000204886016 bytes, Samsung SSD 850, S/N S21JNXAG
 *	# current_pos  current_status  current_pass
 *	0x00120000     ?               1
 *	#      pos        size  status
 *	0x00000000  0x00117000  +
 *
 * It never says more than is on the medium: the copy is synced before.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "hivelift/hivelift.h"
#include "lift/acquire_impl.h"
#include "lift/buf.h"

#define SOURCE "# Source: "
#define LINE 256
#define SAMPLE 65536

/* ---- what it is of ------------------------------------------------------ */

/* Without a line's end, whatever the device says. */
static void source_line(struct acquire *q, char line[LINE])
{
	struct hl_image_info info = { .size = 0 };
	char from[48] = "";
	int n;

	if (hl_image_info(q->whole, &info) != HL_OK)
		info.model = info.serial = NULL;
	if (q->o->len)
		snprintf(from, sizeof(from), " from byte %llu on",
		         (unsigned long long)q->o->from);
	n = snprintf(line, LINE, SOURCE "%llu bytes%s%s%s%s%s",
	             (unsigned long long)q->a->size, from, info.model ? ", " : "",
	             info.model ? info.model : "", info.serial ? ", S/N " : "",
	             info.serial ? info.serial : "");
	for (int i = 0; i < n && i < LINE - 1; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = '?';
}

static enum hl_status refuse(struct acquire *q, const char *why)
{
	return hl_fail(&(struct hl_at){ q->ctx, NULL, HL_NO_OFFSET,
	                                q->map_name }, HL_USAGE,
	               "not gone on with: %s", why);
}

/* Other programs' maps do not have it. */
static enum hl_status same_source(struct acquire *q, const char *text)
{
	const char *said = strstr(text, "\n" SOURCE);
	char line[LINE];

	if (!said)
		return HL_OK;
	said++;
	source_line(q, line);
	if (strncmp(said, line, strlen(line)) == 0 &&
	    (said[strlen(line)] == '\n' || !said[strlen(line)]))
		return HL_OK;
	return refuse(q, "it is of another source");
}

/* ---- read --------------------------------------------------------------- */

static enum hl_status load(struct acquire *q, char **text, size_t *n)
{
	const struct hl_outset_opts o = { .folder = q->o->folder,
		                          .name = q->map_name, .resume = true,
		                          .device = -1 };
	struct hl_outset *s;
	enum hl_status st = hl_outset_new(&s, &o, q->ctx);

	*text = NULL;
	*n = 0;
	while (st == HL_OK && *n < HL_MAX_MAP_BYTES) {
		char *more = hl_realloc(q->ctx, *text, *n + SAMPLE + 1);
		size_t k = 0;
		if (!more) {
			st = HL_NOMEM;
			break;
		}
		*text = more;
		st = hl_outset_read_some(s, 0, *n, more + *n, SAMPLE, &k);
		*n += k;
		if (st != HL_OK || !k)
			break;
	}
	hl_outset_close(s);
	if (*text)
		(*text)[*n] = '\0';
	return st;
}

static enum hl_status parse(struct acquire *q, const char *text, size_t n)
{
	struct hl_ddmap m = hl_ddmap_of(span_of(text, n));
	struct hl_ddmap_area area;
	enum hl_status st;

	while ((st = hl_ddmap_next(&m, &area)) == HL_OK) {
		if (area.off > q->a->size || area.len > q->a->size - area.off)
			return refuse(q, "the source is smaller than it "
			              "says");
		st = hl_grow(q->ctx, (void **)&q->area, &q->cap_areas,
		             q->n_areas, sizeof(area), HL_MAX_MAP_AREAS);
		if (st == HL_LIMIT)
			return refuse(q, "too many areas");
		if (st != HL_OK)
			return st;
		q->area[q->n_areas++] = area;
	}
	if (st == HL_CORRUPT)
		return refuse(q, m.why);
	/* it covers all of what it is of */
	if (!q->n_areas || q->area[q->n_areas - 1].off +
	    q->area[q->n_areas - 1].len != q->a->size)
		return refuse(q, "it is of a source of another size");
	return HL_OK;
}

static enum hl_status compare(struct acquire *q, uint64_t off, uint64_t len)
{
	size_t n = (size_t)min_u64(len, SAMPLE);
	uint8_t *a = hl_alloc(q->ctx, (size_t)2 * SAMPLE);
	enum hl_status st = HL_OK;

	if (!a)
		return HL_NOMEM;
	uint8_t *b = a + SAMPLE;
	if (hl_src_read(q->src, off, a, n, NULL) == HL_OK &&
	    (hl_acquire_back(q, off, b, n) != HL_OK || memcmp(a, b, n) != 0))
		st = refuse(q, "what was copied is not what the source has");
	hl_free(q->ctx, a);
	return st;
}

/* The first and the last stretch that was copied: still the same? */
static enum hl_status same_content(struct acquire *q)
{
	const struct hl_ddmap_area *first = NULL, *last = NULL;
	enum hl_status st;

	for (size_t i = 0; i < q->n_areas; i++)
		if (q->area[i].rescued) {
			first = first ? first : &q->area[i];
			last = &q->area[i];
		}
	if (!first)
		return HL_OK;
	st = compare(q, first->off, first->len);
	if (st == HL_OK && last->len > SAMPLE)
		st = compare(q, last->off + last->len - SAMPLE, SAMPLE);
	return st;
}

enum hl_status hl_acquire_map_read(struct acquire *q)
{
	char *text;
	size_t n;
	enum hl_status st = load(q, &text, &n);

	if (st == HL_END) { /* there is none */
		hl_free(q->ctx, text);
		return hl_acquire_there(q->o, NULL) && !q->o->replace ?
		       refuse(q, "there is a copy, and no map of it") : HL_OK;
	}
	q->continues = st == HL_OK;
	if (st == HL_OK)
		st = same_source(q, text);
	if (st == HL_OK)
		st = parse(q, text, n);
	if (st == HL_OK)
		st = same_content(q);
	hl_free(q->ctx, text);
	return st;
}

char hl_acquire_status(const struct acquire *q, uint64_t off, uint64_t *len)
{
	size_t lo = 0, hi = q->n_areas;

	while (lo < hi) { /* the first that does not end before off */
		size_t mid = lo + (hi - lo) / 2;
		if (q->area[mid].off + q->area[mid].len <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	const struct hl_ddmap_area *a = lo < q->n_areas ? &q->area[lo] : NULL;
	*len = (a ? a->off : q->a->size) - off;
	if (!a || a->off > off)
		return '?';
	*len = a->off + a->len - off;
	return a->status;
}

/* ---- written ------------------------------------------------------------ */

static bool line(struct hl_buf *b, uint64_t off, uint64_t end, char status)
{
	char text[64];

	if (end <= off)
		return true;
	snprintf(text, sizeof(text), "0x%08llX  0x%08llX  %c\n",
	         (unsigned long long)off, (unsigned long long)(end - off),
	         status);
	return hl_buf_text(b, text);
}

/* What this run has seen, and behind it what the one before did. */
static bool areas(struct acquire *q, struct hl_buf *b)
{
	const struct hl_acquired *a = q->a;
	uint64_t off = 0, len;
	bool ok = true;

	for (size_t i = 0; i < a->n_bad && ok; i++) {
		uint64_t end = a->bad[i].off + a->bad[i].len;
		ok = line(b, off, a->bad[i].off, '+') &&
		     line(b, a->bad[i].off, end, '-');
		off = end;
	}
	ok = ok && line(b, off, a->done, '+');
	for (off = a->done; off < a->size && ok; off += len) {
		char status = hl_acquire_status(q, off, &len);
		ok = line(b, off, off + len, status);
	}
	return ok;
}

static bool head(struct acquire *q, struct hl_buf *b)
{
	char source[LINE], status[160];

	source_line(q, source);
	snprintf(status, sizeof(status), "\n# current_pos  current_status  "
	         "current_pass\n0x%08llX     %c               1\n"
	         "#      pos        size  status\n",
	         (unsigned long long)q->a->done,
	         q->a->done == q->a->size ? '+' : '?');
	return hl_buf_text(b, "# Mapfile. Created by hivelift ") &&
	       hl_buf_text(b, hl_version()) && hl_buf_text(b, "\n") &&
	       hl_buf_text(b, source) && hl_buf_text(b, status);
}

enum hl_status hl_acquire_map_write(struct acquire *q)
{
	struct hl_buf b = { .ctx = q->ctx };
	enum hl_status st = HL_NOMEM;

	if (q->o->device >= 0)
		return HL_OK;
	if (head(q, &b) && areas(q, &b))
		st = hl_outset_text(q->o->folder, q->map_name, b.p, b.n,
		                    q->ctx);
	hl_buf_free(&b);
	return st;
}

void hl_acquire_map_remove(struct acquire *q)
{
	const struct hl_outset_opts o = { .folder = q->o->folder,
		                          .name = q->map_name, .device = -1 };

	if (q->o->device < 0)
		(void)hl_outset_there(&o, true, NULL);
}
