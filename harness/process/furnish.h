// Furnishing a cell: the names, certificates and watched addresses that a world's clients live with. Called
// by the worker inside a cell; elsewhere it fails with "not inside a cell".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/base/journal.h"
#include "harness/base/result.h"
#include "harness/process/mounts.h"
#include "harness/process/packet_watch.h"
#include "harness/process/resolver.h"

namespace assay::process {

struct Furniture {
  std::map<std::string, std::string> hosts;  // of /etc/hosts: name → literal address
  NameTable names;                           // of the resolver, for what /etc/hosts does not hold
  std::string ca_pem;  // the only authorities that programs shall trust; empty = as on the machine
};

// Stays as long as it lives; the journal outlives it, or the next refurnish() or stop_telling(). A value that
// moves.
struct Furnished {
  std::vector<Mounted> files;
  std::string hosts_text;  // of /etc/hosts
  Mounted hosts;
  Resolver resolver;
  PacketWatch watch;
  // For the clients' environment: SSL_CERT_FILE and its kind for programs that bring authorities of their own
  // (Node.js, Python's certifi, curl). Empty without Furniture::ca_pem.
  std::vector<std::string> environment;
  std::string ca_file;  // a file with Furniture::ca_pem; empty without
};

// /etc/hosts (where the machine has none, the resolver answers for its names) and /etc/resolv.conf (where the
// machine has one; without it the C library asks 127.0.0.1 anyway), the bundles of certificate authorities,
// the resolver on port 53 and the watch. A cell without CellOptions::catch_all has no other address that
// could be watched.
Result<Furnished> furnish(const Furniture& furniture, Journal& journal);

// For the next case of a cell: other hosts, names and another journal; the authorities stay (ca_pem of
// `furniture` is not looked at). What does not change is not mounted again: that and a new watch would cost
// tens of milliseconds.
Result<void> refurnish(Furnished& furnished, const Furniture& furniture, Journal& journal);
// Everything that was seen is in the journal, and nothing more will come.
void stop_telling(Furnished& furnished);

}  // namespace assay::process
