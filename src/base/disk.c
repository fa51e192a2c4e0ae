/* disk.c -- see disk.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/disk.h"

/* statfs(2) has the numbers of the kernel's own; the others are of Lustre, GPFS, BeeGFS, PanFS and WekaFS. */
static const struct {
    unsigned long magic;
    const char *kind;
    bool network, memory;
    const char *quota;
} kinds[] = {
    {0xEF53, "ext4", false, false, "quota -s"},
    {0x58465342, "xfs", false, false, "quota -s"},
    {0x9123683E, "btrfs", false, false, NULL},
    {0x2FC12FC1, "zfs", false, false, NULL},
    {0x794C7630, "overlay", false, false, NULL},
    {0x01021994, "tmpfs", false, true, NULL},
    {0x858458F6, "ramfs", false, true, NULL},
    {0x6969, "nfs", true, false, "quota -s"},
    {0xFF534D42, "cifs", true, false, NULL},
    {0xFE534D42, "smb2", true, false, NULL},
    {0x0BD00BD0, "lustre", true, false, "lfs quota -h -u $USER"},
    {0x47504653, "gpfs", true, false, "mmlsquota"},
    {0x19830326, "beegfs", true, false, "beegfs-ctl --getquota --uid $USER"},
    {0x00C36400, "ceph", true, false, NULL},
    {0xAAD7AAEA, "panfs", true, false, NULL},
    {0x7765, "wekafs", true, false, NULL},
    {0x65735546, "fuse", true, false, NULL},
    {0x01021997, "9p", true, false, NULL},
};

/* "a/b/c" to "a/b", "c" to ".", "/c" to "/"; false: nothing is above it. */
static bool disk_above(char *place)
{
    char *slash = strrchr(place, '/');
    if (!strcmp(place, ".") || !strcmp(place, "/"))
        return false;
    if (!slash)
        snprintf(place, 2, ".");
    else
        slash[slash == place] = '\0';
    return true;
}

status disk_find(const char *folder, disk *d)
{
    struct statfs s;
    struct statvfs v;
    *d = (disk){.kind = "other"};
    if (strlen(folder) >= sizeof d->place)
        return error_set(ERR_FILE, "%s: the name of a folder is too long; give a shorter one",
                         folder);
    snprintf(d->place, sizeof d->place, "%s", *folder ? folder : ".");
    int failed;
    while ((failed = statfs(d->place, &s)) && errno == ENOENT && disk_above(d->place))
        ;
    if (failed || statvfs(d->place, &v))
        return error_errno(ERR_FILE, "%s: its file system cannot be asked", d->place);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].magic == ((unsigned long)s.f_type & 0xFFFFFFFF)) {
            d->kind = kinds[i].kind;
            d->network = kinds[i].network;
            d->memory = kinds[i].memory;
            d->quota = kinds[i].quota;
        }
    d->writable = !access(d->place, W_OK | X_OK);
    d->free = (uint64_t)v.f_bavail * v.f_frsize;
    d->files =
        v.f_files ? (uint64_t)v.f_favail : UINT64_MAX; /* btrfs, tmpfs and others count none */
    return OK;
}
