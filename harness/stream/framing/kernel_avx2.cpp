// For CPUs with AVX2 and BMI (CMakeLists.txt says so to the compiler).
#if defined(__AVX2__)
#define ASSAY_KERNEL avx2
#define ASSAY_KERNEL_NAME "avx2"
#include "harness/stream/framing/kernel_code.h"
#endif
