/* pytorch.h -- the tensors of a file that torch.save wrote (zip, since PyTorch 1.6), without running it.
 *
 *     NAME/data.pkl    a pickle: nested dictionaries of names and tensors; each tensor points at
 *     NAME/data/KEY    a storage, numbers as they lie in memory, mapped
 *     NAME/byteorder   "little"; older files have none
 *
 * The pickle is a program, and Python runs it. Here it is read by an allow-list: opcodes that build
 * dictionaries, lists, tuples, texts and numbers; of globals OrderedDict, torch.Size, the storages, and the
 * two functions that make a tensor of a storage. Everything else is refused by name.
 * Names of nested dictionaries are joined by dots; what is no tensor (epochs, settings) is passed over.
 * Sources: pytorch/pytorch, torch/serialization.py, torch/_utils.py, torch/_weights_only_unpickler.py;
 * python/cpython, Lib/pickletools.py. */
#ifndef FORMAT_PYTORCH_H
#define FORMAT_PYTORCH_H

#include "format/safetensors.h"

typedef struct pytorch pytorch;

/* ERR_FILE; ERR_FORMAT: no such zip, an opcode or a global beyond the list, a tensor beyond its storage;
 * ERR_LIMIT. Storages' checksums are not compared: that would read the whole file. A tensor that does not
 * lie in order in its storage (a transposed view) is put in order in memory. */
status pytorch_open(pytorch **f, const char *path);
void pytorch_close(pytorch *f);                                     /* NULL is fine */
void pytorch_forget(const pytorch *f, const void *bytes, size_t n); /* file_map_forget */
size_t pytorch_count(const pytorch *f);
const safetensor *pytorch_at(const pytorch *f, size_t i); /* in the order of the dictionary */

#endif
