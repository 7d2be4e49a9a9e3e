#include "model/field.h"

#include <string.h>

#define TEXT(name, label)                                                      \
    {                                                                          \
        name, label, false, false, false                                       \
    }
#define NUMBER(name, label)                                                    \
    {                                                                          \
        name, label, true, false, false                                        \
    }
#define DATE(name, label)                                                      \
    {                                                                          \
        name, label, false, true, false                                        \
    }
#define HOST(name, label)                                                      \
    {                                                                          \
        name, label, false, false, true                                        \
    }

/* RemediationVersion1.xsd's 54 names, "Vender" spelt as it spells it. */
const struct field field_table[] = {
    TEXT("AlarmId", "Alarm ID"),
    DATE("AlarmDate", "Alarm Date"),
    TEXT("AlarmRuleName", "Alarm Rule Name"),
    TEXT("MARCMsgId", "Message ID"),
    DATE("NormalMessageDate", "Normal Message Date"),
    TEXT("Message", "Log Message"),
    TEXT("Direction", "Direction"),
    TEXT("MessageClass", "Classification"),
    TEXT("CommonEvent", "Common Event"),
    TEXT("MPERule", "MPE Rule"),
    TEXT("VenderMessageId", "Vendor Message ID"),
    TEXT("SIP", "IP Address (Origin)"),
    TEXT("DIP", "IP Address (Impacted)"),
    HOST("SHostName", "Hostname (Origin)"),
    HOST("DHostName", "Hostname (Impacted)"),
    HOST("KnownSHost", "Known Host (Origin)"),
    HOST("KnownDHost", "Known Host (Impacted)"),
    NUMBER("SPort", "TCP/UDP Port (Origin)"),
    NUMBER("DPort", "TCP/UDP Port (Impacted)"),
    TEXT("Protocol", "Protocol (Name)"),
    NUMBER("ProtocolNumber", "Protocol (Number)"),
    TEXT("KnownService", "Known Service"),
    TEXT("Login", "User (Origin)"),
    TEXT("Account", "User (Impacted)"),
    TEXT("Sender", "Sender"),
    TEXT("Recipient", "Recipient"),
    TEXT("Group", "Group"),
    TEXT("Domain", "Domain (Impacted)"),
    TEXT("Subject", "Subject"),
    TEXT("Object", "Object"),
    TEXT("Process", "Process Name"),
    TEXT("URL", "URL"),
    TEXT("Session", "Session"),
    NUMBER("BytesIn", "Bytes In"),
    NUMBER("BytesOut", "Bytes Out"),
    NUMBER("ItemsIn", "Items In"),
    NUMBER("ItemsOut", "Items Out"),
    NUMBER("Duration", "Duration"),
    NUMBER("Amount", "Amount"),
    NUMBER("Quantity", "Quantity"),
    NUMBER("Rate", "Rate"),
    NUMBER("Size", "Size"),
    TEXT("SLocationCountry", "Country (Origin)"),
    TEXT("SLocationRegion", "Region (Origin)"),
    TEXT("SLocationCity", "City (Origin)"),
    TEXT("DLocationCountry", "Country (Impacted)"),
    TEXT("DLocationRegion", "Region (Impacted)"),
    TEXT("DLocationCity", "City (Impacted)"),
    TEXT("SNetwork", "Network (Origin)"),
    TEXT("DNetwork", "Network (Impacted)"),
    TEXT("SEntity", "Entity (Origin)"),
    TEXT("DEntity", "Entity (Impacted)"),
    TEXT("SZone", "Zone (Origin)"),
    TEXT("DZone", "Zone (Impacted)"),
};

const size_t field_count = sizeof field_table / sizeof *field_table;

const struct field *field_find(struct str name)
{
    for (size_t i = 0; i < field_count && name.len; i++)
        if (field_table[i].name[0] == name.data[0] &&
            str_is(name, field_table[i].name))
            return &field_table[i];
    return NULL;
}

const struct field *field_find_nocase(struct str name)
{
    for (size_t i = 0; i < field_count; i++)
        if (str_same_nocase(name, str_of(field_table[i].name)))
            return &field_table[i];
    return NULL;
}

const struct field *field_find_old(struct str name)
{
    static const char *const old[][2] = {{"DHostIP", "DIP"},
                                         {"SHostIP", "SIP"}};

    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (str_same_nocase(name, str_of(old[i][0])))
            return field_find(str_of(old[i][1]));
    return NULL;
}
