#ifndef RIPOSTE_MODEL_PAYLOAD_H
#define RIPOSTE_MODEL_PAYLOAD_H

/* The file of a payload folder that a manifest's path means. Manifests are
 * written on Windows: case does not count, '\' parts folders as '/' does, and
 * a path that leads nowhere here (another machine's, or the placeholder of a
 * read-me) means the file of that name in the payload folder itself.
 *
 * Returns the path below the folder as it is really spelt, or NULL. It never
 * leaves the folder by "..". The result belongs to the caller. */
char *payload_find(const char *folder, const char *path);

#endif
