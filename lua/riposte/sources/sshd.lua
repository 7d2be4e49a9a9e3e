-- OpenSSH's server in a syslog file (auth.log, secure), with the classic time
-- ("Dec 10 06:55:46") or RFC 3339's. From OpenSSH 9.8 on, sshd-session logs.
--
-- A user name is whatever the client sent, " from 192.0.2.1 port 22 ssh2"
-- included. A pattern always has to match the whole message, and `.*` takes as
-- much as it can, so the last " from ADDRESS port N" of a line is the one that
-- sshd wrote.

local TIME     = [[(?<time>[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+)]]
local TAG      = [[(?<Process>sshd(?:-session|-auth)?)\[(?<pid>\d+)\]: ]]
-- rsyslog folds equal lines: "message repeated 3 times: [ Failed … ssh2]".
local REPEATED = [[(?:message repeated (?<count>\d+) times: \[ )?]]
local FOLDED   = [=[\]?]=]
local USER     = [[(?:invalid user )?(?<Login>.*)]]
local ADDRESS  = [[(?<SIP>\S+)]]
local PORT     = [[ port (?<SPort>\d+)]]
local FROM     = " from " .. ADDRESS .. PORT .. " ssh2"
local PREAUTH  = [=[ \[preauth\]]=]

return {
  name        = "sshd",
  about       = "OpenSSH server log lines",
  format      = "lines",
  detect      = { re = [[ sshd(?:-session|-auth)?\[\d+\]: ]] },
  time_format = { "syslog", "rfc3339" },
  prefix      = "^" .. TIME .. [[ (?<DHostName>\S+) ]] .. TAG,

  patterns = {
    { re     = REPEATED .. "Failed (?:password|keyboard-interactive\\S*) for "
               .. USER .. FROM .. FOLDED,
      fields = { AlarmRuleName = "sshd: failed password" } },

    { re     = "Accepted (?<method>\\S+) for (?<Login>.*)" .. FROM
               .. "(?:: .*)?",
      fields = { AlarmRuleName = "sshd: accepted login" } },

    { re     = REPEATED .. "Failed (?<method>\\S+) for " .. USER .. FROM
               .. "(?:: .*)?" .. FOLDED,
      fields = { AlarmRuleName = "sshd: failed login" } },

    { re     = "Invalid user (?<Login>.*) from " .. ADDRESS .. PORT,
      fields = { AlarmRuleName = "sshd: invalid user" } },

    { re     = "Invalid user (?<Login>.*) from " .. ADDRESS, -- before 7.5
      fields = { AlarmRuleName = "sshd: invalid user" } },

    { re     = "User (?<Login>.*) from " .. ADDRESS
               .. " not allowed because (?<reason>.*)",
      fields = { AlarmRuleName = "sshd: user not allowed" } },

    { re     = "error: maximum authentication attempts exceeded for " .. USER
               .. FROM .. PREAUTH,
      fields = { AlarmRuleName = "sshd: too many attempts" } },

    { re     = "Connection (?:closed|reset) by (?:authenticating|invalid) "
               .. "user (?<Login>.*) " .. ADDRESS .. PORT .. PREAUTH,
      fields = { AlarmRuleName = "sshd: login given up" } },

    { re     = "Did not receive identification string from " .. ADDRESS
               .. "(?:" .. PORT .. ")?",
      fields = { AlarmRuleName = "sshd: no identification" } },

    { re     = "banner exchange: Connection from " .. ADDRESS .. PORT
               .. ": (?<reason>.*)",
      fields = { AlarmRuleName = "sshd: no identification" } },
  },
}
