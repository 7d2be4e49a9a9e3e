-- IBM's Log Event Extended Format 1.0 and 2.0, alone in a line or behind a
-- syslog header. A record has three tables: `leef` (the header), `ext` (the
-- attributes) and `syslog` (time and host). devTimeFormat is read where it can
-- be. The format has no id of its own.

return {
  name       = "leef",
  about      = "IBM Log Event Extended Format lines",
  format     = "leef",
  detect     = { any = true },
  time_field = { "ext.devTime", "syslog.time" },
  time_pattern_field = "ext.devTimeFormat",
  time_format = { "epoch", "epoch_ms", "cef", "syslog", "rfc3339" },
  absent     = { "" },
  fields     = {
    AlarmRuleName    = { "ext.name", "ext.title", "leef.event_id" },
    VenderMessageId  = "leef.event_id",
    MessageClass     = "ext.cat",
    NormalMessageDate = "ext.devTime",
    Message          = "ext.msg",
    SIP              = { "ext.src", "ext.identSrc" },
    DIP              = "ext.dst",
    SHostName        = { "ext.identHostName", "ext.srcHostName" },
    DHostName        = { "ext.dstHostName", "ext.dhost" },
    SPort            = "ext.srcPort",
    DPort            = "ext.dstPort",
    Protocol         = "ext.proto",
    Login            = { "ext.usrName", "ext.accountName" },
    Group            = { "ext.identGrpName", "ext.groupID", "ext.role" },
    Domain           = "ext.domain",
    Object           = "ext.resource",
    URL              = "ext.url",
    BytesIn          = "ext.dstBytes",
    BytesOut         = "ext.srcBytes",
    ItemsIn          = "ext.dstPackets",
    ItemsOut         = "ext.srcPackets",
    Quantity         = "ext.totalPackets",
    severity         = "ext.sev",
    action           = "ext.action",
    policy           = "ext.policy",
    device           = "syslog.host",
  },
}
