// How the tool of each registry is asked to install a set of packages into a folder. Used by install.cpp
// alone.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/runner/client/packages.h"

namespace assay::conformance {

// Runs one command in `directory` (empty: the folder that is filled), with `more` beside the environment, and
// gives what it printed; fails with what it said when it did.
using RunTool = std::function<Result<std::string>(const std::vector<std::string>& argv,
                                                  const std::vector<std::string>& more)>;

// The same for what runs code of the packages, or may: in a cell, which may write in the folders `writes`
// alone.
struct Untrusted {
  std::vector<std::string> argv, more, writes;
  bool network = false;
};
using RunUntrusted = std::function<Result<std::string>(const Untrusted& one)>;

struct Installation {
  PackageSet set;
  Lock lock;           // what to install; empty = as the registry resolves it
  std::string folder;  // exists and is empty
  RunTool run;
  RunUntrusted untrusted;
  std::function<void(const std::string&)> say;
  std::string tools;  // folder for tools that are installed themselves (uv)
};

// Fills the folder, and says what is in it.
Result<Lock> install_set(const Installation& one);

// Programs of the machine that a registry needs, each with how to get it.
struct Tool {
  std::string name, advice;
};
std::vector<Tool> tools_of(Registry registry);

}  // namespace assay::conformance
