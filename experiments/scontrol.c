/* scontrol.c -- see scontrol.h. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "experiments/scontrol.h"

size_t scontrol_array_size(void)
{
    const char *const argv[] = {"sh", "-c", "exec scontrol show config 2>/dev/null", NULL};
    const char *const env[] = {NULL};
    os_child child;
    text said = {0};
    char some[4096];
    size_t got = 0, most = 0;
    int code;
    if (os_spawn(&child, "/bin/sh", argv, env))
        return 0;
    while (!os_read(child.out, some, sizeof some, &got) && got)
        text_bytes(&said, some, got);
    os_reap(&child, &code);
    const char *at = text_failed(&said) || !said.text ? NULL : strstr(said.text, "MaxArraySize");
    if (at && sscanf(at, "MaxArraySize = %zu", &most) != 1)
        most = 0;
    text_clear(&said);
    return most;
}
