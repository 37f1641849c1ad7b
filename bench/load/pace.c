#include "pace.h"

#define FOR_EVER UINT64_MAX

void pace_start(struct pace *pace, double rate, double warm_up_seconds, double window_seconds, uint64_t limit)
{
    *pace = (struct pace){.rate = rate, .limit = limit, .start = clock_now()};
    pace->window_from = pace->start + (uint64_t)(warm_up_seconds * SECOND);
    pace->window_to = limit ? FOR_EVER : pace->window_from + (uint64_t)(window_seconds * SECOND);
}

uint64_t pace_next(const struct pace *pace)
{
    uint64_t due = pace->start + (uint64_t)((double)pace->begun * SECOND / pace->rate);
    bool over = pace->limit ? pace->begun >= pace->limit : due >= pace->window_to;
    return over ? FOR_EVER : due;
}

bool pace_take(struct pace *pace, uint64_t now, bool *measured)
{
    uint64_t due = pace_next(pace);
    if (due > now)
        return false;
    *measured = pace_measures(pace, due);
    samples_add(&pace->lag, now - due);
    pace->begun++;
    return true;
}

bool pace_ended(const struct pace *pace, uint64_t now)
{
    return pace_next(pace) == FOR_EVER && (pace->limit || now >= pace->window_to);
}

bool pace_measures(const struct pace *pace, uint64_t at)
{
    return at >= pace->window_from && at < pace->window_to;
}

void pace_print(struct pace *pace, FILE *out)
{
    double elapsed = (double)(clock_now() - pace->start) / SECOND;
    samples_print(&pace->lag, "lag_", out);
    fprintf(out, ", \"generator_cpu\": %.1f, \"elapsed_s\": %.3f", cpu_percent(elapsed), elapsed);
}

void pace_retries(struct timer_line lines[SENDINGS])
{
    static const uint64_t delays[SENDINGS] = {SECOND / 2, SECOND, 2 * SECOND, 2 * SECOND};
    for (int i = 0; i < SENDINGS; i++)
        lines[i] = (struct timer_line){.delay = delays[i]};
}
