/* check_lift.c: the output folder of a run, read back by others. */
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/mount.h>
#endif
#include <unistd.h>

#include "io/src_impl.h"
#include "lift_fake.h"
#include "lift/names.h"

static struct hl_ctx ctx;
static struct hl_lift *lift;
static struct hl_notelog *notelog;
static size_t n_before; /* notes of the blank image */
static char dir[512];
static json_t *manifest;

static bool cancel_now(void *user)
{
	return *(int *)user <= 0 || --*(int *)user == 0;
}

static void begin(void)
{
	ctx = *test_ctx();
	ck_assert_int_eq(hl_notelog_new(&notelog), HL_OK);
	ctx.log = notelog;
	fake_open(&ctx);
	test_forget_notes();
	n_before = hl_notelog_count(notelog);
	snprintf(dir, sizeof(dir), "%s/out-%d", test_tmp(), getpid());
}

static enum hl_status open_dir(const char *path, bool force)
{
	static const char *const argv[] = { "hivelift", "extract", "x\xff",
		                            NULL };
	const struct hl_lift_opts opts = { .dir = path, .force = force,
		                           .argv = argv };

	return hl_lift_open(&lift, fake.disk, &opts, &ctx);
}

static json_t *read_manifest(const char *folder)
{
	char path[600];
	json_error_t err;

	snprintf(path, sizeof(path), "%s/manifest.json", folder);
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &err);
	ck_assert_msg(root != NULL, "%s: line %d: %s", path, err.line,
	              err.text);
	return root;
}

static void finish(void)
{
	ck_assert_int_eq(hl_lift_finish(lift, NULL), HL_OK);
	manifest = read_manifest(dir);
}

static void end(void)
{
	json_decref(manifest);
	manifest = NULL;
	fake_close();
	hl_notelog_free(notelog);
	ck_assert_uint_eq(test_mem_now(), 0);
}

/* Lift one path of the fake volume, finish, and read the manifest. */
static void run(const char *path)
{
	ck_assert_int_eq(open_dir(dir, false), HL_OK);
	ck_assert_int_eq(hl_lift_path(lift, &fake.volume, path), HL_OK);
	finish();
}

static json_t *files(void)
{
	return json_object_get(manifest, "files");
}

