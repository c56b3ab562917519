// The style that pages with a table share: colours for light and dark, the table, its first column that
// stays. A page adds its own.
#pragma once

#include <string_view>

namespace assay::reports {

extern const std::string_view table_css;  // reports/html/table.css

}  // namespace assay::reports
