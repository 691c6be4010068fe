/*
 * dfxml.c: see dfxml.h.
 *
 *	<dfxml>
 *	  <creator/> <source/>
 *	  <volume offset=''>            again whenever the volume changes
 *	    <fileobject>
 *	      <filename/> … <byte_runs><byte_run img_offset='' len=''/> …
 *	      <hashdigest type='md5'/> …
 *
 * Nothing in it depends on when and where it was written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/note.h"
#include "base/times_impl.h"
#include "hivelift/hivelift.h"
#include "lift/dfxml.h"
#include "lift/runs.h"
#include "lift/xml.h"
#include "base/banned.h"

#define SPACE "http://www.forensicswiki.org/wiki/Category:" \
	"Digital_Forensics_XML"

static void raw(struct hl_lift *lift, const char *s)
{
	hl_xml_raw(&lift->dfxml, s);
}

static void element(struct hl_lift *lift, const char *name, const char *value)
{
	hl_xml_element(&lift->dfxml, name, value);
}

static void number(struct hl_lift *lift, const char *name, uint64_t v)
{
	hl_xml_number(&lift->dfxml, name, v);
}

static void when(struct hl_lift *lift, const char *name, struct hl_time t)
{
	hl_xml_time(&lift->dfxml, name, t);
}

/* ---- volumes ------------------------------------------------------------ */

static void leave_volume(struct hl_lift *lift)
{
	if (lift->dfxml_volume)
		raw(lift, "</volume>\n");
	lift->dfxml_volume = NULL;
}

static void enter_volume(struct hl_lift *lift, const struct hl_volume *v)
{
	const struct hl_fs_info *f = v->fs ? hl_fs_info(v->fs) : NULL;
	char s[64];

	if (lift->dfxml_volume == v)
		return;
	leave_volume(lift);
	lift->dfxml_volume = v;
	snprintf(s, sizeof(s), "<volume offset='%" PRIu64 "'>\n", v->off);
	raw(lift, s);
	number(lift, "partition_offset", v->off);
	if (f && f->cluster_size)
		number(lift, "block_size", f->cluster_size);
	element(lift, "ftype_str", v->fs_name);
	element(lift, "hl:volume", v->id);
	element(lift, "hl:label", f ? f->label : NULL);
	element(lift, "hl:serial", f ? f->serial : NULL);
}

/* ---- one file ------------------------------------------------------------ */

/* As fiwalk has them: r file, d folder, l link; - anything else. */
static const char *name_type(enum hl_type type)
{
	return type == HL_FILE ? "r" : type == HL_DIR ? "d" :
	       type == HL_LINK ? "l" : "-";
}

/* TSK_FS_META_TYPE_*: 1 file, 2 folder, 6 link */
static unsigned meta_type(enum hl_type type)
{
	return type == HL_FILE ? 1 : type == HL_DIR ? 2 :
	       type == HL_LINK ? 6 : 0;
}

/* U+FFFD stands where the name was none; the units tell it exactly. */
static enum hl_status exact_name(struct hl_lift *lift,
                                 const struct hl_trail *t)
{
	uint16_t *u;
	size_t n;
	char hex[5];

	if (!t->bad_name)
		return HL_OK;
	u = hl_trail_utf16(t, &n, lift->ctx);
	if (!u)
		return HL_NOMEM;
	raw(lift, "<hl:path_utf16>");
	for (size_t i = 0; i < n; i++) {
		snprintf(hex, sizeof(hex), "%02x%02x", u[i] & 0xffu,
		         (unsigned)u[i] >> 8);
		raw(lift, hex);
	}
	raw(lift, "</hl:path_utf16>\n");
	hl_free(lift->ctx, u);
	return HL_OK;
}

static void facts(struct hl_lift *lift, const struct hl_item *item)
{
	const struct hl_entry *e = item->entry;
	bool deleted = (e->flags & HL_ENTRY_DELETED) != 0;
	const char *path = item->trail->path.p;

	element(lift, "filename", path + (*path == '/' && path[1]));
	element(lift, "partition", item->volume->id);
	element(lift, "name_type", name_type(e->type));
	number(lift, "filesize", item->size);
	number(lift, deleted ? "unalloc" : "alloc", 1);
	if (e->flags & HL_ENTRY_RECORD)
		number(lift, "inode", e->ref.id);
	number(lift, "meta_type", meta_type(e->type));
	when(lift, "mtime", e->modified);
	when(lift, "ctime", e->mft_changed);
	when(lift, "atime", e->accessed);
	when(lift, "crtime", e->created);
	if (e->flags & HL_ENTRY_RECORD)
		number(lift, "seq", e->ref.seq);
	element(lift, "link_target", item->link);
}

static enum hl_status byte_runs(struct hl_lift *lift, struct hl_item *item)
{
	struct hl_runs r = { .src = item->src, .leaf = lift->leaf,
		             .bad = &item->pass.bad,
		             .end = item->src ? item->written : 0 };
	struct hl_run run;
	enum hl_status st;
	char s[192];