static const char *text(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static long long number(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : -1;
}

static json_t *entry(const char *path)
{
	json_t *e;
	size_t i;

	json_array_foreach(files(), i, e)
		if (!strcmp(text(e, "path"), path))
			return e;
	ck_abort_msg("no entry %s", path);
	return NULL;
}

static uint8_t *read_output(const char *rel, size_t *n)
{
	char path[2048];

	snprintf(path, sizeof(path), "%s/%s", dir, rel);
	FILE *f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	uint8_t *p = malloc(FAKE_IMAGE);
	*n = fread(p, 1, FAKE_IMAGE, f);
	fclose(f);
	return p;
}

static size_t n_files, n_links;

static int count(const char *path, const struct stat *st, int flag,
                 struct FTW *ftw)
{
	(void)path;
	(void)st;
	(void)ftw;
	n_files += flag == FTW_F;
	n_links += flag == FTW_SL;
	return 0;
}

static size_t count_files(const char *folder)
{
	n_files = n_links = 0;
	nftw(folder, count, 16, FTW_PHYS);
	ck_assert_uint_eq(n_links, 0);
	return n_files;
}

static int shell(const char *fmt, const char *arg)
{
	char command[1200];

	snprintf(command, sizeof(command), fmt, arg);
	return system(command);
}

static void sums_are_right(void)
{
	ck_assert_int_eq(shell("cd '%s' && sha256sum --strict --status -c "
	                       "SHA256SUMS", dir), 0);
}

/* ---- names ------------------------------------------------------------- */

static const char *const nasty[] = {
	"..", ".", "../../x", "a/b", "a\\b", "CON", "con.txt", "name.", "name ",
	"%41", "new\nline", "tab\t", "\x1b[2J", "same", "same", "same", "a:b",
	"$Deleted", "SHA256SUMS", "manifest.json", "-rf", "gr\xc3\xbc\xc3\x9f",
};
#define N_NASTY (sizeof(nasty) / sizeof(nasty[0]))

/* Decode the output of an entry and compare with its name in the fake. */
static void comes_back(json_t *e, const char *name)
{
	const char *out = text(e, "output");
	uint16_t u[600];
	char back[1800];

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(strncmp(out, "v3/", 3), 0);
	ck_assert_ptr_null(strstr(out, "/../"));
	out += 3;
	size_t n = hl_name_unescape(u, 600, &out);
	ck_assert_uint_ne(n, SIZE_MAX);
	ck_assert_str_eq(out, "");
	hl_utf8_from16(back, sizeof(back), u, n);
	ck_assert_str_eq(back, name);
}

START_TEST(nasty_names_stay_inside_and_come_back)
{
	begin();
	for (size_t i = 0; i < N_NASTY; i++)
		fake_file(0, nasty[i], 4096 * i, 100 + i);
	run("/");
	ck_assert_uint_eq(json_array_size(files()), N_NASTY);
	for (size_t i = 0; i < N_NASTY; i++)
		comes_back(json_array_get(files(), i), nasty[i]);
	ck_assert_str_eq(text(json_array_get(files(), 14), "output"),
	                 "v3/same%~2");
	ck_assert_uint_eq(count_files(dir), N_NASTY + 2);
	sums_are_right();
	end();
}
END_TEST

START_TEST(a_name_that_is_no_utf16_is_carried_exactly)
{
	const uint16_t folder[] = { 'd', 0xd800 }, name[] = { 0xdfff, 'x' };

	begin();
	fake_add16(0, HL_DIR, folder, 2);
	struct fake_node *f = fake_add16(1, HL_FILE, name, 2);
	fake_extent(f, 0, "", 10, 0, HL_WHAT_DATA);
	fake_file(1, "plain", 0, 10);
	fake_file(0, "plain", 0, 10);
	run("/");
	json_t *e = json_array_get(files(), 0);
	ck_assert_str_eq(text(e, "path"), "/d\xef\xbf\xbd/\xef\xbf\xbdx");
	ck_assert_str_eq(text(e, "path_utf16"), "2f00640000d82f00ffdf7800");
	ck_assert_str_eq(text(e, "output"), "v3/d%ED%A0%80/%ED%BF%BFx");
	/* a sound name below it carries it too, one beside it does not */
	ck_assert_ptr_nonnull(text(json_array_get(files(), 1), "path_utf16"));
	ck_assert_ptr_null(text(json_array_get(files(), 2), "path_utf16"));
	sums_are_right();
	end();
}
END_TEST

START_TEST(long_names_and_deep_folders)
{
	char name[256 * 3];
	uint64_t at = 0;

	begin();
	for (int i = 0; i < 255; i++)
		memcpy(name + 3 * i, "\xe4\xb8\x80", 3);
	name[255 * 3] = '\0';
	for (int i = 0; i < 6; i++)
		at = fake_add(at, HL_DIR, name)->e.ref.id;
	fake_file(at, name, 0, 10);
	run("/");
	ck_assert_uint_eq(json_array_size(files()), 1);
	ck_assert_str_ne(text(json_array_get(files(), 0), "output"), "");
	ck_assert_uint_eq(count_files(dir), 3);
	end();
}
END_TEST

/* ---- what is written --------------------------------------------------- */

START_TEST(an_entry_says_what_it_is)
{
	begin();
	fake_add(0, HL_DIR, "Windows");
	fake_file(1, "System", 8192, 5000);
	run("/windows/SYSTEM");
	json_t *e = entry("/Windows/System");
	ck_assert_str_eq(text(e, "volume"), "3");
	ck_assert_str_eq(text(e, "type"), "file");
	ck_assert_str_eq(text(e, "output"), "v3/Windows/System");
	ck_assert_int_eq(number(e, "size"), 5000);
	ck_assert_int_eq(number(e, "record"), 2);
	ck_assert_int_eq(number(e, "sequence"), 1);
	ck_assert(json_is_false(json_object_get(e, "deleted")));
	ck_assert(json_is_false(json_object_get(e, "damaged")));
	ck_assert_str_eq(text(e, "modified"), "2020-01-02T03:04:05.1234567Z");
	ck_assert(json_is_null(json_object_get(e, "created")));
	ck_assert(json_is_null(json_object_get(e, "kind")));
	ck_assert_uint_eq(strlen(text(e, "md5")), 32);
	ck_assert_uint_eq(strlen(text(e, "sha1")), 40);
	ck_assert_uint_eq(strlen(text(e, "sha256")), 64);
	json_t *r = json_array_get(json_object_get(e, "runs"), 0);
	ck_assert_int_eq(number(r, "file_offset"), 0);
	ck_assert_int_eq(number(r, "length"), 5000);
	ck_assert_int_eq(number(r, "stored_length"), 5000);
	ck_assert_int_eq(number(r, "offset"), FAKE_START + 8192);
	ck_assert_str_eq(text(r, "what"), "data");
	ck_assert_str_eq(text(r, "state"), "ok");
	size_t n;
	uint8_t *p = read_output("v3/Windows/System", &n);
	ck_assert_uint_eq(n, 5000);
	ck_assert_mem_eq(p, fake.bytes + FAKE_START + 8192, n);
	free(p);
	char path[600];
	struct stat st;
	snprintf(path, sizeof(path), "%s/v3/Windows/System", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mtim.tv_sec, 1577934245);
	end();
}
END_TEST

START_TEST(the_manifest_says_how_it_was_made)
{
	begin();
	fake_file(0, "a", 0, 1);
	run("/");
	ck_assert_str_eq(text(manifest, "tool"), "hivelift");
	ck_assert_str_eq(text(manifest, "version"), hl_version());
	json_t *command = json_object_get(manifest, "command");
	ck_assert_uint_eq(json_array_size(command), 3);
	ck_assert_str_eq(json_string_value(json_array_get(command, 2)),
	                 "x\xef\xbf\xbd");
	json_t *r = json_object_get(manifest, "run");
	ck_assert_uint_eq(strlen(text(r, "start")), 20);
	ck_assert_uint_eq(strlen(text(r, "end")), 20);
	ck_assert_ptr_nonnull(json_object_get(r, "host"));
	ck_assert_ptr_nonnull(json_object_get(r, "zone"));
	ck_assert_int_eq(number(json_object_get(manifest, "image"), "size"),
	                 FAKE_IMAGE);
	ck_assert(json_is_array(json_object_get(manifest, "volumes")));
	ck_assert_ptr_nonnull(json_object_get(manifest, "coverage"));
	end();
}
END_TEST

/* What each run says; -1 is null. */
static const struct {
	long long off, len, image, stored;
	const char *what, *state;
} runs[] = {
	/* two neighbours in the image are one run */
	{ 0, 8192, FAKE_START + 0, 8192, "data", "ok" },
	{ 8192, 4096, FAKE_START + 40960, 4096, "data", "ok" },
	{ 12288, 65536, -1, 0, "sparse", "ok" },
	{ 77824, 512, -1, 0, "missing", "unreadable" },
	{ 78336, 100, FAKE_START + 81920, 100, "resident", "ok" },
};

START_TEST(runs_lead_into_the_image)
{
	json_t *r;
	size_t i;

	begin();
	struct fake_node *f = fake_add(0, HL_FILE, "f");
	fake_extent(f, 0, "", 4096, 0, HL_WHAT_DATA);
	fake_extent(f, 0, "", 4096, 4096, HL_WHAT_DATA);
	fake_extent(f, 0, "", 4096, 40960, HL_WHAT_DATA);
	fake_extent(f, 0, "", 65536, HL_NO_OFFSET, HL_WHAT_SPARSE);
	fake_extent(f, 0, "", 512, HL_NO_OFFSET, HL_WHAT_MISSING);
	fake_extent(f, 0, "", 100, 81920, HL_WHAT_RESIDENT);
	run("/f");
	json_t *e = entry("/f"), *list = json_object_get(e, "runs");
	ck_assert_uint_eq(json_array_size(list), 5);
	json_array_foreach(list, i, r) {
		ck_assert_int_eq(number(r, "file_offset"), runs[i].off);
		ck_assert_int_eq(number(r, "length"), runs[i].len);
		ck_assert_int_eq(number(r, "offset"), runs[i].image);
		ck_assert_int_eq(number(r, "stored_length"), runs[i].stored);
		ck_assert_str_eq(text(r, "what"), runs[i].what);
		ck_assert_str_eq(text(r, "state"), runs[i].state);
	}
	/* the missing part is a loss, and told in this entry */
	ck_assert(json_is_true(json_object_get(e, "damaged")));
	ck_assert_uint_ge(json_array_size(json_object_get(e, "notes")), 1);
	ck_assert_uint_eq(json_array_size(json_object_get(manifest, "notes")),
	                  n_before);
	sums_are_right();
	end();
}
END_TEST

/*
 * Like a chunk whose checksum only the reading finds wrong: the map knows
 * nothing of it.  Bytes 1000 to 1099 of 4096 at 8192 of the volume.
 */
static enum hl_status surprise_read(struct hl_src *src, uint64_t off,
                                    void *buf, size_t len,
                                    struct hl_ranges *bad)
{
	enum hl_status st = hl_src_read(fake.vol, 8192 + off, buf, len, bad);

	(void)src;
	if (st == HL_OK && off <= 1000 && off + len >= 1100) {
		memset((uint8_t *)buf + 1000 - off, 0, 100);
		hl_ranges_add(bad, 1000, 100, HL_WHAT_DATA,
		              HL_Q_BAD_CHECKSUM);
	}
	return st;
}

static enum hl_status surprise_map(struct hl_src *src, uint64_t off,
                                   struct hl_extent *out)
{
	(void)src;
	(void)off;
	*out = (struct hl_extent){ .len = 4096, .in = fake.vol,
		                   .in_off = 8192, .in_len = 4096 };
	return HL_OK;
}

static void surprise_close(struct hl_src *src)
{
	(void)src;
}

START_TEST(damage_that_only_reading_finds_is_in_the_runs)
{
	static const struct hl_src_ops ops = { .read = surprise_read,
		                               .map = surprise_map,
		                               .close = surprise_close };
	static struct hl_src leaf;
	static const long long off[] = { 0, 1000, 1100 },
	                       len[] = { 1000, 100, 2996 };

	begin();
	hl_src_init(&leaf, &ops, &ctx, "surprise", 4096, 0);
	fake_add(0, HL_FILE, "f")->leaf = &leaf;
	run("/f");
	json_t *e = entry("/f"), *list = json_object_get(e, "runs");
	ck_assert_uint_eq(json_array_size(list), 3);
	for (size_t i = 0; i < 3; i++) {
		json_t *r = json_array_get(list, i);
		ck_assert_int_eq(number(r, "file_offset"), off[i]);
		ck_assert_int_eq(number(r, "length"), len[i]);
		ck_assert_int_eq(number(r, "offset"),
		                 FAKE_START + 8192 + off[i]);
		ck_assert_str_eq(text(r, "state"),
		                 i == 1 ? "bad-checksum" : "ok");
	}
	ck_assert(json_is_true(json_object_get(e, "damaged")));
	ck_assert(test_noted(HL_LOSS, "100 bytes at 1000"));
	sums_are_right();
	end();
}
END_TEST

START_TEST(what_cannot_be_read_is_an_entry_without_output)
{
	begin();
	fake_file(0, "secret", 0, 100)->e.flags |= HL_ENTRY_ENCRYPTED;
	fake_file(0, "plain", 0, 100);
	run("/");
	json_t *e = entry("/secret");
	ck_assert(json_is_null(json_object_get(e, "output")));
	ck_assert(json_is_null(json_object_get(e, "sha256")));
	ck_assert_int_eq(number(e, "size"), 100);
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(e, "notes"), 0)),
	                 "file: encrypted: no key");
	ck_assert_str_eq(text(entry("/plain"), "output"), "v3/plain");
	ck_assert_uint_eq(count_files(dir), 3);
	end();
}
END_TEST

