/* mkhive_build.c: a tree of keys and values, laid out in bins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mkhive.h"
#include "mkhive_keys.h"

/* ---- cells ------------------------------------------------------------- */

static void new_bin(struct hive *h)
{
	if (h->size + 4096 > MAX_BINS)
		die("too large", "hive");
	if (h->next < h->size) /* the rest is one free cell */
		put32(h->bins + h->next, h->size - h->next);
	h->bin = h->size;
	h->size += 4096;
	memcpy(h->bins + h->bin, "hbin", 4);
	put32(h->bins + h->bin + 4, h->bin);
	put32(h->bins + h->bin + 8, 4096);
	if (h->bin == 0)
		put64(h->bins + 20, FILETIME);
	h->next = h->bin + 32;
}

/* A cell in use for n bytes of data; returns its offset. */
static uint32_t cell(struct hive *h, size_t n)
{
	uint32_t want = (uint32_t)(n + 4 + 7) & ~7u;

	if (want > 4096 - 32)
		die("too large", "cell");
	if (want > h->size - h->next)
		new_bin(h);
	uint32_t at = h->next;
	put32(h->bins + at, 0u - want);
	h->next += want;
	return at;
}

static uint8_t *data(struct hive *h, uint32_t at)
{
	return h->bins + at + 4;
}

/* ---- the tree ---------------------------------------------------------- */

static int find_key(struct hive *h, int parent, const char *name, size_t len)
{
	for (int i = 0; i < h->n_keys; i++)
		if (h->key[i].parent == parent &&
		    strlen(h->key[i].name) == len &&
		    memcmp(h->key[i].name, name, len) == 0)
			return i;
	if (h->n_keys == MAX_KEYS || len >= sizeof(h->key[0].name))
		die("too many", "keys");
	struct key *k = &h->key[h->n_keys];
	memset(k, 0, sizeof(*k));
	memcpy(k->name, name, len);
	k->parent = parent;
	if (parent >= 0)
		h->key[parent].n_sub++;
	return h->n_keys++;
}

static int key_of(struct hive *h, const char *path)
{
	int at = 0;

	while (*path) {
		size_t n = strcspn(path, "\\");
		at = find_key(h, at, path, n);
		path += n + (path[n] == '\\');
	}
	return at;
}

static int upper(int c)
{
	return c >= 'a' && c <= 'z' ? c - 32 : c;
}

static int compare(const char *a, const char *b)
{
	while (*a && upper((unsigned char)*a) == upper((unsigned char)*b)) {
		a++;
		b++;
	}
	return upper((unsigned char)*a) - upper((unsigned char)*b);
}

static uint32_t hash(const char *s)
{
	uint32_t v = 0;

	for (; *s; s++)
		v = v * 37 + (uint32_t)upper((unsigned char)*s);
	return v;
}

/* SYSTEM owns it and may do everything. */
static void put_security(struct hive *h, uint32_t refs)
{
	static const uint8_t sid[12] = { 1, 1, 0, 0, 0, 0, 0, 5, 18 };
	uint8_t *p;

	h->sk = cell(h, 20 + 20 + 12 + 12 + 28);
	p = data(h, h->sk);
	memcpy(p, "sk", 2);
	put32(p + 4, h->sk);  /* the ring of one */
	put32(p + 8, h->sk);
	put32(p + 12, refs);
	put32(p + 16, 72);    /* bytes of the descriptor */
	p += 20;
	p[0] = 1;
	put16(p + 2, 0x8004); /* self-relative, with a DACL */
	put32(p + 4, 20);     /* owner, group, no SACL, DACL */
	put32(p + 8, 32);
	put32(p + 16, 44);
	memcpy(p + 20, sid, 12);
	memcpy(p + 32, sid, 12);
	p += 44;
	p[0] = 2;             /* ACL: 28 bytes, one entry */
	put16(p + 2, 28);
	put16(p + 4, 1);
	put16(p + 10, 20);    /* ACE: allow, 20 bytes */
	put32(p + 12, 0x000f003f);
	memcpy(p + 16, sid, 12);
}

static void put_key(struct hive *h, int i)
{
	struct key *k = &h->key[i];
	size_t n = strlen(k->name);

	k->cell = cell(h, 0x4c + n);
	uint8_t *p = data(h, k->cell);
	memcpy(p, "nk", 2);
	put16(p + 2, i == 0 ? 0x2c : 0x20);
	put64(p + 4, FILETIME);
	put32(p + 0x10, i == 0 ? 0 : h->key[k->parent].cell);
	put32(p + 0x14, k->n_sub);
	put32(p + 0x1c, NONE);
	put32(p + 0x20, NONE);
	put32(p + 0x28, NONE);
	put32(p + 0x30, NONE);
	put16(p + 0x48, (unsigned)n);
	memcpy(p + 0x4c, k->name, n);
}

