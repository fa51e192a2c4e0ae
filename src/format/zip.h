/* zip.h -- zip archives, mapped: what NumPy's .npz and PyTorch's .bin and .pt are.
 *
 *     local header, bytes | ... | central directory | end record        (zip64's records before it)
 *
 * Read are stored and deflated members. Source: PKWARE, APPNOTE.TXT, 4.3 to 4.5.3. */
#ifndef FORMAT_ZIP_H
#define FORMAT_ZIP_H

#include "base/status.h"

typedef struct zip_member {
    const char *name;
    size_t method;        /* 0: stored, 8: deflated */
    size_t packed, whole; /* bytes; those of `data` and unpacked */
    uint32_t crc;         /* of the whole */
    const uint8_t *data;  /* (packed), in the map, at any address */
} zip_member;

typedef struct zip zip;

/* Maps the file and checks the whole directory: every member lies in the file, no name is there twice.
 * ERR_FILE; ERR_FORMAT, ERR_LIMIT: names the file. `mend`: what makes a whole one, for the sentences. */
status zip_open(zip **z, const char *path, const char *mend);
void zip_close(zip *z); /* NULL is fine */

void zip_forget(const zip *z, const void *bytes, size_t n); /* file_map_forget */
size_t zip_count(const zip *z);
const zip_member *zip_at(const zip *z, size_t i);           /* sorted by name */
const zip_member *zip_find(const zip *z, const char *name); /* NULL: none */

/* A member's bytes, unpacked, its checksum compared; mem_free. ERR_FORMAT, ERR_LIMIT: more than limit
 * bytes, or more than it can hold. */
status zip_read(const zip *z, const zip_member *m, size_t limit, char **bytes);

#endif
