/* exec_json.c: a hive and what became of its command, as one JSON line. */
#include "base/banned.h"
#include "exec.h"
#include "lift/json_parts.h"

void exec_json(struct exec *x, struct hl_hives *hives, size_t i, size_t mark,
               const struct one *o)
{
	struct hl_json *j = &x->c->out.json;
	bool ran = !*o->not_run;

	if (!x->c->o.json)
		return;
	hl_json_object(j);
	hive_keys(x->c, hives, i, mark);
	hl_json_kv(j, "handed_over", ran ? o->state : NULL);
	if (ran && !o->end.signal)
		hl_json_ku(j, "exit_status", (uint64_t)o->end.status);
	else
		hl_json_kn(j, "exit_status");
	if (ran && o->end.signal)
		hl_json_ku(j, "signal", (uint64_t)o->end.signal);
	else
		hl_json_kn(j, "signal");
	hl_json_text(j, "output", ran ? o->output : "");
	hl_json_text(j, "not_run", o->not_run);
	hl_json_object_end(j);
	hl_json_newline(j);
	/* whoever reads along has it before the next command begins */
	out_flush(&x->c->out);
}
