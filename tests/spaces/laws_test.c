/* laws_test.c -- what every space promises, asked of every row's example and of compositions. */
#include "spaces/frame.h"
#include "tests/spaces/world.h"

/* Beside the rows' examples: other keys, compositions. */
static const char *const others[] = {
    "fastfood:d=9,form=single",
    "fastfood:d=5,gauss=sign",
    "fastfood:d=5,per=tensor",
    "fastfood:d=9,per=tensor,form=single",
    "dense:d=19",
    "dense:d=5,regen=yes",
    "sparse:d=19,targets=kernel",
    "srht:d=19",
    "full:targets=bias",
    "full:targets=kernel+norm",
    "lora:r=2,alpha=3,scale=rs,ratio=16",
    "lora:r=2,init=gaussian,freeze=A",
    "lora:r=2,init=orthonormal,freeze=A,scale=rs",
    "lora:r=head:1+2,alpha=fc:3+5",
    "onehot:d=9,index=balanced,start=.1",
    "did:d=5,per=tensor",
    "unilora:d=7,index=balanced,r=1,targets=kernel++did:d=3,targets=bias",
    "said:d=9,scales=tensors,per=tensor",
    "said:d=7,form=stacked,gauss=sign,targets=kernel",
    "said:d=7@lora:r=2",
    "adalora:r=1,first=3,orth=0,targets=kernel",
    "adalora:r=2++top",
    "vera:r=3,start=.7,targets=q+head",
    "nola:d=9",
    "nola:d=7,targets=kernel",
    "pissa:r=2,start=qr,alpha=3",
    "pissa:r=1,start=minor,targets=kernel++full:targets=bias",
    "fastfood:d=6@pissa:r=2,scale=rs",
    "lora-xs:r=2,split=sqrt,start=zero,alpha=3",
    "dense:d=7@lora-xs:r=2,start=zero,split=sqrt",
    "lora-xs:r=1,targets=q+v",
    "dora:r=2,norm=exact,alpha=3",
    "dora:r=2,norm=exact,targets=q++dora:r=1,norm=exact,targets=v++lora:r=1,targets=k",
    "fastfood:d=6@dora:r=1,norm=exact",
    "lora:r=1,targets=kernel:1+\"?*1.w*\"",
    "fastfood:d=5@lora:r=2",
    "dense:d=7@lora:r=2,targets=head",
    "onehot:d=5@fastfood:d=9",
    "dense:d=3@fastfood:d=7@lora:r=2",
    "full:targets=B@lora:r=2",
    "fastfood:d=4,targets=B@lora:r=2",
    "lora:r=2++full:targets=bias",
    "full:targets=bias++lora:r=2",
    "fastfood:d=4@lora:r=1++dense:d=3,targets=bias",
    "onehot:d=3,targets=fc++onehot:d=4,targets=head",
    "full:targets=k",
    "lora:r=2,targets=q+v",
    "dense:d=4,targets=k+v",
    "fastfood:d=5@lora:r=1,targets=k+q",
    "dense:d=5,targets=v+bias@full:targets=v+bias+head",
    "lora:r=1,targets=v++lora:r=2,targets=q+head",
    "full:targets=q+bias++lora:r=1,targets=v",
    "dense:d=3,targets=k++onehot:d=4,targets=q++lora:r=2,targets=v",
    "full:targets=bias++onehot:d=3,targets=\"f*1.weight\"++lora:r=1,targets=\"fc[2-9].*t\"",
};
enum { OTHERS = sizeof others / sizeof *others };

static real theta0[WORLD_MOST], other0[WORLD_MOST];

/* Calls `law` on every spec and every layout on which it can be made; each must fit one at least. */
typedef void law_fn(const char *spec, const layout *l);

static bool law_on(law_fn *law, const char *spec, const layout *l)
{
    space *s;
    if (space_new(&s, spec, l, theta0, world_stream(7))) {
        assert_null(s);
        return false;
    }
    space_free(s);
    law(spec, l);
    return true;
}

