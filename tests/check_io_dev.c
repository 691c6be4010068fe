/*
 * check_io_dev.c: block devices: loop devices with both sector sizes, mount
 * points, and a device-mapper disk with sectors that cannot be read.  All
 * of it needs root and a kernel that has them; each test skips by itself.
 */
#include "io_build.h"

#define SIZE (4u << 20)

static char device[64];

/* Runs a command; its first line goes to out (may be NULL). */
static bool run(char *out, size_t size, const char *fmt, ...)
{
	char cmd[1024], line[256] = "";
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	FILE *p = popen(cmd, "r");
	if (!p)
		return false;
	if (fgets(line, sizeof(line), p))
		line[strcspn(line, "\n")] = '\0';
	if (out)
		snprintf(out, size, "%s", line);
	return pclose(p) == 0;
}

static uint8_t *write_disk(const char *name)
{
	uint8_t *disk = malloc(SIZE);

	for (size_t i = 0; i < SIZE; i++)
		disk[i] = (uint8_t)(i * 13 + (i >> 9) * 7 + (i >> 17));
	write_file(at("%s", name), disk, SIZE);
	return disk;
}

/* A loop device over a file, or false. */
static bool attach(const char *name, unsigned sector, const char *more)
{
	return geteuid() == 0 &&
	       run(device, sizeof(device), "losetup -f --show -b %u %s %s "
	           "2>/dev/null", sector, more, at("%s", name)) &&
	       device[0] == '/';
}

static void detach(void)
{
	run(NULL, 0, "losetup -d %s", device);
}

static void compare(struct hl_src *src, const uint8_t *want)
{
	static uint8_t buf[70001];

	for (size_t off = 0; off < SIZE; off += sizeof(buf)) {
		size_t n = SIZE - off < sizeof(buf) ? SIZE - off : sizeof(buf);
		ck_assert_int_eq(hl_src_read(src, off, buf, n, NULL), HL_OK);
		ck_assert_mem_eq(buf, want + off, n);
	}
}

static const unsigned sectors[] = { 512, 4096 };

START_TEST(a_loop_device_tells_its_size_and_sectors)
{
	struct hl_image_info info;
	struct opened o;
	uint8_t *disk = write_disk("disk");

	if (!attach("disk", sectors[_i], "")) {
		free(disk);
		SKIP("no loop devices");
	}
	ck_assert_int_eq(open_image(&o, device, false), HL_OK);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	ck_assert_uint_eq(hl_src_size(o.src), SIZE);
	ck_assert_uint_eq(hl_src_sector_size(o.src), sectors[_i]);
	compare(o.src, disk);
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert_str_eq(info.format, "device");
	ck_assert(!info.live);
	ck_assert(!info.read_only);
	ck_assert(hl_files_is_source(o.files, device));
	close_image(&o);
	detach();
	free(disk);
}
END_TEST

START_TEST(a_read_only_device_says_so)
{
	struct hl_image_info info;
	struct opened o;
	uint8_t *disk = write_disk("rodisk");

	if (!attach("rodisk", 512, "-r")) {
		free(disk);
		SKIP("no loop devices");
	}
	ck_assert_int_eq(open_image(&o, device, false), HL_OK);
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert(info.read_only);
	close_image(&o);
	detach();
	free(disk);
}
END_TEST

