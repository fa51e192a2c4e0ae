/* optimiser_test.c -- steps and schedules against numbers from outside: three steps on gradients .5, -.25,
 * 1 from z = 1, worked out with Python's floats by each paper's formulas:
 *
 *   adam   m=.9m+.1g; v=b2 v+(1-b2)g g; z-=lr*(m/(1-.9**t))/(sqrt(v/(1-b2**t))+eps)
 *   adamw  the same with z-=lr*wd*z first;   sgd  u=.9u+g; z-=lr*u  (nesterov: z-=lr*(g+.9u)) */
#include "tests/test.h"

#include "train/optimiser.h"

static double after_three(const char *spec)
{
    static const double g[3] = {.5, -.25, 1};
    optimiser *o;
    real z = 1, slots[2][1] = {{0}, {0}}, *slot[2] = {slots[0], slots[1]};
    assert_ok(optimiser_new(&o, spec));
    for (size_t t = 1; t <= 3; t++) {
        real one = (real)g[t - 1];
        o->row->step(o, t, o->lr, o->wd, 1, 1, &z, &one, slot);
    }
    optimiser_free(o);
    return (double)z;
}

static double adam(double lr, double b2, double wd, bool decoupled)
{
    static const double gs[3] = {.5, -.25, 1};
    double z = 1, m = 0, v = 0;
    for (int t = 1; t <= 3; t++) {
        double g = gs[t - 1] + (decoupled ? 0 : wd * z);
        if (decoupled)
            z -= lr * wd * z;
        m = .9 * m + .1 * g;
        v = b2 * v + (1 - b2) * g * g;
        z -= lr * (m / (1 - pow(.9, t))) / (sqrt(v / (1 - pow(b2, t))) + 1e-8);
    }
    return z;
}

static void adam_takes_the_papers_steps(void **state)
{
    assert_near(after_three("adam:lr=.1"), adam(.1, .999, 0, false), 2e-6);
    assert_near(after_three("adam:lr=.1,beta2=.99"), adam(.1, .99, 0, false), 2e-6);
    assert_near(after_three("adam:lr=.1,wd=.5"), adam(.1, .999, .5, false), 2e-6);
    /* python3: z=1, lr=.1, b2=.99 by the lines above */
    assert_near(after_three("adam:lr=.1,beta2=.99"), .8076887758955796, 2e-6);
}

static void adamw_decays_beside_the_gradient(void **state)
{
    assert_near(after_three("adamw:lr=.1,wd=.5"), adam(.1, .999, .5, true), 2e-6);
}

static void sgd_has_momentum_and_nesterov(void **state)
{
    /* u: .5, .2, 1.18;  z: 1 - .05 - .02 - .118;  nesterov: g + .9u = .95, -.07, 2.062 */
    assert_near(after_three("sgd:lr=.1"), .812, 1e-6);
    assert_near(after_three("sgd:lr=.1,nesterov=yes"), 1 - .1 * (.95 - .07 + 2.062), 1e-6);
    assert_near(after_three("sgd:lr=.1,momentum=0"), 1 - .1 * 1.25, 1e-6);
}

static void clipping_is_a_factor_on_the_gradient(void **state)
{
    optimiser *o;
    real z = 1, g = 3, u = 0, *slot[1] = {&u};
    assert_ok(optimiser_new(&o, "sgd:lr=.1,momentum=0"));
    o->row->step(o, 1, .1, 0, .5, 1, &z, &g, slot);
    assert_near(z, 1 - .1 * 1.5, 1e-6);
    optimiser_free(o);
}

static double factor(const char *spec, size_t t, size_t T, size_t per_epoch)
{
    schedule *s;
    assert_ok(schedule_new(&s, spec));
    double f = schedule_factor(s, t, T, per_epoch);
    schedule_free(s);
    return f;
}

static void schedules_have_their_corners(void **state)
{
    assert_near(factor("constant", 99, 100, 10), 1, 0);
    assert_near(factor("cosine", 0, 100, 10), 1, 1e-12);
    assert_near(factor("cosine", 50, 100, 10), .5, 1e-12);
    assert_near(factor("linear", 25, 100, 10), .75, 1e-12);
    assert_near(factor("linear:end=.5", 50, 100, 10), .75, 1e-12);
    assert_near(factor("step:every=2,ratio=.1,times=2", 19, 100, 10), 1, 1e-12);
    assert_near(factor("step:every=2,ratio=.1,times=2", 20, 100, 10), .1, 1e-12);
    assert_near(factor("step:every=2,ratio=.1,times=2", 99, 100, 10), .01, 1e-12);
    /* warm-up: (t + 1) / W before W = 10, then the rest from its beginning */
    assert_near(factor("linear:warmup=.1", 0, 100, 10), .1, 1e-12);
    assert_near(factor("linear:warmup=.1", 9, 100, 10), 1, 1e-12);
    assert_near(factor("linear:warmup=.1", 10, 100, 10), 1, 1e-12);
    assert_near(factor("linear:warmup=.1", 55, 100, 10), .5, 1e-12);
}

static void a_rate_is_set_and_canonical(void **state)
{
    char *out;
    assert_ok(optimiser_with_lr("adam:beta2=.99", .0123, &out));
    assert_string_equal(out, "adam:beta2=0.99,lr=0.0123");
    mem_free(out);
    assert_refused(optimiser_with_lr("adma", .1, &out), ERR_USAGE, "did you mean adam");
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adam_takes_the_papers_steps),
        cmocka_unit_test(adamw_decays_beside_the_gradient),
        cmocka_unit_test(sgd_has_momentum_and_nesterov),
        cmocka_unit_test(clipping_is_a_factor_on_the_gradient),
        cmocka_unit_test(schedules_have_their_corners),
        cmocka_unit_test(a_rate_is_set_and_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
