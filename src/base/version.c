/*
 * version.c: what is running, for `--version` and the manifest.  Versions
 * are those of the headers this was built with; libcrypto is only loaded
 * when something is hashed, so its version is not known here.
 */
#include "hivelift/hivelift.h"

#ifdef HAVE_LIBEWF
#include <libewf.h>
#endif
#include "base/banned.h"

#ifndef HL_VERSION
#define HL_VERSION "unknown"
#endif

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *hl_version(void)
{
	return HL_VERSION;
}

const char *hl_libraries(void)
{
#ifdef HAVE_LIBEWF
	return "libewf " TEXT(LIBEWF_VERSION) "\n"
	       "libcrypto, loaded when needed";
#else
	return "libewf left out\n"
	       "libcrypto, loaded when needed";
#endif
}
