/* bde_meta.c: one block of metadata, and .BEK files; see bde_disk.h. */
#include <string.h>
#include <zlib.h>

#include "base/banned.h"
#include "bde/bde.h"
#include "bde/bde_disk.h"

#define SEALED (HL_CCM_NONCE + HL_CCM_MAC)

enum hl_status hl_bde_entry(struct span *rest, struct bde_entry *out)
{
	const struct bde_entry_disk *e = SPAN_VIEW(*rest, 0,
	                                           struct bde_entry_disk);

	if (!e)
		return HL_END;
	size_t size = get16(e->size);
	if (size == 0)
		return HL_END;
	if (size < sizeof(*e) || size > rest->n)
		return HL_CORRUPT;
	out->type = get16(e->type);
	out->value = get16(e->value);
	out->data = span_of(rest->p + sizeof(*e), size - sizeof(*e));
	*rest = span_of(rest->p + size, rest->n - size);
	return HL_OK;
}

static bool sealed(const struct bde_entry *e, struct bde_sealed *out)
{
	if (e->value != BDE_IS_SEALED || e->data.n <= SEALED)
		return false;
	out->nonce = e->data.p;
	out->mac = e->data.p + HL_CCM_NONCE;
	out->data = span_of(e->data.p + SEALED, e->data.n - SEALED);
	return true;
}

static void vmk_part(struct bde_vmk *v, const struct bde_entry *e)
{
	struct bde_sealed s;

	if (e->value == BDE_IS_TEXT && e->type == BDE_FOR_LABEL)
		v->label = e->data;
	else if (e->value == BDE_IS_STRETCH && e->data.n >= 20)
		v->salt = e->data.p + 4;
	else if (e->value == BDE_IS_KEY && e->data.n > BDE_KEY_BYTES)
		v->clear = span_of(e->data.p + BDE_KEY_BYTES,
		                   e->data.n - BDE_KEY_BYTES);
	else if (!v->sealed.nonce && sealed(e, &s))
		v->sealed = s;
}

static enum hl_status vmk(struct bde_meta *m, struct span s)
{
	const struct bde_vmk_disk *d = SPAN_VIEW(s, 0, struct bde_vmk_disk);
	struct bde_entry e;
	enum hl_status st;

	if (!d)
		return HL_CORRUPT;
	if (m->n_vmk == BDE_PROTECTORS) {
		m->more = true;
		return HL_OK;
	}
	struct bde_vmk *v = &m->vmk[m->n_vmk++];
	memset(v, 0, sizeof(*v));
	memcpy(v->id, d->id, sizeof(v->id));
	v->changed = get64(d->changed);
	v->protection = get16(d->protection);
	s = span_of(s.p + sizeof(*d), s.n - sizeof(*d));
	while ((st = hl_bde_entry(&s, &e)) == HL_OK)
		vmk_part(v, &e);
	return st == HL_END ? HL_OK : st;
}

static enum hl_status take(struct bde_meta *m, const struct bde_entry *e)
{
	if (e->type == BDE_FOR_VMK && e->value == BDE_IS_VMK)
		return vmk(m, e->data);
	if (e->type == BDE_FOR_FVEK && !m->fvek.nonce)
		(void)sealed(e, &m->fvek);
	else if (e->type == BDE_FOR_LABEL && e->value == BDE_IS_TEXT)
		m->label = e->data;
	else if (e->type == BDE_FOR_BACKUP && e->value == BDE_IS_RANGE &&
	         e->data.n >= 16)
		m->backup_len = le64_at(e->data.p + 8);
	return HL_OK;
}

static void block_header(struct bde_meta *m, const struct bde_block_disk *h)
{
	m->version = get16(h->version);
	m->state = get16(h->state);
	m->next_state = get16(h->next_state);
	for (int i = 0; i < 3; i++)
		m->off[i] = get64(h->off[i]);
	if (m->version == 1) {
		m->mft_mirror = get64(h->header);
		return;
	}
	m->encrypted = get64(h->encrypted);
	m->convert = get32(h->convert);
	m->n_backup_sectors = get32(h->n_header);
	m->backup = get64(h->header);
}

