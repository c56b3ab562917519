#include "conformance/runner/case/own_paths.h"

#include <filesystem>

namespace assay::conformance {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

bool names_a_file(const std::string& key) {
  // "inference.fixture" is how a `set` step says it.
  return key == "fixture" || key == "provider" || key.ends_with(".fixture");
}

void absolute_within(json& value, const std::string& folder) {
  if (!value.is_structured()) return;
  for (auto it = value.begin(); it != value.end(); ++it) {
    if (value.is_object() && it->is_string() && names_a_file(it.key())) {
      const auto& path = it->get_ref<const std::string&>();
      if (path.starts_with("./") || path.starts_with("../"))
        *it = (fs::path(folder) / path).lexically_normal().string();
    } else {
      absolute_within(*it, folder);
    }
  }
}

}  // namespace

json with_own_paths(json value, const std::string& folder) {
  absolute_within(value, folder);
  return value;
}

std::vector<std::string> own_paths_in(const json& value) {
  std::vector<std::string> out;
  if (!value.is_structured()) return out;
  for (auto it = value.begin(); it != value.end(); ++it) {
    if (value.is_object() && it->is_string() && names_a_file(it.key())) {
      const auto& path = it->get_ref<const std::string&>();
      // A provider is a plain name there; a fixture may be in a folder below that of the data.
      const bool plain =
          it.key() == "provider" ? path.find('/') == std::string::npos : !path.starts_with('/');
      if (!plain || path.starts_with("./") || path.find("..") != std::string::npos) out.push_back(path);
    } else {
      const auto inner = own_paths_in(*it);
      out.insert(out.end(), inner.begin(), inner.end());
    }
  }
  return out;
}

std::string folder_of(const std::string& file) {
  return fs::absolute(file).lexically_normal().parent_path().string();
}

}  // namespace assay::conformance
