-- Suricata's EVE log (eve.json), alerts only. Suricata gives an event no id of
-- its own (flow_id is one per flow), so alarms are known by their place in the
-- file. Everything else of a record is reached by its path: alert.category,
-- http.hostname, tls.sni, flow.bytes_toserver …

return {
  name       = "suricata",
  about      = "Suricata EVE alerts",
  format     = "json",
  detect     = { paths = { "event_type", "timestamp" } },
  only       = { event_type = "alert" },
  time_field = "timestamp",
  fields     = {
    AlarmRuleName   = "alert.signature",
    VenderMessageId = "alert.signature_id",
    MessageClass    = "alert.category",
    CommonEvent     = { value = "IDS alert" },
    SIP             = "src_ip",
    SPort           = "src_port",
    DIP             = "dest_ip",
    DPort           = "dest_port",
    Protocol        = "proto",
    KnownService    = "app_proto",
    DHostName       = { "http.hostname", "tls.sni" },
    URL             = "http.url",
    Session         = "flow_id",
    Sender          = "email.from",
    BytesIn         = "flow.bytes_toclient",
    BytesOut        = "flow.bytes_toserver",
    ItemsIn         = "flow.pkts_toclient",
    ItemsOut        = "flow.pkts_toserver",
    severity        = "alert.severity",
    action          = "alert.action",
  },
}
