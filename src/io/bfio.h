/*
 * bfio.h: one of our sources as the file of a libyal library.
 *
 *	hl_src --callbacks--> libbfio_handle_t --> libvshadow, libvhdi, ...
 *
 * The library sees nothing but reads, so that it works on every container and
 * inside the sandbox, and it cannot run away: each read takes from a budget,
 * and asks whether it is time to stop.
 */
#ifndef HL_BFIO_H
#define HL_BFIO_H

#ifdef HAVE_LIBBFIO

#include <libbfio.h>

#include "hivelift/src.h"

/* Shared by a handle and its clones; the caller keeps it alive. */
struct hl_bfio {
	struct hl_src *src; /* borrowed */
	void *lib;          /* of dlopen: libbfio, or who brings it */
	const struct hl_ctx *ctx;
	uint64_t budget;    /* bytes that may still be read; UINT64_MAX: any */
	uint64_t damaged;   /* bytes that could not be read; told as errors */
	bool spent;         /* the budget was used up */
	bool cancelled;
};

/* Bytes one read costs beside its own: small ones are work too. */
#define HL_BFIO_COST 512

/*
 * A handle to be given to the library and freed with libbfio_handle_free.
 *   HL_OK, HL_NOMEM, HL_UNSUPPORTED (there is no such call in lib)
 */
enum hl_status hl_bfio_open(libbfio_handle_t **out,
                            struct hl_bfio *b) HL_MUST_CHECK;

/* Why the library failed: HL_CANCELLED, HL_LIMIT, HL_IO, or else HL_CORRUPT. */
enum hl_status hl_bfio_why(const struct hl_bfio *b);

#endif
#endif
