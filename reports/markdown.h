// Markdown for a job summary, annotations for GitHub, and a badge.
#pragma once

#include <string>

#include "reports/summary.h"

namespace assay::reports {

// GitHub refuses a job summary of more than 1 MiB.
inline constexpr std::size_t kSummaryLimit = std::size_t{1024} * 1024;

// What failed first: a heading with the judgement, counts for each client, then the cases that need attention
// with expected against observed and the command. Never longer than `limit` bytes; says how many cases it
// leaves out.
std::string render_markdown(const RunRecord& record, std::size_t limit = kSummaryLimit - 1024);

// GitHub workflow commands: at most ten errors (must) and ten warnings (the rest), as GitHub shows no more of
// a step, and one notice with the counts.
std::string render_github(const RunRecord& record);

// Shields endpoint JSON: {"schemaVersion":1,"label":"assay","message":"210 of 212","color":"red"}.
std::string render_badge(const RunRecord& record);

// `text` on one line with what Markdown and HTML would take for markup escaped.
std::string markdown_escape(std::string_view text, std::size_t limit = 0);
// `text` as a code span on one line, whatever backticks it holds (CommonMark 6.1).
std::string markdown_code(std::string_view text, std::size_t limit = 0);

}  // namespace assay::reports
