--- Has the engine answer: through the gate, by the site's lists, the clock.
--
-- Called with the run, the number of the step and the request. The answer
-- comes later, to run.answer, once. In a dry run it is the gate that does not
-- start remediations, so this answerer is the same.

local core = require "riposte.core"

return core.ask