START_TEST(holes_stay_holes)
{
	struct stat st;
	char path[600];

	begin();
	struct fake_node *f = fake_add(0, HL_FILE, "f");
	fake_extent(f, 0, "", 4096, 0, HL_WHAT_DATA);
	fake_extent(f, 0, "", 64 << 20, HL_NO_OFFSET, HL_WHAT_SPARSE);
	run("/");
	snprintf(path, sizeof(path), "%s/v3/f", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 4096 + (64 << 20));
	ck_assert_int_lt(st.st_blocks, 1024);
	sums_are_right();
	end();
}
END_TEST

START_TEST(the_hole_of_bad_clusters_is_not_written)
{
	begin();
	struct fake_node *f = fake_file(0, "$BadClus", 0, 0);
	fake_extent(f, 1, "$Bad", 1ull << 50, HL_NO_OFFSET, HL_WHAT_SPARSE);
	f = fake_add(0, HL_DIR, "d");
	f = fake_file(2, "$BadClus", 0, 0); /* one that is not all hole */
	fake_extent(f, 1, "$Bad", 4096, HL_NO_OFFSET, HL_WHAT_SPARSE);
	fake_extent(f, 1, "$Bad", 512, 4096, HL_WHAT_DATA);
	run("/");
	json_t *e = entry("/$BadClus:$Bad");
	ck_assert(json_is_null(json_object_get(e, "output")));
	ck_assert_int_eq(number(e, "size"), 1ll << 50);
	ck_assert_uint_eq(json_array_size(json_object_get(e, "runs")), 1);
	ck_assert_uint_eq(json_array_size(json_object_get(e, "notes")), 1);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert_str_eq(text(entry("/d/$BadClus:$Bad"), "output"),
	                 "v3/d/$BadClus%3A$Bad");
	end();
}
END_TEST

