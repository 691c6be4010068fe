/*
 * testing.h: what every test program shares: a context that records notes,
 * byte builders, fixtures, the corpus when it is there, and honest skips.
 *
 * A suite is tests/check_<module>.c with
 *	int main(void) { return test_main("module", tcase1(), tcase2(), NULL); }
 */
#ifndef HL_TESTING_H
#define HL_TESTING_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#include "hivelift/hivelift.h"

/* Runs the cases; prints "<module>: N passed, N failed, N skipped". */
int test_main(const char *module, ...);

/*
 * A fixture for tests that work long: a minute of the processor's time, times
 * CK_TIMEOUT_MULTIPLIER, ends a test that hangs.  Unlike Check's own limit it
 * does not depend on what else the machine does.
 */
void test_cpu_limit(void);

/* In a test: say that it could not run, and return from it at once. */
void test_skip(const char *why);
#define SKIP(why) do { test_skip(why); return; } while (0)

/* A fresh context for this test; notes are recorded. */
const struct hl_ctx *test_ctx(void);
struct hl_stats *test_stats(void);
/* Is there a note of that level or worse whose "what: text" holds this? */
bool test_noted(enum hl_level at_least, const char *part);
size_t test_note_count(enum hl_level at_least);
void test_forget_notes(void);
/* Fail the n-th allocation from now on (1: the next); 0: never. */
void test_fail_alloc(size_t n);
/* Bytes the library still holds in this context. */
uint64_t test_mem_now(void);

/* Little-endian stores, for building images by hand. */
void put16(uint8_t *p, unsigned v);
void put32(uint8_t *p, uint32_t v);
void put64(uint8_t *p, uint64_t v);
void put16be(uint8_t *p, unsigned v);
void put32be(uint8_t *p, uint32_t v);
/* ASCII to UTF-16LE without a NUL; returns the bytes written. */
size_t put_utf16(uint8_t *p, const char *ascii);

/* A copy in a block of exactly n bytes, so that ASan sees one byte more. */
uint8_t *tight(const void *p, size_t n);

/*
 * testdata/<name> as bytes; a .hex file is text: pairs of digits, '@OFFSET'
 * (hex) moves, '#' comments.  The caller frees.  Fails the test if absent.
 */
uint8_t *test_file(const char *name, size_t *n);

/*
 * Full path of a file of the corpus, or NULL when there is none.  Looked for
 * in $HIVELIFT_CORPUS, else ../shared/corpus.  Static storage, 8 results.
 */
const char *test_corpus(const char *name);
/* A scratch folder of this test program; removed at the end. */
const char *test_tmp(void);

#endif
