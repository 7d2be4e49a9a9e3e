#include "cli/install.h"

#include "base/alloc.h"
#include "model/package.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *where, const char *what, struct error *error)
{
    return error_at(error, ERROR_SYSTEM, where, 0, 0, "%s: %s", what,
                    strerror(errno));
}

static int take_lock(struct install *install, struct error *error)
{
    int fd = open(install->plugins, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status;

    if (fd < 0)
        return failed(install->plugins, "cannot be opened", error);
    if (!flock(fd, LOCK_EX | LOCK_NB)) {
        install->lock = fd;
        return 0;
    }
    status = errno == EWOULDBLOCK
                 ? error_at(error, ERROR_BUSY, install->plugins, 0, 0,
                            "another import or remove is at work; wait for "
                            "its end")
                 : failed(install->plugins, "cannot be locked", error);
    close(fd);
    return status;
}

int install_begin(struct install *install, const char *site,
                  struct error *error)
{
    int status;

    *install = (struct install){.lock = -1, .site = realpath(site, NULL)};
    if (!install->site)
        return error_set(error, ERROR_INVALID, "there is no site at %s: %s",
                         site, strerror(errno));
    install->plugins = alloc_printf("%s/plugins", install->site);
    install->aside = alloc_printf("%s/" INSTALL_ASIDE, install->plugins);
    if (!mkdir(install->plugins, 0755))
        install->made = true;
    else if (errno != EEXIST)
        return failed(install->plugins, "cannot be made", error);
    status = take_lock(install, error);
    return status ? status : package_delete(install->aside, error);
}

void install_end(struct install *install)
{
    if (install->lock >= 0) {
        package_delete(install->aside, NULL);
        if (install->made)
            rmdir(install->plugins); /* only where nothing came of it */
        close(install->lock);
    }
    free(install->aside);
    free(install->plugins);
    free(install->site);
}

/* from and to are names below plugins/. */
static int move(struct install *install, const char *from, const char *to,
                unsigned flags, struct error *error)
{
    if (renameat2(install->lock, from, install->lock, to, flags))
        return failed(install->plugins,
                      errno == EEXIST ? "there is such a folder already"
                                      : "cannot be renamed",
                      error);
    if (fsync(install->lock))
        return failed(install->plugins, "cannot be written", error);
    return 0;
}

int install_replace(struct install *install, const char *folder,
                    struct error *error)
{
    return move(install, INSTALL_ASIDE, folder, RENAME_EXCHANGE, error);
}

int install_add(struct install *install, const char *folder,
                struct error *error)
{
    return move(install, INSTALL_ASIDE, folder, RENAME_NOREPLACE, error);
}

int install_remove(struct install *install, const char *folder,
                   struct error *error)
{
    return move(install, folder, INSTALL_ASIDE, RENAME_NOREPLACE, error);
}

char *install_folder(const struct plugin *plugin)
{
    const char *name = plugin->where + strlen("plugins/");
    const char *slash = strchr(name, '/');

    return alloc_copy(name, slash ? (size_t)(slash - name) : strlen(name));
}
