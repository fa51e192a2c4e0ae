/* file.h -- files: whole reads with a limit, atomic writes, folders. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/mem.h"
#include "base/status.h"

/* The whole file, '\0' added behind it (not counted). ERR_FILE; ERR_LIMIT above `limit` bytes. */
status file_read(const char *path, size_t limit, char **bytes, size_t *n);

/* Temporary file beside it, write, fsync, rename, fsync of the folder: after a crash the old
 * content or the new one, never a part. ERR_FILE (the temporary is removed). */
status file_write(const char *path, const void *bytes, size_t n);
/* The same from pieces one behind the other, so that large ones need not be copied together. */
typedef struct file_piece {
    const void *bytes;
    size_t n;
} file_piece;
status file_write_pieces(const char *path, const file_piece *pieces, size_t n);

/* What a user had made is not replaced: a file that is there with the same bytes is fine, so that the same work
 * may be done again; with others it is ERR_USAGE. */
status file_write_once(const char *path, const file_piece *pieces, size_t n);
/* Files that make one thing, as a folder (made where it is not there). ERR_USAGE before anything is written where
 * it has a file that is none of these (names with a dot in front are passed over) or one of them with other bytes. */
typedef struct file_part {
    const char *name;
    const file_piece *pieces;
    size_t n;
} file_part;
status file_write_folder(const char *folder, const file_part *parts, size_t n);
/* ERR_USAGE: the folder has a file that is none of these. One that is not there has none. */
status file_holds_only(const char *folder, const char *const *names, size_t n);

/* A text as folder/name. ERR_MEMORY also where the text's memory ran out on the way. */
status file_write_text(const char *folder, const char *name, const text *t);

bool file_exists(const char *path);
bool file_is_folder(const char *path);
uint64_t file_size(const char *path); /* bytes; 0 where there is none */

/* The folder and those above it; an existing one is fine. */
status file_make_folder(const char *path);
/* The folder that a file is to lie in. */
status file_make_folder_of(const char *path);

/* Names (not paths) in a folder that end in `suffix`, sorted bytewise, without "." and "..".
 * A folder that does not exist has none. Freed by file_names_free. */
status file_names(const char *folder, const char *suffix, char ***names, size_t *n);
void file_names_free(char **names, size_t n);
/* Likewise the names of the folders in it that hold a file of that name. */
status file_folders_with(const char *folder, const char *file, char ***names, size_t *n);

/* A file mapped read-only. */
typedef struct file_map {
    const void *bytes;
    size_t n;
} file_map;
status file_map_open(file_map *m, const char *path);
void file_map_close(file_map *m);
/* Lets go of these bytes' memory where they lie in the map; they are read again when they are asked for. */
void file_map_forget(const file_map *m, const void *bytes, size_t n);

/* An append-only file that this process alone writes, made new (O_EXCL). One line is one write and
 * one fdatasync. */
typedef struct file_log file_log;
status file_log_new(file_log **log, const char *path);
status file_log_add(file_log *log, const void *bytes, size_t n,
                    uint64_t *offset); /* offset: NULL is fine */
status file_log_close(file_log *log);  /* NULL is fine */

#endif