static void law_everywhere(law_fn *law)
{
    world_fill(theta0, WORLD_MOST, 2);
    world_fill(other0, WORLD_MOST, 3);
    size_t rows = 0;
    while (space_rows[rows])
        rows++;
    for (size_t k = 0; k < rows + OTHERS; k++) {
        const char *spec = k < rows ? space_rows[k]->example : others[k - rows];
        bool fits = false;
        for (size_t i = 0; i < WORLD_LAYOUTS; i++)
            fits = law_on(law, spec, &world_layouts[i]) || fits;
        if (!fits)
            fail_msg("%s fits no layout: %s", spec, error_text());
    }
}

/* A z away from step 0. */
static void law_z(const world *w, real *z)
{
    real step[2 * WORLD_MOST];
    space_start(w->s, w->mem, z);
    world_fill(step, w->s->d, 5);
    for (size_t j = 0; j < w->s->d; j++)
        z[j] += step[j];
}

/* Its g_z is by design no gradient of what lift gives: dora's lengths are held in the gradient (its own
 * test holds them too). */
static bool law_held(const char *spec)
{
    return strstr(spec, "dora") && !strstr(spec, "norm=exact");
}

static void law_pull(const char *spec, const layout *l)
{
    world w;
    real z[2 * WORLD_MOST], theta[WORLD_MOST], g[WORLD_MOST], g_z[2 * WORLD_MOST];
    /* no space here but dora is of higher degree than two in any one z_j, so differences have no error of
     * their own and a wide step loses least to rounding; dora's error is h^2 times a third derivative */
    bool exact = !strstr(spec, "dora"), twice = sizeof(real) == sizeof(double);
    const double h = exact ? 0.5 : twice ? 1e-4 : 3e-3;
    const double tolerance = twice ? 1e-6 : exact ? 2e-5 : 1e-3;
    if (law_held(spec))
        return;
    world_open(&w, spec, l, theta0, 7);
    assert_true(w.s->d <= 2 * WORLD_MOST);
    law_z(&w, z);
    world_fill(g, w.s->n, 11);
    space_pull(w.s, w.mem, z, g, g_z);
    double scale = sqrt(world_dot(g_z, g_z, w.s->d) / (double)w.s->d);
    assert_true(scale > 1e-3);
    for (size_t j = 0; j < w.s->d; j++) {
        real at = z[j];
        z[j] = (real)((double)at + h);
        space_lift(w.s, w.mem, z, theta);
        double up = world_dot(theta, g, w.s->n);
        z[j] = (real)((double)at - h);
        space_lift(w.s, w.mem, z, theta);
        double down = world_dot(theta, g, w.s->n);
        z[j] = at;
        double difference = (up - down) / (2 * h);
        if (fabs(difference - (double)g_z[j]) > tolerance * (scale + fabs(difference)))
            fail_msg("%s: g_z[%zu] is %.9g, differences say %.9g", spec, j, (double)g_z[j],
                     difference);
    }
    world_close(&w);
}

static void pull_is_the_transposed_jacobian(void **state)
{
    law_everywhere(law_pull);
}

/* <lift(z) - theta0, g> = <z, pull(g)> wherever the map is linear, that is, where pull is the same at
 * every z. */
static void law_adjoint(const char *spec, const layout *l)
{
    world w;
    real z[2 * WORLD_MOST], start[2 * WORLD_MOST], a[WORLD_MOST], b[WORLD_MOST], g[WORLD_MOST];
    real g_a[2 * WORLD_MOST], g_b[2 * WORLD_MOST];
    world_open(&w, spec, l, theta0, 7);
    law_z(&w, z);
    space_start(w.s, w.mem, start);
    world_fill(g, w.s->n, 11);
    space_pull(w.s, w.mem, start, g, g_a);
    space_pull(w.s, w.mem, z, g, g_b);
    if (!memcmp(g_a, g_b, w.s->d * sizeof *g_a)) {
        space_lift(w.s, w.mem, start, a);
        space_lift(w.s, w.mem, z, b);
        double left = world_dot(b, g, w.s->n) - world_dot(a, g, w.s->n);
        double right = world_dot(z, g_a, w.s->d) - world_dot(start, g_a, w.s->d);
        double size = sqrt(world_dot(z, z, w.s->d) * world_dot(g_a, g_a, w.s->d));
        assert_true(fabs(left - right) <
                    (sizeof(real) == sizeof(double) ? 1e-12 : 2e-6) * (1 + size));
    } else {
        static const char *const curved[] = {"lora", "dora", "vera", "said", "pissa"};
        bool named = false;
        for (size_t i = 0; i < sizeof curved / sizeof *curved; i++)
            named = named || strstr(spec, curved[i]);
        assert_true(named);
    }
    world_close(&w);
}

