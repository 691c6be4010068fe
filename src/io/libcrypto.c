/* libcrypto.c: see libcrypto.h. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "io/libcrypto.h"
#include "base/banned.h"

#define NO_LOAD_CONFIG 0x80 /* OPENSSL_INIT_NO_LOAD_CONFIG, since 1.1.0 */

/*
 * Never the bare name on macOS: the system's own libcrypto.dylib ends a
 * process that loads it.
 */
void *hl_libcrypto_load(void)
{
	static const char *const names[] = {
#ifdef __APPLE__
		"libcrypto.3.dylib",
		"/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib",
		"/usr/local/opt/openssl@3/lib/libcrypto.3.dylib",
		"/opt/local/lib/libcrypto.3.dylib",
		"libcrypto.1.1.dylib",
#else
		"libcrypto.so.3",
		"libcrypto.so.1.1",
		"libcrypto.so",
#endif
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *lib = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
		if (lib)
			return lib;
	}
	return NULL;
}

/* dlsym gives an object pointer; copying its bytes is what POSIX allows. */
bool hl_libcrypto_entry(void *lib, const char *name, void *fn)
{
	void *p = dlsym(lib, name);

	memcpy(fn, &p, sizeof(p));
	return p != NULL;
}

void hl_libcrypto_no_config(void *lib)
{
	int (*init)(uint64_t what, const void *settings);

	/* it says whether it could: then it does later what it always did */
	if (hl_libcrypto_entry(lib, "OPENSSL_init_crypto", &init))
		(void)init(NO_LOAD_CONFIG, NULL);
}

void hl_libcrypto_drop(void *lib)
{
	if (lib)
		dlclose(lib);
}
