/*
 * check_verify.c: the digests in threads, images of every kind through
 * hl_verify_image, and manifests cut into their entries.
 */
#include "io_build.h"
#include "io/hashers.h"
#include "lift/manifest_read.h"
#include "lift/verify_dir.h"

/* ---- digests ---------------------------------------------------------- */

/* What coreutils say; tool: "md5sum" … */
static void oracle(char *hex, const char *tool, const void *p, size_t n)
{
	char cmd[600];
	FILE *f;

	write_file(at("oracle"), p, n);
	snprintf(cmd, sizeof(cmd), "%s <%s", tool, at("oracle"));
	f = popen(cmd, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%128[0-9a-f]", hex), 1);
	pclose(f);
}

static const size_t feeds[] = { 1, 1000, 65536, HL_HASHERS_ROOM };

START_TEST(digests_in_threads_are_what_they_are)
{
	size_t n = 5000000, at_off = 0;
	uint8_t *p = malloc(n);
	struct hl_hashers *h;
	char want[129], got[HL_HASH_HEX];

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + i / 1000);
	if (feeds[_i] == 1)
		n = 3000;
	ck_assert_int_eq(hl_hashers_new(&h, 1u << HL_MD5 | 1u << HL_SHA256,
	                                test_ctx()), HL_OK);
	while (at_off < n) {
		size_t k = n - at_off < feeds[_i] ? n - at_off : feeds[_i];
		memcpy(hl_hashers_room(h), p + at_off, k);
		hl_hashers_feed(h, k);
		at_off += k;
	}
	hl_hashers_peek(h, HL_MD5, "xyz", 3, got);
	uint8_t *more = malloc(n + 3);
	memcpy(more, p, n);
	memcpy(more + n, "xyz", 3);
	oracle(want, "md5sum", more, n + 3);
	ck_assert_str_eq(got, want);
	hl_hashers_final(h, HL_MD5, got);
	oracle(want, "md5sum", p, n);
	ck_assert_str_eq(got, want);
	hl_hashers_final(h, HL_SHA256, got);
	oracle(want, "sha256sum", p, n);
	ck_assert_str_eq(got, want);
	hl_hashers_final(h, HL_SHA1, got);
	ck_assert_str_eq(got, "");
	hl_hashers_free(h);
	ck_assert_uint_eq(test_mem_now(), 0);
	free(more);
	free(p);
}
END_TEST

START_TEST(digests_may_be_left_at_any_time)
{
	for (unsigned n = 0; n < 20; n++) {
		struct hl_hashers *h;
		ck_assert_int_eq(hl_hashers_new(&h, 7, test_ctx()), HL_OK);
		for (unsigned i = 0; i < n; i++) {
			memset(hl_hashers_room(h), 0, 4096);
			hl_hashers_feed(h, 4096);
		}
		hl_hashers_free(h);
		ck_assert_uint_eq(test_mem_now(), 0);
	}
}
END_TEST

/* ---- images ----------------------------------------------------------- */

START_TEST(bad_chunks_are_counted_and_placed)
{
	const struct b_set set = { 5, 64, 0x21, 3, false };
	const char *first = b_write_set("v", &set);
	struct hl_verify v;
	struct opened o;
	char text[200];

	/* the first chunk of segments 2 and 4 */
	flip(at("v.E02"), 13 + 76 + 1052 + 76 + 12, 1);
	flip(at("v.E04"), 13 + 76 + 1052 + 76 + 12, 1);
	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	ck_assert_int_eq(hl_verify_image(&v, o.src, 0, test_ctx()), HL_OK);
	ck_assert_uint_eq(v.n_chunks, 319);
	ck_assert_uint_eq(v.bad_chunks, 2);
	ck_assert_uint_eq(v.n_bad, 2);
	ck_assert_uint_eq(v.bad[0].off, 64 * B_CHUNK);
	ck_assert_uint_eq(v.bad[1].off, 3 * 64 * B_CHUNK);
	ck_assert_uint_eq(v.bad[0].len, B_CHUNK);
	hl_verify_verdict(&v, text, sizeof(text));
	ck_assert_str_eq(text, "2 of 319 chunks damaged");
	v.files_known = true;
	v.n_affected = 1;
	v.n_chunks = 131072;
	hl_verify_verdict(&v, text, sizeof(text));
	ck_assert_str_eq(text, "2 of 131,072 chunks damaged, 1 file affected");
	hl_verify_free(&v, test_ctx());
	close_image(&o);
}
END_TEST

/*
 * A source of 4,096 * 3 + 700 bytes: one sector and 188 bytes in the last
 * chunk; `whole`: 4,096 * 3 + 100, whose tail has a chunk of its own.
 */