static void lift_and_pull_are_adjoint(void **state)
{
    law_everywhere(law_adjoint);
}

static void law_seed(const char *spec, const layout *l)
{
    world w[3];
    real z[2 * WORLD_MOST], theta[3][WORLD_MOST];
    for (size_t i = 0; i < 3; i++)
        world_open(&w[i], spec, l, theta0, i < 2 ? 7 : 8);
    law_z(&w[0], z);
    for (size_t i = 0; i < 3; i++)
        space_lift(w[i].s, w[i].mem, z, theta[i]);
    assert_memory_equal(theta[0], theta[1], w[0].s->n * sizeof(real));
    /* full and pissa draw nothing, and what lora, dora and adalora draw is their z0, which z holds already */
    bool draws = strncmp(spec, "full", 4) && strncmp(spec, "lora", 4) && strncmp(spec, "dora", 4) &&
                 strncmp(spec, "adalora", 7) && strncmp(spec, "file", 4) &&
                 strncmp(spec, "pissa", 5);
    for (const space_ops *const *row = space_rows; *row; row++)
        draws = draws && !(!strcmp((*row)->name, spec) && (*row)->expansion);
    if (draws)
        assert_true(memcmp(theta[0], theta[2], w[0].s->n * sizeof(real)) != 0);
    if (!strcmp(spec, "lora:r=2")) {
        space_start(w[2].s, w[2].mem, z);
        assert_true(memcmp(z, w[0].s->z0, w[0].s->d * sizeof(real)) != 0);
    }
    for (size_t i = 0; i < 3; i++)
        world_close(&w[i]);
}

static void a_seed_gives_the_same_bytes_and_another_seed_others(void **state)
{
    law_everywhere(law_seed);
}

static void law_start(const char *spec, const layout *l)
{
    world w;
    real z[2 * WORLD_MOST], theta[WORLD_MOST];
    world_open(&w, spec, l, theta0, 7);
    space_start(w.s, w.mem, z);
    for (size_t i = 0; i < WORLD_MOST; i++)
        theta[i] = NAN;
    space_merge(w.s, w.mem, z, theta);
    if (!space_moved(w.s))
        for (size_t i = 0; i < l->n; i++)
            assert_true(theta[i] == theta0[i]);
    world_close(&w);
}

static void step_0_is_theta0_to_the_bit(void **state)
{
    law_everywhere(law_start);
}

static void law_overwrite(const char *spec, const layout *l)
{
    world w;
    real z[2 * WORLD_MOST], g[WORLD_MOST], theta[2][WORLD_MOST], g_z[2][2 * WORLD_MOST];
    world_open(&w, spec, l, theta0, 7);
    law_z(&w, z);
    world_fill(g, w.s->n, 11);
    for (size_t i = 0; i < WORLD_MOST; i++)
        theta[1][i] = NAN;
    for (size_t i = 0; i < 2 * WORLD_MOST; i++)
        g_z[1][i] = NAN;
    for (size_t i = 0; i < 2; i++) {
        space_lift(w.s, w.mem, z, theta[i]);
        space_pull(w.s, w.mem, z, g, g_z[i]);
    }
    assert_memory_equal(theta[0], theta[1], w.s->n * sizeof(real));
    assert_memory_equal(g_z[0], g_z[1], w.s->d * sizeof(real));
    world_close(&w);
}

static void lift_and_pull_overwrite_what_was_there(void **state)
{
    law_everywhere(law_overwrite);
}

