-- What this site never lets be done, how often it lets things be done, and
-- what a person has to agree to: docs/guards.md.

return {
  never = {
    { list = "protected", reason = "our own infrastructure" },
    { values = { "0.0.0.0", "255.255.255.255", "::" },
      reason = "a block of these is one of everybody" },
  },

  budgets = {
    -- More than anybody blocks by hand: somebody should look first.
    { action = "Host Firewall / Block address", count = 100, within = "1h" },
    -- A network that we see attacked from everywhere may be one of ours.
    { action = "Host Firewall / Block address", per = "prefix",
      ipv4 = 24, ipv6 = 48, count = 20, within = "1h" },
    -- Three desks are a case, thirty are an outage that we make ourselves.
    { action = "Host Isolation / Isolate host", count = 5, within = "1h" },
  },
}
