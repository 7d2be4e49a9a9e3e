#include "flow/person.h"

#include "base/alloc.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

void person_caller(struct person *person)
{
    uid_t uid = getuid();
    const struct passwd *known = getpwuid(uid);

    person->uid = (int64_t)uid;
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

void person_clear(struct person *person)
{
    free(person->id);
    free(person->name);
    *person = (struct person){0};
}
