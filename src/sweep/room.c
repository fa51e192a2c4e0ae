/* room.c -- see room.h. */
#include <string.h>

#include "sweep/room.h"

void room_clear(room *r)
{
    key_texts_clear(&r->texts);
    mem_free(r->peaks);
    *r = (room){.limit = r->limit};
}

static room_peak *peak_find(const room *r, const run_spec *run)
{
    for (size_t i = 0; i < r->n; i++) {
        room_peak *p = &r->peaks[i];
        if (!strcmp(p->space, run->space) && !strcmp(p->model, run->model) &&
            !strcmp(p->data, run->data) && !strcmp(p->exec, run->exec))
            return p;
    }
    return NULL;
}

status room_note(room *r, const record *ran)
{
    if (!(ran->peak_rss > 0)) /* a failure has none */
        return OK;
    r->most = ran->peak_rss > r->most ? ran->peak_rss : r->most;
    if (!r->keeps)
        return OK;
    room_peak *p = peak_find(r, &ran->run);
    if (p) {
        p->bytes = ran->peak_rss < p->bytes ? ran->peak_rss : p->bytes;
        return OK;
    }
    if (!(p = mem_resize(r->peaks, r->n + 1, sizeof *p)))
        return ERR_MEMORY;
    r->peaks = p;
    p += r->n;
    *p = (room_peak){.bytes = ran->peak_rss};
    if (!(p->data = key_texts_take(&r->texts, mem_string(ran->run.data))) ||
        !(p->exec = key_texts_take(&r->texts, mem_string(ran->run.exec))) ||
        !(p->model = key_texts_take(&r->texts, mem_string(ran->run.model))) ||
        !(p->space = key_texts_take(&r->texts, mem_string(ran->run.space))))
        return ERR_MEMORY;
    r->n++;
    return OK;
}

double room_peak_of(const room *r, const run_spec *run)
{
    const room_peak *p = peak_find(r, run);
    return p ? p->bytes : 0;
}

double room_theta0(const runner_about *about)
{
    return 2 * (double)about->halves + (double)(about->D - about->halves) * sizeof(real);
}
