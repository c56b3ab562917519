// For every CPU: SSE2 on x86-64, which all of them have, plain C++ elsewhere.
#define ASSAY_KERNEL portable
#define ASSAY_KERNEL_NAME "portable"
#include "harness/stream/framing/kernel_code.h"
