// Names that come from data files and are given to the system.
#pragma once

#include <string_view>

namespace assay {

// Whether `path` stays below the folder that it is put after: relative, without ".." that leaves it, without
// NUL and not empty. Links are not looked at.
bool stays_below(std::string_view path);

// Whether an environment may have a variable of this name: not empty, without = and NUL.
bool is_variable_name(std::string_view name);

}  // namespace assay
