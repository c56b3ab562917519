// Which cases a command line means: words that name cases, and paths of one's own case files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "conformance/runner/case/case.h"
#include "conformance/runner/case/plan.h"

namespace assay::cli {

struct CaseChoice {
  std::vector<conformance::Case> cases;  // all that there are: those of the data folder, then one's own
  std::vector<std::string> patterns;     // for Filter::cases; an own path stands for all of its cases
  // Case id → the path that brought it, as the command line has it; of one's own cases alone.
  std::map<std::string, std::string> own;
  bool names(const std::string& word) const;  // whether `word` means any of the cases
};

// Whether a word is a path of case files and no name of cases: ./cases/, ../mine.yaml, /abs, cases.yaml.
bool is_case_path(const std::string& word);

// Loads and checks the cases of the data folder and those of every path in `words` and `added` (--cases). Own
// cases whose paths stand in `words` are chosen, those in `added` can be. Fails when a file is wrong, a path
// does not exist, or an id is taken.
Result<CaseChoice> choose_cases(const std::string& data_folder, const std::vector<std::string>& words,
                                const std::vector<std::string>& added = {});

}  // namespace assay::cli
