// TestHome: the private HOME of a client in a test, empty at first; gone with its owner.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace assay::conformance {

class TestHome {
 public:
  TestHome() : path_((std::filesystem::temp_directory_path() / "assay-home-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
  }
  ~TestHome() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestHome(const TestHome&) = delete;
  TestHome& operator=(const TestHome&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace assay::conformance
