/*
 * check_vol_sfdisk.c: tables written by sfdisk and sgdisk, compared with what
 * `sfdisk --json` says of them; 512- and 4096-byte sectors (by a loop
 * device, which needs root).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vol_build.h"

#define SIZE (256u << 20)

static const struct {
	const char *name, *script; /* for sfdisk; or "!" and a sgdisk command */
} layouts[] = {
	{ "primaries", "label: dos\n,20MiB,7,*\n,30MiB,c\n,1MiB,83\n,,27\n" },
	{ "logicals", "label: dos\n,20MiB,7\n,180MiB,5\n,10MiB,83\n\n"
	  "\n" },
	{ "many logicals", "label: dos\n1: start=1MiB,size=8MiB,type=7\n"
	  "2: start=9MiB,size=240MiB,type=f\n"
	  "5: start=10MiB,size=9MiB,type=7\n"
	  "6: start=20MiB,size=9MiB,type=b\n"
	  "7: start=30MiB,size=9MiB,type=e\n"
	  "8: start=40MiB,size=9MiB,type=7\n"
	  "9: start=50MiB,size=9MiB,type=83\n"
	  "10: start=80MiB,size=100MiB,type=7\n" },
	{ "empty", "label: dos\n" },
	{ "out of order", "label: dos\n1: start=100MiB,size=10MiB,type=7\n"
	  "2: start=50MiB,size=10MiB,type=7\n"
	  "3: start=1MiB,size=10MiB,type=7\n" },
	{ "gpt", "label: gpt\n,20MiB,U\n,16MiB,E3C9E316-0B5C-4DB8-817D-"
	  "F92DF00215AE\n,100MiB,EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n"
	  ",,DE94BBA4-06D1-4D40-A16A-BFD50179D6AC\n" },
	{ "gpt with holes", "label: gpt\n7: start=100MiB,size=10MiB,"
	  "name=\"seven \xc3\xa4\"\n2: start=50MiB,size=1MiB,name=two\n" },
	{ "empty gpt", "label: gpt\n" },
	{ "gpt of 512 entries", "!sgdisk -a 1 -S 512 -n 0:3000:4000 "
	  "-n 500:8000:9000 -t 500:8e00 -n 3:5000:6000" },
	{ "hybrid", "!sgdisk -n 1:2048:20000 -n 2:30000:40000 -t 1:0700 "
	  "-h 1" },
};

static bool run(const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	return system(cmd) == 0;
}

static void make_file(char path[256], const char *name)
{
	snprintf(path, 256, "%s/%s", test_tmp(), name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, SIZE), 0);
	close(fd);
}

static bool write_table(const char *device, const char *script)
{
	char path[256];

	if (script[0] == '!')
		return run("%s %s >/dev/null 2>&1", script + 1, device);
	snprintf(path, sizeof(path), "%s/script", test_tmp());
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(script, f);
	fclose(f);
	return run("sfdisk -q --no-reread --no-tell-kernel %s <%s/script "
	           ">/dev/null 2>&1", device, test_tmp());
}

static bool is_extended(const char *type)
{
	return strcmp(type, "5") == 0 || strcmp(type, "f") == 0;
}

struct want {
	uint64_t start, size;
	const char *type, *uuid, *name;
};

