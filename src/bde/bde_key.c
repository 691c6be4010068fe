/*
 * bde_key.c: what a person has, made into a key.
 *
 *	password      UTF-16LE, SHA-256 twice \
 *	recovery key  8 groups of 6 digits,    > stretched: SHA-256 a million
 *	              each 11 x 16 bits, SHA-256/  times, with the protector's salt
 */
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "base/wipe.h"
#include "bde/bde.h"
#include "io/note.h"

#define PASSWORD_UNITS 1024 /* Windows takes 256 */
#define ROUNDS 0x100000u

static size_t units(uint16_t *u, struct span text)
{
	char s[3 * PASSWORD_UNITS + 1];

	if (text.n >= 2 && (text.p[0] ^ text.p[1]) == 1 && text.p[0] >= 0xfe) {
		size_t n = text.n / 2 - 1, high = text.p[0] == 0xff;

		for (size_t i = 0; i < n && i < PASSWORD_UNITS; i++)
			u[i] = (uint16_t)(text.p[2 + 2 * i + high] << 8 |
			                  text.p[3 + 2 * i - high]);
		return text.n % 2 || n > PASSWORD_UNITS ? SIZE_MAX : n;
	}
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = span_of(text.p + 3, text.n - 3);
	if (text.n >= sizeof(s) || (text.n && memchr(text.p, 0, text.n)))
		return SIZE_MAX;
	if (text.n)
		memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	size_t n = hl_utf16_from8(u, PASSWORD_UNITS, s);
	hl_wipe(s, sizeof(s));
	return n;
}

enum hl_status hl_bde_password(struct hl_crypto *k, struct span text,
                               uint8_t key[BDE_KEY])
{
	uint16_t u[PASSWORD_UNITS];
	uint8_t b[2 * PASSWORD_UNITS];
	size_t n = units(u, text);
	enum hl_status st = HL_RANGE;

	if (n != SIZE_MAX) {
		for (size_t i = 0; i < n; i++) {
			b[2 * i] = (uint8_t)u[i];
			b[2 * i + 1] = (uint8_t)(u[i] >> 8);
		}
		st = hl_crypto_sha256(k, b, 2 * n, key);
		hl_wipe(b, sizeof(b));
	}
	hl_wipe(u, sizeof(u));
	return st == HL_OK ? hl_crypto_sha256(k, key, BDE_KEY, key) : st;
}

/* The text's bytes that count: of UTF-16 the NULs between are left out. */
static int next_byte(struct span *s)
{
	while (s->n && (s->p[0] == 0 || s->p[0] >= 0xfe))
		*s = span_of(s->p + 1, s->n - 1);
	return s->n ? s->p[0] : -1;
}

static void step(struct span *s)
{
	*s = span_of(s->p + 1, s->n - 1);
}

/* Digits in a row from here on. */
static int digits(struct span s)
{
	int n = 0, c;

	for (; (c = next_byte(&s)) >= '0' && c <= '9'; step(&s))
		n++;
	return n;
}

/* Six digits and no more, unless all are in one row.  HL_END: not that;
 * HL_RANGE: not a group of a key */
static enum hl_status group(struct span *s, bool row, uint8_t out[2])
{
	uint32_t v = 0;
	int n = 0, c;

	for (; (!row || n < 6) && (c = next_byte(s)) >= '0' && c <= '9';
	     step(s))
		if (++n <= 6)
			v = 10 * v + (uint32_t)(c - '0');
	if (n != 6)
		return HL_END;
	out[0] = (uint8_t)(v / 11);
	out[1] = (uint8_t)(v / 11 >> 8);
	return v % 11 || v / 11 > 0xffff ? HL_RANGE : HL_OK;
}

/* Eight groups from here on; s is moved behind them, or behind the first that
 * is none. */
static enum hl_status groups(struct span *s, uint8_t out[16])
{
	bool row = digits(*s) == 48;
	enum hl_status st = HL_OK;
	int c;

	for (size_t i = 0; i < 8; i++) {
		enum hl_status one = group(s, row, out + 2 * i);

		if (one == HL_END)
			return HL_END;
		st = one == HL_RANGE ? one : st;
		while (i < 7 && ((c = next_byte(s)) == '-' || c == ' '))
			step(s);
	}
	return st;
}

enum hl_status hl_bde_recovery(struct hl_crypto *k, struct span *text,
                               uint8_t key[BDE_KEY])
{
	uint8_t raw[16];
	enum hl_status st = HL_END;
	int c;

	while (st == HL_END && (c = next_byte(text)) >= 0) {
		if (c >= '0' && c <= '9')
			st = groups(text, raw);
		else
			step(text);
	}
	if (st == HL_OK)
		st = hl_crypto_sha256(k, raw, sizeof(raw), key);
	hl_wipe(raw, sizeof(raw));
	return st;
}

enum hl_status hl_bde_stretch(struct hl_crypto *k, uint8_t key[BDE_KEY],
                              const uint8_t salt[16],
                              const struct hl_ctx *ctx)
{
	/* last hash, first hash, salt, counter */
	uint8_t b[88] = { 0 };
	enum hl_status st = HL_OK;

	memcpy(b + 32, key, BDE_KEY);
	memcpy(b + 64, salt, 16);
	for (uint32_t i = 0; i < ROUNDS && st == HL_OK; i++) {
		for (int n = 0; n < 4; n++)
			b[80 + n] = (uint8_t)(i >> 8 * n);
		st = hl_crypto_sha256(k, b, sizeof(b), b);
		if (st == HL_OK && (i & 0xfff) == 0 && hl_cancelled(ctx))
			st = HL_CANCELLED;
	}
	memcpy(key, b, BDE_KEY);
	hl_wipe(b, sizeof(b));
	return st;
}
