/*
 * catalogue.c: the table of places.
 *
 * Left out on purpose, because no index leads there at a fair price: WinSxS
 * (tens of thousands of folders for two BCD templates), hives inside .wim
 * images, and what a person saved anywhere.  A search by content finds those.
 */
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "lift/catalogue.h"

#define CONFIG "{windows}/System32/config/"
#define REGBACK "{windows}/System32/config/RegBack/"
#define REPAIR "{windows}/repair/"
#define REPAIR_BACK "{windows}/repair/RegBack/"
#define POINT "{root}/System Volume Information/_restore*/RP*/snapshot/"
#define HELIUM "{profile}/AppData/Local/Packages/*/SystemAppData/Helium/"
#define WINDOWSAPPS "{system}/Program Files/WindowsApps/*/"
#define SYSTEMAPPS "{windows}/SystemApps/*/"
#define DOSVC "Microsoft/Windows/DeliveryOptimization/State/"
#define CONTAINERS "{system}/ProgramData/Microsoft/Windows/Containers/*/*/"
#define DOCKER "{system}/ProgramData/Docker/windowsfilter/*/Hives/"

#define MACHINE(p, k) { p, HL_KIND_##k, HL_WHOSE_MACHINE, 0 }
#define COPIED(p, k) { p, HL_KIND_##k, HL_WHOSE_MACHINE, HL_ROW_COPIES }
#define USER(p, k) { p, HL_KIND_##k, HL_WHOSE_PROFILE, 0 }
#define SID(p, k) { p, HL_KIND_##k, HL_WHOSE_SID, 0 }
/* Layers of a container; the names are those of the hives below. */
#define LAYER(dir) \
	MACHINE(dir "System_*", SYSTEM), \
	MACHINE(dir "Software_*", SOFTWARE), \
	MACHINE(dir "Sam_*", SAM), \
	MACHINE(dir "Security_*", SECURITY), \
	MACHINE(dir "DefaultUser_*", DEFAULT)
/* A package's own registry. */
#define PACKAGE(dir, row) \
	row(dir "Registry.dat", APPX), \
	row(dir "User.dat", APPX), \
	row(dir "UserClasses.dat", APPX)

