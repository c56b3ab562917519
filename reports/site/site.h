// A static site of compatibility, from a run record: who does what, for people who choose a client or
// maintain one.
//
//   index.html             clients down, what a maintainer would fix across: how many plays came out right
//   clients/NAME.html      one client: what fails first, with reasons and sources; then what passes; then
//   what it was not asked questions/SUITE-ID.html  one question: what is demanded, where it was seen, and how
//   each client came out badges/NAME.svg        "assay | 210 of 222", for a README style.css
//
// No page runs a script or loads anything from elsewhere; links are relative, so the folder can be served
// from anywhere.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/record/reader.h"

namespace assay::reports {

// Path below the site's folder → content.
using Site = std::map<std::string, std::string>;

Site render_site(const RunRecord& record);

// The question of a case: its suite and the id of its file, without axes, variant and protocol.
// "chat/stream/bytes:1/line-ends/crlf@anthropic" of the suite "chat/stream" → "chat/stream/line-ends".
std::string question_of(const CaseRecord& record);

// A name as a part of a path and of a URL: what is neither letter, digit, '.', '-' nor '_' becomes '-'.
std::string path_name(std::string_view name);

}  // namespace assay::reports
