#include "bench/stream/contestants.h"
#include "bench/stream/limit_kernel.h"

namespace assay::bench {

namespace {

struct Kernel {
  std::string_view name;
  Checksum (*run)(stream::Protocol protocol, const std::vector<std::string_view>& payloads);
  Checksum (*every_value)(const std::vector<std::string_view>& payloads);
};

Kernel best_kernel() {
#if defined(ASSAY_KERNEL_icelake)
  if (__builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vpopcntdq"))
    return {"icelake", icelake::limit, icelake::every_value};
#endif
#if defined(ASSAY_KERNEL_haswell)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("pclmul"))
    return {"haswell", haswell::limit, haswell::every_value};
#endif
  return {"fallback", fallback::limit, fallback::every_value};
}

}  // namespace

Checksum ondemand_limit(const Corpus& corpus, const std::vector<std::string_view>& payloads,
                        std::size_t /*read*/) {
  return best_kernel().run(corpus.protocol, payloads);
}

Checksum ondemand_every_value(const Corpus& /*corpus*/, const std::vector<std::string_view>& payloads,
                              std::size_t /*read*/) {
  return best_kernel().every_value(payloads);
}

std::string_view ondemand_kernel() {
  return best_kernel().name;
}

}  // namespace assay::bench
