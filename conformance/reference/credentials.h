// The credential store (`auth.json`, docs/adapter-protocol.md), its lock, and renewing what expired.
// Requirements: bugs token-exchange.*.
#pragma once

#include "conformance/reference/parts.h"

namespace assay::reference {

// The defaults of the parts of the same names.

// Locks the store of `home` between threads and processes: flock() on the directory itself, so that the lock
// ends with its owner, is never stale (token-exchange.stale-or-future-refresh-lock) and needs no disk space.
Outcome<StoreLock> lock_store(const std::string& home, const Deadline& deadline, const Cancel& cancel);
// The whole file; {} when there is none. One that does not parse is a failure that names it, never empty
// (token-exchange.corrupt-store-treated-as-empty).
Outcome<nlohmann::json> load_store(const std::string& home);
// Writes with mode 0600 through a temporary file, fsync and rename. On a full disk, and only when the new
// bytes fit into the page that the file has already, they are put there with one write.
Outcome<void> write_private_file(const std::string& path, const std::string& bytes);
Outcome<std::string> clean_key(const std::string& typed);
std::string credential_state(const nlohmann::json& credential, std::int64_t now);
Headers auth_headers(const Context& context, const nlohmann::json& credential, const std::string& protocol);
nlohmann::json credential_from(const nlohmann::json& answer, const nlohmann::json& old, std::int64_t now);
Outcome<nlohmann::json> refresh_credential(const Call& call, const std::string& used);

// Under the lock that the caller holds: reads, lets `change` edit, writes. Makes `home` (0700) when it is not
// there.
Outcome<void> update_store(const Call& call, const StoreLock& lock,
                           const std::function<void(nlohmann::json& store)>& change);
// Takes the lock, updates, lets go.
Outcome<void> update_store(const Call& call, const std::function<void(nlohmann::json& store)>& change);
// The credential of the context: the request's own, else the entry of the provider or of one of its aliases;
// null when there is none.
Outcome<nlohmann::json> current_credential(const Call& call);
nlohmann::json entry_of(const nlohmann::json& store, const Provider& provider);
// Puts an entry and removes those under aliases.
void set_entry(nlohmann::json& store, const Provider& provider, nlohmann::json entry);
// What a request presents: the key or the access token; empty when there is none.
std::string secret_of(const nlohmann::json& credential);
// Every secret in a credential, for sanitize().
std::vector<std::string> secrets_of(const nlohmann::json& credential);

}  // namespace assay::reference
