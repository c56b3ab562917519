// Which models a provider offers: live list first, then a cached one, then the descriptor's seeds.
// Requirements: bugs model-discovery.*.
#pragma once

#include "conformance/reference/parts.h"

namespace assay::reference {

// The defaults of the parts of the same names.

// One base for discovery and chat: trailing slashes and a whole endpoint are taken off, `base_path` is added
// unless a version segment ends the path already (model-discovery.base-url-v1-doubled).
std::string base_url(const std::string& typed, const std::string& base_path);
// The entries of one page as {id, context_window?, kind?}: {data: [...]}, {models: [...]} or a bare array;
// what has no id is left out; an error object is a failure even with status 200.
Outcome<std::vector<nlohmann::json>> read_models(const nlohmann::json& body);
std::string next_page(const nlohmann::json& body, const std::vector<std::string>& seen);
// The operation `models` for one provider: the fields of its result. Fails only when cancelled.
Outcome<nlohmann::json> discover(const Call& call, bool refresh);

}  // namespace assay::reference
