#include "exec/steps.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct step *steps_find(const struct steps *steps, const char *name)
{
    for (struct step *step = steps->first; step; step = step->next) {
        if (strcmp(step->name, name) == 0)
            return step;
    }
    return NULL;
}

struct step *steps_add(struct steps *steps, char *name, struct slot *slot)
{
    struct step *step = ALLOC(struct step);

    step->name = name;
    step->slot = slot;
    step->next = steps->first;
    steps->first = step;
    steps->len++;
    return step;
}

void steps_drop(struct steps *steps, struct step *step)
{
    struct step **at = &steps->first;

    while (*at != step)
        at = &(*at)->next;
    *at = step->next;
    steps->len--;
    free(step->name);
    buf_free(&step->result);
    free(step);
}

void steps_free(struct steps *steps)
{
    while (steps->first)
        steps_drop(steps, steps->first);
}

struct buf steps_result(const char *name, enum verdict verdict, const char *why)
{
    struct buf frame = {0};

    frame_result(&frame, &(struct result){
                             .step = (char *)(uintptr_t)name,
                             .verdict = verdict,
                             .text = (char *)(uintptr_t)why,
                         });
    return frame;
}
