/* schedules.c -- how the learning rate runs over a training: four short kinds that share one frame.
 *
 *   constant   1
 *   step       ratio^k after k times `every` epochs, k at most `times` (Li et al.: .1, at most 3)
 *   cosine     end + (1 - end)(1 + cos(pi t/T))/2       (Loshchilov & Hutter 2017)
 *   linear     1 - (1 - end) t/T                         (Hu et al. 2021, with warm-up)
 *
 * t and T are counted after the warm-up, which rises linearly from 0 over its share of all steps. */
#include <math.h>

#include "train/optimiser.h"

typedef struct ramp { /* constant, cosine and linear */
    schedule base;
    double end;
} ramp;

typedef struct stairs {
    schedule base;
    double ratio;
    size_t every, times;
} stairs;

#define WARMUP(struct_)                                                                            \
    KEY("warmup", struct_, base.warmup, "0", 0, 1, "share", "of all steps, rising linearly from 0")
#define END(struct_) KEY("end", struct_, end, "0", 0, 1, "", "factor towards which it falls")

static const key keys_constant[] = {WARMUP(ramp), {0}};
static const key keys_ramp[] = {WARMUP(ramp), END(ramp), {0}};
static const key keys_stairs[] = {
    WARMUP(stairs),
    KEY("ratio", stairs, ratio, ".1", 0, 1, "", "factor at each stair"),
    KEY("every", stairs, every, "10", 1, 1e9, "epochs", "between stairs"),
    KEY("times", stairs, times, "3", 1, 1e6, "", "stairs at most"),
    {0},
};

static double constant_factor(const schedule *s, size_t t, size_t T, size_t per_epoch)
{
    (void)s;
    (void)t;
    (void)T;
    (void)per_epoch;
    return 1;
}

static double step_factor(const schedule *base, size_t t, size_t T, size_t per_epoch)
{
    const stairs *s = (const stairs *)base;
    (void)T;
    size_t k = t / per_epoch / s->every;
    return pow(s->ratio, (double)(k < s->times ? k : s->times));
}

static double cosine_factor(const schedule *base, size_t t, size_t T, size_t per_epoch)
{
    const ramp *s = (const ramp *)base;
    const double pi = 3.14159265358979323846;
    (void)per_epoch;
    return s->end + (1 - s->end) * (1 + cos(pi * (double)t / (double)T)) / 2;
}

static double linear_factor(const schedule *base, size_t t, size_t T, size_t per_epoch)
{
    const ramp *s = (const ramp *)base;
    (void)per_epoch;
    return 1 - (1 - s->end) * (double)t / (double)T;
}

static const schedule_row schedule_constant = {
    .name = "constant",
    .doc = "the same rate throughout",
    .source = "ours",
    .example = "constant:warmup=.1",
    .revision = 1,
    .keys = keys_constant,
    .size = sizeof(ramp),
    .factor = constant_factor,
};
static const schedule_row schedule_step = {
    .name = "step",
    .doc = "falls by a ratio every few epochs",
    .source = "Li et al. 2018, released code",
    .example = "step:every=2",
    .revision = 1,
    .keys = keys_stairs,
    .size = sizeof(stairs),
    .factor = step_factor,
};
static const schedule_row schedule_cosine = {
    .name = "cosine",
    .doc = "half a cosine down to `end`",
    .source = "Loshchilov & Hutter 2017",
    .example = "cosine:warmup=.1,end=.01",
    .revision = 1,
    .keys = keys_ramp,
    .size = sizeof(ramp),
    .factor = cosine_factor,
};
static const schedule_row schedule_linear = {
    .name = "linear",
    .doc = "a straight line down to `end`",
    .source = "Hu et al. 2021",
    .example = "linear:warmup=.06",
    .revision = 1,
    .keys = keys_ramp,
    .size = sizeof(ramp),
    .factor = linear_factor,
};

const schedule_row *const schedule_rows[] = {&schedule_constant, &schedule_step, &schedule_cosine,
                                             &schedule_linear, NULL};

double schedule_factor(const schedule *s, size_t t, size_t T, size_t per_epoch)
{
    size_t W = (size_t)llround(s->warmup * (double)T);
    if (t < W)
        return (double)(t + 1) / (double)W;
    return s->row->factor(s, t - W, T - W, per_epoch);
}
