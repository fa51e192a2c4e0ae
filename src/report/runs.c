/* runs.c -- see runs.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/runs.h"

static const char *const roles[] = {"score", "baseline", "floor", "tune"};
enum { ROLES = sizeof roles / sizeof *roles };

static const struct {
    const char *column, *head;
    bool number;
} columns[] = {
    {"space", "space", false},   {"d_total", "d", true},      {"role", "role", false},
    {"seed", "seed", true},      {"lr", "rate", true},        {"score", "score", true},
    {"val", "validation", true}, {"status", "status", false}, {"run_id", "run", false},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

const char runs_style[] =
    "table.runs{font-size:.9rem}table.runs th button{font:inherit;color:inherit;background:none;"
    "border:0;padding:0;cursor:pointer;text-decoration:underline dotted}"
    "th[aria-sort=ascending] button::after{content:' \\2191'}"
    "th[aria-sort=descending] button::after{content:' \\2193'}"
    "label.role{margin:0 1rem 0 .2rem}input[type=search]{font:inherit;display:block;margin:.5rem 0;"
    "padding:.3rem .5rem;width:100%;max-width:20rem;box-sizing:border-box}\n"
    "#show-score:not(:checked)~.wide tr.score,#show-baseline:not(:checked)~.wide tr.baseline,"
    "#show-floor:not(:checked)~.wide tr.floor,#show-tune:not(:checked)~.wide "
    "tr.tune{display:none}\n";

const char *runs_script(void)
{
    return "(function(){var t=document.querySelector('table.runs');if(!t)return;"
           "var heads=[].slice.call(t.tHead.rows[0].cells),body=t.tBodies[0],"
           "rows=[].slice.call(body.rows),wide=t.parentNode;"
           "heads.forEach(function(th,i){var b=document.createElement('button');b.type='button';"
           "b.textContent=th.textContent;th.textContent='';th.appendChild(b);"
           "b.addEventListener('click',function(){"
           "var up=th.getAttribute('aria-sort')!=='ascending';"
           "heads.forEach(function(o){o.removeAttribute('aria-sort')});"
           "th.setAttribute('aria-sort',up?'ascending':'descending');"
           "rows.sort(function(p,q){var x=p.cells[i].textContent,y=q.cells[i].textContent;"
           "if(x===''||y==='')return x===y?0:x===''?1:-1;"
           "var n=Number(x)-Number(y),c=isNaN(n)?x.localeCompare(y):n;return up?c:-c});"
           "rows.forEach(function(r){body.appendChild(r)})})});"
           "var f=document.createElement('input');f.type='search';f.placeholder='filter by words';"
           "f.setAttribute('aria-label','filter the runs by words');"
           "wide.parentNode.insertBefore(f,wide);f.addEventListener('input',function(){"
           "var words=f.value.toLowerCase().split(' ');rows.forEach(function(r){"
           "var s=[].map.call(r.cells,function(c){return c.textContent}).join(' ').toLowerCase();"
           "r.hidden=!words.every(function(w){return s.indexOf(w)>=0})})})})();";
}

typedef struct row {
    const char *space, *role;
    double d, seed, lr;
    size_t at;
} row;

static int by_number(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(a) - isnan(b) : a < b ? -1 : a > b;
}

static int by_place(const void *a, const void *b)
{
    const row *p = a, *q = b;
    int order = strcmp(p->space, q->space);
    if (!order)
        order = by_number(p->d, q->d);
    if (!order)
        order = strcmp(p->role, q->role);
    if (!order)
        order = by_number(p->seed, q->seed);
    return order ? order : by_number(p->lr, q->lr);
}

static void runs_row(const csv *c, const row *r, void (*cell)(const char *s, text *out), text *out)
{
    const char *class_ = "";
    for (size_t k = 0; k < ROLES; k++)
        class_ = strcmp(r->role, roles[k]) ? class_ : roles[k];
    text_add(out, "<tr class=\"%s\">", class_);
    for (size_t k = 0; k < COLUMNS; k++) {
        double x = columns[k].number ? csv_named_number(c, r->at, columns[k].column) : (double)NAN;
        text_add(out, columns[k].number ? "<td class=\"n\">" : "<td>");
        if (isfinite(x))
            text_add(out, "%.6g", x);
        else if (!columns[k].number)
            cell(csv_named(c, r->at, columns[k].column), out);
        text_add(out, "</td>");
    }
    text_add(out, "</tr>\n");
}

void runs_html(const csv *c, void (*cell)(const char *s, text *out), text *out)
{
    size_t n = csv_rows(c), shown = n < RUNS_SHOWN ? n : RUNS_SHOWN;
    row *all = mem_array(n, sizeof *all);
    if (!all) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        all[i] = (row){csv_named(c, i, "space"),          csv_named(c, i, "role"),
                       csv_named_number(c, i, "d_total"), csv_named_number(c, i, "seed"),
                       csv_named_number(c, i, "lr"),      i};
    if (n)
        qsort(all, n, sizeof *all, by_place);
    text_add(out, "<h2>Runs</h2>\n");
    if (shown < n)
        text_add(out, "<p>The first %zu of %zu; all of them stand in <code>runs.csv</code>.</p>\n",
                 shown, n);
    text_add(out, "<div>\n"); /* what a switch hides stands beside it */
    for (size_t k = 0; k < ROLES; k++)
        text_add(out,
                 "<input type=\"checkbox\" id=\"show-%s\"%s><label class=\"role\" "
                 "for=\"show-%s\">%s</label>\n",
                 roles[k], strcmp(roles[k], "tune") ? " checked" : "", roles[k], roles[k]);
    text_add(out, "<div class=\"wide\"><table class=\"runs\">\n<thead><tr>");
    for (size_t k = 0; k < COLUMNS; k++)
        text_add(out, "<th scope=\"col\"%s>%s</th>", columns[k].number ? " class=\"n\"" : "",
                 columns[k].head);
    text_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < shown; i++)
        runs_row(c, &all[i], cell, out);
    text_add(out, "</tbody>\n</table></div>\n</div>\n");
    mem_free(all);
}
