/*
 * mkhive.h: the parts of the hive generator: the tree that is built
 * (mkhive_build.c), the logs (mkhive_log.c), files and command (mkhive.c).
 * It shares no code with the library, so that each tests the other.
 * Format: the regf specification by Maxim Suhanov.
 */
#ifndef MKHIVE_H
#define MKHIVE_H

#include <stddef.h>
#include <stdint.h>

#define MAX_BINS (256u << 10)
#define MAX_KEYS 512
#define FILETIME UINT64_C(132224078450000000) /* 2020-01-02 03:04:05 UTC */
#define NONE 0xffffffffu

struct mkhive_kind;

struct key {
	char name[128];
	int parent;    /* index; -1: the root */
	uint32_t cell; /* offset of its nk */
	uint32_t n_sub;
};

struct hive {
	uint8_t bins[MAX_BINS];
	uint32_t size, next, bin; /* end of bins, next free byte, this bin */
	uint32_t sk;              /* the one security cell */
	struct key key[MAX_KEYS];
	int n_keys;
	const char *user;
};

void die(const char *what, const char *name);
/* "%s" is the user; other per cents stay (%USERPROFILE%). */
void expand(char *dst, size_t size, const char *s, const char *user);
size_t utf16(uint8_t *p, const char *s);
void write_file(const char *path, const uint8_t *p, size_t n);
void put_base(uint8_t *p, const struct hive *h, const char *name,
              uint32_t seq1, uint32_t seq2, uint32_t type);

/* The kind's keys and values, and `filler` keys more. */
void build(struct hive *h, const struct mkhive_kind *kind, int filler);
/* A change that moves nothing: the last value, in place. */
void change(struct hive *h, uint8_t to);

/* Logs that turn one state into the other. */
void write_hvle(const char *path, const struct hive *from,
                const struct hive *to, const char *name, uint32_t seq);
void write_dirt(const char *path, const struct hive *from,
                const struct hive *to, const char *name, uint32_t seq);

static inline void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

#endif
