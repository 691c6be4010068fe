/* fold.h: capitals of UTF-16 units, the same in every locale; for volumes
 * that have no table of their own, or have lost it. */
#ifndef HL_FOLD_H
#define HL_FOLD_H

#include <stdint.h>

uint16_t hl_fold_up(uint16_t unit);
uint16_t hl_fold_down(uint16_t unit);

#endif