START_TEST(streams_lie_beside_their_file)
{
	size_t n;

	begin();
	struct fake_node *f = fake_file(0, "doc.txt", 0, 100);
	fake_extent(f, 1, "Zone.Identifier", 26, 4096, HL_WHAT_DATA);
	struct fake_node *d = fake_add(0, HL_DIR, "folder");
	fake_extent(d, 0, "on a folder", 7, 8192, HL_WHAT_DATA);
	struct fake_node *root = &fake.node[0];
	fake_extent(root, 0, "on the root", 9, 8192, HL_WHAT_DATA);
	run("/");
	uint8_t *p = read_output("v3/doc.txt%3AZone.Identifier", &n);
	ck_assert_uint_eq(n, 26);
	ck_assert_mem_eq(p, fake.bytes + FAKE_START + 4096, 26);
	free(p);
	ck_assert_str_eq(text(entry("/doc.txt:Zone.Identifier"), "output"),
	                 "v3/doc.txt%3AZone.Identifier");
	ck_assert_str_eq(text(entry("/folder:on a folder"), "output"),
	                 "v3/folder%3Aon a folder");
	ck_assert_str_eq(text(entry("/:on the root"), "output"),
	                 "v3/%3Aon the root");
	ck_assert_int_eq(number(entry("/folder:on a folder"), "size"), 7);
	sums_are_right();
	end();
}
END_TEST

START_TEST(one_stream_alone)
{
	begin();
	struct fake_node *f = fake_file(0, "doc.txt", 0, 100);
	fake_extent(f, 1, "s", 26, 4096, HL_WHAT_DATA);
	run("\\DOC.TXT:s");
	ck_assert_uint_eq(json_array_size(files()), 1);
	ck_assert_str_eq(text(entry("/doc.txt:s"), "output"), "v3/doc.txt%3As");
	end();
}
END_TEST

