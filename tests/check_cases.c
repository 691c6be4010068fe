/*
 * check_cases.c: whole disks against their truth: every live hive with its
 * path, kind, user, size, SHA-256 and logs, and nothing else.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "io/hash.h"
#include "testing.h"

struct opened {
	struct hl_files *files;
	struct hl_src *image;
	struct hl_disk *disk;
	struct hl_hives *hives;
};

static struct opened open_image(const char *path)
{
	struct opened o = { 0 };
	struct hl_image_opts opts = { 0 };
	struct hl_disk_opts disk_opts = { 0 };

	ck_assert_int_eq(hl_files_find(&o.files, path, &opts, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_image_open(&o.image, o.files, &opts, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_disk_open(&o.disk, o.image, &disk_opts,
	                              test_ctx()), HL_OK);
	ck_assert_int_eq(hl_hives_find(&o.hives, o.disk, NULL, test_ctx()),
	                 HL_OK);
	return o;
}

static void close_image(struct opened *o)
{
	hl_hives_free(o->hives);
	hl_disk_close(o->disk);
	hl_src_close(o->image);
	hl_files_close(o->files);
}

static const char *text(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static struct hl_hive *hive_at(struct hl_hives *hives, json_t *want)
{
	long long vol = json_integer_value(json_object_get(want, "volume"));
	char id[32];

	snprintf(id, sizeof(id), "%lld", vol);
	for (size_t i = 0; i < hl_hives_count(hives); i++) {
		struct hl_hive *h = hl_hives_get(hives, i);
		if (strcmp(h->path, text(want, "path")) == 0 &&
		    strcmp(h->volume->id, id) == 0)
			return h;
	}
	ck_abort_msg("not found: %s:%s", id, text(want, "path"));
	return NULL;
}

/* The truth names a log by its whole name or by its ending. */
static void compare_logs(const struct hl_hive *h, json_t *logs)
{
	ck_assert_msg(h->n_logs == json_array_size(logs), "%s: %zu logs",
	              h->path, h->n_logs);
	for (size_t i = 0; i < h->n_logs; i++) {
		const char *want = json_string_value(json_array_get(logs, i));
		const char *got = h->logs[i].path;
		size_t n = strlen(got), m = strlen(want);
		ck_assert_msg(n > m && strcasecmp(got + n - m, want) == 0,
		              "%s is not %s", got, want);
	}
}

/*
 * The truth has a digest from byte 4096 on: the corpus its first digits, to
 * the file's end; our sample all of it, to the end of the bins.
 */
static void compare_replay(struct hl_hive *h, const char *want)
{
	struct hl_src *src;
	struct hl_hash *hash;
	char hex[HL_HASH_HEX];

	ck_assert_int_eq(h->report.state, HL_HIVE_REPLAYED);
	ck_assert_int_eq(hl_hive_open(&src, h, false, test_ctx()), HL_OK);
	size_t n = strlen(want) == 64 ? h->replay.bins_size
	                              : (size_t)hl_src_size(src) - 4096;
	uint8_t *p = malloc(n);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(hl_src_read(src, 4096, p, n, NULL), HL_OK);
	ck_assert_int_eq(hl_hash_new(&hash, 1u << HL_SHA256, test_ctx()),
	                 HL_OK);
	hl_hash_update(hash, p, n);
	hl_hash_final(hash, HL_SHA256, hex);
	hl_hash_free(hash);
	ck_assert_int_eq(strncmp(hex, want, strlen(want)), 0);
	free(p);
	hl_src_close(src);
}

static void compare(struct hl_hive *h, json_t *want)
{
	const char *user = text(want, "user"), *state = text(want, "state");

	ck_assert_int_eq(hl_hive_examine(h, true, test_ctx()), HL_OK);
	ck_assert_str_eq(hl_kind_text(h->kind), text(want, "kind"));
	ck_assert_str_eq(h->user ? h->user : "(none)",
	                 user ? user : "(none)");
	ck_assert_uint_eq(h->entry.size, (uint64_t)json_integer_value(
	                  json_object_get(want, "size")));
	ck_assert_uint_eq(h->report.size, h->entry.size);
	ck_assert_str_eq(h->sha256, text(want, "sha256"));
	ck_assert_uint_eq(h->bad_bytes, 0);
	if (state)
		ck_assert_str_eq(hl_hive_state_text(h->report.state), state);
	if (json_is_string(json_object_get(want, "replay")))
		compare_replay(h, text(want, "replay"));
	if (json_is_integer(json_object_get(want, "record"))) {
		ck_assert(h->entry.flags & HL_ENTRY_RECORD);
		ck_assert_uint_eq(h->entry.ref.id, (uint64_t)
		                  json_integer_value(json_object_get(want,
		                                                     "record")));
	}
	compare_logs(h, json_object_get(want, "logs"));
}

