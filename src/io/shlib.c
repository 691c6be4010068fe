/* shlib.c: see shlib.h. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef HAVE_LIBEWF
#include <libewf.h>
#endif

#include "io/shlib.h"
#include "base/banned.h"

#define NO_LOAD_CONFIG 0x80 /* OPENSSL_INIT_NO_LOAD_CONFIG, since 1.1.0 */
#define NAMES 5

/* libyal's keep what they have allocated for themselves beyond dlclose. */
#ifdef RTLD_NODELETE
#define HOW (RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)
#else
#define HOW (RTLD_NOW | RTLD_LOCAL)
#endif

/* libewf changed its calls, and its number with them. */
#if defined(HAVE_LIBEWF) && LIBEWF_VERSION < 20160319
#define EWF "2"
#else
#define EWF "3"
#endif

/*
 * Never the bare name of libcrypto on macOS: the system's own one ends a
 * process that loads it.
 */
static const char *const names[][NAMES] = {
#ifdef __APPLE__
	[HL_SHLIB_CRYPTO] = {
		"libcrypto.3.dylib",
		"/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib",
		"/usr/local/opt/openssl@3/lib/libcrypto.3.dylib",
		"/opt/local/lib/libcrypto.3.dylib",
		"libcrypto.1.1.dylib",
	},
	[HL_SHLIB_EWF] = {
		"libewf." EWF ".dylib", "/opt/homebrew/lib/libewf." EWF ".dylib",
		"/opt/local/lib/libewf." EWF ".dylib", "libewf.dylib",
	},
	[HL_SHLIB_VSHADOW] = {
		"libvshadow.1.dylib", "/opt/homebrew/lib/libvshadow.1.dylib",
		"/opt/local/lib/libvshadow.1.dylib",
	},
#else
	[HL_SHLIB_CRYPTO] = {
		"libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so",
	},
	[HL_SHLIB_EWF] = { "libewf.so." EWF, "libewf.so" },
	[HL_SHLIB_VSHADOW] = { "libvshadow.so.1", "libvshadow.so" },
#endif
};

void *hl_shlib_load(enum hl_shlib which)
{
	void *lib = NULL;

	for (size_t i = 0; !lib && i < NAMES && names[which][i]; i++)
		lib = dlopen(names[which][i], HOW);
	return lib;
}

void hl_shlib_drop(void *lib)
{
	if (lib)
		dlclose(lib);
}

/* dlsym gives an object pointer; copying its bytes is what POSIX allows. */
bool hl_shlib_entry(void *lib, const char *name, void *fn)
{
	void *p = dlsym(lib, name);

	memcpy(fn, &p, sizeof(p));
	return p != NULL;
}

void hl_shlib_no_config(void *lib)
{
	int (*init)(uint64_t what, const void *settings);

	/* it says whether it could: then it does later what it always did */
	if (hl_shlib_entry(lib, "OPENSSL_init_crypto", &init))
		(void)init(NO_LOAD_CONFIG, NULL);
}
