/*
 * xml.h: XML into a list that grows, well-formed whatever the names hold:
 * what XML 1.0 cannot say is shown as U+FFFD.
 */
#ifndef HL_XML_H
#define HL_XML_H

#include "lift/lift_impl.h"

void hl_xml_raw(struct hl_list *l, const char *s); /* our own words only */
void hl_xml_text(struct hl_list *l, const char *s);
/* <name>value</name>; nothing when value is NULL or "". */
void hl_xml_element(struct hl_list *l, const char *name, const char *value);
void hl_xml_number(struct hl_list *l, const char *name, uint64_t v);
void hl_xml_time(struct hl_list *l, const char *name, struct hl_time t);

#endif
