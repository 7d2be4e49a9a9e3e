#ifndef RIPOSTE_CLI_RTF_H
#define RIPOSTE_CLI_RTF_H

#include "base/buf.h"

/* Appends the text of a document for people to read: that of Rich Text Format
 * without its formatting, any other as it is. Bytes that are no UTF-8 are
 * taken as Latin-1. */
void rtf_text(struct str document, struct buf *text);

#endif