/* Tensors of the selection as they are in the layout; where lift put each. */
static void law_merge(const char *spec, const layout *l)
{
    world w;
    real z[2 * WORLD_MOST], all[WORLD_MOST], theta[WORLD_MOST];
    bool covered[WORLD_MOST] = {false};
    world_open(&w, spec, l, theta0, 7);
    law_z(&w, z);
    space_merge(w.s, w.mem, z, all);
    space_lift(w.s, w.mem, z, theta);
    size_t at = 0;
    for (size_t k = 0; k < w.s->layout->n_tensors; k++) {
        const tensor *packed = &w.s->layout->tensors[k], *t = &l->tensors[w.s->selected[k]];
        size_t from = world_place(w.s, l, k), n = packed->n;
        assert_memory_equal(packed->name, t->name, strlen(t->name));
        assert_int_equal(packed->offset, at);
        assert_true(from >= t->offset && from + n <= t->offset + t->n);
        assert_memory_equal(theta + packed->offset, all + from, n * sizeof(real));
        assert_memory_equal(w.s->theta0 + packed->offset, theta0 + from, n * sizeof(real));
        for (size_t i = 0; i < n; i++)
            assert_false(covered[from + i]);
        memset(covered + from, 1, n);
        at += n;
    }
    assert_int_equal(at, w.s->n);
    for (size_t i = 0; i < l->n; i++)
        assert_true(covered[i] || all[i] == theta0[i]);
    world_close(&w);
}

static void merge_keeps_theta0_where_nothing_is_selected(void **state)
{
    law_everywhere(law_merge);
}

static void law_zlayout(const char *spec, const layout *l)
{
    world w;
    world_open(&w, spec, l, theta0, 7);
    const layout *z = &w.s->zlayout;
    size_t at = 0;
    for (size_t k = 0; k < z->n_tensors; k++) {
        const tensor *t = &z->tensors[k];
        size_t n = 1;
        for (size_t i = 0; i < 4 && t->shape[i]; i++)
            n *= t->shape[i];
        assert_int_equal(n, t->n);
        assert_int_equal(t->offset, at);
        at += t->n;
        for (size_t i = 0; i < k; i++)
            assert_string_not_equal(t->name, z->tensors[i].name);
    }
    assert_int_equal(at, w.s->d);
    assert_int_equal(z->n, w.s->d);
    static const char *const stored[] = {"file:", "pissa", "lora-xs"};
    bool named = false;
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++)
        named = named || strstr(spec, stored[i]);
    assert_true(space_regenerable(w.s) == !named);
    world_close(&w);
}

static void zlayout_covers_z_with_names_of_its_own(void **state)
{
    law_everywhere(law_zlayout);
}

/* A quadratic model on the view: loss and g_z by bind and gather against merge and pull. */
static void law_bind(const char *spec, const layout *l)
{
    world w;
    view v, flat;
    real z[2 * WORLD_MOST], g_z[2 * WORLD_MOST], expected[2 * WORLD_MOST];
    real h[WORLD_MOST], t[WORLD_MOST], all[WORLD_MOST], g_all[WORLD_MOST], g[WORLD_MOST];
    world_open(&w, spec, l, theta0, 7);
    law_z(&w, z);
    world_fill(h, l->n, 13);
    world_fill(t, l->n, 14);
    space_merge(w.s, w.mem, z, all);
    assert_int_equal(view_init(&flat, l), OK);
    assert_int_equal(view_init(&v, l), OK);
    view_point(&flat, all, NULL);
    double loss = world_loss(&flat, h, t, g_all);
    for (size_t k = 0; k < w.s->layout->n_tensors; k++)
        memcpy(g + w.s->layout->tensors[k].offset, g_all + world_place(w.s, l, k),
               w.s->layout->tensors[k].n * sizeof *g);
    space_pull(w.s, w.mem, z, g, expected);
    space_penalty(w.s, w.mem, z, expected);

    view_point(&v, theta0, NULL);
    for (size_t repeat = 0; repeat < 2; repeat++) { /* gradients of the step before must be gone */
        real *out = g_z;
        const real *in = z;
        view *one = &v;
        for (size_t j = 0; j < w.s->d; j++)
            g_z[j] = NAN;
        space_bind(1, (const space *const *)&w.s, &w.mem, &in, &out, &one);
        double bound = world_loss(&v, h, t, NULL);
        assert_true(fabs(bound - loss) < 1e-5 * (1 + fabs(loss)));
        space_gather(1, (const space *const *)&w.s, &w.mem, &in, &out, &one);
        double size = sqrt(world_dot(expected, expected, w.s->d));
        for (size_t j = 0; j < w.s->d; j++)
            if (!(fabs((double)g_z[j] - (double)expected[j]) < 1e-5 * (1 + size)))
                fail_msg("%s: gathered g_z[%zu] = %.9g, pulled %.9g", spec, j, (double)g_z[j],
                         (double)expected[j]);
    }
    view_clear(&v);
    view_clear(&flat);
    world_close(&w);
}

