// Opener: what stands for the user's browser in the environment of a program. It is a command under every
// name by which programs open a page; whoever runs it hands over the URL and goes on.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/unique_fd.h"

namespace assay::conformance {

class Opener {
 public:
  // Puts the commands into `folder` (made when it is not there). `open` is called for each URL on a thread of
  // the opener's own, until it is destroyed.
  static Result<std::unique_ptr<Opener>> make(const std::string& folder,
                                              std::function<void(const std::string& url)> open);
  ~Opener();
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;

  // BROWSER, and a PATH that begins with the commands and goes on with `path`.
  std::vector<std::string> environment(const std::string& path) const;

 private:
  Opener() = default;
  void listen();

  std::string folder_;
  std::function<void(const std::string&)> open_;
  UniqueFd pipe_, stop_;
  std::thread thread_;
};

}  // namespace assay::conformance
