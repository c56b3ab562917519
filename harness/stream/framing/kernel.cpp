#include "harness/stream/framing/kernel.h"

namespace assay::stream::decoding {

namespace portable {
extern const Kernel functions;
}
#if defined(ASSAY_KERNELS_X86)
namespace avx2 {
extern const Kernel functions;
}
namespace avx512 {
extern const Kernel functions;
}
#endif

Kernels kernels() {
  Kernels found{{&portable::functions, nullptr, nullptr}, 1};
#if defined(ASSAY_KERNELS_X86)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2"))
    return found;
  found.all[found.count++] = &avx2::functions;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    found.all[found.count++] = &avx512::functions;
#endif
  return found;
}

const Kernel& kernel() {
  static const Kernels found = kernels();
  return *found.all[found.count - 1];
}

}  // namespace assay::stream::decoding
