/* info_bde.c: see info.h. */
#include <stdio.h>

#include "base/banned.h"
#include "info.h"

static void one(struct cli *c, const struct hl_volume *v)
{
	const struct hl_bde_info *f = hl_bde_info(v->bde);

	out_printf(&c->out, "volume %s: ", v->id);
	out_text(&c->out, f->opened ? hl_bde_text(v->bde) : f->variant);
	out_printf(&c->out, "; {%s}, %s, %s", f->id,
	           *f->method ? f->method : "unknown method", f->state);
	if (*f->label) {
		out_text(&c->out, ", \"");
		out_name(&c->out, f->label);
		out_text(&c->out, "\"");
	}
	out_text(&c->out, "\n");
	for (size_t i = 0; i < f->n_protectors; i++) {
		const struct hl_bde_protector *p = &f->protector[i];

		out_printf(&c->out, "volume %s: protector {%s}: %s", v->id,
		           p->id, p->name);
		if (*p->label) {
			out_text(&c->out, ", \"");
			out_name(&c->out, p->label);
			out_text(&c->out, "\"");
		}
		out_text(&c->out, p->tried ? ", tried: wrong key\n" : "\n");
	}
}

void info_bde(struct cli *c)
{
	for (size_t i = 0; i < hl_disk_count(c->disk); i++)
		if (hl_disk_volume(c->disk, i)->bde)
			one(c, hl_disk_volume(c->disk, i));
}
