// What a mutant may use: the reference client's parts and the functions that they are made of. A mutant is
// one file NAME.cpp here, at most 25 lines, that defines assay::reference::mutate(Parts&) and replaces one
// part. CMake compiles all of them together and makes the table of names.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>
#include <thread>

#include "conformance/reference/callback.h"
#include "conformance/reference/client.h"
#include "conformance/reference/credentials.h"
#include "conformance/reference/discovery.h"
#include "conformance/reference/errors.h"
#include "conformance/reference/http.h"
#include "conformance/reference/login.h"
#include "conformance/reference/parts.h"
#include "harness/base/text.h"

namespace assay::reference {

using nlohmann::json;

struct Mutant {
  std::string_view name;
  void (*mutate)(Parts&);
};
// Every mutant, sorted by name.
std::span<const Mutant> all_mutants();

}  // namespace assay::reference
