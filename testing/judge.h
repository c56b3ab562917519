// What the matchers ask, as plain functions: each gives "" when all is well, else what is wrong in words.
// Functions without state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "testing/world.h"

namespace assay::testing {

// Whether a text may be shown to a person: one line of UTF-8 without control characters (ANSI sequences,
// C1, marks that turn the direction of writing), without markup, without anything that looks like a key or a
// token, and without `secrets`, in any usual encoding.
std::string why_unsanitized(std::string_view text, const std::vector<std::string>& secrets = {});

// The text of a model's answer, whichever protocol its bytes speak, streamed or whole. `why` is set when
// there is none, or when the stream did not come to its end.
std::string streamed_text(std::string_view bytes, std::string& why);

// Whether requests that fit these queries came in this order; others may stand between.
std::string why_not_in_order(const World& world, const std::vector<std::string>& queries);

}  // namespace assay::testing
