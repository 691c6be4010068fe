/*
 * version.c: what is running, for `--version` and the manifest.  Versions
 * are those of the headers this was built with; libcrypto is only loaded
 * when something is hashed, so its version is not known here.
 */
#include "hivelift/hivelift.h"

#ifdef HAVE_LIBEWF
#include <libewf.h>
#endif
#ifdef HAVE_LIBVSHADOW
#include <libvshadow.h>
#endif
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif
#ifdef HAVE_LIBZSTD
#include <zstd.h>
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
	return
#ifdef HAVE_LIBEWF
	       "libewf " TEXT(LIBEWF_VERSION) "\n"
#else
	       "libewf left out\n"
#endif
#ifdef HAVE_LIBVSHADOW
	       "libvshadow " TEXT(LIBVSHADOW_VERSION) "\n"
#else
	       "libvshadow left out\n"
#endif
#ifdef HAVE_LIBDEFLATE
	       "libdeflate " LIBDEFLATE_VERSION_STRING "\n"
#endif
#ifdef HAVE_LIBZSTD
	       "libzstd " ZSTD_VERSION_STRING "\n"
#else
	       "libzstd left out\n"
#endif
	       "virtual disks: VHD, VHDX, VMDK, QCOW2, built in\n"
	       "libcrypto, loaded when needed";
}
