-- ArcSight's Common Event Format, alone in a line or behind a syslog header.
-- A record has four tables: `cef` (the header), `ext` (the extension's keys as
-- they are), `custom` (what cs1Label, cn1Label … name: custom.Policy) and
-- `syslog` (time and host). docs/sources.md says what is refused. externalId
-- counts one device's events, so it is no id here.

return {
  name       = "cef",
  about      = "ArcSight Common Event Format lines",
  format     = "cef",
  detect     = { any = true },
  count_field = "ext.cnt",
  time_field = { "ext.rt", "ext.end", "ext.start", "syslog.time" },
  time_format = { "epoch", "epoch_ms", "cef", "syslog", "rfc3339" },
  absent     = { "" },
  fields     = {
    AlarmRuleName    = "cef.name",
    VenderMessageId  = "cef.event_class",
    MessageClass     = "ext.cat",
    NormalMessageDate = { "ext.rt", "ext.end", "ext.start" },
    Message          = "ext.msg",
    Direction        = { path = "ext.deviceDirection",
                         map = { ["0"] = "inbound", ["1"] = "outbound" } },
    SIP              = { "ext.src", "ext.c6a2" },
    DIP              = { "ext.dst", "ext.c6a3" },
    SHostName        = "ext.shost",
    DHostName        = "ext.dhost",
    SPort            = "ext.spt",
    DPort            = "ext.dpt",
    Protocol         = "ext.proto",
    KnownService     = "ext.app",
    Login            = { "ext.suser", "ext.suid" },
    Account          = { "ext.duser", "ext.duid" },
    Group            = { "ext.dpriv", "ext.spriv" },
    Domain           = { "ext.dntdom", "ext.sntdom" },
    Object           = { "ext.filePath", "ext.fname" },
    Process          = { "ext.dproc", "ext.sproc", "ext.deviceProcessName" },
    Subject          = "ext.reason",
    URL              = "ext.request",
    -- CEF's "in" flows from source to destination, so it leaves the origin.
    BytesIn          = "ext.out",
    BytesOut         = "ext.in",
    Size             = "ext.fsize",
    SZone            = "ext.sourceZoneURI",
    DZone            = "ext.destinationZoneURI",
    severity         = "cef.severity",
    action           = "ext.act",
    outcome          = "ext.outcome",
    external_id      = "ext.externalId",
    device           = { "ext.dvchost", "ext.dvc", "syslog.host" },
  },
}
