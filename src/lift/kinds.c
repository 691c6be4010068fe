/* kinds.c: the texts of `--kind` and of JSON. */
#include "base/banned.h"
#include "base/text.h"
#include "hivelift/lift.h"

static const char *const texts[HL_KIND_COUNT] = {
	[HL_KIND_OTHER] = "OTHER",
	[HL_KIND_SYSTEM] = "SYSTEM",
	[HL_KIND_SOFTWARE] = "SOFTWARE",
	[HL_KIND_SAM] = "SAM",
	[HL_KIND_SECURITY] = "SECURITY",
	[HL_KIND_DEFAULT] = "DEFAULT",
	[HL_KIND_COMPONENTS] = "COMPONENTS",
	[HL_KIND_DRIVERS] = "DRIVERS",
	[HL_KIND_ELAM] = "ELAM",
	[HL_KIND_BBI] = "BBI",
	[HL_KIND_BCD] = "BCD",
	[HL_KIND_BCD_TEMPLATE] = "BCD-TEMPLATE",
	[HL_KIND_USERDIFF] = "USERDIFF",
	[HL_KIND_VSMIDK] = "VSMIDK",
	[HL_KIND_SCHEMA] = "SCHEMA",
	[HL_KIND_NTUSER] = "NTUSER",
	[HL_KIND_USRCLASS] = "USRCLASS",
	[HL_KIND_AMCACHE] = "AMCACHE",
	[HL_KIND_SYSCACHE] = "SYSCACHE",
	[HL_KIND_SETTINGS] = "SETTINGS",
	[HL_KIND_ACTIVATIONSTORE] = "ACTIVATIONSTORE",
	[HL_KIND_APPX] = "APPX",
};
_Static_assert(HL_KIND_COUNT <= 32, "hl_hive_query.kinds has 32 bits");

const char *hl_kind_text(enum hl_kind kind)
{
	size_t i = (size_t)kind;

	return i < HL_KIND_COUNT ? texts[i] : texts[HL_KIND_OTHER];
}

enum hl_status hl_kind_parse(const char *text, enum hl_kind *out)
{
	for (size_t i = 0; i < HL_KIND_COUNT; i++) {
		if (hl_casecmp(text, texts[i]) == 0) {
			*out = (enum hl_kind)i;
			return HL_OK;
		}
	}
	return HL_END;
}
