/* disk.h -- what the file system below a folder is, and what room it has left: with os.h and job.h what asks the system. */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include "base/status.h"

typedef struct disk {
    char place[256];  /* the folder itself, or where it is not there yet the nearest one above it */
    const char *kind; /* "ext4", "nfs", ...; "other". Borrowed, static */
    bool network;     /* other machines may see it */
    bool memory;      /* gone when the machine stops */
    const char *
        quota; /* the command that tells a quota there, which statvfs does not see; NULL: none is known */
    bool writable;
    uint64_t free;  /* bytes that this user may still write */
    uint64_t files; /* that this user may still make; UINT64_MAX: as many as fit */
} disk;

/* Nothing is written. ERR_FILE. */
status disk_find(const char *folder, disk *d);

#endif
