local words = {}

function words.fail(text) error(text, 2) end

return words