static void bind_and_gather_say_what_lift_and_pull_say(void **state)
{
    law_everywhere(law_bind);
}

static bool law_takes(const char *spec, const layout *l, const char *d)
{
    char *with;
    space *s;
    if (!space_has_key(spec, "d"))
        return true;
    assert_int_equal(space_with(spec, "d", d, &with), OK);
    bool takes = !space_new(&s, with, l, theta0, world_stream(7));
    space_free(s);
    mem_free(with);
    return takes;
}

/* Three runs together, made as siblings with falling d where the first space has a d. */
static void law_team(const char *spec, const layout *l)
{
    enum { RUNS = 3 };
    static const char *const sizes[2][RUNS] = {{"4", "4", "3"}, {"9", "9", "8"}};
    const char *const *ds = sizes[law_takes(spec, l, sizes[0][2]) ? 0 : 1]; /* nola: one a tensor */
    space *s[RUNS] = {NULL};
    const space *team[RUNS];
    space_mem *mem[RUNS], *lone;
    view v[RUNS], *views[RUNS];
    real z[RUNS][2 * WORLD_MOST], g_z[RUNS][2 * WORLD_MOST], alone[2 * WORLD_MOST];
    real h[WORLD_MOST], t[WORLD_MOST], *outs[RUNS];
    const real *ins[RUNS];
    world_fill(h, l->n, 13);
    world_fill(t, l->n, 14);
    for (size_t i = 0; i < RUNS; i++) {
        char *with = NULL;
        if (space_has_key(spec, "d"))
            assert_int_equal(space_with(spec, "d", ds[i], &with), OK);
        assert_int_equal(space_new_beside(&s[i], with ? with : spec, l, theta0, world_stream(7),
                                          i ? s[0] : NULL, 0),
                         OK);
        mem_free(with);
        assert_int_equal(space_mem_new(&mem[i], s[i]), OK);
        assert_int_equal(view_init(&v[i], l), OK);
        view_point(&v[i], theta0, NULL);
        space_start(s[i], mem[i], z[i]);
        world_fill(alone, s[i]->d, (unsigned)(20 + i));
        for (size_t j = 0; j < s[i]->d; j++)
            z[i][j] += alone[j];
        team[i] = s[i];
        ins[i] = z[i];
        outs[i] = g_z[i];
        views[i] = &v[i];
    }
    space_bind(RUNS, team, mem, ins, outs, views);
    for (size_t i = 0; i < RUNS; i++)
        world_loss(&v[i], h, t, NULL);
    space_gather(RUNS, team, mem, ins, outs, views);
    for (size_t i = 0; i < RUNS; i++) {
        char *with = NULL;
        space *own;
        real *out = alone;
        view *one = &v[i];
        if (space_has_key(spec, "d"))
            assert_int_equal(space_with(spec, "d", ds[i], &with), OK);
        assert_int_equal(space_new(&own, with ? with : spec, l, theta0, world_stream(7)), OK);
        mem_free(with);
        assert_int_equal(space_mem_new(&lone, own), OK);
        view_point(&v[i], theta0, NULL);
        space_bind(1, (const space *const *)&own, &lone, &ins[i], &out, &one);
        world_loss(&v[i], h, t, NULL);
        space_gather(1, (const space *const *)&own, &lone, &ins[i], &out, &one);
        assert_memory_equal(alone, g_z[i], own->d * sizeof(real));
        space_mem_free(lone);
        space_free(own);
    }
    for (size_t i = RUNS; i-- > 0;) {
        space_mem_free(mem[i]);
        view_clear(&v[i]);
        space_free(s[i]);
    }
}

static void a_run_in_a_team_has_the_bits_that_it_gets_alone(void **state)
{
    law_everywhere(law_team);
}

