/* world.h -- results folders that the tests of this floor write by hand: two spaces, 5 d, 3 seeds. */
#ifndef TESTS_REPORT_WORLD_H
#define TESTS_REPORT_WORLD_H

#include "tests/test.h"

#define D90_HEAD                                                                                   \
    "space,baseline_rule,threshold_rule,level,better,rule,baseline,baseline_sd,baseline_seeds,"    \
    "floor,threshold,d90_state,d90_fit,d90_low,d90_low_state,d90_high,d90_high_state,d_min,d_max," \
    "seeds,fall,fall_z,unfinished,lr_edges,few_seeds,asks\n"
#define D90_ONEHOT                                                                                 \
    "onehot,own,raw,0.9,higher,\"own baseline, raw .9, d90_fit, 3 seeds\",0.9,0.003,3,0.1,0.81,"   \
    "exact,638.9,512.3,exact,797.1,exact,10,1000,3,0,0,0,0,0,1\n"
#define D90_FASTFOOD                                                                               \
    "\"fastfood:form=single,per=tensor\",own,raw,0.9,higher,\"own baseline, raw .9, d90_fit, 3 "   \
    "seeds\",0.9,0.003,3,0.1,0.81,above,,,,,,10,1000,3,0.02,2.5,1,2,0,3\n"
#define RUNS_HEAD                                                                                  \
    "run_id,space,d_total,D,role,seed,status,metric,score,val,lr,data,model,optimiser,epochs,"     \
    "steps\n"

static inline void world_put(const char *folder, const char *name, const char *bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_write(path, bytes, strlen(bytes)));
}

/* 5 d from 10 to 1000, scores 0.1 + 0.2 i (0.05 i for fastfood), seeds 0.01 apart. */
static inline void world_runs(const char *folder)
{
    static const char *const spaces[] = {"onehot", "\"fastfood:form=single,per=tensor\""};
    static const int d[] = {10, 32, 100, 316, 1000};
    text t = {0};
    unsigned id = 0;
    text_add(&t, RUNS_HEAD);
    for (int s = 0; s < 2; s++)
        for (int i = 4; i >= 0; i--) /* rows come in any order */
            for (int seed = 3; seed >= 1; seed--)
                text_add(&t,
                         "%04x,%s,%d,1234567,score,%d,ok,accuracy,%.2f,,0.01,mnist,fc,adam,5,0\n",
                         id++, spaces[s], d[i], seed,
                         .1 + (s ? .05 : .2) * i - (i == 4 ? .02 : 0) + .01 * (seed - 2));
    for (int seed = 1; seed <= 3; seed++)
        text_add(
            &t,
            "%04x,full,1234567,1234567,baseline,%d,ok,accuracy,0.9,0.9,0.001,mnist,fc,adam,5,0\n",
            id++, seed);
    for (int i = 0; i < 3; i++)
        text_add(&t, "%04x,onehot,100,1234567,tune,101,ok,accuracy,,0.%d,0.0%d,mnist,fc,adam,5,0\n",
                 id++, 5 - i, 1 + i);
    text_add(&t, "%04x,onehot,100,1234567,score,4,failed,accuracy,,,0.01,mnist,fc,adam,5,0\n", id);
    world_put(folder, "runs.csv", t.text);
    text_clear(&t);
}

static inline void world_make(const char *folder)
{
    world_runs(folder);
    world_put(folder, "d90.csv", D90_HEAD D90_ONEHOT D90_FASTFOOD);
    world_put(folder, "history.csv",
              "run_id,epoch,step,lr,train_loss,train_score,val_loss,val_score\n"
              "0000,1,10,0.01,2,0.2,2.1,0.1\n0000,2,20,0.01,1,0.5,1.1,0.4\n"
              "001e,1,10,0.01,1,0.2,1.1,0.1\n001e,2,20,0.01,.5,0.5,.6,0.4\n");
}

#endif