START_TEST(links_are_told_and_not_followed)
{
	begin();
	fake_add(0, HL_LINK, "Documents and Settings")->link = "C:\\Users";
	fake_add(0, HL_LINK, "broken");
	run("/");
	json_t *e = entry("/Documents and Settings");
	ck_assert_str_eq(text(e, "type"), "link");
	ck_assert_str_eq(text(e, "link_target"), "C:\\Users");
	ck_assert(json_is_null(json_object_get(e, "output")));
	ck_assert_ptr_null(text(entry("/broken"), "link_target"));
	ck_assert_uint_eq(count_files(dir), 2);
	end();
}
END_TEST

START_TEST(a_folder_and_all_below_it_and_nothing_else)
{
	begin();
	fake_add(0, HL_DIR, "a");            /* 1 */
	fake_add(1, HL_DIR, "b");            /* 2 */
	fake_add(2, HL_DIR, "empty");        /* 3 */
	fake_file(2, "x", 0, 10);
	fake_file(1, "y", 0, 0);
	fake_file(0, "z", 0, 10);
	run("/A/");
	ck_assert_uint_eq(json_array_size(files()), 2);
	ck_assert_str_eq(text(entry("/a/b/x"), "output"), "v3/a/b/x");
	ck_assert_int_eq(number(entry("/a/y"), "size"), 0);
	char path[600];
	snprintf(path, sizeof(path), "%s/v3/a/b/empty", dir);
	ck_assert_int_eq(access(path, F_OK), 0);
	sums_are_right();
	end();
}
END_TEST

/* Folder 2 lists folder 1, its own parent, again: a loop. */
START_TEST(a_loop_of_folders_ends)
{
	begin();
	fake_add(0, HL_DIR, "a");
	fake_add(1, HL_DIR, "b");
	fake_file(2, "x", 0, 10);
	struct fake_node *again = fake_add(2, HL_DIR, "a");
	again->e.ref = fake.node[1].e.ref;
	run("/");
	ck_assert_uint_eq(json_array_size(files()), 1);
	ck_assert(test_noted(HL_LOSS, "listed before"));
	/* it belongs to no file, so the manifest has it on its own */
	ck_assert_uint_eq(json_array_size(json_object_get(manifest, "notes")),
	                  n_before + 1);
	end();
}
END_TEST

START_TEST(a_record_by_number)
{
	begin();
	fake_add(0, HL_DIR, "Users");
	fake_add(1, HL_DIR, "alice");
	fake_file(2, "NTUSER.DAT", 0, 10);
	fake_file(63, "orphan", 0, 10); /* its folder is gone */
	ck_assert_int_eq(open_dir(dir, false), HL_OK);
	ck_assert_int_eq(hl_lift_path(lift, &fake.volume, "@3"), HL_OK);
	ck_assert_int_eq(hl_lift_path(lift, &fake.volume, "@4"), HL_OK);
	ck_assert_int_eq(hl_lift_path(lift, &fake.volume, "@9"), HL_END);
	ck_assert_int_eq(hl_lift_path(lift, &fake.volume, "/no/such"), HL_END);
	finish();
	ck_assert_str_eq(text(entry("/Users/alice/NTUSER.DAT"), "output"),
	                 "v3/Users/alice/NTUSER.DAT");
	ck_assert_str_eq(text(entry("/$Orphan/orphan"), "output"),
	                 "v3/$Deleted/4-1/orphan");
	end();
}
END_TEST

START_TEST(a_file_over_the_limit_is_cut_and_marked)
{
	begin();
	ctx.limits.max_file_size = 1000;
	fake_file(0, "big", 4096, 5000);
	fake_file(0, "fits", 4096, 1000);
	run("/");
	json_t *e = entry("/big");
	ck_assert_int_eq(number(e, "size"), 5000);
	ck_assert_int_eq(number(e, "written"), 1000);
	ck_assert_int_eq(number(json_array_get(json_object_get(e, "runs"), 0),
	                        "length"), 1000);
	ck_assert(test_noted(HL_LOSS, "cut at 1000 of 5000"));
	ck_assert_uint_eq(json_array_size(json_object_get(e, "notes")), 1);
	ck_assert_int_eq(number(entry("/fits"), "written"), -1);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 1);
	sums_are_right();
	end();
}
END_TEST