const struct hl_place_row hl_catalogue[] = {
	COPIED(CONFIG "SYSTEM", SYSTEM),
	COPIED(CONFIG "SOFTWARE", SOFTWARE),
	COPIED(CONFIG "SAM", SAM),
	COPIED(CONFIG "SECURITY", SECURITY),
	COPIED(CONFIG "DEFAULT", DEFAULT),
	COPIED(CONFIG "COMPONENTS", COMPONENTS),
	COPIED(CONFIG "DRIVERS", DRIVERS),
	COPIED(CONFIG "ELAM", ELAM),
	COPIED(CONFIG "BBI", BBI),
	COPIED(CONFIG "BCD-Template", BCD_TEMPLATE),
	COPIED(CONFIG "userdiff", USERDIFF),
	COPIED(CONFIG "VSMIDK", VSMIDK),

	/* zero bytes since Windows 10 1803 */
	COPIED(REGBACK "SYSTEM", SYSTEM),
	COPIED(REGBACK "SYSTEM1", SYSTEM),
	COPIED(REGBACK "SOFTWARE", SOFTWARE),
	COPIED(REGBACK "SAM", SAM),
	COPIED(REGBACK "SECURITY", SECURITY),
	COPIED(REGBACK "DEFAULT", DEFAULT),
	COPIED(REGBACK "COMPONENTS", COMPONENTS),

	/* NT 4 to 2003: the registry as it was set up */
	COPIED(REPAIR "system", SYSTEM),
	COPIED(REPAIR "software", SOFTWARE),
	COPIED(REPAIR "sam", SAM),
	COPIED(REPAIR "security", SECURITY),
	COPIED(REPAIR "default", DEFAULT),
	COPIED(REPAIR "ntuser.dat", NTUSER),
	COPIED(REPAIR_BACK "system", SYSTEM),
	COPIED(REPAIR_BACK "software", SOFTWARE),
	COPIED(REPAIR_BACK "sam", SAM),
	COPIED(REPAIR_BACK "security", SECURITY),
	COPIED(REPAIR_BACK "default", DEFAULT),
	COPIED(REPAIR_BACK "ntuser.dat", NTUSER),

	MACHINE("{windows}/AppCompat/Programs/Amcache.hve", AMCACHE),
	MACHINE("{windows}/System32/SMI/Store/Machine/SCHEMA.DAT", SCHEMA),
	MACHINE("{windows}/Boot/DVD/PCAT/BCD", BCD),
	MACHINE("{windows}/Boot/DVD/EFI/BCD", BCD),
	MACHINE("{windows}/SoftwareDistribution/DeliveryOptimization/State/"
	        "dosvcState.dat", OTHER),
	PACKAGE(SYSTEMAPPS, MACHINE),

	MACHINE("{root}/Boot/BCD", BCD),
	MACHINE("{root}/EFI/Microsoft/Boot/BCD", BCD),
	MACHINE("{root}/EFI/Microsoft/Recovery/BCD", BCD),
	MACHINE("{root}/Recovery/WindowsRE/BCD", BCD),
	MACHINE("{root}/Recovery/WindowsRE/Boot/BCD", BCD),

	/* Windows XP restore points; they have no logs */
	MACHINE(POINT "_REGISTRY_MACHINE_SYSTEM", SYSTEM),
	MACHINE(POINT "_REGISTRY_MACHINE_SOFTWARE", SOFTWARE),
	MACHINE(POINT "_REGISTRY_MACHINE_SAM", SAM),
	MACHINE(POINT "_REGISTRY_MACHINE_SECURITY", SECURITY),
	MACHINE(POINT "_REGISTRY_USER_.DEFAULT", DEFAULT),
	SID(POINT "_REGISTRY_USER_NTUSER_*", NTUSER),
	SID(POINT "_REGISTRY_USER_USRCLASS_*", USRCLASS),
	MACHINE("{root}/System Volume Information/Syscache.hve", SYSCACHE),

	USER("{profile}/NTUSER.DAT", NTUSER),
	USER("{profile}/NTUSER.MAN", NTUSER),
	USER("{profile}/AppData/Local/Microsoft/Windows/UsrClass.dat",
	     USRCLASS),
	USER("{profile}/Local Settings/Application Data/Microsoft/Windows/"
	     "UsrClass.dat", USRCLASS),
	{ "{profile}/*/*/Microsoft/Windows/UsrClass.dat", HL_KIND_USRCLASS,
	  HL_WHOSE_PROFILE, HL_ROW_TRANSLATED },
	USER("{profile}/AppData/Local/Packages/*/Settings/settings.dat",
	     SETTINGS),
	PACKAGE(HELIUM, USER),
	USER(HELIUM "Cache/*.dat", APPX),
	USER("{profile}/AppData/Local/" DOSVC "dosvcState.dat", OTHER),
	USER("{profile}/AppData/Local/" DOSVC "migration.dat", OTHER),

	MACHINE("{system}/ProgramData/Microsoft/Windows/AppRepository/"
	        "Packages/*/ActivationStore.dat", ACTIVATIONSTORE),
	PACKAGE(WINDOWSAPPS, MACHINE),
	MACHINE("{system}/ProgramData/App-V/*/*/Registry.dat", OTHER),

	LAYER(CONTAINERS "Hives/"),
	LAYER(CONTAINERS "BaseLayer/Hives/"),
	LAYER(CONTAINERS "SandboxState/Hives/"),
	LAYER(DOCKER),
};
const size_t hl_catalogue_rows =
	sizeof(hl_catalogue) / sizeof(hl_catalogue[0]);

static const struct {
	const char *text;
	enum hl_anchor anchor;
} anchors[] = {
	{ "{root}/", HL_AT_ROOT },
	{ "{system}/", HL_AT_SYSTEM },
	{ "{windows}/", HL_AT_WINDOWS },
	{ "{profile}/", HL_AT_PROFILE },
};

const char *hl_row_anchor(const char *pattern, enum hl_anchor *out)
{
	for (size_t i = 0; i < sizeof(anchors) / sizeof(anchors[0]); i++) {
		size_t n = strlen(anchors[i].text);
		if (strncmp(pattern, anchors[i].text, n) == 0) {
			*out = anchors[i].anchor;
			return pattern + n;
		}
	}
	*out = HL_AT_ROOT;
	return pattern;
}

const char *hl_row_name(const char *pattern)
{
	const char *slash = strrchr(pattern, '/');

	return slash ? slash + 1 : pattern;
}

static bool same_folder(const char *a, const char *b)
{
	size_t n = (size_t)(hl_row_name(a) - a);

	return n == (size_t)(hl_row_name(b) - b) && strncmp(a, b, n) == 0;
}

size_t hl_row_group(size_t i)
{
	size_t n = 1;

	while (i + n < hl_catalogue_rows &&
	       same_folder(hl_catalogue[i].pattern,
	                   hl_catalogue[i + n].pattern))
		n++;
	return n;
}
