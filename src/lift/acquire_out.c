/* acquire_out.c: where the bytes of a copy go. */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "base/text.h"
#include "hivelift/hivelift.h"
#include "lift/acquire_impl.h"

/* What 31 bits reach, so that the oldest readers follow. */
#define EWF_SPLIT (UINT64_C(2047) << 20)

/* ---- names ------------------------------------------------------------- */

/* FILE.E01 and FILE.001 are taken as they are, FILE gets its number. */
static bool numbered(const struct hl_acquire_opts *o, enum seg_scheme scheme,
                     const char *first, char name[ACQUIRE_NAME],
                     struct seg_name *parsed)
{
	int n = snprintf(name, ACQUIRE_NAME, "%s", o->name);

	if (n >= 0 && n < ACQUIRE_NAME && hl_seg_parse(parsed, name, scheme) &&
	    parsed->number == 1)
		return true;
	n = snprintf(name, ACQUIRE_NAME, "%s%s", o->name, first);
	return n >= 0 && n < ACQUIRE_NAME &&
	       hl_seg_parse(parsed, name, scheme);
}

bool hl_acquire_set(const struct hl_acquire_opts *o, char name[ACQUIRE_NAME],
                    struct hl_outset_opts *out)
{
	*out = (struct hl_outset_opts){
		.folder = o->folder,
		.name = name,
		.resume = o->resume,
		.device = o->device,
	};
	if (o->device < 0 && o->format == HL_ACQUIRE_EWF)
		return numbered(o, SEG_EWF, ".E01", name, &out->scheme);
	if (o->device < 0 && o->split)
		return numbered(o, SEG_DIGITS, ".001", name, &out->scheme);
	return hl_copy(name, ACQUIRE_NAME, o->name) < ACQUIRE_NAME;
}

bool hl_acquire_name(const struct hl_acquire_opts *o, char *dst, size_t size)
{
	struct hl_outset_opts set;
	char name[ACQUIRE_NAME];

	return hl_acquire_set(o, name, &set) &&
	       hl_copy(dst, size, name) < size;
}

static bool map_of(const struct hl_acquire_opts *o, char name[ACQUIRE_NAME])
{
	int n = snprintf(name, ACQUIRE_NAME, "%s.map", o->name);

	return n >= 0 && n < ACQUIRE_NAME;
}

static size_t there(const struct hl_acquire_opts *o, bool remove,
                    uint64_t *bytes)
{
	struct hl_outset_opts set, map = { .folder = o->folder,
		                           .device = -1 };
	char name[ACQUIRE_NAME], map_name[ACQUIRE_NAME];

	if (o->device >= 0 || !hl_acquire_set(o, name, &set) ||
	    !map_of(o, map_name))
		return 0;
	map.name = map_name;
	return hl_outset_there(&set, remove, bytes) +
	       hl_outset_there(&map, remove, bytes);
}

size_t hl_acquire_there(const struct hl_acquire_opts *o, uint64_t *bytes)
{
	return there(o, false, bytes);
}

uint64_t hl_acquire_most(const struct hl_acquire_opts *o, uint64_t size)
{
	uint64_t chunks = size / HL_EWF_CHUNK + 1;

	if (o->format == HL_ACQUIRE_RAW)
		return size;
	/* a checksum and two entries each, and what stands around them */
	return size + chunks * 12 + (size / (o->split ? o->split : EWF_SPLIT) +
	                             1) * 65536;
}

/* ---- E01 --------------------------------------------------------------- */

static enum hl_status sink(void *user, const struct hl_packed *chunk)
{
	struct acquire *q = user;

	return hl_ewf_writer_chunk(q->ewf, chunk);
}

static enum hl_status refuse(struct acquire *q, const char *why)
{
	return hl_fail(&(struct hl_at){ q->ctx, q->src, HL_NO_OFFSET,
	                                "acquire" }, HL_USAGE,
	               "%s: --format raw", why);
}

static enum hl_status describe(struct acquire *q, struct hl_ewf_medium *m,
                               struct hl_ewf_case *about)
{
	static const uint8_t packing[] = { [HL_ACQUIRE_NONE] = 0,
		[HL_ACQUIRE_FAST] = 1, [HL_ACQUIRE_BEST] = 2 };
	const struct hl_acquire_opts *o = q->o;
	uint32_t sector = q->a->sector_size ? q->a->sector_size : 512;
	struct hl_image_info info;

	if (!is_power_of_two(sector) || sector > HL_EWF_CHUNK)
		return refuse(q, "an E01 cannot have sectors of this size");
	if (q->a->size % sector)
		return refuse(q, "an E01 has whole sectors only, which the "
		              "source has not");
	*m = (struct hl_ewf_medium){
		.sectors = q->a->size / sector,
		.bytes_per_sector = sector,
		.sectors_per_chunk = HL_EWF_CHUNK / sector,
		.compression = packing[o->packing],
		.optical = sector == 2048,
		.part = q->o->len != 0,
	};
	snprintf(q->software, sizeof(q->software), "hivelift %s",
	         hl_version());
	if (q->a->size / HL_EWF_CHUNK >= UINT32_MAX)
		return refuse(q, "an E01 cannot be as large as that");
	memcpy(m->set_id, o->set_id, sizeof(m->set_id));
	*about = (struct hl_ewf_case){
		.description = o->description, .number = o->case_number,
		.evidence = o->evidence, .examiner = o->examiner,
		.notes = o->notes, .software = q->software,
		.system = "", .when = o->when,
	};
	if (hl_image_info(q->whole, &info) == HL_OK) {
		about->model = info.model;
		about->serial = info.serial;
	}
	return HL_OK;
}

