// Files that a client asked for in vain because its cell does not show them: what it says of missing files,
// compared with what is there outside. Functions without state.
#pragma once

#include <string>
#include <vector>

namespace assay::conformance {

// The first absolute path in `output` that exists on this machine and that none of `shows` covers; a path
// below the HOME of a case (/tmp/assay-case-XXXXXX/NAME/) stands for one below `home`, and is named with
// "~/". "" when there is none. Called outside of the cell.
std::string unseen_file(const std::string& output, const std::vector<std::string>& shows,
                        const std::string& home);

}  // namespace assay::conformance