static void odd_set(const char *path, bool deflated, bool whole,
                    uint8_t *content, size_t *n)
{
	struct b_volume v = { 4, 8, 512, whole ? 24 : 25, 9 };
	struct bytes b = { 0 }, data = { 0 };
	uint32_t entry[4];
	uint8_t packed[2 * B_CHUNK], hash[36] = { 0 }, sum[4];
	char hex[129];

	*n = 3 * B_CHUNK + (whole ? 100 : 700);
	for (size_t i = 0; i < *n; i++)
		content[i] = (uint8_t)(i * 31 + i / 512);
	b_head(&b, 1);
	b_volume(&b, "volume", &v);
	for (size_t i = 0; i < 4; i++) {
		size_t from = i * B_CHUNK;
		size_t k = *n - from < B_CHUNK ? *n - from : B_CHUNK;
		uLongf out = sizeof(packed);
		entry[i] = (uint32_t)(76 + data.n);
		if (deflated) {
			entry[i] |= 0x80000000u;
			compress(packed, &out, content + from, k);
			b_add(&data, packed, out);
			continue;
		}
		b_add(&data, content + from, k);
		put32(sum, b_adler(content + from, k));
		b_add(&data, sum, 4);
	}
	uint64_t base = b.n;
	b_section(&b, "sectors", data.n, 0);
	b_add(&b, data.p, data.n);
	b_table(&b, "table", entry, 4, base);
	oracle(hex, "md5sum", content, *n);
	for (size_t i = 0; i < 16; i++)
		sscanf(hex + 2 * i, "%2hhx", &hash[i]);
	put32(hash + 32, b_adler(hash, 32));
	b_section(&b, "hash", 36, 0);
	b_add(&b, hash, 36);
	b_section(&b, "done", 0, b.n);
	write_file(path, b.p, b.n);
	free(b.p);
	free(data.p);
}

START_TEST(an_odd_tail_is_recognised)
{
	static uint8_t content[4 * B_CHUNK];
	bool deflated = _i & 1, whole = _i & 2;
	char want[129], text[200];
	struct hl_verify v;
	struct opened o;
	size_t n;

	odd_set(at("odd.E01"), deflated, whole, content, &n);
	ck_assert_int_eq(open_image(&o, at("odd.E01"), false), HL_OK);
	ck_assert_int_eq(hl_verify_image(&v, o.src, 0, test_ctx()), HL_OK);
	ck_assert_uint_eq(v.n_bad, 0);
	ck_assert_uint_eq(v.tail, n % 512);
	ck_assert_int_eq(v.hash[HL_VERIFY_MD5].state, HL_HASH_MATCH_TAIL);
	oracle(want, "md5sum", content, n - n % 512);
	ck_assert_str_eq(v.hash[HL_VERIFY_MD5].computed, want);
	oracle(want, "md5sum", content, n);
	ck_assert_str_eq(v.hash[HL_VERIFY_MD5].with_tail, want);
	hl_verify_verdict(&v, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "which the source had"));
	ck_assert_str_eq(hl_verify_word(&v), "match");
	hl_verify_free(&v, test_ctx());
	close_image(&o);
}
END_TEST

static bool stop_now(void *user)
{
	return --*(int *)user < 0;
}

START_TEST(it_can_be_stopped_and_may_run_out_of_memory)
{
	const struct b_set set = { 5, 64, 0x21, 3, false };
	const char *first = b_write_set("s", &set);
	struct hl_ctx ctx = *test_ctx();
	struct hl_verify v;
	struct opened o;
	int left = 2;

	ck_assert_int_eq(open_image(&o, first, false), HL_OK);
	ctx.cancelled = stop_now;
	ctx.user = &left;
	ctx.note = NULL;
	ctx.realloc = NULL;
	ck_assert_int_eq(hl_verify_image(&v, o.src, 7, &ctx), HL_CANCELLED);
	ck_assert_uint_lt(v.done, v.size);
	hl_verify_free(&v, &ctx);
	for (size_t n = 1; n < 40; n++) {
		enum hl_status st;
		test_fail_alloc(n);
		st = hl_verify_image(&v, o.src, 7, test_ctx());
		test_fail_alloc(0);
		ck_assert(st == HL_OK || st == HL_NOMEM);
		hl_verify_free(&v, test_ctx());
	}
	close_image(&o);
}
END_TEST

/* ---- manifests -------------------------------------------------------- */

static enum hl_status entries(const char *text, size_t *n, char *last)
{
	struct hl_manifest_in *in;
	enum hl_status st;
	json_t *e;

