#ifndef RIPOSTE_MODEL_PACKAGE_H
#define RIPOSTE_MODEL_PACKAGE_H

#include "base/buf.h"
#include "base/hash.h"
#include "model/catalogue.h"

/*
 * Plugin packages: .lpi files, which are gzip'd tars, and what else a plugin
 * may come as. Whoever made one is not trusted: nothing is written outside
 * the folder, and a package is unpacked whole or not at all.
 */

/* Limits of packages read and written, and why. */
enum {
    /* The largest real one has 4 MiB (a whole nmap). */
    PACKAGE_PACKED_MAX = 64 * 1024 * 1024,
    /* Scripts pack 1 : 4, programs 1 : 2; both hold it with room. */
    PACKAGE_UNPACKED_MAX = 256 * 1024 * 1024,
    /* Deflate's most is 1032 : 1, which only bombs and blank space reach. */
    PACKAGE_RATIO_MAX = 100,
    /* Below this many unpacked bytes no ratio is a bomb: an empty tar has
     * 10 KiB of zeros. */
    PACKAGE_RATIO_FROM = 1024 * 1024,
    /* That nmap has 800 files. */
    PACKAGE_ENTRIES_MAX = 10000,
    /* Bytes of a member's whole name; the longest real one has 69, and ustar
     * holds 255 of which only some can be split. */
    PACKAGE_NAME_MAX = 200,
    /* Folders above a file, Plugin and bin among them. */
    PACKAGE_DEPTH_MAX = 16,
};

/* Unpacks `from` (gzip'd tar, tar, zip; or a plain folder, which is copied)
 * into `folder`, which it makes; the folder above it must be there. One folder
 * around the whole plugin, as GitHub's zips have, is left out. An archive is
 * taken apart in a process that can do nothing else; this one may have one
 * thread only.
 *
 * Refused: absolute names, "..", links, devices, pipes, names that are there
 * twice (also but for case and the spelling of accents), that are no UTF-8,
 * hold control characters, or are no names on Windows; whatever passes a limit.
 * Then nothing is left of the folder, and the error says which member. Modes do
 * not count: folders are 0755, files 0755 where anyone may execute them, else
 * 0644. Times of files are kept. What unpacked is on stable storage on return.
 */
int package_unpack(const char *from, const char *folder, struct error *error);

/* The version of libarchive, which unpacks. Returns 0. */
int package_library(const char **version, struct error *error);

/* The digest of a folder's names, execute bits and bytes: two folders with
 * the same one hold the same plugin. */
int package_digest(const char *folder, char hex[HASH_HEX], struct error *error);

/* Deletes a folder and all below it, following no link. One that is not
 * there is deleted already. */
int package_delete(const char *folder, struct error *error);

/* What to pack. */
struct package_source {
    const struct plugin *plugin; /* its folder is the payload */
    struct str manifest;         /* the bytes that the plugin was parsed from */
    struct str overlay; /* of a riposte.xml beside it that is not in the
                           payload; or empty */
    int64_t time; /* seconds since 1970 that the package says it was made at;
                     negative: the newest time of its files */
};
struct package {
    struct buf bytes; /* owned */
    char *guid;       /* owned */
    char *name;       /* owned: "ARPlugin_<guid>_<yyyymmdd>.lpi" */
    bool guid_added;  /* the manifest had none */
};

/* Packs a plugin with the layout of LogRhythm's packager: Plugin/bin holds the
 * payload, Plugin/config/actions.xml the canonical manifest. The same input
 * gives the same bytes. Links in the payload are refused. On success the
 * package is the caller's to free. */
int package_pack(const struct package_source *source, struct package *package,
                 struct error *error);
void package_free(struct package *package);

/* package_manifest.c: appends the manifest as LogRhythm's packager writes it:
 * byte order mark, CRLF, two blanks a level, one line an element; attributes
 * and comments as they are; a missing Guid and Version at the end of the
 * root's attributes. guid NULL: none is added. The XML is well-formed, as
 * xml_parse found. */
void package_manifest(struct str xml, const char *guid, struct buf *out);

#endif