	raw(lift, "<byte_runs>\n");
	while ((st = hl_runs_next(&r, &run)) == HL_OK) {
		snprintf(s, sizeof(s), "<byte_run file_offset='%" PRIu64 "'",
		         run.off);
		raw(lift, s);
		*s = '\0'; /* rebuilt bytes lie nowhere, and are no zeros */
		if (run.in_off == HL_NO_OFFSET && run.what != HL_WHAT_REBUILT)
			snprintf(s, sizeof(s), " fill='0'");
		else if (run.in_off != HL_NO_OFFSET)
			snprintf(s, sizeof(s), " img_offset='%" PRIu64 "'",
			         run.in_off);
		raw(lift, s);
		snprintf(s, sizeof(s), " len='%" PRIu64 "'", run.len);
		raw(lift, s);
		if (run.in_off != HL_NO_OFFSET && run.in_len != run.len) {
			snprintf(s, sizeof(s), " hl:stored_len='%" PRIu64 "'",
			         run.in_len);
			raw(lift, s);
		}
		snprintf(s, sizeof(s), " hl:what='%s' hl:state='%s'/>\n",
		         hl_what_text((enum hl_what)run.what),
		         hl_quality_text((enum hl_quality)run.quality));
		raw(lift, s);
	}
	raw(lift, "</byte_runs>\n");
	/* a broken map was said with the manifest's entry */
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

static void digests(struct hl_lift *lift, const struct hl_item *item)
{
	static const struct {
		enum hl_hash_kind kind;
		const char *start;
	} kinds[] = {
		{ HL_MD5, "<hashdigest type='md5'>" },
		{ HL_SHA1, "<hashdigest type='sha1'>" },
		{ HL_SHA256, "<hashdigest type='sha256'>" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *hex = item->pass.hex[kinds[i].kind];

		if (!item->output || !*hex)
			continue;
		raw(lift, kinds[i].start);
		raw(lift, hex);
		raw(lift, "</hashdigest>\n");
	}
}

static void hive(struct hl_lift *lift, const struct hl_item *item)
{
	const struct hl_hive *h = item->hive ? item->hive : item->of;

	if (h) {
		element(lift, "hl:kind", hl_kind_text(h->kind));
		element(lift, "hl:user", h->user);
	}
	if (item->hive)
		element(lift, "hl:state",
		        hl_hive_state_text(h->report.state));
	element(lift, "hl:output", item->output);
	if (item->beside) {
		element(lift, "hl:replayed", item->beside);
		element(lift, "hl:replayed_sha256", item->beside_sha256);
	}
}

enum hl_status hl_dfxml_entry(struct hl_lift *lift, struct hl_item *item)
{
	enum hl_status st;

	if (!lift->dfxml_wanted)
		return HL_OK;
	enter_volume(lift, item->volume);
	raw(lift, "<fileobject>\n");
	facts(lift, item);
	st = byte_runs(lift, item);
	digests(lift, item);
	hive(lift, item);
	if (st == HL_OK)
		st = exact_name(lift, item->trail);
	raw(lift, "</fileobject>\n");
	return st == HL_OK ? lift->dfxml.failed : st;
}

/* ---- the beginning and the end ------------------------------------------- */

static void command(struct hl_lift *lift, const char *const *argv)
{
	raw(lift, "<execution_environment>\n<command_line>");
	for (size_t i = 0; argv && argv[i]; i++) {
		if (i)
			raw(lift, " ");
		hl_xml_text(&lift->dfxml, argv[i]);
	}
	raw(lift, "</command_line>\n</execution_environment>\n");
}

enum hl_status hl_dfxml_open(struct hl_lift *lift, const char *const *argv)
{
	struct hl_src *image = hl_disk_image(lift->disk);
	enum hl_status st;

	if (!lift->dfxml_wanted)
		return HL_OK;
	st = hl_list_open(&lift->dfxml, lift->dir, "dfxml.xml.part");
	if (st == HL_OK)
		st = hl_hash_new(&lift->dfxml.hash, 1u << HL_SHA256,
		                 lift->ctx);
	if (st != HL_OK)
		return st;
	raw(lift, "<?xml version='1.0' encoding='UTF-8'?>\n"
	          "<dfxml version='1.0' xmlns='" SPACE "' "
	          "xmlns:hl='urn:hivelift' "
	          "xmlns:dc='http://purl.org/dc/elements/1.1/'>\n"
	          "<metadata><dc:type>Disk Image</dc:type></metadata>\n"
	          "<creator version='1.0'>\n<program>hivelift</program>\n");
	element(lift, "version", hl_version());
	command(lift, argv);
	raw(lift, "</creator>\n<source>\n");
	element(lift, "image_filename", hl_src_name(image));
	number(lift, "image_size", hl_src_size(image));
	if (hl_src_sector_size(image))
		number(lift, "sectorsize", hl_src_sector_size(image));
	raw(lift, "</source>\n");
	return lift->dfxml.failed;
}

enum hl_status hl_dfxml_close(struct hl_lift *lift)
{
	char sha256[HL_HASH_HEX];
	enum hl_status st;

	if (!lift->dfxml_wanted)
		return HL_OK;
	leave_volume(lift);
	raw(lift, "</dfxml>\n");
	hl_hash_final(lift->dfxml.hash, HL_SHA256, sha256);
	st = hl_list_done(&lift->dfxml);
	if (st == HL_OK)
		st = hl_outdir_rename(lift->dir, "dfxml.xml.part",
		                      "dfxml.xml");
	if (st == HL_OK)
		hl_sums_add(lift, sha256, "dfxml.xml");
	return st == HL_OK ? lift->sums.failed : st;
}
