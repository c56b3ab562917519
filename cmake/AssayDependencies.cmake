# Everything comes from Debian 12 packages; newer versions are accepted.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson 3.0 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
# libyaml is what most recorders of HTTP write their YAML with; yaml-cpp 0.7 refuses some of it.
pkg_check_modules(libyaml REQUIRED IMPORTED_TARGET yaml-0.1)
# Regular expressions of case and client files: linear time, bounded memory.
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
find_package(ZLIB REQUIRED)
pkg_check_modules(brotli REQUIRED IMPORTED_TARGET libbrotlienc libbrotlidec libbrotlicommon)
if(ASSAY_TESTS)
  # cpp-httplib 0.11 is a shared library with macros that its header must see; without them a program aborts in free().
  pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
  find_package(GTest 1.12 REQUIRED)
endif()
if(ASSAY_BENCH)
  find_package(benchmark 1.7 REQUIRED)
endif()
