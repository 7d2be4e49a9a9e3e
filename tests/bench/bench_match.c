#include "base/alloc.h"
#include "base/buf.h"
#include "policy/match.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/*
 * How many alarms a second the match index decides, with 1 to 10,000 policies.
 * Each policy asks for one rule name and a port; every alarm concerns one of
 * them. Said as a ratio to one policy, and to 1,000 policies that have no
 * equality to be filed under, so that all of them are asked.
 */

enum { ALARMS = 256, ROUNDS = 5 };
static const double SECONDS = 0.2; /* of each measurement */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct json_doc *parsed(const char *text)
{
    struct error error = {0};
    struct json_doc *doc = json_parse(str_of(text), "bench", 1, &error);

    if (!doc) {
        fprintf(stderr, "%s: %s\n", text, error.text);
        exit(1);
    }
    return doc;
}

static struct match *index_of(size_t policies, const char *format,
                              struct json_doc **docs)
{
    struct match *match = match_new();
    struct error error = {0};

    for (size_t i = 0; i < policies; i++) {
        char *text = alloc_printf(format, i);

        docs[i] = parsed(text);
        free(text);
        if (match_add(match, json_root(docs[i]), i, "bench", &error) < 0) {
            fprintf(stderr, "%s\n", error.text);
            exit(1);
        }
    }
    match_seal(match);
    return match;
}

static double rate_once(struct match *match, const struct alarm *alarms,
                        size_t policies)
{
    double start = now(), spent;
    size_t done = 0, found = 0;
    const size_t *numbers;

    do {
        for (size_t i = 0; i < ALARMS; i++)
            found += match_find(match, &alarms[i], &numbers, NULL);
        done += ALARMS;
        spent = now() - start;
    } while (spent < SECONDS);
    if (found != done) {
        fprintf(stderr, "%zu policies: %zu of %zu alarms matched\n", policies,
                found, done);
        exit(1);
    }
    return (double)done / spent;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median of some rounds, in alarms a second. */
static double rate(size_t policies, const char *format)
{
    struct json_doc **docs = alloc_zeroed(policies, sizeof *docs);
    struct json_doc *fields[ALARMS];
    struct alarm alarms[ALARMS] = {0};
    struct match *match = index_of(policies, format, docs);
    double rates[ROUNDS];

    for (size_t i = 0; i < ALARMS; i++) {
        char *text = alloc_printf(
            "{\"AlarmRuleName\":\"rule %zu\",\"SIP\":\"192.0.2.%zu\","
            "\"SPort\":%zu,\"Login\":\"root\"}",
            i * 7919 % policies, i, 1024 + i);

        fields[i] = parsed(text);
        alarms[i].fields = json_root(fields[i]);
        free(text);
    }
    for (size_t i = 0; i < ROUNDS; i++)
        rates[i] = rate_once(match, alarms, policies);
    qsort(rates, ROUNDS, sizeof *rates, ascending);
    match_free(match);
    for (size_t i = 0; i < policies; i++)
        json_free(docs[i]);
    for (size_t i = 0; i < ALARMS; i++)
        json_free(fields[i]);
    free(docs);
    return rates[ROUNDS / 2];
}

int main(void)
{
    static const char filed[] =
        "{\"AlarmRuleName\":\"rule %zu\",\"SPort\":{\"min\":1024}}";
    static const char asked[] =
        "{\"AlarmRuleName\":{\"is\":\"rule %zu\",\"nocase\":true},"
        "\"SPort\":{\"min\":1024}}";
    static const size_t counts[] = {1, 100, 1000, 10000};
    double one = 0, thousand = 0, all;

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        double now_rate = rate(counts[i], filed);

        one = i ? one : now_rate;
        thousand = counts[i] == 1000 ? now_rate : thousand;
        printf("match: %5zu policies: %9.0f alarms/s, %.2f of one policy\n",
               counts[i], now_rate, now_rate / one);
    }
    all = rate(1000, asked);
    printf("match:  1000 policies, each asked: %.0f alarms/s; the index is "
           "%.0f times as fast\n",
           all, thousand / all);
    return 0;
}
