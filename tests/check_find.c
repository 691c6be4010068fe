/*
 * check_find.c: the catalogue and the search, over trees in memory.
 */
#include <stdio.h>

#include "fake_fs.h"
#include "lift/catalogue.h"
#include "lift/find_glob.h"

static struct hl_hives *find(struct hl_disk *disk,
                             const struct hl_hive_query *query)
{
	struct hl_hives *hives;

	ck_assert_int_eq(hl_hives_find(&hives, disk, query, test_ctx()), HL_OK);
	return hives;
}

static struct hl_hives *find_in(const char *const *paths)
{
	struct hl_disk *disk = fake_start(1);

	for (; *paths; paths++)
		fake_add(&fake[0], *paths);
	return find(disk, NULL);
}

/* Expect exactly these, in this order: "KIND user path". */
static void expect(struct hl_hives *hives, const char *const *want)
{
	char got[512];
	size_t i;

	for (i = 0; want[i]; i++) {
		const struct hl_hive *h = hl_hives_get(hives, i);
		ck_assert_msg(h != NULL, "missing: %s", want[i]);
		snprintf(got, sizeof(got), "%s %s %s", hl_kind_text(h->kind),
		         h->user ? h->user : "-", h->path);
		ck_assert_str_eq(got, want[i]);
	}
	if (hl_hives_count(hives) > i)
		ck_abort_msg("too many: %s", hl_hives_get(hives, i)->path);
	hl_hives_free(hives);
}
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define FIND(...) find_in(LIST(__VA_ARGS__))

