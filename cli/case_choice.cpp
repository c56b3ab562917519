#include "cli/case_choice.h"

#include <algorithm>
#include <filesystem>

#include "conformance/runner/case/case_file.h"
#include "conformance/runner/play/machinery.h"

namespace assay::cli {

namespace fs = std::filesystem;
using conformance::Case;

namespace {

// Adds the cases below `path`. Returns their ids.
Result<std::vector<std::string>> add_own(CaseChoice& choice, const std::string& path,
                                         const std::string& data_folder) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return fail("there is no such file or folder", path);
  auto loaded =
      fs::is_directory(path, ignored) ? conformance::load_cases(path) : conformance::load_suite(path);
  if (!loaded) return tl::unexpected(loaded.error());
  std::vector<std::string> ids;
  for (Case& one : *loaded) {
    if (auto ok = conformance::check_case(one, data_folder); !ok) return tl::unexpected(ok.error());
    ids.push_back(one.id);
    if (const auto known = choice.own.find(one.id); known != choice.own.end() && known->second == path)
      continue;  // the same path again
    if (std::any_of(choice.cases.begin(), choice.cases.end(),
                    [&](const Case& other) { return other.id == one.id; }))
      return fail("the id " + one.id + " is taken by another case", one.file, one.line);
    choice.own[one.id] = path;
    choice.cases.push_back(std::move(one));
  }
  return ids;
}

}  // namespace

bool CaseChoice::names(const std::string& word) const {
  return is_case_path(word) || std::any_of(cases.begin(), cases.end(),
                                           [&](const Case& one) { return conformance::fits(word, one); });
}

bool is_case_path(const std::string& word) {
  std::error_code ignored;
  return word.ends_with(".yaml") || word.ends_with(".yml") ||
         ((word.starts_with("./") || word.starts_with("../") || word.starts_with('/') || word == "." ||
           word.ends_with('/')) &&
          (fs::is_directory(word, ignored) || !fs::exists(word, ignored)));
}

Result<CaseChoice> choose_cases(const std::string& data_folder, const std::vector<std::string>& words,
                                const std::vector<std::string>& added) {
  CaseChoice out;
  auto all = conformance::load_checked_cases(data_folder);
  if (!all) return tl::unexpected(all.error());
  out.cases = std::move(*all);
  for (const std::string& path : added) {
    if (auto own = add_own(out, path, data_folder); !own) return tl::unexpected(own.error());
  }
  for (const std::string& word : words) {
    if (!is_case_path(word)) {
      out.patterns.push_back(word);
      continue;
    }
    auto own = add_own(out, word, data_folder);
    if (!own) return tl::unexpected(own.error());
    out.patterns.insert(out.patterns.end(), own->begin(), own->end());
  }
  return out;
}

}  // namespace assay::cli