static int by_start(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static size_t load_want(struct want *want, json_t *table)
{
	json_t *p;
	size_t i, n = 0;

	json_array_foreach(json_object_get(table, "partitions"), i, p) {
		const char *type =
			json_string_value(json_object_get(p, "type"));

		if (is_extended(type))
			continue;
		want[n++] = (struct want){
			(uint64_t)json_integer_value(json_object_get(p,
			                                             "start")),
			(uint64_t)json_integer_value(json_object_get(p,
			                                             "size")),
			type,
			json_string_value(json_object_get(p, "uuid")),
			json_string_value(json_object_get(p, "name")),
		};
	}
	qsort(want, n, sizeof(*want), by_start);
	return n;
}

static void same_part(const struct hl_part *p, const struct want *w,
                      uint32_t ss)
{
	char type[64];

	ck_assert_uint_eq(p->off, w->start * ss);
	ck_assert_uint_eq(p->len, w->size * ss);
	if (strlen(w->type) <= 2)
		snprintf(type, sizeof(type), "0x%02lx",
		         strtoul(w->type, NULL, 16));
	else
		snprintf(type, sizeof(type), "%.63s", w->type);
	for (char *c = type; *c; c++)
		if (*c >= 'A' && *c <= 'F')
			*c = (char)(*c | 32);
	ck_assert_str_eq(p->type, type);
	if (w->name)
		ck_assert_str_eq(p->name, w->name);
}

/* Everything is covered once, by a partition, a gap or the table itself. */
static void compare(const char *image, const char *device, uint32_t ss,
                    uint32_t asked)
{
	static const struct hl_image_opts opts;
	struct hl_files *files;
	struct hl_src *src;
	struct hl_table *t;
	struct want want[200];
	char out[256];
	json_error_t error;
	size_t k = 0;

	snprintf(out, sizeof(out), "%s/out.json", test_tmp());
	ck_assert(run("sfdisk --json %s >%s 2>/dev/null", device, out));
	json_t *root = json_load_file(out, 0, &error);
	ck_assert_msg(root != NULL, "%s", error.text);
	size_t n = load_want(want, json_object_get(root, "partitiontable"));

	ck_assert_int_eq(hl_files_find(&files, image, &opts, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_image_open(&src, files, &opts, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_table_open(&t, src, asked, test_ctx()), HL_OK);
	ck_assert_uint_eq(hl_table_info(t)->sector_size, ss);
	ck_assert(hl_table_info(t)->ok);
	for (size_t i = 0; i < hl_table_count(t); i++) {
		const struct hl_part *p = hl_table_part(t, i);

		if (p->flags & HL_PART_GAP)
			continue;
		ck_assert_uint_lt(k, n);
		same_part(p, &want[k++], ss);
	}
	ck_assert_uint_eq(k, n);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	hl_table_close(t);
	hl_src_close(src);
	hl_files_close(files);
	json_decref(root);
}

/* What a volume's first sector ends with, where sfdisk says it begins. */
static void mark_starts(const char *image, uint32_t ss)
{
	struct want want[200];
	char out[256];
	json_error_t error;
	int fd = open(image, O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	snprintf(out, sizeof(out), "%s/out.json", test_tmp());
	json_t *root = json_load_file(out, 0, &error);
	ck_assert_ptr_nonnull(root);
	size_t n = load_want(want, json_object_get(root, "partitiontable"));
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(pwrite(fd, "\x55\xaa", 2,
		                        (off_t)(want[i].start * ss + 510)),
		                 2);
	json_decref(root);
	close(fd);
}

START_TEST(as_sfdisk_reads_it)
{
	char path[256];

	if (!run("command -v sfdisk >/dev/null && command -v sgdisk "
	         ">/dev/null"))
		SKIP("no sfdisk or sgdisk");
	make_file(path, "disk");
	ck_assert_msg(write_table(path, layouts[_i].script), "%s",
	              layouts[_i].name);
	compare(path, path, 512, 0);
	unlink(path);
}
END_TEST

static bool attach(const char *path, char device[64])
{
	char out[256];

	snprintf(out, sizeof(out), "%s/loop", test_tmp());
	if (!run("losetup -b 4096 --show -f %s >%s 2>/dev/null", path, out))
		return false;
	FILE *f = fopen(out, "r");
	bool ok = f && fgets(device, 64, f);
	if (f)
		fclose(f);
	device[strcspn(device, "\n")] = '\0';
	return ok;
}

static void on_loop(int which, const char *path, const char *device)
{
	ck_assert_msg(write_table(device, layouts[which].script), "%s",
	              layouts[which].name);
	ck_assert(run("sync"));
	/* the device says 4096; the file has to be told, or find out */
	compare(device, device, 4096, 0);
	compare(path, device, 4096, 4096);
	mark_starts(path, 4096);
}

START_TEST(as_sfdisk_reads_it_with_4096_byte_sectors)
{
	char path[256], device[64];

	if (layouts[_i].script[0] == '!')
		return; /* its numbers are for 512 */
	if (geteuid() != 0 || !run("command -v sfdisk >/dev/null"))
		SKIP("no root or no sfdisk");
	make_file(path, "disk4k");
	if (!attach(path, device))
		SKIP("no loop device");
	/* detached when this process closes it, however the test ends */
	int fd = open(device, O_RDONLY | O_CLOEXEC);
	ck_assert(run("losetup -d %s", device));
	on_loop(_i, path, device);
	if (strstr(layouts[_i].name, "empty") == NULL)
		compare(path, device, 4096, 0);
	close(fd);
	unlink(path);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("sfdisk");
	int n = (int)(sizeof(layouts) / sizeof(layouts[0]));

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, as_sfdisk_reads_it, 0, n);
	tcase_add_loop_test(tc, as_sfdisk_reads_it_with_4096_byte_sectors, 0,
	                    n);
	return test_main("vol_sfdisk", tc, NULL);
}