/* A flipped bit in a size must not cost weeks of hashing zeros. */
START_TEST(an_endless_empty_tail_is_cut_and_a_hole_before_data_is_not)
{
	begin();
	struct fake_node *f = fake_file(0, "tail", 4096, 5000);
	fake_extent(f, 0, "", 1ull << 48, HL_NO_OFFSET, HL_WHAT_BEYOND_VALID);
	fake_extent(f, 0, "", 1ull << 48, HL_NO_OFFSET, HL_WHAT_SPARSE);
	f = fake_add(0, HL_FILE, "journal");
	fake_extent(f, 0, "", 1 << 20, HL_NO_OFFSET, HL_WHAT_SPARSE);
	fake_extent(f, 0, "", 512, 4096, HL_WHAT_DATA);
	fake_extent(f, 0, "", 1 << 20, HL_NO_OFFSET, HL_WHAT_SPARSE);
	run("/");
	json_t *e = entry("/tail");
	ck_assert_int_eq(number(e, "size"), 5000 + (2ll << 48));
	ck_assert_int_eq(number(e, "written"), 5000);
	ck_assert(test_noted(HL_LOSS, "nothing is stored behind byte 5000"));
	ck_assert_int_eq(number(entry("/journal"), "written"), -1);
	ck_assert_int_eq(number(entry("/journal"), "size"), 512 + (2 << 20));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 1);
	sums_are_right();
	end();
}
END_TEST

START_TEST(without_a_log_there_are_no_notes)
{
	begin();
	ctx.log = NULL;
	struct fake_node *f = fake_add(0, HL_FILE, "f");
	fake_extent(f, 0, "", 512, HL_NO_OFFSET, HL_WHAT_MISSING);
	run("/");
	json_t *e = entry("/f");
	ck_assert_uint_eq(json_array_size(json_object_get(e, "notes")), 0);
	end();
}
END_TEST

START_TEST(a_hive_with_its_logs)
{
	begin();
	fake_add(0, HL_DIR, "config");
	fake_file(1, "SAM", 0, 0);
	fake_file(1, "SAM.LOG1", 4096, 1024);
	char path[] = "/config/SAM", log_path[] = "/config/SAM.LOG1";
	char user[] = "alice";
	struct hl_hive_log log = { .path = log_path,
		                   .entry = fake.node[3].e };
	struct hl_hive hive = { .volume = &fake.volume, .path = path,
		                .entry = fake.node[2].e, .kind = HL_KIND_SAM,
		                .user = user, .n_logs = 1, .logs = &log };
	ck_assert_int_eq(open_dir(dir, false), HL_OK);
	ck_assert_int_eq(hl_lift_hive(lift, &hive), HL_OK);
	ck_assert_uint_eq(hl_lift_files(lift), 2);
	ck_assert_uint_eq(hl_lift_bytes(lift), 1024);
	finish();
	json_t *e = entry("/config/SAM");
	ck_assert_str_eq(text(e, "kind"), "SAM");
	ck_assert_str_eq(text(e, "user"), "alice");
	ck_assert_str_eq(text(e, "state"), "empty");
	ck_assert_str_eq(text(e, "sha256"), hive.sha256);
	e = entry("/config/SAM.LOG1");
	ck_assert_str_eq(text(e, "output"), "v3/config/SAM.LOG1");
	ck_assert_str_eq(text(e, "log_of"), "/config/SAM");
	ck_assert(json_is_null(json_object_get(e, "state")));
	ck_assert_str_eq(log.info.format, "unknown");
	sums_are_right();
	end();
}
END_TEST

/* ---- the same again, and failures -------------------------------------- */

START_TEST(two_runs_differ_in_one_block_and_one_line)
{
	char other[600];

	begin();
	fake_add(0, HL_DIR, "a");
	for (int i = 0; i < 20; i++)
		fake_file(1, "same", 4096u * (unsigned)i, 700);
	run("/");
	json_decref(manifest);
	snprintf(other, sizeof(other), "%s.first", dir);
	ck_assert_int_eq(rename(dir, other), 0);
	sleep(1); /* so that the times do differ */
	run("/");
	ck_assert_int_ne(shell("cd '%s' && cmp -s manifest.json "
	                       "../$(basename \"$PWD\").first/manifest.json",
	                       dir), 0);
	ck_assert_int_eq(shell("cd '%s' && p=../$(basename \"$PWD\").first && "
	                       "cut() { sed '/^ \"run\"/,/^ }/d' $1; } && "
	                       "test \"$(cut manifest.json)\" = "
	                       "\"$(cut $p/manifest.json)\"", dir), 0);
	ck_assert_int_eq(shell("cd '%s' && p=../$(basename \"$PWD\").first && "
	                       "cut() { grep -v 'manifest.json$' $1; } && "
	                       "test \"$(cut SHA256SUMS)\" = "
	                       "\"$(cut $p/SHA256SUMS)\"", dir), 0);
	end();
}
END_TEST

START_TEST(force_lifts_again_into_the_same_folder)
{
	begin();
	fake_file(0, "a", 0, 100);
	run("/");
	json_decref(manifest);
	ck_assert_int_eq(open_dir(dir, false), HL_EXISTS);
	ck_assert_ptr_null(lift);
	sums_are_right(); /* the refused run has touched nothing */
	ck_assert_int_eq(open_dir(dir, true), HL_OK);
	ck_assert_int_eq(hl_lift_path(lift, &fake.volume, "/"), HL_OK);
	finish();
	ck_assert_str_eq(text(entry("/a"), "output"), "v3/a");
	ck_assert_uint_eq(count_files(dir), 3);
	sums_are_right();
	end();
}
END_TEST

