/*
 * fuzz_extract.c: an image in memory is lifted into a scratch folder: hives
 * with logs and replay, then every file.  Afterwards:
 *
 *	scratch/out	all that was written; every name can be turned back
 *	scratch/guard	untouched, and nothing stands beside the two
 */
#include <dirent.h>
#include <jansson.h>
#include <string.h>

#include "hivelift/hivelift.h"
#include "lift/names.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define UNITS 40000
#define PATH 16384

/* What one input may cost; a real run has no such budget. */
static bool out_of_budget(void *user)
{
	unsigned *left = user;

	return *left == 0 || --*left == 0;
}

/* A part as it was escaped, or that with "%~N" behind it. */
static bool same_part(const char *part, size_t n, const char *escaped)
{
	size_t k = strlen(escaped);

	if (n < k || memcmp(part, escaped, k) != 0)
		return false;
	return n == k || (n > k + 2 && memcmp(part + k, "%~", 2) == 0);
}

/* One name of the evidence, in one or several parts: there and back. */
static void reversible(const char *path)
{
	static uint16_t u[UNITS];
	static char again[HL_ESCAPED_BYTES(UNITS)];

	for (bool top = true; *path; top = false) {
		const char *from = path;
		size_t n = hl_name_unescape(u, UNITS, &path);
		if (n == SIZE_MAX)
			abort();
		size_t len = (size_t)(path - from) - (*path ? 1 : 0);
		bool own = top && strncmp(from, "$Deleted", 8) == 0;
		if (own || hl_name_escape(again, sizeof(again), u, n, top) ==
			   SIZE_MAX || strchr(again, '/'))
			continue;
		if (!same_part(from, len, again))
			abort();
	}
}

static void check_tree(char *path, size_t root, unsigned depth)
{
	size_t n = strlen(path);
	struct stat sb;
	struct dirent *e;
	DIR *d = opendir(path);

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (n + 1 + strlen(e->d_name) >= PATH)
			continue;
		path[n] = '/';
		strcpy(path + n + 1, e->d_name);
		if (lstat(path, &sb) != 0 ||
		    (!S_ISDIR(sb.st_mode) && !S_ISREG(sb.st_mode)))
			abort(); /* no link, no device, ever */
		if (S_ISREG(sb.st_mode) && depth > 0)
			reversible(strchr(path + root + 1, '/') + 1);
		if (S_ISDIR(sb.st_mode))
			check_tree(path, root, depth + 1);
		path[n] = '\0';
	}
	if (d)
		closedir(d);
}

static void nothing_beside(const struct scratch *s)
{
	char path[SCRATCH_PATH];
	struct stat sb;
	struct dirent *e;
	DIR *d = opendir(s->dir);

	if (!d)
		abort();
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    strcmp(e->d_name, "out") && strcmp(e->d_name, "guard"))
			abort();
	closedir(d);
	if (stat(scratch_path(s, "guard", path), &sb) != 0 ||
	    sb.st_size != 5 || sb.st_nlink != 1)
		abort();
}

static void lift_all(struct hl_lift *lift, struct hl_disk *disk,
                     const struct hl_ctx *ctx)
{
	struct hl_hive_query query = { .deleted = true };
	struct hl_hives *hives;
	enum hl_status st = HL_OK;

	if (hl_hives_find(&hives, disk, &query, ctx) == HL_OK) {
		for (size_t i = 0; st >= 0 && i < hl_hives_count(hives); i++)
			st = hl_lift_hive(lift, hl_hives_get(hives, i));
		hl_hives_free(hives);
	}
	for (size_t i = 0; i < hl_disk_count(disk); i++)
		if (hl_disk_volume(disk, i)->fs &&
		    hl_lift_path(lift, hl_disk_volume(disk, i), "/") ==
			    HL_IO)
			break;
}

static void manifest_is_json(const struct scratch *s)
{
	char path[SCRATCH_PATH];
	json_error_t error;
	json_t *root;

	root = json_load_file(scratch_path(s, "out/manifest.json", path), 0,
	                      &error);
	if (!root)
		abort();
	json_decref(root);
}

static void extract(const struct scratch *s, struct hl_disk *disk,
                    const struct hl_ctx *ctx)
{
	static const char *const argv[] = { "hivelift", "extract", NULL };
	char dir[SCRATCH_PATH], path[PATH];
	struct hl_lift_opts opts = { .argv = argv, .dfxml = true,
	                             .deleted = true };
	struct hl_coverage cover;
	struct hl_lift *lift;

	opts.dir = scratch_path(s, "out", dir);
	if (hl_lift_open(&lift, disk, &opts, ctx) != HL_OK)
		return;
	lift_all(lift, disk, ctx);
	if (hl_coverage_build(&cover, disk, ctx) == HL_OK) {
		if (hl_lift_finish(lift, &cover) == HL_OK)
			manifest_is_json(s);
		hl_coverage_free(&cover, ctx);
	} else {
		hl_lift_abort(lift);
	}
	strcpy(path, dir);
	check_tree(path, strlen(path), 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned budget = 20000;
	struct hl_stats stats = { 0 };
	struct hl_notelog *log = NULL;
	struct hl_ctx ctx = { .user = &budget,
	                      .cancelled = out_of_budget,
	                      .limits.max_memory = 64u << 20,
	                      .limits.max_file_size = 1u << 20,
	                      .stats = &stats };
	struct hl_disk_opts opts = { 0 };
	struct hl_disk *disk = NULL;
	struct hl_src *image;
	struct scratch s;

	if (!scratch_make(&s))
		return 0;
	scratch_write(&s, "guard", (const uint8_t *)"guard", 5);
	if (hl_notelog_new(&log) == HL_OK)
		ctx.log = log;
	if (hl_src_mem(&image, data, size, false, &ctx) == HL_OK) {
		if (hl_disk_open(&disk, image, &opts, &ctx) >= 0 && disk)
			extract(&s, disk, &ctx);
		hl_disk_close(disk);
		hl_src_close(image);
	}
	hl_notelog_free(log);
	nothing_beside(&s);
	scratch_remove(&s);
	if (stats.mem_now)
		abort();
	return 0;
}
