#include "flow/person.h"

#include "base/alloc.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

void person_caller(struct person *person)
{
    person_of(person, (int64_t)getuid());
}

void person_of(struct person *person, int64_t uid)
{
    const struct passwd *known = getpwuid((uid_t)uid);

    person->uid = uid;
    person->id = alloc_printf("uid %lld", (long long)uid);
    person->name = alloc_text(known ? known->pw_name : person->id);
}

void person_named(struct person *person, const char *name)
{
    const struct passwd *known = getpwnam(name);

    person->uid = known ? (int64_t)known->pw_uid : -1;
    person->id = known ? alloc_printf("uid %lld", (long long)person->uid)
                       : alloc_printf("name %s", name);
    person->name = alloc_text(name);
}

void person_copy(struct person *to, const struct person *from)
{
    to->uid = from->uid;
    to->id = alloc_text(from->id);
    to->name = alloc_text(from->name);
}

void person_clear(struct person *person)
{
    free(person->id);
    free(person->name);
    *person = (struct person){0};
}
