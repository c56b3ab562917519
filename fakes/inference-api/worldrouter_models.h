// The public model list of the WorldRouter inference API: 66 ids, authored. kimi-k2.6, qwen3.5-flash,
// qwen3.5-plus and gpt-5.5 are known of the real one, as are the families and the count. The same list as
// fixtures/worldrouter/inference-api/models.json; a test compares them.
#pragma once

#include <string>
#include <vector>

namespace assay::fakes {

std::vector<std::string> worldrouter_models();

}  // namespace assay::fakes