/* Behind what it is of. */
static void validation(struct bde_meta *m, struct span block, size_t size)
{
	const struct bde_valid_disk *v = SPAN_VIEW(block, size,
	                                           struct bde_valid_disk);
	struct bde_entry e;

	m->checked = span_of(block.p, size);
	if (!v)
		return;
	m->has_crc = true;
	m->crc = get32(v->crc);
	struct span rest = span_of(block.p + size + sizeof(*v),
	                           block.n - size - sizeof(*v));
	if (hl_bde_entry(&rest, &e) == HL_OK)
		(void)sealed(&e, &m->hash);
}

static enum hl_status entries(struct bde_meta *m, struct span rest)
{
	struct bde_entry e;
	enum hl_status st;

	while ((st = hl_bde_entry(&rest, &e)) == HL_OK)
		if (take(m, &e) != HL_OK)
			m->cut = true;
	m->cut |= st == HL_CORRUPT;
	return m->n_vmk || m->fvek.nonce ? HL_OK : HL_CORRUPT;
}

enum hl_status hl_bde_meta(struct span block, struct bde_meta *out)
{
	const struct bde_block_disk *h = SPAN_VIEW(block, 0,
	                                           struct bde_block_disk);
	const struct bde_set_disk *s = SPAN_VIEW(block, sizeof(*h),
	                                         struct bde_set_disk);
	struct span all, set;

	memset(out, 0, sizeof(*out));
	if (!h || !s || memcmp(h->signature, BDE_SIGNATURE, 8) != 0)
		return HL_END;
	block_header(out, h);
	if (out->version != 1 && out->version != 2)
		return HL_UNSUPPORTED;
	size_t size = (size_t)get16(h->size) << (out->version == 2 ? 4 : 0);
	size_t n_set = get32(s->size), n_head = get32(s->header_size);
	if (!span_sub(block, 0, size, &all) || size < sizeof(*h) + sizeof(*s))
		return HL_CORRUPT;
	validation(out, block, size);
	if (!span_sub(all, sizeof(*h), n_set, &set) || n_head < sizeof(*s) ||
	    n_head > n_set)
		return HL_CORRUPT;
	memcpy(out->id, s->id, sizeof(out->id));
	out->method = get16(s->method);
	out->created = get64(s->created);
	return entries(out, span_of(set.p + n_head, n_set - n_head));
}

bool hl_bde_crc_fits(const struct bde_meta *m)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	return true;
#else
	return m->has_crc &&
	       crc32(0, m->checked.p, (uInt)m->checked.n) == m->crc;
#endif
}

static bool external_key(struct span s, struct span *key)
{
	struct bde_entry e;

	while (hl_bde_entry(&s, &e) == HL_OK)
		if (e.value == BDE_IS_KEY && e.data.n > BDE_KEY_BYTES) {
			*key = span_of(e.data.p + BDE_KEY_BYTES,
			               e.data.n - BDE_KEY_BYTES);
			return true;
		}
	return false;
}

enum hl_status hl_bde_startup(struct span file, uint8_t id[16],
                              struct span *key)
{
	const struct bde_set_disk *s = SPAN_VIEW(file, 0, struct bde_set_disk);
	struct bde_entry e;
	struct span rest;

	if (!s)
		return HL_CORRUPT;
	size_t n_set = get32(s->size), n_head = get32(s->header_size);
	if (!span_sub(file, 0, n_set, &rest) || n_head < sizeof(*s) ||
	    n_head > n_set)
		return HL_CORRUPT;
	rest = span_of(rest.p + n_head, n_set - n_head);
	while (hl_bde_entry(&rest, &e) == HL_OK) {
		struct span nested;

		if (e.value != BDE_IS_EXTERNAL ||
		    !span_from(e.data, BDE_EXTERNAL_NESTED, &nested))
			continue;
		memcpy(id, e.data.p, 16);
		if (external_key(nested, key))
			return HL_OK;
	}
	return HL_CORRUPT;
}