static void check_case(const char *image, const char *truth)
{
	json_error_t error;
	json_t *root = json_load_file(truth, 0, &error), *want;
	size_t i, live = 0;

	ck_assert_msg(root != NULL, "%s: %s", truth, error.text);
	test_forget_notes();
	struct opened o = open_image(image);
	json_array_foreach(json_object_get(root, "hives"), i, want) {
		if (json_is_true(json_object_get(want, "deleted")))
			continue;
		compare(hive_at(o.hives, want), want);
		live++;
	}
	ck_assert_uint_eq(hl_hives_count(o.hives), live);
	/* a healthy disk makes no loss */
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	struct hl_coverage c;
	ck_assert_int_eq(hl_coverage_build(&c, o.disk, test_ctx()), HL_OK);
	ck_assert(!c.loss);
	hl_coverage_free(&c, test_ctx());
	close_image(&o);
	json_decref(root);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static const char *root_of(char *buf, size_t n, const char *name)
{
	const char *dir = getenv("HIVELIFT_ROOT");

	snprintf(buf, n, "%s/testdata/%s", dir ? dir : ".", name);
	return buf;
}

#ifdef HAVE_LIBEWF
#define HAVE_E01 1
#else
#define HAVE_E01 0
#endif

START_TEST(the_sample)
{
	char image[512], truth[512];

	if (!HAVE_E01)
		SKIP("built without libewf");
	check_case(root_of(image, sizeof(image), "sample.E01"),
	           root_of(truth, sizeof(truth), "sample.json"));
}
END_TEST

START_TEST(windows_10)
{
	const char *image = test_corpus("cases/win10.E01");

	if (!image)
		SKIP("no corpus");
	if (!HAVE_E01)
		SKIP("built without libewf");
	check_case(image, test_corpus("cases/win10.json"));
}
END_TEST

static const char *unpacked(char *buf, size_t n, const char *name)
{
	const char *dir = getenv("HIVELIFT_UNPACKED");
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (dir)
		snprintf(buf, n, "%s/%s", dir, name);
	else if (cache)
		snprintf(buf, n, "%s/hivelift-corpus/%s", cache, name);
	else
		snprintf(buf, n, "%s/.cache/hivelift-corpus/%s",
		         home ? home : "", name);
	return access(buf, R_OK) == 0 ? buf : NULL;
}

START_TEST(windows_xp)
{
	char image[512];

	if (!test_corpus("cases/xp.json") ||
	    !unpacked(image, sizeof(image), "cases/xp.dd"))
		SKIP("no unpacked corpus");
	check_case(image, test_corpus("cases/xp.json"));
}
END_TEST

START_TEST(names_without_hives_are_said)
{
	const char *path = test_corpus(
		"images/Velocidex__velociraptor/partition_image.E01");

	if (!path)
		SKIP("no corpus");
	if (!HAVE_E01)
		SKIP("built without libewf");
	struct opened o = open_image(path);
	ck_assert_uint_eq(hl_hives_count(o.hives), 6);
	for (size_t i = 0; i < 6; i++) {
		struct hl_hive *h = hl_hives_get(o.hives, i);
		ck_assert_int_eq(hl_hive_examine(h, true, test_ctx()), HL_OK);
		ck_assert_int_eq(h->report.state, HL_HIVE_NOT_A_HIVE);
		ck_assert(test_noted(HL_LOSS, h->path));
	}
	close_image(&o);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("cases");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, the_sample);
	tcase_add_test(tc, windows_10);
	tcase_add_test(tc, windows_xp);
	tcase_add_test(tc, names_without_hives_are_said);
	return test_main("cases", tc, NULL);
}
