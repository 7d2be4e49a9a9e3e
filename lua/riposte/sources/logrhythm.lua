-- LogRhythm's alarm API: GET /lr-alarm-api/alarms/{id} (alarmDetails), its
-- events (GET …/{id}/events: alarmEventsDetails), both in one object; the
-- alarm's keys may also be at the top, as in items of alarmsSearchDetails. As
-- SmartResponse does, everything but the alarm's own is the first event's. An
-- event by itself, as the search API lists them, is an alarm of its common
-- event. The API writes -1, "" and the year 1 for what there is not.

local function alarm(name)
  return { "alarmDetails." .. name, name }
end

local function event(...)
  local names, paths = { ... }, {}
  for i = 1, #names do
    paths[i] = "alarmEventsDetails[1]." .. names[i]
    paths[#names + i] = names[i]
  end
  return paths
end

local ID   = { "alarmDetails.alarmId", "alarmId" }
local RULE = { "alarmDetails.alarmRuleName", "alarmRuleName",
               "commonEventName" }
local DATE = { "alarmDetails.alarmDate", "alarmDate", "logDate",
               "normalDate" }

return {
  name       = "logrhythm",
  about      = "LogRhythm alarm API objects",
  format     = "json",
  detect     = { paths = { { "alarmDetails.alarmId", "alarmId", "messageId" },
                           RULE, DATE } },
  id_field   = ID,
  time_field = DATE,
  time_format = { "rfc3339", "epoch_ms" },
  absent     = { "", -1, "0001-01-01T00:00:00" },
  fields     = {
    AlarmId          = ID,
    AlarmDate        = DATE,
    AlarmRuleName    = RULE,
    MARCMsgId        = event "messageId",
    NormalMessageDate = event("normalDate", "normalMsgDateMax", "normalDateMax",
                              "logDate"),
    Message          = event "logMessage",
    Direction        = event "directionName",
    MessageClass     = event "classificationName",
    CommonEvent      = event "commonEventName",
    MPERule          = event "mpeRuleName",
    VenderMessageId  = event("vendorMessageId", "vendorMsgId"),
    SIP              = event("originIP", "originIp"),
    DIP              = event("impactedIP", "impactedIp"),
    SHostName        = event("originHostName", "originName", "originHost"),
    DHostName        = event("impactedHostName", "impactedName",
                             "impactedHost"),
    KnownSHost       = event("originHostName", "originHost"),
    KnownDHost       = event("impactedHostName", "impactedHost"),
    SPort            = event "originPort",
    DPort            = event "impactedPort",
    Protocol         = event "protocolName",
    ProtocolNumber   = event "protocolId",
    KnownService     = event "serviceName",
    Login            = event("login", "originUserIdentityName"),
    Account          = event("account", "impactedUserIdentityName"),
    Sender           = event("sender", "senderIdentityName"),
    Recipient        = event("recipient", "recipientIdentityName"),
    Group            = event "group",
    Domain           = event("domain", "domainImpacted"),
    Subject          = event "subject",
    Object           = event("object", "objectName"),
    Process          = event "process",
    URL              = event "url",
    Session          = event "session",
    BytesIn          = event "bytesIn",
    BytesOut         = event "bytesOut",
    ItemsIn          = event "itemsPacketsIn",
    ItemsOut         = event "itemsPacketsOut",
    Duration         = event "duration",
    Amount           = event "amount",
    Quantity         = event "quantity",
    Rate             = event "rate",
    Size             = event "size",
    SLocationCountry = event "originLocation.countryCode",
    SLocationRegion  = event "originLocation.regionCode",
    SLocationCity    = event "originLocation.name",
    DLocationCountry = event "impactedLocation.countryCode",
    DLocationRegion  = event "impactedLocation.regionCode",
    DLocationCity    = event "impactedLocation.name",
    SNetwork         = event "originNetwork.name",
    DNetwork         = event "impactedNetwork.name",
    SEntity          = event "originEntityName",
    DEntity          = event "impactedEntityName",
    SZone            = event("originZone", "originZoneName"),
    DZone            = event("impactedZone", "impactedZoneName"),
    severity         = event "severity",
    risk             = alarm "rbpMax",
    process_id       = event "processId",
    action           = event "action",
  },
}
