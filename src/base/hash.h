/* hash.h -- SHA-256 (libmd) as lower-case hexadecimal, and a checksum for journal lines. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/status.h"

enum { HASH_HEX = 65 }; /* 64 digits and '\0' */

void hash_bytes(const void *bytes, size_t n, char hex[HASH_HEX]);

/* Of a file's content, read in pieces. ERR_FILE. */
status hash_file(const char *path, char hex[HASH_HEX]);

/* CRC-32 (zlib's), for the line checksums: fast, and a torn line is what it must find. */
uint32_t hash_crc32(const void *bytes, size_t n);

#endif
