# How every target of the project is compiled, and the two functions that rooms are made with.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# -O3 costs a fifth of the build and gives nothing that the benchmarks show; the stream engine asks for it itself.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
option(ASSAY_BATCH "Compile rooms of many small files in batches; off where each must be seen alone (ci/lint)" ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(assay_options INTERFACE)
target_include_directories(assay_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                           $<INSTALL_INTERFACE:include> $<INSTALL_INTERFACE:include/assay>)
target_compile_features(assay_options INTERFACE cxx_std_20)
# How strict we are is no matter of those who use the package.
target_compile_options(assay_options INTERFACE $<BUILD_INTERFACE:-Wall> $<BUILD_INTERFACE:-Wextra> $<BUILD_INTERFACE:-Wpedantic>
                       $<BUILD_INTERFACE:-Werror>)
if(CMAKE_BUILD_TYPE STREQUAL Release AND CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Optimizing, GCC 12 sees overlapping copies in std::string's own code (its bug 105651) and members of a std::variant that is moved as
  # uninitialized (105562).
  target_compile_options(assay_options INTERFACE $<BUILD_INTERFACE:-Wno-restrict> $<BUILD_INTERFACE:-Wno-maybe-uninitialized>)
endif()

set(ASSAY_SANITIZE "" CACHE STRING "Sanitizers to compile with: address,undefined or thread")
if(ASSAY_SANITIZE)
  target_compile_options(assay_options INTERFACE -fsanitize=${ASSAY_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(assay_options INTERFACE -fsanitize=${ASSAY_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 takes std::regex for uninitialized under sanitizers (its bug 105562).
    target_compile_options(assay_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(ASSAY_SANITIZE MATCHES thread)
    # Boost.Asio uses fences, which TSan cannot model; GCC warns about each.
    target_compile_options(assay_options INTERFACE -Wno-tsan)
  endif()
endif()

# For programs that are started in cells: their environment has no options of sanitizers.
function(assay_sanitizer_options target)
  if(ASSAY_SANITIZE)
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/sanitizer_options.cpp)
    set_source_files_properties(${PROJECT_SOURCE_DIR}/cmake/sanitizer_options.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

if(ASSAY_FUZZ)
  target_compile_options(assay_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# For programs that are installed: they find the shared libraries that a package bundles (ci/package) in `folder`, seen from their own. As
# DT_RPATH, which also holds for what those libraries need themselves; libraries of the system are found as ever.
function(assay_bundled_libraries target folder)
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "\$ORIGIN/${folder}" BUILD_WITH_INSTALL_RPATH ON)
  target_link_options(${target} PRIVATE -Wl,--disable-new-dtags)
endfunction()

# Compiles the sources of `target` so many at a time. Names in their anonymous namespaces must not clash.
function(assay_batch target size)
  if(ASSAY_BATCH)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${size})
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      # In a batch no file is the main one, and GCC then minds private types of anonymous namespaces.
      target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
    endif()
  endif()
endfunction()

# Rooms that wait for clients, or run once: optimizing them fully costs more of the build than it gives.
function(assay_calm)
  foreach(target ${ARGN})
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endforeach()
endfunction()

# Sets `result` to the files of `pattern` beside the caller and in its folders.
function(assay_glob result pattern)
  list(TRANSFORM ARGN REPLACE "^(.+)$" "${CMAKE_CURRENT_SOURCE_DIR}/\\1/${pattern}" OUTPUT_VARIABLE patterns)
  file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${pattern} ${patterns})
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# assay_room(NAME [FOLDERS folder...] [LINK target...]): a library `assay_NAME` from the .cpp files beside the caller and in
# these folders of it, tests left out.
function(assay_room name)
  cmake_parse_arguments(ROOM "" "" "LINK;PRIVATE;FOLDERS" ${ARGN})
  assay_glob(sources "*.cpp" ${ROOM_FOLDERS})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz|main)\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(assay_${name} STATIC ${sources})
  target_link_libraries(assay_${name} PUBLIC assay_options ${ROOM_LINK} PRIVATE ${ROOM_PRIVATE})
endfunction()

# assay_room_tests(NAME [FOLDERS folder...] [LINK target...]): one program `NAME_test` from the room's *_test.cpp, run by ctest as one test.
function(assay_room_tests name)
  if(NOT ASSAY_TESTS)
    return()
  endif()
  cmake_parse_arguments(ROOM "" "" "LINK;FOLDERS" ${ARGN})
  assay_glob(sources "*_test.cpp" ${ROOM_FOLDERS})
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  # Tests are compiled more often than they are waited for.
  target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O0>)
  target_link_libraries(${name}_test PRIVATE assay_${name} GTest::gmock GTest::gtest_main ${ROOM_LINK})
  target_compile_definitions(${name}_test PRIVATE ASSAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

# assay_room_fuzz(NAME): a libFuzzer program for the *_fuzz.cpp of the room, named as the file is. Without ASSAY_FUZZ it
# becomes part of NAME_test, which plays what fuzzing found worth keeping (*_corpus beside it) to it.
function(assay_room_fuzz name)
  file(GLOB source CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_fuzz.cpp)
  get_filename_component(program ${source} NAME_WE)
  if(ASSAY_FUZZ)
    add_executable(${program} ${source})
    target_link_libraries(${program} PRIVATE assay_${name})
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
  elseif(TARGET ${name}_test)
    string(REGEX REPLACE "_fuzz$" "_corpus" corpus ${program})
    target_sources(${name}_test PRIVATE ${source} ${PROJECT_SOURCE_DIR}/harness/fuzz_corpus_test.cpp)
    target_compile_definitions(${name}_test PRIVATE ASSAY_FUZZ_CORPUS="${CMAKE_CURRENT_SOURCE_DIR}/${corpus}")
    set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

if(ASSAY_TESTS)
  enable_testing()
endif()
