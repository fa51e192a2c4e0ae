/* hash.c -- SHA-256 by libmd, CRC-32 by zlib. */
#include <sys/types.h> /* before sha2.h, which takes its types for granted */
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/hash.h"

static void hash_end(SHA2_CTX *sha, char hex[HASH_HEX])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Final(digest, sha);
    for (size_t i = 0; i < sizeof digest; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[HASH_HEX - 1] = '\0';
}

void hash_bytes(const void *bytes, size_t n, char hex[HASH_HEX])
{
    SHA2_CTX sha;
    SHA256Init(&sha);
    if (n)
        SHA256Update(&sha, bytes, n);
    hash_end(&sha, hex);
}

status hash_file(const char *path, char hex[HASH_HEX])
{
    uint8_t piece[1 << 16];
    SHA2_CTX sha;
    struct stat info;
    ssize_t n;
    hex[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(ERR_FILE, "%s: cannot be opened", path);
    if (fstat(fd, &info) == 0 && !S_ISREG(info.st_mode)) { /* a device may have no end */
        close(fd);
        return error_set(ERR_FILE, "%s: is no regular file", path);
    }
    SHA256Init(&sha);
    while ((n = read(fd, piece, sizeof piece)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error_errno(ERR_FILE, "%s: cannot be read", path);
            close(fd);
            return ERR_FILE;
        }
        SHA256Update(&sha, piece, (size_t)n);
    }
    close(fd);
    hash_end(&sha, hex);
    return OK;
}

uint32_t hash_crc32(const void *bytes, size_t n)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, n);
}
