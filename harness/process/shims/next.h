/* How a preload shim reaches the function that it stands before. */
#ifndef ASSAY_SHIMS_NEXT_H
#define ASSAY_SHIMS_NEXT_H

#include <dlfcn.h>

/* Sets `pointer`, a function pointer, to the next definition of `name`. ISO C has no cast for it. */
#define ASSAY_NEXT(pointer, name) (*(void**)(&(pointer)) = dlsym(RTLD_NEXT, name))

#endif
