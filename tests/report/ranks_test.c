/* ranks_test.c -- rank90 and p90 from CSVs written by hand: lora of 20 numbers a rank, one size, d. */
#include "tests/report/world.h"

#include "report/ranks.h"

#define ROW(space_, state_, fit_, least_, most_, grid_state_, grid_)                               \
    space_ ",own,raw,0.9,higher,\"the rule\",0.9,0.003,3,0.1,0.81," state_ "," fit_ ",,,,," least_ \
           "," most_ ",3,0,0,0,0,0,1," grid_state_ "," grid_ "\n"

static const char head[] =
    "space,baseline_rule,threshold_rule,level,better,rule,baseline,baseline_sd,baseline_seeds,"
    "floor,threshold,d90_state,d90_fit,d90_low,d90_low_state,d90_high,d90_high_state,d_min,d_max,"
    "seeds,fall,fall_z,unfinished,lr_edges,few_seeds,asks,d90_grid_state,d90_grid\n";

static void put_runs(const char *folder)
{
    static const struct {
        const char *space, *spec;
        int d;
        double score;
    } runs[] = {{"lora", "lora:r=1", 20, .5},
                {"lora", "\"lora:r=2,targets=q\"", 40, .7},
                {"lora", "lora:r=4", 80, .85},
                {"lora", "lora:targets=q", 160, .86},
                {"full:targets=bias", "full:targets=bias", 7, .6},
                {"onehot", "onehot:d=10", 10, .82}};
    text t = {0};
    text_add(&t, "run_id,space,space_spec,d_total,D,role,seed,score\n");
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        text_add(&t, "%04zx,%s,%s,%d,1000,score,1,%g\n", i, runs[i].space, runs[i].spec, runs[i].d,
                 runs[i].score);
    world_put(folder, "runs.csv", t.text);
    text_clear(&t);
}

static void methods_stand_in_the_order_of_their_trained_numbers(void **state)
{
    char folder[256];
    curves c;
    ranks_row *rows;
    text words = {0}, table = {0};
    test_folder(folder);
    put_runs(folder);
    text_add(&table,
             "%s" ROW("lora", "exact", "66.5", "20", "160", "exact", "80")
                 ROW("full:targets=bias", "above", "", "7", "7", "above", "")
                     ROW("onehot", "below", "", "10", "10", "below", ""),
             head);
    world_put(folder, "d90.csv", table.text);
    assert_ok(ranks_write(folder, &words));
    assert_ok(curves_load(&c, folder));
    assert_ok(ranks_of(&c, &rows));
    assert_string_equal(rows[0].s->space, "onehot");
    assert_string_equal(rows[1].s->space, "lora");
    assert_string_equal(rows[2].s->space, "full:targets=bias");
    assert_true(rows[1].state == IDIM_EXACT && rows[1].rank == 4);
    assert_true(rows[1].least == 1 && rows[1].most == 8);
    assert_true(rows[0].state == IDIM_UNMEASURABLE && rows[2].state == IDIM_UNMEASURABLE);
    assert_string_equal(rows[2].swept, "");
    assert_non_null(strstr(words.text, "lora                        66.5"));
    mem_free(rows);
    curves_clear(&c);
    text_clear(&words);
    text_clear(&table);
    test_folder_end(folder);
}

static void rank_1_that_passes_is_said_so(void **state)
{
    char folder[256];
    csv *file;
    text words = {0}, table = {0};
    char path[300];
    test_folder(folder);
    put_runs(folder);
    text_add(&table, "%s" ROW("lora", "below", "", "20", "160", "below", ""), head);
    world_put(folder, "d90.csv", table.text);
    assert_ok(ranks_write(folder, &words));
    assert_non_null(strstr(words.text, "<= 1"));
    snprintf(path, sizeof path, "%s/ranks.csv", folder);
    assert_ok(csv_open(&file, path));
    assert_string_equal(csv_cell(file, 0, csv_find(file, "rank90_state")), "below");
    assert_string_equal(csv_cell(file, 0, csv_find(file, "rank90")), "");
    assert_string_equal(csv_cell(file, 0, csv_find(file, "best_d")), "160");
    csv_free(file);
    text_clear(&words);
    text_clear(&table);
    test_folder_end(folder);
}

static void what_updates_use_stands_beside_the_best_score(void **state)
{
    char folder[256], path[300];
    csv *file;
    text words = {0}, table = {0};
    test_folder(folder);
    put_runs(folder);
    text_add(&table, "%s" ROW("lora", "below", "", "20", "160", "below", ""), head);
    world_put(folder, "d90.csv", table.text);
    /* the best of lora is at 160 numbers: two seeds of it, and one of another count */
    world_put(folder, "effective.csv",
              "run_id,space,d_total,seed,matrices,rank,effective_rank,participation,stable_rank\n"
              "a,lora,160,1,2,8,5,4,3\nb,lora,160,2,2,8,6,4,2\nc,lora,80,1,2,4,3.5,3,3\n"
              "d,full,1000,1,2,64,50,40,30\n");
    assert_ok(ranks_write(folder, &words));
    assert_non_null(strstr(words.text, "0.8600  5.5 of 8\n"));
    snprintf(path, sizeof path, "%s/ranks.csv", folder);
    assert_ok(csv_open(&file, path));
    assert_string_equal(csv_cell(file, 0, csv_find(file, "effective_rank")), "5.5");
    assert_string_equal(csv_cell(file, 0, csv_find(file, "stable_rank")), "2.5");
    assert_string_equal(csv_cell(file, 0, csv_find(file, "rank_of_updates")), "8");
    csv_free(file);
    text_clear(&words);
    text_clear(&table);
    test_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_stand_in_the_order_of_their_trained_numbers),
        cmocka_unit_test(what_updates_use_stands_beside_the_best_score),
        cmocka_unit_test(rank_1_that_passes_is_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
