// The client that a command line names, where one is played or measured.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "conformance/runner/play/session.h"

namespace assay::cli {

// Exactly one of the three: a name of `assay clients` or a client file, the argv of an adapter, the argv of
// any program. Programs are found as a shell would find them, and run where the caller stands.
Result<conformance::ClientSpec> client_under_test(const std::string& name,
                                                  const std::vector<std::string>& adapter,
                                                  const std::vector<std::string>& command,
                                                  const std::vector<std::string>& packages = {});

// --package NAME@VERSION, which may be repeated, into `packages`, which outlives `verb`.
void add_package_option(CLI::App& verb, std::vector<std::string>& packages);

// --adapter takes one value, split as a shell does ("python3 ./my-adapter.py"). Files that follow it unquoted
// are arguments of the adapter too (--adapter python3 ./my-adapter.py).
struct AdapterWords {
  std::vector<std::string> argv;
  std::vector<std::string> rest;  // belongs to the verb: what stood behind and is no argument
};
// `is_other` says what the verb knows itself, such as cases.
Result<AdapterWords> adapter_words(const std::vector<std::string>& given,
                                   const std::function<bool(const std::string&)>& is_other);
// For messages about a word of `rest`: how it would be an argument.
std::string adapter_hint(const AdapterWords& words);
// For a verb that knows no such words: `adapter` becomes an argv. Fails when anything else stands behind it.
Result<void> take_adapter(std::vector<std::string>& adapter);

// --client and --adapter, into `name` and `adapter`, which outlive `verb`. The words of `adapter` are for
// adapter_words().
void add_client_options(CLI::App& verb, std::string& name, std::vector<std::string>& adapter);
void add_adapter_option(CLI::App& verb, std::vector<std::string>& adapter);

}  // namespace assay::cli
