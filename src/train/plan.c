/* plan.c -- how long a plan is: its steps, and the rows of its history (train.h). */
#include <string.h>

#include "train/train.h"

enum { HISTORY_ROWS = 20 }; /* with `steps`, where an epoch may be one step */

size_t train_steps_per_epoch(const task *t, size_t batch_size)
{
    size_t n = t->splits[IDIM_SPLIT_TRAIN].n;
    return n / batch_size + (n % batch_size != 0);
}

size_t train_steps(const train_plan *plan)
{
    return plan->steps ? plan->steps
                       : plan->epochs * train_steps_per_epoch(plan->task, plan->batch);
}

/* History rows of the plan, and the step after which row k (from 0) is written. */
size_t train_rows(const train_plan *plan)
{
    if (!plan->steps)
        return plan->epochs;
    return plan->steps < HISTORY_ROWS ? plan->steps : HISTORY_ROWS;
}

size_t train_row_end(const train_plan *plan, size_t k)
{
    return train_steps(plan) * (k + 1) / train_rows(plan);
}

size_t train_rows_done(const train_plan *plan, size_t step)
{
    size_t k = 0, rows = train_rows(plan);
    while (k < rows && train_row_end(plan, k) <= step)
        k++;
    return k;
}

void train_row_numbers(const train_row *row, double out[TRAIN_ROW])
{
    const double all[TRAIN_ROW] = {(double)row->epoch, (double)row->step, row->lr,
                                   row->train_loss,    row->train_score,  row->val_loss,
                                   row->val_score};
    memcpy(out, all, sizeof all);
}

train_row train_row_of(const double in[TRAIN_ROW])
{
    return (train_row){(size_t)in[0], (size_t)in[1], in[2], in[3], in[4], in[5], in[6]};
}
