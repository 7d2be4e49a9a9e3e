#include "model/timezone.h"

#include "base/alloc.h"
#include "base/str.h"
#include "model/catalogue.h"
#include "model/tzif.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/uenum.h>
#include <unicode/ustring.h>
#include <unicode/uversion.h>

enum { ID_MAX = 128 }; /* UTF-16 units; the longest id of ICU 72 has 34 */

struct zone {
    struct tzif *machine; /* owned; NULL where the machine has no such file */
    UCalendar *calendar;  /* owned */
};

/* An id as ICU takes and gives them. */
struct id {
    UChar text[ID_MAX];
    int32_t len;
};

/* Into UTF-16; no zone's id is longer, or has other than ASCII letters. */
static bool id_from(const char *text, struct id *id)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    if (!len || len >= ID_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        id->text[i] = (UChar)text[i];
    id->len = (int32_t)len;
    return true;
}

static char *id_text(const UChar *text, int32_t len)
{
    char *copy = alloc_zeroed((size_t)len + 1, 1);

    for (int32_t i = 0; i < len; i++)
        copy[i] = text[i] <= '~' ? (char)text[i] : '?';
    return copy;
}

/* The IANA id that CLDR's table has for a Windows id. */
static bool from_windows(const struct id *windows, struct id *iana)
{
    UErrorCode code = U_ZERO_ERROR;

    iana->len = ucal_getTimeZoneIDForWindowsID(windows->text, windows->len,
                                               NULL, iana->text, ID_MAX, &code);
    return U_SUCCESS(code) && iana->len > 0;
}

/* The one name of an IANA zone that may have several. */
static bool canonical(const struct id *id, struct id *result)
{
    UErrorCode code = U_ZERO_ERROR;
    UBool known = false;

    result->len = ucal_getCanonicalTimeZoneID(id->text, id->len, result->text,
                                              ID_MAX, &known, &code);
    return U_SUCCESS(code) && known;
}

/* Exactly spelt, of either kind. */
static bool find(const char *text, struct id *result)
{
    struct id id, iana;

    if (!id_from(text, &id))
        return false;
    return canonical(from_windows(&id, &iana) ? &iana : &id, result);
}

/* Every IANA id, and the Windows id of each. It costs 20 ms, so it is for
 * ids that are not found. */
static struct words all_ids(void)
{
    UErrorCode code = U_ZERO_ERROR;
    UEnumeration *all =
        ucal_openTimeZoneIDEnumeration(UCAL_ZONE_TYPE_ANY, NULL, NULL, &code);
    struct words words = {0};
    const UChar *iana;
    int32_t len;

    while (all && (iana = uenum_unext(all, &len, &code)) != NULL) {
        UErrorCode none = U_ZERO_ERROR;
        struct id windows;
        char *text = id_text(iana, len);

        words_add(&words, text);
        free(text);
        windows.len =
            ucal_getWindowsTimeZoneID(iana, len, windows.text, ID_MAX, &none);
        if (U_FAILURE(none) || windows.len <= 0)
            continue;
        text = id_text(windows.text, windows.len);
        words_add(&words, text);
        free(text);
    }
    uenum_close(all);
    return words;
}

/* Spelt in other case, or not at all. */
static int find_near(const char *text, struct id *result, struct error *error)
{
    struct words words = all_ids();
    const char *near = NULL;
    bool found = false;

    for (size_t i = 0; i < words.len && !found; i++)
        found = str_same_nocase(str_of(text), str_of(words.items[i])) &&
                find(words.items[i], result);
    if (!found) {
        near = str_nearest(text, (const char *const *)words.items, words.len);
        error_set(error, ERROR_NOT_FOUND,
                  "no time zone \"%s\", of Windows or of IANA%s%s%s", text,
                  near ? "; did you mean \"" : "", near ? near : "",
                  near ? "\"?" : "");
    }
    words_free(&words);
    return found ? 0 : ERROR_NOT_FOUND;
}

static struct tzif *of_machine(const struct id *iana)
{
    char *text = id_text(iana->text, iana->len);
    struct tzif *zone = tzif_open(text);

    free(text);
    return zone;
}

static bool is_utc(const struct id *id)
{
    char *text = id_text(id->text, id->len);
    bool utc = !strcmp(text, "Etc/UTC");

    free(text);
    return utc;
}

int timezone_open(const char *id, struct zone **zone, struct error *error)
{
    UErrorCode code = U_ZERO_ERROR;
    UCalendar *calendar;
    struct id iana;

    *zone = NULL;
    if (!find(id, &iana) && find_near(id, &iana, error) < 0)
        return ERROR_NOT_FOUND;
    if (is_utc(&iana))
        return 0;
    calendar = ucal_open(iana.text, iana.len, "", UCAL_GREGORIAN, &code);
    if (U_FAILURE(code))
        return error_set(error, ERROR_SYSTEM, "time zone \"%s\": ICU says %s",
                         id, u_errorName(code));
    *zone = ALLOC(struct zone);
    (*zone)->calendar = calendar;
    (*zone)->machine = of_machine(&iana);
    return 0;
}

void timezone_free(struct zone *zone)
{
    if (!zone)
        return;
    ucal_close(zone->calendar);
    tzif_free(zone->machine);
    free(zone);
}

int64_t timezone_offset(struct zone *zone, int64_t ms)
{
    UErrorCode code = U_ZERO_ERROR;
    int32_t standard, summer;
    int64_t offset;

    if (!zone)
        return 0;
    if (zone->machine && tzif_offset(zone->machine, ms, &offset))
        return offset;
    ucal_setMillis(zone->calendar, (UDate)ms, &code);
    standard = ucal_get(zone->calendar, UCAL_ZONE_OFFSET, &code);
    summer = ucal_get(zone->calendar, UCAL_DST_OFFSET, &code);
    return U_SUCCESS(code) ? (int64_t)standard + summer : 0;
}

int timezone_library(const char **version, struct error *error)
{
    (void)error;
    *version = U_ICU_VERSION;
    return 0;
}

int timezone_rules(const char **version, struct error *error)
{
    UErrorCode status = U_ZERO_ERROR;

    *version = ucal_getTZDataVersion(&status);
    if (U_FAILURE(status))
        return error_set(error, ERROR_SYSTEM, "ICU does not find its data: %s",
                         u_errorName(status));
    return 0;
}