/* Subkeys sorted without case, as Windows searches them. */
static void put_list(struct hive *h, int parent)
{
	struct key *k = &h->key[parent];
	uint32_t at = cell(h, 4 + 8 * (size_t)k->n_sub);
	uint8_t *p = data(h, at);
	const char *last = "";

	put32(data(h, k->cell) + 0x1c, at);
	memcpy(p, "lh", 2);
	put16(p + 2, k->n_sub);
	for (uint32_t n = 0; n < k->n_sub; n++) {
		struct key *best = NULL;
		for (int i = 1; i < h->n_keys; i++)
			if (h->key[i].parent == parent &&
			    compare(h->key[i].name, last) > 0 &&
			    (!best || compare(h->key[i].name, best->name) < 0))
				best = &h->key[i];
		if (!best)
			die("two keys of one name in", k->name);
		put32(p + 4 + 8 * n, best->cell);
		put32(p + 8 + 8 * n, hash(best->name));
		last = best->name;
	}
}

/* ---- values ------------------------------------------------------------ */

static size_t value_bytes(const struct hive *h, const struct mkhive_value *v,
                          uint8_t *dst)
{
	char text[256];
	size_t n;

	if (v->type == MK_DWORD) {
		put32(dst, v->number);
		return 4;
	}
	if (v->type == MK_BINARY) {
		for (n = 0; v->text[2 * n]; n++) {
			unsigned byte;
			if (sscanf(v->text + 2 * n, "%2x", &byte) != 1)
				die("bad hex in", v->name);
			dst[n] = (uint8_t)byte;
		}
		return n;
	}
	expand(text, sizeof(text), v->text, h->user);
	n = utf16(dst, text);
	put16(dst + n, 0);
	return n + 2;
}

static uint32_t put_value(struct hive *h, const struct mkhive_value *v)
{
	uint8_t bytes[600];
	char name[128];
	size_t n = value_bytes(h, v, bytes);

	expand(name, sizeof(name), v->name, h->user);
	uint32_t at = cell(h, 0x14 + strlen(name));
	uint8_t *p = data(h, at);
	memcpy(p, "vk", 2);
	put16(p + 2, (unsigned)strlen(name));
	put32(p + 4, (uint32_t)n | (n <= 4 ? 0x80000000u : 0));
	put32(p + 12, (uint32_t)v->type);
	put16(p + 16, name[0] != '\0'); /* the name is one byte a character */
	memcpy(p + 0x14, name, strlen(name));
	if (n <= 4) {
		memcpy(p + 8, bytes, n);
		return at;
	}
	uint32_t far = cell(h, n);
	put32(p + 8, far);
	memcpy(data(h, far), bytes, n);
	return at;
}

static void put_values(struct hive *h, int key, const struct mkhive_value *v)
{
	uint32_t list[32], n = 0;

	for (; v->key; v++)
		if (v->name && key_of(h, v->key) == key && n < 32)
			list[n++] = put_value(h, v);
	if (!n)
		return;
	uint32_t at = cell(h, 4 * (size_t)n);
	for (uint32_t i = 0; i < n; i++)
		put32(data(h, at) + 4 * i, list[i]);
	put32(data(h, h->key[key].cell) + 0x24, n);
	put32(data(h, h->key[key].cell) + 0x28, at);
}

void build(struct hive *h, const struct mkhive_kind *kind, int filler)
{
	char name[32];

	new_bin(h);
	find_key(h, -1, kind->root, strlen(kind->root));
	for (const struct mkhive_value *v = kind->values; v->key; v++)
		key_of(h, v->key);
	for (int i = 0; i < filler; i++) {
		snprintf(name, sizeof(name), "Sample\\Filler%03d", i);
		key_of(h, name);
	}
	for (int i = 0; i < h->n_keys; i++)
		put_key(h, i);
	put_security(h, (uint32_t)h->n_keys);
	for (int i = 0; i < h->n_keys; i++) {
		put32(data(h, h->key[i].cell) + 0x2c, h->sk);
		if (h->key[i].n_sub)
			put_list(h, i);
		put_values(h, i, kind->values);
	}
	if (h->next < h->size)
		put32(h->bins + h->next, h->size - h->next);
}

/* A change that moves nothing: the last value of the last key, in place. */
void change(struct hive *h, uint8_t to)
{
	for (uint32_t at = h->size - 8; at > 32; at -= 8) {
		uint8_t *p = h->bins + at;
		if (memcmp(p + 4, "vk", 2) != 0)
			continue;
		if (get32(p + 8) & 0x80000000u)
			p[12] = to;
		else
			h->bins[get32(p + 12) + 4] = to;
		return;
	}
	die("no value to change in", "the hive");
}
