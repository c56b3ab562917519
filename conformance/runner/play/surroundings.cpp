#include "conformance/runner/play/surroundings.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::conformance {

Result<std::shared_ptr<const http::Authority>> Surroundings::authority() {
  if (!authority_) {
    auto made = http::Authority::create();
    if (!made) return tl::unexpected(made.error());
    authority_ = std::move(*made);
  }
  return authority_;
}

Result<std::unique_ptr<process::Sandbox>> Surroundings::sandbox() {
  if (filter_.empty()) {
    auto filter = process::make_syscall_filter();
    if (!filter) return tl::unexpected(filter.error());
    filter_ = std::move(*filter);
  }
  process::SandboxOptions options;
  options.filter = filter_;
  return process::Sandbox::make(std::move(options));
}

Result<void> Surroundings::begin(const World& world, Journal& journal) {
  process::Furniture furniture;
  furniture.hosts = world.addresses();
  for (const auto& [name, address] : furniture.hosts)
    furniture.names[name] = std::vector<std::string>{address};
  if (furnished_) return process::refurnish(*furnished_, furniture, journal);
  const auto issuer = authority();
  if (!issuer) return tl::unexpected(issuer.error());
  furniture.ca_pem = (*issuer)->certificate_pem();
  auto made = process::furnish(furniture, journal);
  if (!made) return tl::unexpected(made.error());
  furnished_.emplace(std::move(*made));
  environment_ = furnished_->environment;
  ca_file_ = furnished_->ca_file;
  return {};
}

void Surroundings::end() {
  if (furnished_) process::stop_telling(*furnished_);
}

Result<WorldSpec> secured(const WorldPlan& plan, const std::map<std::string, std::vector<std::string>>& hosts,
                          Surroundings* surroundings) {
  WorldSpec spec = plan.spec;
  for (const auto& [role, names] : hosts) {
    const auto name = plan.roles.find(role);
    if (name == plan.roles.end()) continue;
    const auto fake = std::find_if(spec.fakes.begin(), spec.fakes.end(),
                                   [&](const FakeSpec& one) { return one.name == name->second; });
    for (const std::string& one : names) {
      if (std::find(fake->names.begin(), fake->names.end(), one) == fake->names.end())
        fake->names.push_back(one);
    }
  }
  const auto named = std::find_if(spec.fakes.begin(), spec.fakes.end(),
                                  [](const FakeSpec& fake) { return !fake.names.empty(); });
  if (named == spec.fakes.end()) return spec;
  if (surroundings == nullptr)
    return fail(fmt::format("only in a cell can {} be answered for over TLS", named->names.front()));
  auto authority = surroundings->authority();
  if (!authority) return tl::unexpected(authority.error());
  spec.authority = std::move(*authority);
  return spec;
}

}  // namespace assay::conformance
