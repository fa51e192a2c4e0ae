/* pool.c -- see pool.h. Parts are taken from one counter by whoever is free. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "base/pool.h"

struct idim_pool {
    size_t threads, started;
    pthread_t *thread; /* (threads - 1): the caller is one of the team */
    pthread_mutex_t lock;
    pthread_cond_t go, done;
    bool ready; /* lock, go and done were made */
    bool end;
    size_t round, running;
    pool_part *part;
    void *context;
    size_t parts;
    atomic_size_t next;
};

static void take_parts(pool *p)
{
    for (size_t i; (i = atomic_fetch_add(&p->next, 1)) < p->parts;)
        p->part(p->context, i);
}

static void *pool_thread(void *given)
{
    pool *p = given;
    size_t round = 0;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->round == round && !p->end)
            pthread_cond_wait(&p->go, &p->lock);
        if (p->end)
            break;
        round = p->round;
        pthread_mutex_unlock(&p->lock);
        take_parts(p);
        pthread_mutex_lock(&p->lock);
        if (--p->running == 0)
            pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

status pool_new(pool **out, size_t threads)
{
    pool *p = mem_array(1, sizeof *p);
    *out = NULL;
    if (!p)
        return ERR_MEMORY;
    p->threads = threads ? threads : 1;
    p->thread = mem_array(p->threads, sizeof *p->thread);
    if (!p->thread) {
        pool_free(p);
        return ERR_MEMORY;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->go, NULL);
    pthread_cond_init(&p->done, NULL);
    p->ready = true;
    for (; p->started + 1 < p->threads; p->started++)
        if (pthread_create(&p->thread[p->started], NULL, pool_thread, p)) {
            size_t got = p->started + 1;
            pool_free(p);
            return error_set(ERR_FAILED, "threads: %zu of %zu could be started; ask for fewer", got,
                             threads);
        }
    *out = p;
    return OK;
}

void pool_free(pool *p)
{
    if (!p)
        return;
    if (p->ready) {
        pthread_mutex_lock(&p->lock);
        p->end = true;
        pthread_cond_broadcast(&p->go);
        pthread_mutex_unlock(&p->lock);
        for (size_t i = 0; i < p->started; i++)
            pthread_join(p->thread[i], NULL);
        pthread_mutex_destroy(&p->lock);
        pthread_cond_destroy(&p->go);
        pthread_cond_destroy(&p->done);
    }
    mem_free(p->thread);
    mem_free(p);
}

size_t pool_threads(const pool *p)
{
    return p ? p->threads : 1;
}

void pool_run(pool *p, pool_part *part, void *context, size_t parts)
{
    if (!p || p->threads < 2 || parts < 2) {
        for (size_t i = 0; i < parts; i++)
            part(context, i);
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->part = part;
    p->context = context;
    p->parts = parts;
    atomic_store(&p->next, 0);
    p->running = p->started;
    p->round++;
    pthread_cond_broadcast(&p->go);
    pthread_mutex_unlock(&p->lock);
    take_parts(p);
    pthread_mutex_lock(&p->lock);
    while (p->running)
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
