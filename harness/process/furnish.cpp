#include "harness/process/furnish.h"

#include <filesystem>
#include <system_error>

#include "harness/base/text.h"

namespace assay::process {
namespace {

constexpr const char* kHosts = "/etc/hosts";
constexpr const char* kAuthorities = "/run/assay/ca.pem";  // in the cell's memory

Result<std::vector<std::string>> trust_only(const std::string& pem, std::vector<Mounted>& files) {
  std::vector<std::string> environment;
  if (pem.empty()) return environment;
  if (auto written = write_file_atomically(kAuthorities, pem); !written)
    return tl::unexpected(written.error());
  for (const std::string& bundle : ca_bundles()) {
    auto replaced = replace_file(bundle, pem);
    if (!replaced) return tl::unexpected(replaced.error());
    files.push_back(std::move(*replaced));
  }
  for (const char* name : {"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}) {
    environment.push_back(std::string(name) + "=" + kAuthorities);
  }
  return environment;
}

// Nothing is mounted where the machine has no /etc/hosts.
Result<Mounted> put_hosts(const std::string& text) {
  if (std::error_code error; !std::filesystem::exists(kHosts, error)) return Mounted();
  return replace_file(kHosts, text);
}

// What the resolver answers: without /etc/hosts its names too.
NameTable names_of(const Furniture& furniture) {
  NameTable names = furniture.names;
  if (std::error_code error; std::filesystem::exists(kHosts, error)) return names;
  for (const auto& [name, address] : furniture.hosts) names.emplace(name, std::vector<std::string>{address});
  names.emplace("localhost", std::vector<std::string>{"127.0.0.1", "::1"});
  return names;
}

}  // namespace

Result<Furnished> furnish(const Furniture& furniture, Journal& journal) {
  std::vector<Mounted> files;
  std::string text = hosts_file(furniture.hosts);
  auto hosts = put_hosts(text);
  if (!hosts) return tl::unexpected(hosts.error());
  if (std::error_code error; std::filesystem::exists("/etc/resolv.conf", error)) {
    auto resolv = replace_file("/etc/resolv.conf", "nameserver 127.0.0.1\n");
    if (!resolv) return tl::unexpected(resolv.error());
    files.push_back(std::move(*resolv));
  }
  auto environment = trust_only(furniture.ca_pem, files);
  if (!environment) return tl::unexpected(environment.error());
  ResolverOptions options;
  options.names = names_of(furniture);
  auto resolver = Resolver::start(std::move(options), journal);
  if (!resolver) return tl::unexpected(resolver.error());
  auto watch = PacketWatch::start(journal);
  if (!watch) return tl::unexpected(watch.error());
  return Furnished{std::move(files),
                   std::move(text),
                   std::move(*hosts),
                   std::move(*resolver),
                   std::move(*watch),
                   std::move(*environment),
                   furniture.ca_pem.empty() ? "" : kAuthorities};
}

Result<void> refurnish(Furnished& furnished, const Furniture& furniture, Journal& journal) {
  if (std::string text = hosts_file(furniture.hosts); text != furnished.hosts_text) {
    furnished.hosts = {};
    furnished.hosts_text.clear();
    auto hosts = put_hosts(text);
    if (!hosts) return tl::unexpected(hosts.error());
    furnished.hosts = std::move(*hosts);
    furnished.hosts_text = std::move(text);
  }
  furnished.resolver.follow(names_of(furniture), &journal);
  furnished.watch.follow(&journal);
  return {};
}

void stop_telling(Furnished& furnished) {
  furnished.watch.follow(nullptr);
  furnished.resolver.follow({}, nullptr);
}

}  // namespace assay::process
