/* damage.h: the damage that replay -m does; always the same for one seed. */
#ifndef HL_DAMAGE_H
#define HL_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Damages p in place; *n may shrink.  Every other round changes about one
 * byte in a hundred, as suits a structure; the rest changes 1 to 8 places of
 * sectors that hold something, as suits an image.
 */
void damage(uint8_t *p, size_t *n, uint64_t *state);

#endif
