/*
 * mkhive_keys.h: what the generated hives hold.  The key names are those that
 * tools for the registry look for; everything else is made up.
 *
 * One line is one value (or, without a name, just a key).  Keys are implied
 * by the paths and sorted by the builder.
 */
#ifndef MKHIVE_KEYS_H
#define MKHIVE_KEYS_H

#include <stddef.h>
#include <stdint.h>

enum mkhive_type { MK_KEY = -1, MK_SZ = 1, MK_EXPAND = 2, MK_BINARY = 3,
                   MK_DWORD = 4, MK_MULTI = 7 };

struct mkhive_value {
	const char *key, *name;
	enum mkhive_type type;
	const char *text; /* binary: hex digits */
	uint32_t number;
};

struct mkhive_kind {
	const char *kind, *root, *file;
	const struct mkhive_value *values;
};

/* "%s" in root or text is the name given with -u. */
#define MK_SID "S-1-5-21-1004336348-1177238915-682003330-1001"
#define KEY(k) { k, NULL, MK_KEY, NULL, 0 }
#define SZ(k, n, t) { k, n, MK_SZ, t, 0 }
#define EXPAND(k, n, t) { k, n, MK_EXPAND, t, 0 }
#define DWORD(k, n, v) { k, n, MK_DWORD, NULL, v }
#define BIN(k, n, h) { k, n, MK_BINARY, h, 0 }
#define MK_END { NULL, NULL, MK_KEY, NULL, 0 }

static const struct mkhive_value mk_system[] = {
	DWORD("Select", "Current", 1),
	DWORD("Select", "Default", 1),
	DWORD("Select", "Failed", 0),
	DWORD("Select", "LastKnownGood", 1),
	SZ("ControlSet001\\Control\\ComputerName\\ComputerName",
	   "ComputerName", "SAMPLE"),
	SZ("ControlSet001\\Control\\TimeZoneInformation", "TimeZoneKeyName",
	   "W. Europe Standard Time"),
	DWORD("ControlSet001\\Control\\TimeZoneInformation", "ActiveTimeBias",
	      0xffffffc4),
	BIN("ControlSet001\\Control\\Windows", "ShutdownTime",
	    "80a5d2e3a0c1d501"),
	SZ("ControlSet001\\Services\\Tcpip\\Parameters", "Hostname", "sample"),
	DWORD("ControlSet001\\Services\\Tcpip", "Start", 0),
	DWORD("MountedDevices", "#Sample", 3),
	SZ("Setup", "CmdLine", ""),
	MK_END
};

static const struct mkhive_value mk_software[] = {
	SZ("Microsoft\\Windows NT\\CurrentVersion", "ProductName",
	   "Windows 10 Pro"),
	SZ("Microsoft\\Windows NT\\CurrentVersion", "CurrentBuild", "19045"),
	SZ("Microsoft\\Windows NT\\CurrentVersion", "RegisteredOwner",
	   "hivelift"),
	DWORD("Microsoft\\Windows NT\\CurrentVersion", "InstallDate",
	      0x5e0d5d65),
	EXPAND("Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" MK_SID,
	       "ProfileImagePath", "C:\\Users\\alice"),
	SZ("Microsoft\\Windows\\CurrentVersion\\Run", "Updater",
	   "C:\\Program Files\\Sample\\updater.exe"),
	SZ("Classes\\.txt", "", "txtfile"),
	KEY("Policies"),
	MK_END
};

static const struct mkhive_value mk_sam[] = {
	BIN("SAM\\Domains\\Account", "V", "0102030405060708"),
	DWORD("SAM\\Domains\\Account\\Users\\Names\\alice", "", 0x3e9),
	BIN("SAM\\Domains\\Account\\Users\\000003E9", "F",
	    "0200010000000000" "0000000000000000"),
	KEY("SAM\\Domains\\Builtin"),
	KEY("SAM\\RXACT"),
	MK_END
};