START_TEST(cancelled_leaves_no_half_file)
{
	int after;

	begin();
	fake_file(0, "a", 0, 100);
	fake_file(0, "b", 0, 100);
	for (after = 1; after < 12; after++) {
		int left = after;
		ctx.user = &left;
		ctx.cancelled = cancel_now;
		ctx.note = NULL;
		enum hl_status st = open_dir(dir, false);
		if (st == HL_OK)
			st = hl_lift_path(lift, &fake.volume, "/");
		if (lift)
			hl_lift_abort(lift);
		ck_assert_int_ne(access(dir, F_OK), 0);
		if (st == HL_OK)
			break;
		ck_assert_int_eq(st, HL_CANCELLED);
	}
	ck_assert_int_gt(after, 2);
	ck_assert_int_lt(after, 12);
	end();
}
END_TEST

START_TEST(what_was_complete_may_be_kept_after_a_stop)
{
	int left = 1000;

	begin();
	ctx.note = NULL;
	ctx.user = &left;
	ctx.cancelled = cancel_now;
	fake_file(0, "a", 0, 100);
	ck_assert_int_eq(open_dir(dir, false), HL_OK);
	ck_assert_int_eq(hl_lift_path(lift, &fake.volume, "/a"), HL_OK);
	left = 0;
	ck_assert_int_eq(hl_lift_path(lift, &fake.volume, "/a"), HL_CANCELLED);
	finish();
	ck_assert_uint_eq(json_array_size(files()), 1);
	ck_assert_uint_eq(count_files(dir), 3);
	sums_are_right();
	end();
}
END_TEST

/* At each size the disk is full at another place. */
START_TEST(a_full_disk_leaves_nothing)
{
#ifndef __linux__
	SKIP("needs a tmpfs");
#else
	enum hl_status st = HL_IO;
	int blocks;

	begin();
	ck_assert_int_eq(mkdir(dir, 0777), 0);
	for (int i = 0; i < 10; i++)
		fake_file(0, "f", 4096u * (unsigned)i, 9000);
	for (blocks = 2; blocks < 200 && st != HL_OK; blocks++) {
		char size[32];
		snprintf(size, sizeof(size), "size=%dk", blocks * 4);
		if (mount("none", dir, "tmpfs", 0, size) != 0)
			SKIP("cannot mount a tmpfs");
		st = open_dir(dir, false);
		if (st == HL_OK)
			st = hl_lift_path(lift, &fake.volume, "/");
		if (st == HL_OK)
			st = hl_lift_finish(lift, NULL);
		else if (lift)
			hl_lift_abort(lift);
		size_t n = count_files(dir);
		umount(dir);
		ck_assert(st == HL_OK || (st == HL_IO && n == 0));
		if (st != HL_OK)
			ck_assert(test_noted(HL_FAILED, "No space left"));
	}
	ck_assert_int_gt(blocks, 20);
	ck_assert_int_lt(blocks, 200);
	end();
#endif
}
END_TEST

START_TEST(no_memory_anywhere)
{
	size_t n;
	enum hl_status st = HL_NOMEM;

	begin();
	fake_add(0, HL_DIR, "a");
	struct fake_node *f = fake_file(1, "b", 0, 100);
	fake_extent(f, 1, "s", 26, 4096, HL_WHAT_DATA);
	uint64_t before = test_mem_now();
	for (n = 1; n < 400 && st != HL_OK; n++) {
		test_fail_alloc(n);
		st = open_dir(dir, false);
		if (st == HL_OK)
			st = hl_lift_path(lift, &fake.volume, "/");
		if (st == HL_OK)
			st = hl_lift_finish(lift, NULL);
		else if (lift)
			hl_lift_abort(lift);
		test_fail_alloc(0);
		ck_assert(st == HL_OK || st == HL_NOMEM);
		ck_assert_uint_eq(test_mem_now(), before);
		ck_assert_int_eq(access(dir, F_OK) == 0, st == HL_OK);
	}
	ck_assert_int_eq(st, HL_OK);
	end();
}
END_TEST

START_TEST(the_source_is_no_output)
{
	struct hl_files *source;
	char path[600];

	begin();
	ck_assert_int_eq(mkdir(dir, 0777), 0);
	snprintf(path, sizeof(path), "%s/manifest.json", dir);
	FILE *f = fopen(path, "wb");
	fwrite(fake.bytes, 1, FAKE_IMAGE, f);
	fclose(f);
	ck_assert_int_eq(hl_files_find(&source, path, NULL, &ctx), HL_OK);
	struct hl_lift_opts opts = { .dir = path, .force = true,
		                     .files = source };
	ck_assert_int_eq(hl_lift_open(&lift, fake.disk, &opts, &ctx), HL_USAGE);
	/* nor may force replace it: the manifest then has no name to take */
	opts.dir = dir;
	ck_assert_int_eq(hl_lift_open(&lift, fake.disk, &opts, &ctx), HL_OK);
	ck_assert_int_eq(hl_lift_finish(lift, NULL), HL_USAGE);
	struct stat st;
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, FAKE_IMAGE);
	ck_assert_uint_eq(count_files(dir), 1);
	hl_files_close(source);
	end();
}
END_TEST

