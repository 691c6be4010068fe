/*
 * kind_of.c: the kind of a hive that does not lie where Windows keeps one:
 * by the place's end, the embedded name, the file's own name, and the keys
 * below its root.
 */
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "lift/find_impl.h"

static const struct {
	const char *name;
	enum hl_kind kind;
} names[] = {
	{ "SYSTEM", HL_KIND_SYSTEM },
	{ "SOFTWARE", HL_KIND_SOFTWARE },
	{ "SAM", HL_KIND_SAM },
	{ "SECURITY", HL_KIND_SECURITY },
	{ "DEFAULT", HL_KIND_DEFAULT },
	{ "COMPONENTS", HL_KIND_COMPONENTS },
	{ "DRIVERS", HL_KIND_DRIVERS },
	{ "ELAM", HL_KIND_ELAM },
	{ "BBI", HL_KIND_BBI },
	{ "BCD", HL_KIND_BCD },
	{ "BCD-Template", HL_KIND_BCD_TEMPLATE },
	{ "userdiff", HL_KIND_USERDIFF },
	{ "VSMIDK", HL_KIND_VSMIDK },
	{ "SCHEMA.DAT", HL_KIND_SCHEMA },
	{ "NTUSER.DAT", HL_KIND_NTUSER },
	{ "NTUSER.MAN", HL_KIND_NTUSER },
	{ "DefaultUser", HL_KIND_NTUSER },
	{ "UsrClass.dat", HL_KIND_USRCLASS },
	{ "Amcache.hve", HL_KIND_AMCACHE },
	{ "Amcache.hve.tmp", HL_KIND_AMCACHE },
	{ "Syscache.hve", HL_KIND_SYSCACHE },
	{ "settings.dat", HL_KIND_SETTINGS },
	{ "ActivationStore.dat", HL_KIND_ACTIVATIONSTORE },
	{ "Registry.dat", HL_KIND_APPX },
	{ "User.dat", HL_KIND_APPX },
	{ "UserClasses.dat", HL_KIND_APPX },
};

/* A layer of a container is named "System_Delta", "System_Base". */
static size_t stem(const char *name)
{
	static const char *const ends[] = { "_Delta", "_Base" };
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t m = strlen(ends[i]);
		if (n > m && hl_casecmp(name + n - m, ends[i]) == 0)
			return n - m;
	}
	return n;
}

static enum hl_kind by_name(const char *name)
{
	char text[HL_NAME_BYTES];
	size_t n = stem(name);

	hl_copy(text, n + 1 < sizeof(text) ? n + 1 : sizeof(text), name);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (hl_casecmp(text, names[i].name) == 0)
			return names[i].kind;
	return HL_KIND_OTHER;
}

/*
 * The keys speak for the content, so they win where they say anything; but
 * for DEFAULT, which is a user's hive, only its name tells.
 */
enum hl_kind hl_kind_of(const struct hl_hive_role *role, const char *name)
{
	enum hl_kind embedded = by_name(role->name), own = by_name(name);
	enum hl_kind keys = HL_KIND_OTHER;

	if (*role->role && hl_kind_parse(role->role, &keys) != HL_OK)
		keys = HL_KIND_OTHER;
	if (keys == HL_KIND_NTUSER &&
	    (embedded == HL_KIND_DEFAULT ||
	     (embedded == HL_KIND_OTHER && own == HL_KIND_DEFAULT)))
		return HL_KIND_DEFAULT;
	if (keys != HL_KIND_OTHER)
		return keys;
	return embedded != HL_KIND_OTHER ? embedded : own;
}
