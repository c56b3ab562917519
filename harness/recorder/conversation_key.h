// What a request for an answer says, without what differs from run to run: so that a recording is found for a
// request whatever came before it, and however its client numbers calls or orders members. Pure.
#pragma once

#include <string>
#include <vector>

#include "harness/base/exchange.h"

namespace assay {

// One line for the system prompt (where there is one) and one for each message, in order: its role, texts,
// tool calls and results, as canonical JSON. Of any protocol that has `messages`, `input` or `contents`.
// Left out: ids of calls and messages, signatures, cache marks, statuses, members that are null; a content
// that is one text is the same as that text. Empty: the body holds no conversation.
std::vector<std::string> conversation_of(const Request& request);

// How `asked` differs from `recorded`: "message 3 differs: {…}, recorded: {…}", "2 messages, recorded: 3".
// Empty = they say the same.
std::string conversation_difference(const std::vector<std::string>& asked,
                                    const std::vector<std::string>& recorded);

}  // namespace assay
