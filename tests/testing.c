/* testing.c: see testing.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "testing.h"

#define MAX_NOTES 4096

struct noted {
	enum hl_level level;
	char text[512];
};

static struct noted noted[MAX_NOTES];
static size_t n_noted;
static struct hl_stats stats;
static size_t fail_in;
static char tmp_dir[128];
static char skip_file[160];

static void on_note(void *user, const struct hl_note *note)
{
	(void)user;
	if (n_noted == MAX_NOTES)
		return;
	struct noted *n = &noted[n_noted++];
	n->level = note->level;
	snprintf(n->text, sizeof(n->text), "%s: %s", note->what, note->text);
	if (getenv("HIVELIFT_TEST_NOTES"))
		fprintf(stderr, "note %d: %s\n", n->level, n->text);
}

static void *on_realloc(void *user, void *p, size_t n)
{
	(void)user;
	if (n == 0) {
		free(p);
		return NULL;
	}
	if (fail_in && --fail_in == 0) {
		fail_in = 1; /* and every one after it */
		return NULL;
	}
	return realloc(p, n);
}

const struct hl_ctx *test_ctx(void)
{
	static struct hl_ctx ctx = { .note = on_note,
	                             .realloc = on_realloc,
	                             .stats = &stats };
	return &ctx;
}

struct hl_stats *test_stats(void)
{
	return &stats;
}

bool test_noted(enum hl_level at_least, const char *part)
{
	for (size_t i = 0; i < n_noted; i++)
		if (noted[i].level >= at_least && strstr(noted[i].text, part))
			return true;
	return false;
}

size_t test_note_count(enum hl_level at_least)
{
	size_t n = 0;

	for (size_t i = 0; i < n_noted; i++)
		n += noted[i].level >= at_least;
	return n;
}

void test_forget_notes(void)
{
	n_noted = 0;
}

void test_fail_alloc(size_t n)
{
	fail_in = n;
}

void test_cpu_limit(void)
{
	const char *slow = getenv("CK_TIMEOUT_MULTIPLIER");
	struct rlimit r = { .rlim_cur = 60, .rlim_max = RLIM_INFINITY };

	if (slow && atoi(slow) > 1)
		r.rlim_cur *= (rlim_t)atoi(slow);
	ck_assert_int_eq(setrlimit(RLIMIT_CPU, &r), 0);
}

uint64_t test_mem_now(void)
{
	return stats.mem_now;
}

void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

void put16be(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void put32be(uint8_t *p, uint32_t v)
{
	put16be(p, v >> 16);
	put16be(p + 2, v & 0xffff);
}

size_t put_utf16(uint8_t *p, const char *ascii)
{
	size_t n = strlen(ascii);

	for (size_t i = 0; i < n; i++)
		put16(p + 2 * i, (unsigned char)ascii[i]);
	return 2 * n;
}

uint8_t *tight(const void *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(copy);
	if (n)
		memcpy(copy, p, n);
	return copy;
}

static const char *root(void)
{
	const char *dir = getenv("HIVELIFT_ROOT");

	return dir ? dir : ".";
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint8_t *room(uint8_t *out, size_t *cap, size_t need)
{
	if (need <= *cap)
		return out;
	size_t n = need * 2;
	out = realloc(out, n);
	ck_assert_ptr_nonnull(out);
	memset(out + *cap, 0, n - *cap);
	*cap = n;
	return out;
}

static uint8_t *unhex(char *text, size_t *n)
{
	uint8_t *out = NULL;
	size_t cap = 0, pos = 0, end = 0;

	for (char *s = text; *s;) {
		if (*s == '#') {
			s += strcspn(s, "\n");
		} else if (*s == '@') {
			pos = strtoull(s + 1, &s, 16);
			end = pos > end ? pos : end;
		} else if (hex_digit(*s) >= 0) {
			ck_assert_int_ge(hex_digit(s[1]), 0);
			out = room(out, &cap, pos + 1);
			out[pos++] = (uint8_t)(hex_digit(*s) << 4 |
			                       hex_digit(s[1]));
			end = pos > end ? pos : end;
			s += 2;
		} else {
			s++;
		}
	}
	out = room(out, &cap, end + 1);
	*n = end;
	return out;
}

uint8_t *test_file(const char *name, size_t *n)
{
	char path[512];
	size_t len = strlen(name);

	snprintf(path, sizeof(path), "%s/testdata/%s", root(), name);
	FILE *f = fopen(path, "rb");
	if (!f) { /* mostly zeros: kept as text */
		snprintf(path, sizeof(path), "%s/testdata/%s.hex", root(),
		         name);
		f = fopen(path, "rb");
		name = ".hex";
		len = 4;
	}
	ck_assert_msg(f != NULL, "no %s", path);
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	rewind(f);
	uint8_t *buf = calloc(1, (size_t)size + 1);
	ck_assert_uint_eq(fread(buf, 1, (size_t)size, f), (size_t)size);
	fclose(f);
	*n = (size_t)size;
	if (len < 4 || strcmp(name + len - 4, ".hex") != 0)
		return buf;
	uint8_t *bytes = unhex((char *)buf, n);
	free(buf);
	return bytes;
}

const char *test_corpus(const char *name)
{
	static char paths[8][512];
	static unsigned next;
	char *path = paths[next++ % 8];
	const char *dir = getenv("HIVELIFT_CORPUS");

	if (dir)
		snprintf(path, 512, "%s/%s", dir, name);
	else
		snprintf(path, 512, "%s/../shared/corpus/%s", root(), name);
	return access(path, R_OK) == 0 ? path : NULL;
}

const char *test_tmp(void)
{
	return tmp_dir;
}

/* rm copes with paths deeper than any that nftw can name. */
static void remove_tmp(void)
{
	char command[sizeof(tmp_dir) + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", tmp_dir);
	if (system(command) != 0)
		fprintf(stderr, "%s stays behind\n", tmp_dir);
}

void test_skip(const char *why)
{
	FILE *f = fopen(skip_file, "a"); /* the test may run in a child */

	ck_assert_ptr_nonnull(f);
	fprintf(f, "%s\n", why);
	fclose(f);
	fprintf(stderr, "SKIP: %s\n", why);
}

static int count_skips(void)
{
	FILE *f = fopen(skip_file, "r");
	int n = 0, c;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

int test_main(const char *module, ...)
{
	Suite *suite = suite_create(module);
	va_list ap;
	TCase *tc;

	snprintf(tmp_dir, sizeof(tmp_dir), "%s/hivelift-%s-XXXXXX",
	         getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", module);
	if (!mkdtemp(tmp_dir)) {
		perror(tmp_dir);
		return 1;
	}
	snprintf(skip_file, sizeof(skip_file), "%s/.skips", tmp_dir);
	va_start(ap, module);
	while ((tc = va_arg(ap, TCase *)))
		suite_add_tcase(suite, tc);
	va_end(ap);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int run = srunner_ntests_run(runner);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	int skipped = count_skips();
	printf("%s: %d passed, %d failed, %d skipped\n", module,
	       run - failed - skipped, failed, skipped);
	remove_tmp();
	return failed != 0;
}
