--- Answers what was asked before: that is how a run survives a restart.
--
-- Called with the run, the number of the step and the request. Returns true
-- and the recorded answer; false where another request was recorded at that
-- step; nil where none was, or none was answered.

local core = require "riposte.core"

return core.past