START_TEST(a_mounted_device_is_live_and_found_by_mount_point)
{
	struct hl_image_info info;
	struct opened o;
	uint8_t *disk = write_disk("mdisk");
	char point[512];
	bool ok;

	free(disk);
	if (!attach("mdisk", 512, ""))
		SKIP("no loop devices");
	snprintf(point, sizeof(point), "%s", at("mount point"));
	mkdir(point, 0700);
	ok = run(NULL, 0, "mkfs.vfat %s >/dev/null 2>&1 && "
	         "mount %s '%s' 2>/dev/null", device, device, point);
	if (!ok)
		ok = run(NULL, 0, "mkfs.ext2 -q %s >/dev/null 2>&1 && "
		         "mount %s '%s' 2>/dev/null", device, device, point);
	if (!ok) {
		detach();
		SKIP("cannot mount");
	}
	ck_assert_int_eq(open_image(&o, point, false), HL_OK);
	ck_assert(test_noted(HL_INFO, "is the mount point of /dev/loop"));
	ck_assert(test_noted(HL_INFO, "mounted read-write at"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert_str_eq(hl_files_path(o.files, 0), device);
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert(info.live);
	ck_assert(hl_files_is_source(o.files, point));
	close_image(&o);
	/* read-only: not in motion */
	ok = run(NULL, 0, "mount -o remount,ro '%s'", point);
	if (ok) {
		ck_assert_int_eq(open_image(&o, device, false), HL_OK);
		ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
		ck_assert(!info.live);
		close_image(&o);
	}
	run(NULL, 0, "umount '%s'", point);
	detach();
}
END_TEST

START_TEST(a_mounted_partition_makes_the_disk_live)
{
	struct hl_image_info info;
	struct opened o;
	uint8_t *disk = write_disk("pdisk");
	bool ok;

	free(disk);
	ok = run(NULL, 0, "echo '2048,4096,6' | sfdisk -q %s >/dev/null 2>&1",
	         at("pdisk"));
	if (!ok || !attach("pdisk", 512, "-P"))
		SKIP("no loop devices");
	mkdir(at("part"), 0700);
	ok = run(NULL, 0, "test -b %sp1 && (mkfs.vfat %sp1 >/dev/null 2>&1 && "
	         "mount %sp1 '%s' 2>/dev/null || mkfs.ext2 -q %sp1 >/dev/null "
	         "2>&1 && mount %sp1 '%s' 2>/dev/null)", device, device,
	         device, at("part"), device, device, at("part"));
	if (!ok) {
		detach();
		SKIP("no partitions on loop devices");
	}
	ck_assert_int_eq(open_image(&o, device, false), HL_OK);
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert(info.live);
	ck_assert(hl_files_is_source(o.files, at("part")));
	close_image(&o);
	run(NULL, 0, "umount '%s'", at("part"));
	detach();
}
END_TEST

/* An unused loop device, held so that nobody can attach anything to it. */
static int empty_drive(void)
{
	int fd = -1;

	for (int i = 0; i < 1000 && fd < 0; i++) {
		if (!run(device, sizeof(device), "losetup -f 2>/dev/null") ||
		    access(device, R_OK) != 0)
			return -1;
		fd = open(device, O_RDONLY | O_EXCL);
		if (fd >= 0 && lseek(fd, 0, SEEK_END) != 0) {
			close(fd);
			fd = -1;
		}
	}
	return fd;
}

START_TEST(an_empty_drive_is_said)
{
	struct opened o;
	int held = geteuid() == 0 ? empty_drive() : -1;

	if (held < 0)
		SKIP("no loop devices");
	ck_assert_int_eq(open_image(&o, device, false), HL_IO);
	ck_assert(test_noted(HL_FAILED, device));
	ck_assert(test_noted(HL_FAILED, "no medium in the drive"));
	ck_assert_uint_eq(test_note_count(HL_INFO), 1);
	close(held);
}
END_TEST

/* Sector 1001 alone cannot be read; its neighbours must be. */
START_TEST(a_bad_sector_costs_only_itself)
{
	static uint8_t got[SIZE];
	struct hl_ranges bad;
	struct opened o;
	uint8_t *disk = write_disk("edisk");
	char name[64], path[128];

	if (!attach("edisk", 512, "")) {
		free(disk);
		SKIP("no loop devices");
	}
	snprintf(name, sizeof(name), "hivelift-test-%d", (int)getpid());
	if (!run(NULL, 0, "printf '0 1001 linear %s 0\\n1001 1 error\\n"
	         "1002 7190 linear %s 1002\\n' | dmsetup create %s "
	         ">/dev/null 2>&1", device, device, name)) {
		detach();
		free(disk);
		SKIP("no device mapper");
	}
	snprintf(path, sizeof(path), "/dev/mapper/%s", name);
	ck_assert_int_eq(open_image(&o, path, false), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 0, got, SIZE, &bad), HL_OK);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 1001 * 512);
	ck_assert_uint_eq(bad.r[0].len, 512);
	ck_assert_uint_eq(bad.r[0].quality, HL_Q_UNREADABLE);
	memset(disk + 1001 * 512, 0, 512);
	ck_assert_mem_eq(got, disk, SIZE);
	close_image(&o);
	run(NULL, 0, "dmsetup remove --retry %s", name);
	detach();
	free(disk);
}
END_TEST

static TCase *devices(void)
{
	TCase *t = tcase_create("devices");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_loop_device_tells_its_size_and_sectors, 0, 2);
	tcase_add_test(t, a_read_only_device_says_so);
	tcase_add_test(t, a_mounted_device_is_live_and_found_by_mount_point);
	tcase_add_test(t, a_mounted_partition_makes_the_disk_live);
	tcase_add_test(t, an_empty_drive_is_said);
	tcase_add_test(t, a_bad_sector_costs_only_itself);
	return t;
}

int main(void)
{
	return test_main("io_dev", devices(), NULL);
}