START_TEST(globs_match_paths_without_case)
{
	static const struct {
		const char *pattern, *text;
		bool yes;
	} rows[] = {
		{ "", "", true }, { "", "a", false }, { "*", "", true },
		{ "*", "/a/b", true }, { "a", "", false },
		{ "SYSTEM", "system", true }, { "SYSTEM", "SYSTEM1", false },
		{ "*\\config\\*", "/Windows/System32/CONFIG/SAM", true },
		{ "/users/*/ntuser.dat", "/Users/a b/NTUSER.DAT", true },
		{ "/users/*/ntuser.dat", "/Users/a/b/NTUSER.DAT", true },
		{ "*a*b*c", "xxaxxbxxaxbxc", true },
		{ "*a*b*c", "xxaxxbxxaxbx", false },
		{ "b?b", "b\xc3\xb8" "b", true }, { "b?b", "bb", false },
		{ "a**", "a", true }, { "**a", "ba", true },
		{ "_restore*", "_restore{6A1B}", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(hl_glob_match(rows[i].pattern, rows[i].text) ==
		              rows[i].yes, "row %zu", i);
}
END_TEST

START_TEST(every_kind_has_a_text_and_parses_back)
{
	enum hl_kind k;

	for (int i = 0; i < HL_KIND_COUNT; i++) {
		ck_assert_ptr_nonnull(hl_kind_text((enum hl_kind)i));
		ck_assert_int_eq(hl_kind_parse(hl_kind_text((enum hl_kind)i),
		                               &k), HL_OK);
		ck_assert_int_eq((int)k, i);
	}
	ck_assert_int_eq(hl_kind_parse("bcd-template", &k), HL_OK);
	ck_assert_int_eq(k, HL_KIND_BCD_TEMPLATE);
	ck_assert_int_eq(hl_kind_parse("", &k), HL_END);
	ck_assert_int_eq(hl_kind_parse("SYSTEMS", &k), HL_END);
}
END_TEST

START_TEST(the_table_is_sound)
{
	enum hl_anchor at;

	for (size_t i = 0; i < hl_catalogue_rows; i++) {
		const struct hl_place_row *r = &hl_catalogue[i];
		ck_assert_ptr_ne(hl_row_anchor(r->pattern, &at), r->pattern);
		ck_assert(*hl_row_name(r->pattern));
		ck_assert_int_eq(r->whose == HL_WHOSE_PROFILE,
		                 at == HL_AT_PROFILE);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(r->pattern, hl_catalogue[k].pattern);
	}
	/* a folder's rows stand together: no group begins twice */
	for (size_t i = 0; i < hl_catalogue_rows; i += hl_row_group(i)) {
		size_t n = (size_t)(hl_row_name(hl_catalogue[i].pattern) -
		                    hl_catalogue[i].pattern);
		for (size_t k = i + hl_row_group(i); k < hl_catalogue_rows; k++)
			ck_assert(strncmp(hl_catalogue[i].pattern,
			                  hl_catalogue[k].pattern, n) != 0 ||
			          strchr(hl_catalogue[k].pattern + n, '/'));
	}
}
END_TEST

START_TEST(windows_10)
{
	expect(FIND("/Windows/System32/config/SYSTEM",
	            "/Windows/System32/config/SYSTEM.LOG1",
	            "/Windows/System32/config/BCD-Template",
	            "/Windows/System32/config/netlogon.ftl",
	            "/Windows/System32/config/RegBack/SAM",
	            "/Windows/System32/config/systemprofile/NTUSER.DAT",
	            "/Windows/ServiceProfiles/LocalService/NTUSER.DAT",
	            "/Windows/ServiceProfiles/NetworkService/AppData/Local/"
	            "Microsoft/Windows/DeliveryOptimization/State/"
	            "dosvcState.dat",
	            "/Windows/appcompat/Programs/AmCache.HVE",
	            "/Windows/System32/SMI/Store/Machine/SCHEMA.DAT",
	            "/Users/alice/ntuser.dat",
	            "/Users/alice/AppData/Local/Microsoft/Windows/UsrClass.dat",
	            "/Users/alice/AppData/Local/Packages/P1/Settings/"
	            "settings.dat",
	            "/Users/alice/AppData/Local/Packages/P2/SystemAppData/"
	            "Helium/UserClasses.dat",
	            "/Users/All Users@", "/Documents and Settings@",
	            "/ProgramData/Microsoft/Windows/AppRepository/Packages/X/"
	            "ActivationStore.dat",
	            "/Program Files/WindowsApps/Q/Registry.dat",
	            "/Boot/BCD", "/System Volume Information/Syscache.hve"),
	       LIST("BCD - /Boot/BCD",
	            "APPX - /Program Files/WindowsApps/Q/Registry.dat",
	            "ACTIVATIONSTORE - /ProgramData/Microsoft/Windows/"
	            "AppRepository/Packages/X/ActivationStore.dat",
	            "SYSCACHE - /System Volume Information/Syscache.hve",
	            "USRCLASS alice /Users/alice/AppData/Local/Microsoft/"
	            "Windows/UsrClass.dat",
	            "SETTINGS alice /Users/alice/AppData/Local/Packages/P1/"
	            "Settings/settings.dat",
	            "APPX alice /Users/alice/AppData/Local/Packages/P2/"
	            "SystemAppData/Helium/UserClasses.dat",
	            "NTUSER alice /Users/alice/ntuser.dat",
	            "NTUSER LocalService /Windows/ServiceProfiles/"
	            "LocalService/NTUSER.DAT",
	            "OTHER NetworkService /Windows/ServiceProfiles/"
	            "NetworkService/AppData/Local/Microsoft/Windows/"
	            "DeliveryOptimization/State/dosvcState.dat",
	            "SCHEMA - /Windows/System32/SMI/Store/Machine/SCHEMA.DAT",
	            "BCD-TEMPLATE - /Windows/System32/config/BCD-Template",
	            "SAM - /Windows/System32/config/RegBack/SAM",
	            "SYSTEM - /Windows/System32/config/SYSTEM",
	            "NTUSER systemprofile /Windows/System32/config/"
	            "systemprofile/NTUSER.DAT",
	            "AMCACHE - /Windows/appcompat/Programs/AmCache.HVE"));
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
}
END_TEST

START_TEST(translated_xp_with_restore_points)
{
	expect(FIND("/WINDOWS/system32/config/system",
	            "/WINDOWS/repair/sam",
	            "/Dokumente und Einstellungen/Karl/NTUSER.DAT",
	            "/Dokumente und Einstellungen/Karl/Lokale Einstellungen/"
	            "Anwendungsdaten/Microsoft/Windows/UsrClass.dat",
	            "/Dokumente und Einstellungen/All Users/Desktop/",
	            "/Programme/Foo/readme.txt",
	            "/System Volume Information/_restore{1}/RP7/snapshot/"
	            "_REGISTRY_MACHINE_SAM",
	            "/System Volume Information/_restore{1}/RP7/snapshot/"
	            "_REGISTRY_USER_USRCLASS_S-1-5-21-1-2-3-1003"),
	       LIST("USRCLASS Karl /Dokumente und Einstellungen/Karl/Lokale "
	            "Einstellungen/Anwendungsdaten/Microsoft/Windows/"
	            "UsrClass.dat",
	            "NTUSER Karl /Dokumente und Einstellungen/Karl/NTUSER.DAT",
	            "SAM - /WINDOWS/repair/sam",
	            "SYSTEM - /WINDOWS/system32/config/system",
	            "SAM - /System Volume Information/_restore{1}/RP7/snapshot/"
	            "_REGISTRY_MACHINE_SAM",
	            "USRCLASS - /System Volume Information/_restore{1}/RP7/"
	            "snapshot/_REGISTRY_USER_USRCLASS_S-1-5-21-1-2-3-1003"));
}
END_TEST

START_TEST(a_restore_point_s_name_holds_the_sid)
{
	struct hl_hives *hives = FIND(
		"/System Volume Information/_restore{1}/RP7/snapshot/"
		"_REGISTRY_USER_NTUSER_S-1-5-21-7");

	ck_assert_uint_eq(hl_hives_count(hives), 1);
	ck_assert_str_eq(hl_hives_get(hives, 0)->sid, "S-1-5-21-7");
	hl_hives_free(hives);
}
END_TEST

START_TEST(other_windows_folders_are_found_by_content)
{
	expect(FIND("/MYWIN/System32/config/SAM", "/NTDIR/system32/readme",
	            "/WINNT/Profiles/dave/NTUSER.DAT",
	            "/WINNT/SYSTEM32/CONFIG/SAM.SAV",
	            "/Windows.old/WINDOWS/System32/config/SAM",
	            "/Windows.old/Users/eve/NTUSER.MAN",
	            "/backup/olddisk/System32/config/SAM",
	            "/$SysReset/OldOS/Windows/System32/config/SAM",
	            "/$SysReset/OldOS/Users/fay/NTUSER.DAT"),
	       LIST("NTUSER fay /$SysReset/OldOS/Users/fay/NTUSER.DAT",
	            "SAM - /$SysReset/OldOS/Windows/System32/config/SAM",
	            "SAM - /MYWIN/System32/config/SAM",
	            "NTUSER dave /WINNT/Profiles/dave/NTUSER.DAT",
	            "SAM - /WINNT/SYSTEM32/CONFIG/SAM.SAV",
	            "NTUSER eve /Windows.old/Users/eve/NTUSER.MAN",
	            "SAM - /Windows.old/WINDOWS/System32/config/SAM",
	            "SAM - /backup/olddisk/System32/config/SAM"));
}
END_TEST

START_TEST(profiles_of_a_windows_folder_that_is_elsewhere)
{
	expect(FIND("/WINNT/Profiles/dave/NTUSER.DAT"),
	       LIST("NTUSER dave /WINNT/Profiles/dave/NTUSER.DAT"));
}
END_TEST

START_TEST(logs_travel_with_their_hive_without_case)
{
	struct hl_hives *hives = FIND(
		"/Users/a/NTUSER.DAT", "/Users/a/ntuser.dat.LOG1",
		"/Users/a/ntuser.dat.log2", "/Users/a/NTUSER.DAT.LOG/",
		"/Windows/System32/config/SAM",
		"/Windows/System32/config/sam.log",
		"/Windows/System32/config/SAM.LOG1.bak",
		"/Windows/System32/config/SAMSRV.LOG");

	ck_assert_uint_eq(hl_hives_count(hives), 2);
	const struct hl_hive *h = hl_hives_get(hives, 0);
	ck_assert_uint_eq(h->n_logs, 2);
	ck_assert_str_eq(h->logs[0].path, "/Users/a/ntuser.dat.LOG1");
	ck_assert_str_eq(h->logs[1].path, "/Users/a/ntuser.dat.log2");
	h = hl_hives_get(hives, 1);
	ck_assert_uint_eq(h->n_logs, 1);
	ck_assert_str_eq(h->logs[0].path, "/Windows/System32/config/sam.log");
	hl_hives_free(hives);
}
END_TEST

START_TEST(copies_are_hives_too)
{
	expect(FIND("/Windows/System32/config/SYSTEM.ALT",
	            "/Windows/System32/config/software.sav",
	            "/Windows/System32/config/RegBack/SAM.OLD",
	            "/Windows/System32/config/SYSTEM.LOG",
	            "/Windows/System32/config/SYSTEM.txt"),
	       LIST("SAM - /Windows/System32/config/RegBack/SAM.OLD",
	            "SYSTEM - /Windows/System32/config/SYSTEM.ALT",
	            "SOFTWARE - /Windows/System32/config/software.sav"));
}
END_TEST

START_TEST(a_folder_with_a_hive_s_name_is_noted)
{
	test_forget_notes();
	expect(FIND("/Windows/System32/config/SYSTEM/", "/Boot/BCD@",
	            "/Windows/System32/config/SAM"),
	       LIST("SAM - /Windows/System32/config/SAM"));
	ck_assert(test_noted(HL_INFO, "config/SYSTEM is a folder"));
	ck_assert(test_noted(HL_INFO, "/Boot/BCD is a link"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(a_query_chooses)
{
	struct hl_disk *disk = fake_start(2);

	fake_add(&fake[0], "/EFI/Microsoft/Boot/BCD");
	fake_add(&fake[1], "/Windows/System32/config/SAM");
	fake_add(&fake[1], "/Windows/System32/config/SYSTEM");
	fake_add(&fake[1], "/Users/Al/NTUSER.DAT");
	fake_add(&fake[1], "/Users/Bo/NTUSER.DAT");
	struct hl_hive_query q = { .kinds = 1u << HL_KIND_SAM |
	                                    1u << HL_KIND_BCD };
	struct hl_hives *hives = find(disk, &q);
	ck_assert_str_eq(hl_hives_get(hives, 0)->volume->id, "1");
	ck_assert_str_eq(hl_hives_get(hives, 1)->volume->id, "2");
	expect(hives, LIST("BCD - /EFI/Microsoft/Boot/BCD",
	                   "SAM - /Windows/System32/config/SAM"));
	q = (struct hl_hive_query){ .user = "AL" };
	expect(find(disk, &q), LIST("NTUSER Al /Users/Al/NTUSER.DAT"));
	q = (struct hl_hive_query){ .path = "*/config/s*m" };
	expect(find(disk, &q), LIST("SAM - /Windows/System32/config/SAM",
	                            "SYSTEM - /Windows/System32/config/"
	                            "SYSTEM"));
}
END_TEST

START_TEST(a_data_disk_is_not_read_through)
{
	struct hl_disk *disk = fake_start(1);
	char path[64];

	for (int i = 0; i < 9000; i++) {
		snprintf(path, sizeof(path), "/d%d/e%d/f%d", i % 150, i % 1500,
		         i);
		fake_add(&fake[0], path);
	}
	fake_add(&fake[0], "/WINDOWS/system32/config/SAM");
	test_forget_notes();
	struct hl_hives *hives = find(disk, NULL);
	ck_assert_uint_eq(hl_hives_count(hives), 1);
	hl_hives_free(hives);
	ck_assert_uint_lt(fake[0].lookups, 1200);
	ck_assert_uint_lt(fake[0].names, 6000);
	ck_assert(test_noted(HL_INFO, "so many folders"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert_uint_eq(fake[0].streams, 0);
}
END_TEST

START_TEST(short_memory_ends_the_search_and_leaks_nothing)
{
	struct hl_disk *disk = fake_start(1);
	struct hl_hives *hives;
	uint64_t before = test_mem_now();
	enum hl_status st = HL_NOMEM;

	fake_add(&fake[0], "/Windows/System32/config/SAM");
	fake_add(&fake[0], "/Windows/System32/config/SAM.LOG1");
	fake_add(&fake[0], "/Users/a/NTUSER.DAT");
	fake_add(&fake[0], "/Users/a/NTUSER.DAT.LOG1");
	for (size_t n = 1; st == HL_NOMEM; n++) {
		test_fail_alloc(n);
		st = hl_hives_find(&hives, disk, NULL, test_ctx());
		ck_assert_uint_lt(n, 1000);
		if (st != HL_OK)
			ck_assert_uint_eq(test_mem_now(), before);
	}
	test_fail_alloc(0);
	ck_assert_int_eq(st, HL_OK);
	hl_hives_free(hives);
	ck_assert_uint_eq(test_mem_now(), before);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("find");

	tcase_add_test(tc, globs_match_paths_without_case);
	tcase_add_test(tc, every_kind_has_a_text_and_parses_back);
	tcase_add_test(tc, the_table_is_sound);
	tcase_add_test(tc, windows_10);
	tcase_add_test(tc, translated_xp_with_restore_points);
	tcase_add_test(tc, a_restore_point_s_name_holds_the_sid);
	tcase_add_test(tc, other_windows_folders_are_found_by_content);
	tcase_add_test(tc, profiles_of_a_windows_folder_that_is_elsewhere);
	tcase_add_test(tc, logs_travel_with_their_hive_without_case);
	tcase_add_test(tc, copies_are_hives_too);
	tcase_add_test(tc, a_folder_with_a_hive_s_name_is_noted);
	tcase_add_test(tc, a_query_chooses);
	tcase_add_test(tc, a_data_disk_is_not_read_through);
	tcase_add_test(tc, short_memory_ends_the_search_and_leaks_nothing);
	return test_main("find", tc, NULL);
}
