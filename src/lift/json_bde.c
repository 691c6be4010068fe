/* json_bde.c: a BitLocker volume, in info and in the manifest. */
#include "base/banned.h"
#include "hivelift/bde.h"
#include "lift/json_parts.h"

static void protector(struct hl_json *j, const struct hl_bde_protector *p)
{
	hl_json_object(j);
	hl_json_kv(j, "kind", p->kind);
	hl_json_kv(j, "id", p->id);
	hl_json_text(j, "label", p->label);
	hl_json_ku(j, "type", p->type);
	hl_json_time(j, "changed", p->changed);
	hl_json_kb(j, "tried", p->tried);
	hl_json_object_end(j);
}

void hl_json_bde(struct hl_json *j, const struct hl_bde *bde)
{
	const struct hl_bde_info *f = hl_bde_info(bde);

	hl_json_key(j, "bitlocker");
	hl_json_object(j);
	hl_json_kv(j, "variant", f->variant);
	hl_json_kv(j, "id", f->id);
	hl_json_text(j, "label", f->label);
	hl_json_text(j, "method", f->method);
	hl_json_kv(j, "state", f->state);
	hl_json_ku(j, "encrypted", f->encrypted);
	hl_json_ku(j, "sector_size", f->sector_size);
	hl_json_ku(j, "metadata_copy", f->copy);
	hl_json_time(j, "created", f->created);
	hl_json_kv(j, "opened_with", f->opened ? f->opened->id : NULL);
	hl_json_object_end(j);
	hl_json_key(j, "protectors");
	hl_json_array(j);
	for (size_t i = 0; i < f->n_protectors; i++)
		protector(j, &f->protector[i]);
	hl_json_array_end(j);
}