	write_file(at("m.json"), text, strlen(text));
	int fd = open(at("m.json"), O_RDONLY);
	ck_assert_int_eq(hl_manifest_in_open(&in, fd, test_ctx()), HL_OK);
	*n = 0;
	while ((st = hl_manifest_in_next(in, &e)) == HL_OK) {
		const char *s = hl_manifest_text(e, "output");
		snprintf(last, 64, "%s", s ? s : "-");
		ck_assert_uint_eq(json_array_size(json_object_get(e, "runs")),
		                  0);
		json_decref(e);
		++*n;
	}
	hl_manifest_in_close(in);
	close(fd);
	ck_assert_uint_eq(test_mem_now(), 0);
	return st;
}

static const struct {
	const char *text;
	enum hl_status st;
	size_t n;
	const char *last;
} manifests[] = {
	{ "{\"files\": []}", HL_END, 0, "" },
	{ "{\"files\": [{\"output\": \"a\"}, {\"output\": \"b\"}]}", HL_END,
	  2, "b" },
	{ "{\"x\": [{\"output\": \"a\"}], \"files\": [{\"output\": \"b\"}],"
	  " \"y\": {\"files\": [{\"output\": \"c\"}]}}", HL_END, 1, "b" },
	{ "{\"files\": [{\"output\": \"a}]\\\"{\", \"runs\": [{\"a\": [1]},"
	  " {}], \"z\": \"\\\\\"}]}", HL_END, 1, "a}]\"{" },
	{ "{\"files\": [{\"notes\": [\"runs\"], \"output\": \"q\"}]}", HL_END,
	  1, "q" },
	{ "{\"files\": [{\"output\": \"a\"}, {\"outp", HL_CORRUPT, 1, "a" },
	{ "{\"files\": [{\"output\": \"a\"]]}", HL_CORRUPT, 0, "" },
	{ "{\"files\": [{\"output\": \"a\" \"b\"}]}", HL_CORRUPT, 0, "" },
	{ "{\"files\": [{\"o\": 1, \"o\": 2}]}", HL_CORRUPT, 0, "" },
	{ "[]", HL_CORRUPT, 0, "" },
	{ "{} {}", HL_CORRUPT, 0, "" },
	{ "}", HL_CORRUPT, 0, "" },
	{ "", HL_CORRUPT, 0, "" },
	{ "{\"a\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
	  "[[[[[[[[[[[[[[[[[[[[[[[[[", HL_CORRUPT, 0, "" },
};

START_TEST(a_manifest_is_cut_into_its_entries)
{
	char last[64] = "";
	size_t n;

	ck_assert_int_eq(entries(manifests[_i].text, &n, last),
	                 manifests[_i].st);
	ck_assert_uint_eq(n, manifests[_i].n);
	ck_assert_str_eq(last, manifests[_i].last);
}
END_TEST

START_TEST(an_endless_entry_ends)
{
	size_t n = HL_HASHERS_ROOM * 40, got;
	char *text = malloc(n + 1), last[64];

	memset(text, 'x', n);
	memcpy(text, "{\"files\": [{\"output\": \"", 23);
	text[n] = '\0';
	ck_assert_int_eq(entries(text, &got, last), HL_LIMIT);
	free(text);
}
END_TEST

START_TEST(paths_that_leave_the_folder_are_refused)
{
	static const char *const bad[] = {
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..",
		"a/./b", "a/../../b",
	};
	static const char *const good[] = {
		"a", "a/b", "...", "a/..b", "%2E%2E", "a b/c:d", "..a/b..",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!hl_rel_is_safe(bad[i]), "'%s'", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(hl_rel_is_safe(good[i]), "'%s'", good[i]);
}
END_TEST

int main(void)
{
	TCase *d = tcase_create("digests"), *i = tcase_create("images");
	TCase *m = tcase_create("manifests");

	tcase_add_loop_test(d, digests_in_threads_are_what_they_are, 0, 4);
	tcase_add_test(d, digests_may_be_left_at_any_time);
	tcase_add_test(i, bad_chunks_are_counted_and_placed);
	tcase_add_loop_test(i, an_odd_tail_is_recognised, 0, 4);
	tcase_add_test(i, it_can_be_stopped_and_may_run_out_of_memory);
	tcase_set_timeout(m, 60);
	tcase_add_loop_test(m, a_manifest_is_cut_into_its_entries, 0,
	                    (int)(sizeof(manifests) / sizeof(*manifests)));
	tcase_add_test(m, an_endless_entry_ends);
	tcase_add_test(m, paths_that_leave_the_folder_are_refused);
	return test_main("verify", d, i, m, NULL);
}