static const struct mkhive_value mk_security[] = {
	BIN("Policy\\PolAcDmN", "", "0c000e0008000000"),
	BIN("Policy\\PolRevision", "", "0a000100"),
	KEY("Policy\\Secrets"),
	KEY("RXACT"),
	MK_END
};

static const struct mkhive_value mk_default[] = {
	SZ("Control Panel\\International", "LocaleName", "en-GB"),
	EXPAND("Environment", "TEMP", "%USERPROFILE%\\AppData\\Local\\Temp"),
	KEY("Software\\Microsoft\\Windows\\CurrentVersion"),
	MK_END
};

static const struct mkhive_value mk_ntuser[] = {
	SZ("Control Panel\\Desktop", "Wallpaper", "C:\\Users\\%s\\w.jpg"),
	EXPAND("Environment", "TEMP", "%USERPROFILE%\\AppData\\Local\\Temp"),
	SZ("Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RunMRU",
	   "a", "notepad\\1"),
	SZ("Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RunMRU",
	   "MRUList", "a"),
	SZ("Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\"
	   "Shell Folders", "Desktop", "C:\\Users\\%s\\Desktop"),
	SZ("Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\"
	   "TypedPaths", "url1", "C:\\Users\\%s\\Documents"),
	SZ("Volatile Environment", "USERNAME", "%s"),
	MK_END
};

static const struct mkhive_value mk_usrclass[] = {
	DWORD("Local Settings\\Software\\Microsoft\\Windows\\Shell",
	      "BagMRU Size", 5000),
	SZ("Local Settings\\MuiCache\\1\\52C64B7E", "LanguageList", "en-GB"),
	SZ("Local Settings\\Software\\Microsoft\\Windows\\Shell\\MuiCache",
	   "C:\\Users\\%s\\tool.exe.FriendlyAppName", "Tool"),
	MK_END
};

static const struct mkhive_value mk_amcache[] = {
	SZ("Root\\InventoryApplicationFile\\tool.exe|1", "LowerCaseLongPath",
	   "c:\\users\\alice\\tool.exe"),
	SZ("Root\\InventoryApplicationFile\\tool.exe|1", "FileId",
	   "0000da39a3ee5e6b4b0d3255bfef95601890afd80709"),
	KEY("Root\\InventoryApplication"),
	MK_END
};

static const struct mkhive_value mk_bcd[] = {
	SZ("Description", "KeyName", "BCD00000000"),
	DWORD("Description", "System", 1),
	DWORD("Description", "TreatAsSystem", 1),
	DWORD("Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Description",
	      "Type", 0x10100002),
	SZ("Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\"
	   "12000004", "Element", "Windows Boot Manager"),
	MK_END
};

static const struct mkhive_kind mk_kinds[] = {
	{ "SYSTEM", "ROOT", "SYSTEM", mk_system },
	{ "SOFTWARE", "ROOT", "emRoot\\System32\\Config\\SOFTWARE",
	  mk_software },
	{ "SAM", "ROOT", "\\SystemRoot\\System32\\Config\\SAM", mk_sam },
	{ "SECURITY", "ROOT", "emRoot\\System32\\Config\\SECURITY",
	  mk_security },
	{ "DEFAULT", "ROOT", "temRoot\\System32\\Config\\DEFAULT",
	  mk_default },
	{ "NTUSER", "ROOT", "\\??\\C:\\Users\\%s\\ntuser.dat", mk_ntuser },
	{ "USRCLASS", MK_SID "_Classes", "Microsoft\\Windows\\UsrClass.dat",
	  mk_usrclass },
	{ "AMCACHE", "{11517B7C-E79D-4e20-961B-75A811715ADD}",
	  "\\AppCompat\\Programs\\Amcache.hve", mk_amcache },
	{ "BCD", "NewStoreRoot", "me1\\EFI\\Microsoft\\Boot\\BCD", mk_bcd },
	{ NULL, NULL, NULL, NULL },
};

#endif