static enum hl_status begin_ewf(struct acquire *q)
{
	static const enum hl_packing how[] = {
		[HL_ACQUIRE_NONE] = HL_PACK_STORE,
		[HL_ACQUIRE_FAST] = HL_PACK_FAST,
		[HL_ACQUIRE_BEST] = HL_PACK_BEST,
	};
	struct hl_ewf_write_opts w = {
		.out = q->out,
		.split = q->o->split ? q->o->split : EWF_SPLIT,
	};
	const struct hl_packer_opts p = {
		.chunk_size = HL_EWF_CHUNK,
		.how = how[q->o->packing],
		.sink = sink,
		.user = q,
	};
	enum hl_status st = describe(q, &w.medium, &w.about);

	if (st == HL_OK)
		st = hl_packer_new(&q->packer, &p, q->ctx);
	if (st == HL_OK)
		st = hl_ewf_writer_new(&q->ewf, &w, q->ctx);
	return st;
}

static const uint8_t *digest(const struct acquire *q, int kind, uint8_t *dst,
                             size_t n)
{
	const char *hex = q->a->hash[kind];

	if (!*hex)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		unsigned v = 0;
		(void)sscanf(hex + 2 * i, "%2x", &v);
		dst[i] = (uint8_t)v;
	}
	return dst;
}

_Static_assert(sizeof(struct hl_ewf_lost) == sizeof(struct hl_acquire_bad),
               "the same");

static enum hl_status finish_ewf(struct acquire *q)
{
	uint8_t md5[16], sha1[20];
	const struct hl_ewf_result r = {
		.md5 = digest(q, HL_VERIFY_MD5, md5, sizeof(md5)),
		.sha1 = digest(q, HL_VERIFY_SHA1, sha1, sizeof(sha1)),
		.lost = (const struct hl_ewf_lost *)q->a->bad,
		.n_lost = q->a->n_bad,
	};
	enum hl_status st = hl_packer_end(q->packer);

	if (st == HL_OK)
		st = hl_ewf_writer_finish(q->ewf, &r);
	q->a->written = hl_ewf_writer_bytes(q->ewf);
	return st;
}

/* ---- all --------------------------------------------------------------- */

enum hl_status hl_acquire_begin(struct acquire *q)
{
	struct hl_outset_opts set;
	enum hl_status st;

	if (!hl_acquire_set(q->o, q->name, &set) ||
	    !map_of(q->o, q->map_name))
		return refuse(q, "too long a name");
	st = hl_outset_new(&q->out, &set, q->ctx);
	if (st == HL_OK && q->o->resume)
		st = hl_acquire_map_read(q);
	if (st == HL_OK && q->o->replace && !q->continues &&
	    there(q->o, true, NULL))
		return hl_fail(&(struct hl_at){ q->ctx, NULL, HL_NO_OFFSET,
		                                "output" }, HL_IO,
		               "%s: what is there cannot be removed",
		               q->name);
	if (st == HL_OK && q->o->format == HL_ACQUIRE_EWF)
		st = begin_ewf(q);
	return st;
}

/* Raw bytes by the file that they belong to. */
static size_t part_of(const struct acquire *q, uint64_t *off, size_t *n)
{
	uint64_t split = q->o->device < 0 ? q->o->split : 0;
	size_t part;

	if (!split)
		return 0;
	part = (size_t)(*off / split);
	*off %= split;
	*n = (size_t)min_u64(*n, split - *off);
	return part;
}

enum hl_status hl_acquire_write(struct acquire *q, uint64_t off,
                                const uint8_t *p, size_t n)
{
	enum hl_status st = HL_OK;

	if (q->packer)
		return hl_packer_feed(q->packer, p, n);
	while (n && st == HL_OK) {
		uint64_t at = off;
		size_t k = n, part = part_of(q, &at, &k);
		st = hl_outset_write(q->out, part, at, p, k);
		p += k;
		off += k;
		n -= k;
	}
	return st;
}

enum hl_status hl_acquire_back(struct acquire *q, uint64_t off, uint8_t *p,
                               size_t n)
{
	enum hl_status st = HL_OK;

	while (n && st == HL_OK) {
		uint64_t at = off;
		size_t k = n, part = part_of(q, &at, &k);
		st = hl_outset_read(q->out, part, at, p, k);
		p += k;
		off += k;
		n -= k;
	}
	return st;
}

enum hl_status hl_acquire_finish(struct acquire *q)
{
	enum hl_status st = q->ewf ? finish_ewf(q) : HL_OK;

	if (st == HL_OK)
		st = hl_outset_sync(q->out);
	if (!q->ewf)
		q->a->written = q->a->size;
	q->a->files = q->o->device < 0 ? hl_outset_parts(q->out) : 0;
	return st;
}

void hl_acquire_free(struct acquire *q)
{
	hl_packer_free(q->packer);
	hl_ewf_writer_free(q->ewf);
	hl_outset_close(q->out);
	hl_hashers_free(q->hashers);
	hl_free(q->ctx, q->area);
}