static void law_canonical(const char *spec, const layout *l)
{
    char *once, *twice, *revisions, *again;
    world a, b;
    real z[2 * WORLD_MOST], theta[2][WORLD_MOST];
    assert_int_equal(space_canonical(spec, &once, &revisions), OK);
    assert_int_equal(space_canonical(once, &twice, &again), OK);
    assert_string_equal(once, twice);
    assert_string_equal(revisions, again);
    assert_non_null(strchr(revisions, '='));
    world_open(&a, spec, l, theta0, 7);
    world_open(&b, once, l, theta0, 7);
    law_z(&a, z);
    space_lift(a.s, a.mem, z, theta[0]);
    space_lift(b.s, b.mem, z, theta[1]);
    assert_memory_equal(theta[0], theta[1], a.s->n * sizeof(real));
    world_close(&a);
    world_close(&b);
    mem_free(once);
    mem_free(twice);
    mem_free(revisions);
    mem_free(again);
}

static void the_canonical_text_makes_the_same_space(void **state)
{
    law_everywhere(law_canonical);
}

static void law_limit(const char *spec, const layout *l)
{
    world w;
    space *s;
    world_open(&w, spec, l, theta0, 7);
    size_t bytes = w.s->frozen_bytes;
    world_close(&w);
    if (bytes == 0)
        return;
    assert_int_equal(space_new_beside(&s, spec, l, theta0, world_stream(7), NULL, bytes), OK);
    space_free(s);
    assert_int_equal(space_new_beside(&s, spec, l, theta0, world_stream(7), NULL, bytes - 1),
                     ERR_LIMIT);
    assert_null(s);
    assert_non_null(strstr(error_text(), "the limit of"));
}

static void one_byte_below_what_it_needs_is_refused(void **state)
{
    law_everywhere(law_limit);
}

static void law_keys(const char *spec, const layout *l)
{
    space *s;
    char bad[256];
    const char *colon = strchr(spec, ':');
    snprintf(bad, sizeof bad, "%.*s:colour=red%s%s",
             colon ? (int)(colon - spec) : (int)strcspn(spec, "@+"), spec, colon ? "," : "",
             colon ? colon + 1 : "");
    assert_int_equal(space_new(&s, bad, l, theta0, world_stream(7)), ERR_USAGE);
    assert_null(s);
    assert_true(strlen(error_text()) > 10);
}

static void a_key_that_no_kind_has_is_refused(void **state)
{
    law_everywhere(law_keys);
}

static void every_row_says_what_it_is_and_costs(void **state)
{
    for (const space_ops *const *row = space_rows; *row; row++) {
        const space_ops *r = *row;
        assert_true(r->name && r->doc && r->source && r->example && r->cost);
        assert_false(strncmp(r->example, r->name, strlen(r->name)));
        if (!r->expansion)
            assert_true(r->init && r->lift && r->pull && r->revision > 0);
        key *keys;
        assert_int_equal(space_keys(r, &keys), OK);
        bool targets = false;
        for (const key *k = keys; k->name; k++)
            targets = targets || !strcmp(k->name, "targets");
        assert_true(targets == !r->expansion);
        mem_free(keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pull_is_the_transposed_jacobian),
        cmocka_unit_test(lift_and_pull_are_adjoint),
        cmocka_unit_test(a_seed_gives_the_same_bytes_and_another_seed_others),
        cmocka_unit_test(step_0_is_theta0_to_the_bit),
        cmocka_unit_test(lift_and_pull_overwrite_what_was_there),
        cmocka_unit_test(merge_keeps_theta0_where_nothing_is_selected),
        cmocka_unit_test(zlayout_covers_z_with_names_of_its_own),
        cmocka_unit_test(bind_and_gather_say_what_lift_and_pull_say),
        cmocka_unit_test(a_run_in_a_team_has_the_bits_that_it_gets_alone),
        cmocka_unit_test(the_canonical_text_makes_the_same_space),
        cmocka_unit_test(one_byte_below_what_it_needs_is_refused),
        cmocka_unit_test(a_key_that_no_kind_has_is_refused),
        cmocka_unit_test(every_row_says_what_it_is_and_costs),
    };
    return cmocka_run_group_tests_name("spaces/laws", tests, NULL, NULL);
}
