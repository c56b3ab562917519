// JUnit XML, in the form that Jenkins, GitLab and GitHub's test reporters read, valid against the common
// schema.
#pragma once

#include <string>

#include "reports/summary.h"

namespace assay::reports {

// One <testsuite> for each client and suite, one <testcase> for each case, (classname, name) unique. A
// verdict on the client (fail, timeout, crash, flaky, xpass) is a <failure>; what says nothing about it
// (error, could-not-run) is an <error>; xfail and not-applicable are <skipped>. An incomplete record adds a
// suite with an <error>, so that a lost shard is not green.
std::string render_junit(const RunRecord& record);

// `text` for XML 1.0 character data and attribute values: markup escaped, and characters that XML cannot hold
// (section 2.2) replaced by U+FFFD.
std::string xml_escape(std::string_view text);

}  // namespace assay::reports
