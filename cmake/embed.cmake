# Writes OUTPUT, a C++ source that defines NAMESPACE::SYMBOL with the bytes of INPUT. Run by assay_embed().
# Bytes as numbers: no quoting to get wrong, and g++ reads 100 kB of them in well under a second.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include <string_view>
namespace ${NAMESPACE} {
namespace {
constexpr char kBytes[] = {${bytes}'\\0'};
}
extern const std::string_view ${SYMBOL};
const std::string_view ${SYMBOL}(kBytes, sizeof kBytes - 1);
}  // namespace ${NAMESPACE}
")
