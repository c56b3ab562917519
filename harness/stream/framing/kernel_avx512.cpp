// For CPUs with AVX-512 BW and VL (CMakeLists.txt says so to the compiler).
#if defined(__AVX512BW__) && defined(__AVX512VL__)
#define ASSAY_KERNEL avx512
#define ASSAY_KERNEL_NAME "avx512"
#include "harness/stream/framing/kernel_code.h"
#endif
