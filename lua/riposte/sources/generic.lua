-- Any JSON object whose top-level keys are SmartResponse's field names. What
-- else it holds is reached by its path. docs/sources.md lists the keys.

return {
  name       = "generic",
  about      = "JSON objects with SmartResponse names",
  format     = "json",
  detect     = { any = true },
  named      = true,
  id_field   = "AlarmId",
  time_field = "AlarmDate",
}