/* ---- a real disk ------------------------------------------------------- */

/* The truth: every live hive with its hash, and the hashes of its logs. */
static size_t compare_with_truth(json_t *truth)
{
	json_t *h, *e;
	size_t i, k, n = 0;

	json_array_foreach(json_object_get(truth, "hives"), i, h) {
		bool found = json_is_true(json_object_get(h, "deleted"));
		char id[24];

		snprintf(id, sizeof(id), "%lld", number(h, "volume"));
		json_array_foreach(files(), k, e) {
			if (strcmp(text(e, "path"), text(h, "path")) ||
			    strcmp(text(e, "volume"), id))
				continue;
			ck_assert_str_eq(text(e, "sha256"), text(h, "sha256"));
			ck_assert_str_eq(text(e, "kind"), text(h, "kind"));
			found = true;
			n++;
		}
		ck_assert_msg(found, "%s is missing", text(h, "path"));
	}
	return n;
}

START_TEST(the_hives_of_a_real_disk)
{
	const char *path = test_corpus("cases/win10.E01");
	const char *truth_path = test_corpus("cases/win10.json");
	struct hl_files *source;
	struct hl_src *image;
	struct hl_disk *disk;
	struct hl_hives *hives;

	if (!path || !truth_path)
		SKIP("no corpus");
	begin();
	if (hl_files_find(&source, path, NULL, &ctx) != HL_OK ||
	    hl_image_open(&image, source, NULL, &ctx) != HL_OK)
		SKIP("this build does not read E01");
	ck_assert_int_eq(hl_disk_open(&disk, image, NULL, &ctx), HL_OK);
	struct hl_lift_opts opts = { .dir = dir, .files = source };
	ck_assert_int_eq(hl_lift_open(&lift, disk, &opts, &ctx), HL_OK);
	ck_assert_int_eq(hl_hives_find(&hives, disk, NULL, &ctx), HL_OK);
	for (size_t i = 0; i < hl_hives_count(hives); i++)
		ck_assert_int_eq(hl_lift_hive(lift, hl_hives_get(hives, i)),
		                 HL_OK);
	finish();
	json_t *truth = json_load_file(truth_path, 0, NULL);
	ck_assert_uint_ge(compare_with_truth(truth), 10);
	json_decref(truth);
	sums_are_right();
	hl_hives_free(hives);
	hl_disk_close(disk);
	hl_src_close(image);
	hl_files_close(source);
	end();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("lift");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, nasty_names_stay_inside_and_come_back);
	tcase_add_test(tc, a_name_that_is_no_utf16_is_carried_exactly);
	tcase_add_test(tc, long_names_and_deep_folders);
	tcase_add_test(tc, an_entry_says_what_it_is);
	tcase_add_test(tc, the_manifest_says_how_it_was_made);
	tcase_add_test(tc, runs_lead_into_the_image);
	tcase_add_test(tc, damage_that_only_reading_finds_is_in_the_runs);
	tcase_add_test(tc, what_cannot_be_read_is_an_entry_without_output);
	tcase_add_test(tc, holes_stay_holes);
	tcase_add_test(tc, the_hole_of_bad_clusters_is_not_written);
	tcase_add_test(tc, streams_lie_beside_their_file);
	tcase_add_test(tc, one_stream_alone);
	tcase_add_test(tc, links_are_told_and_not_followed);
	tcase_add_test(tc, a_folder_and_all_below_it_and_nothing_else);
	tcase_add_test(tc, a_loop_of_folders_ends);
	tcase_add_test(tc, a_record_by_number);
	tcase_add_test(tc, a_file_over_the_limit_is_cut_and_marked);
	tcase_add_test(tc,
	               an_endless_empty_tail_is_cut_and_a_hole_before_data_is_not);
	tcase_add_test(tc, without_a_log_there_are_no_notes);
	tcase_add_test(tc, a_hive_with_its_logs);
	tcase_add_test(tc, two_runs_differ_in_one_block_and_one_line);
	tcase_add_test(tc, force_lifts_again_into_the_same_folder);
	tcase_add_test(tc, cancelled_leaves_no_half_file);
	tcase_add_test(tc, what_was_complete_may_be_kept_after_a_stop);
	tcase_add_test(tc, a_full_disk_leaves_nothing);
	tcase_add_test(tc, no_memory_anywhere);
	tcase_add_test(tc, the_source_is_no_output);
	tcase_add_test(tc, the_hives_of_a_real_disk);
	return test_main("lift", tc, NULL);
}
