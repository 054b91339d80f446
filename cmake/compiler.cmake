# Language level, warnings and sanitizers, the same for every target of the project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()

add_library(vitpose_options INTERFACE)
target_include_directories(vitpose_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
target_compile_options(vitpose_options INTERFACE
  -ffp-contract=off  # the reproducibility contract: a fused multiply-add is written, never invented
  -Wall -Wextra -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(vitpose_options INTERFACE -Wno-restrict)  # false alarms on std::string, GCC bug 105651
endif()
if(VITPOSE_WERROR)
  target_compile_options(vitpose_options INTERFACE -Werror)
endif()
if(VITPOSE_SANITIZE)
  target_compile_options(vitpose_options INTERFACE -fsanitize=${VITPOSE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(vitpose_options INTERFACE -fsanitize=${VITPOSE_SANITIZE})
  target_compile_definitions(vitpose_options INTERFACE VITPOSE_SANITIZED=1)
endif()
if(VITPOSE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "VITPOSE_FUZZ needs clang (found ${CMAKE_CXX_COMPILER_ID}); use the preset 'fuzz'. "
                        "Debian: apt-get install clang-14 libclang-rt-14-dev")
  endif()
  target_compile_options(vitpose_options INTERFACE -fsanitize=fuzzer-no-link)  # coverage for the fuzzer to steer by
endif()
